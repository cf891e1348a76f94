/**
 * net-text: the text of a net's file as edits change it, one after the other, so that the patch of each can be applied to
 * what those before it left.
 */
import { NetspecError } from '../../errors.js';
import type { LayerParameter } from '../../generated/messages.js';
import { withSchemaOf } from '../forks/with-schema.js';
import { addressOf } from '../message.js';
import { checkTypesOf } from '../newer-fields.js';
import type { Schema } from '../schema.js';
import { TextEditor, withEdits, type TextEdit } from '../text/edit.js';
import { parsePrototxt } from '../text/parser.js';
import { formatPrototxt } from '../text/printer.js';
import { treeOf, type TextField, type TextMessage } from '../text/tree.js';
import { unifiedDiff } from './unified-diff.js';

/** Layers that become others, as a hypothesis says it. */
export interface LayersEdit {
  /** As they are in the net. */
  readonly before: readonly LayerParameter[];
  /** What they become. A layer of a new name goes behind the one before it in this list, the first ones before the next. */
  readonly after: readonly LayerParameter[];
}

export interface NetTextOptions {
  /** What the net's file holds. Default: the net as netspec prints it. */
  text?: string;
  /** Name of the file. */
  file?: string;
  schema?: Schema;
}

/** A layer of the text: its field, its braces, and what stands between them. */
interface WrittenLayer {
  field: TextField;
  message: TextMessage;
  param: LayerParameter;
}

export class NetText {
  /** The text with all edits that were applied. */
  text: string;
  readonly file: string;
  /** The text is the file's own, and not the net as netspec prints it. */
  readonly isOfFile: boolean;
  /** There was a text to begin with. */
  readonly isGiven: boolean;
  /** Undefined where edits may use whatever the net's Caffe has, or a fork of it. */
  readonly #schema: Schema | undefined;
  readonly #layers: readonly LayerParameter[];
  #written: { text: string; schema: Schema; layers: WrittenLayer[] } | undefined;
  /** Layer of the net → which of the layers of its name it is in the text. */
  readonly #places = new Map<string, number>();

  /** @param layers of the net, as its prototxt has them */
  constructor(name: string, layers: readonly LayerParameter[], { text, file, schema }: NetTextOptions) {
    this.#schema = schema;
    this.#layers = layers;
    this.file = file ?? 'net.prototxt';
    const written = text === undefined ? undefined : this.#placesIn(text, layers);
    this.isOfFile = written !== undefined;
    this.isGiven = text !== undefined;
    this.text =
      text !== undefined && written
        ? text
        : formatPrototxt({ ...(name !== '' && { name }), layer: [...layers] }, { type: 'NetParameter', schema });
    for (const [key, place] of written ?? []) this.#places.set(key, place);
  }

  /**
   * The text with an edit made.
   * @throws NetspecError when the schema lacks a field or a layer type of it
   */
  with(edit: LayersEdit): string {
    return this.#inSchema(edit.after, (schema) => this.#edited(edit, schema));
  }

  /** Does something in the schema that was given, or in that of the Caffe that has the net's layers and these. */
  #inSchema<T>(more: readonly LayerParameter[], action: (schema: Schema) => T): T {
    if (this.#schema) return action(this.#schema);
    return withSchemaOf({ layer: [...this.#layers, ...more] }, 'NetParameter', action);
  }

  #edited({ before, after }: LayersEdit, schema: Schema): string {
    checkTypesOf(after, schema);
    const editor = new TextEditor(this.text, schema);
    const written = this.#writtenLayers(schema);
    const find = ({ name = '' }: LayerParameter): WrittenLayer | undefined =>
      written.filter(({ param }) => (param.name ?? '') === name)[this.#places.get(name) ?? 0];
    const edits: TextEdit[] = [];
    let previous: WrittenLayer | undefined;
    let added: LayerParameter[] = [];
    const insertAdded = (): void => {
      const anchor = previous ?? (before[0] && find(before[0]));
      if (anchor && added.length > 0) edits.push(editor.insertBehind(anchor.field, 'layer', added, 'NetParameter'));
      added = [];
    };
    for (const layer of after) {
      const old = before.find(({ name }) => name === layer.name);
      const place = old && find(old);
      if (!place) {
        added.push(layer);
        continue;
      }
      // What stands in front of the first layer that stays goes there.
      if (previous) insertAdded();
      else if (added.length > 0) edits.push(editor.insertBefore(place.field, 'layer', added, 'NetParameter'));
      added = [];
      edits.push(...editor.change(place.message, 'LayerParameter', old, layer));
      previous = place;
    }
    insertAdded();
    for (const layer of before) {
      const place = after.some(({ name }) => name === layer.name) ? undefined : find(layer);
      if (place) edits.push(editor.remove(place.field));
    }
    return withEdits(this.text, edits);
  }

  /** The layers of the text as it is, which is read once for all edits of it. */
  #writtenLayers(schema: Schema): WrittenLayer[] {
    if (this.#written?.text !== this.text || this.#written.schema !== schema)
      this.#written = { text: this.text, schema, layers: layersOf(this.text, schema) };
    return this.#written.layers;
  }

  /** The patch from the text as it is to another. */
  diffTo(text: string, heading?: string): string {
    return unifiedDiff(this.text, text, { file: this.file, heading });
  }

  /** Which layers of the text those of the net are; undefined where it is not written as netspec edits it. */
  #placesIn(text: string, layers: readonly LayerParameter[]): Map<string, number> | undefined {
    let written: WrittenLayer[];
    try {
      // Layers of the old format, and inputs that are no layers, are not those of the net.
      if (
        treeOf(text).fields.some(
          ({ name, isList }) => name === 'layers' || name === 'input' || (name === 'layer' && isList),
        )
      )
        return undefined;
      written = this.#inSchema([], (schema) => layersOf(text, schema));
    } catch (error) {
      if (error instanceof NetspecError) return undefined;
      throw error;
    }
    const places = new Map<string, number>();
    for (const layer of layers) {
      const { name = '' } = layer;
      const same = written.filter(({ param }) => (param.name ?? '') === name);
      const address = addressOf(layer);
      const place = same.findIndex(({ param }) => {
        const own = addressOf(param);
        return own?.line === address?.line && own?.column === address?.column;
      });
      // The text is another than that which the net was read from.
      if (place < 0) return undefined;
      places.set(name, place);
    }
    return places;
  }
}

/** The layers of a text, each with its place. */
function layersOf(text: string, schema: Schema): WrittenLayer[] {
  const params = parsePrototxt(text, { upgrade: false, schema }).layer ?? [];
  const fields = treeOf(text).fields.filter(({ name }) => name === 'layer');
  return fields.map((field, i) => ({ field, message: field.values[0]!.message!, param: params[i]! }));
}
