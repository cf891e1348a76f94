/**
 * document: one version of a prototxt in an editor, and all that is asked about it. Offsets are indices of UTF-16 units. The next
 * version is made with {@link PrototxtDocument.changed}, which keeps what was known while the text cannot be read.
 */
import { OPTIONS, TEXT, checkArguments } from '../arguments.js';
import { NetspecError, type Address } from '../errors.js';
import type { LayerParameter } from '../generated/messages.js';
import type { LintOptions } from '../lint/lint.js';
import { addressOf } from '../proto/message.js';
import type { Schema } from '../proto/schema.js';
import type { TextEdit } from '../proto/text/edit.js';
import { analyze, netOf, type Analysis } from './analysis.js';
import { blobAt, blobNamesOf, makersOf, renameEdits, type BlobName } from './blobs.js';
import { completionsAt, type Completion } from './completion.js';
import { cursorAt, type Cursor } from './cursor.js';
import { editOf, lintDiagnostics, smallestEdit, syntaxDiagnostics, type Diagnostic, type Fix } from './diagnostics.js';
import { formatText } from './format.js';
import { hoverAt, type Hover } from './hover.js';
import { keyOf, netFacts, type NetFacts } from './net-facts.js';
import { outlineOf, type OutlineItem } from './outline.js';
import { Places, type TextPosition, type TextRange } from './places.js';
import { syntaxOf, type SyntaxMessage, type SyntaxTree } from './syntax.js';

/** How a {@link PrototxtDocument} is read. */
export interface DocumentOptions {
  /** The schema of the Caffe that the net is for. Default: BVLC's, or that of the fork that fits. */
  schema?: Schema;
  /** Toolchains whose limits the net is held to: names of TARGETS. */
  targets?: LintOptions['targets'];
  /** Phase whose layers are checked. Default 'TEST'. */
  phase?: 'TRAIN' | 'TEST';
}

/** A fix of a diagnostic, as an edit of the text. */
export interface CodeAction {
  readonly title: string;
  readonly isExact: boolean;
  readonly diagnostic: Diagnostic;
  readonly edit: TextEdit;
}

const NO_SHAPES: ReadonlyMap<string, readonly number[]> = new Map();

/** What stays known when the text changes. */
interface Memory {
  schema: Schema | undefined;
  shapes: ReadonlyMap<string, readonly number[]>;
}

/**
 * One version of a prototxt, and the answers to what an editor asks about it. Every question is answered for a text that does not
 * parse as well.
 * @example
 * const document = new PrototxtDocument('layer { name: "pool" type: "Pooling" pooling_param { kernelsize: 2 } }');
 * const [problem] = await document.diagnostics();
 * problem!.message.split('\n')[1]; // → "hint: did you mean 'kernel_size'?"
 * document.outline()[0]!.name; // → 'pool'
 */
export class PrototxtDocument {
  readonly #tree: SyntaxTree;
  readonly #places: Places;
  readonly #options: DocumentOptions;
  readonly #memory: Memory;
  #analysis: Analysis | undefined;
  #facts: Promise<NetFacts | undefined> | undefined;
  #diagnostics: Promise<Diagnostic[]> | undefined;
  #blobs: BlobName[] | undefined;

  constructor(
    readonly text: string,
    options: DocumentOptions = {},
  ) {
    checkArguments('new PrototxtDocument()', { text: [text, TEXT], options: [options, OPTIONS] });
    this.#tree = syntaxOf(text);
    this.#places = new Places(text);
    this.#options = options;
    this.#memory = { schema: undefined, shapes: NO_SHAPES };
  }

  /** The next version of the text. */
  changed(text: string): PrototxtDocument {
    const next = new PrototxtDocument(text, this.#options);
    Object.assign(next.#memory, this.#memory);
    return next;
  }

  /** What is wrong, errors first: of a text that cannot be read why, of one that can what the lint finds. */
  diagnostics(): Promise<Diagnostic[]> {
    return (this.#diagnostics ??= this.#findProblems());
  }

  /** What may be written at an offset, the likeliest first. */
  async completions(offset: number): Promise<Completion[]> {
    const cursor = this.#cursorAt(offset);
    // Shapes stand beside blobs only: the net is not built for anything else.
    const field = cursor.field?.name.text;
    const shapes = field === 'bottom' || field === 'top' ? await this.#shapes() : NO_SHAPES;
    return completionsAt({ text: this.text, tree: this.#tree, cursor, schemaName: this.#schemaName, shapes }, offset);
  }

  /** What is known of the name at an offset. */
  async hover(offset: number): Promise<Hover | undefined> {
    const cursor = this.#cursorAt(offset);
    const isLayerField = !cursor.isInValue && cursor.field?.parent.parent === undefined;
    const inner = isLayerField ? cursor.field?.values.find(({ message }) => message)?.message : undefined;
    const param = this.#paramOf(cursor.layer ?? inner);
    return hoverAt(
      {
        tree: this.#tree,
        cursor,
        schemaName: this.#schemaName,
        shapes: await this.#shapes(),
        cost: param && (await this.facts())?.layers.get(keyOf(param)),
        param,
      },
      offset,
    );
  }

  /** Where the blob at an offset is made; several places where layers of several phases make it. */
  definition(offset: number): TextRange[] {
    const blob = blobAt(this.#blobNames(), offset);
    return blob ? makersOf(this.#blobNames(), blob).map(rangeOf) : [];
  }

  /** Every place that names the blob at an offset. */
  references(offset: number): TextRange[] {
    const found = blobAt(this.#blobNames(), offset);
    return found
      ? this.#blobNames()
          .filter(({ blob }) => blob === found.blob)
          .map(rangeOf)
      : [];
  }

  /** The name that a rename at an offset would change; undefined where nothing can be renamed. */
  renameRange(offset: number): TextRange | undefined {
    const blob = blobAt(this.#blobNames(), offset);
    return blob && rangeOf(blob);
  }

  /**
   * The edits that rename the blob at an offset, in all layers that name it.
   * @throws NetspecError where there is no blob, for a name that is none, and for one that is taken
   */
  rename(offset: number, name: string): TextEdit[] {
    const blob = blobAt(this.#blobNames(), offset);
    if (!blob) throw new NetspecError('no blob is named here: only blobs can be renamed');
    return renameEdits(this.#blobNames(), blob, name);
  }

  /** The layers of the text. */
  outline(): OutlineItem[] {
    return outlineOf(this.#tree.root);
  }

  /** The edit that lays the text out as protobuf prints it, comments kept; undefined where it is so, or cannot be read. */
  format(): TextEdit | undefined {
    const { errors, schema, kind } = this.#read();
    if (errors.length > 0) return undefined;
    return smallestEdit(this.text, formatText(this.text, this.#tree, schema.message(kind), schema));
  }

  /** What mends the diagnostics that a range touches. */
  async actions({ start, end }: TextRange): Promise<CodeAction[]> {
    const diagnostics = await this.diagnostics();
    const touched = diagnostics.filter((each) => each.start <= end && start <= each.end);
    return touched.flatMap((diagnostic) =>
      diagnostic.fixes.flatMap((fix) => {
        const edit = this.editOf(fix);
        return edit ? [{ title: fix.title, isExact: fix.isExact, diagnostic, edit }] : [];
      }),
    );
  }

  /** The edit that a fix of a diagnostic makes; undefined where it cannot be made. */
  editOf(fix: Fix): TextEdit | undefined {
    return editOf(fix, this.text, this.#read(), this.#options.schema);
  }

  /** Shapes, costs and graph of the net; undefined for what is no net. */
  facts(): Promise<NetFacts | undefined> {
    return (this.#facts ??= this.#buildFacts());
  }

  /** The line and character of an offset, from 0. */
  positionOf(offset: number): TextPosition {
    return this.#places.positionOf(offset);
  }

  /** The offset of a line and a character. */
  offsetOf(position: TextPosition): number {
    return this.#places.offsetOf(position);
  }

  /** The offset of an address, whose columns count as errors count them. */
  placeOf(address: Address): number {
    return this.#places.offsetOfAddress(address);
  }

  #read(): Analysis {
    if (!this.#analysis) {
      const last = this.#memory.schema;
      this.#analysis = analyze(this.#tree, this.#places, { schema: this.#options.schema, last });
      this.#memory.schema = this.#analysis.schema;
    }
    return this.#analysis;
  }

  get #schemaName(): string | undefined {
    return this.#read().schema.name;
  }

  #cursorAt(offset: number): Cursor {
    return cursorAt(this.#tree, this.#read(), offset);
  }

  #blobNames(): BlobName[] {
    return (this.#blobs ??= blobNamesOf(this.#tree.root));
  }

  async #findProblems(): Promise<Diagnostic[]> {
    const analysis = this.#read();
    if (analysis.errors.length > 0) return syntaxDiagnostics(analysis.errors, this.#places);
    const net = netOf(analysis);
    if (!net?.layer?.length && !net?.layers?.length) return [];
    const { schema, targets, phase } = this.#options;
    const options = { schema, targets, phase };
    try {
      return await lintDiagnostics(net, { tree: this.#tree, places: this.#places, options });
    } catch (error) {
      if (!(error instanceof NetspecError)) throw error;
      // An old format that cannot be brought to today's.
      const at = this.#places.offsetOfAddress(error.details);
      const { reason: message, details } = error;
      return syntaxDiagnostics([{ start: at, end: at, message, hint: details.hint }], this.#places);
    }
  }

  async #buildFacts(): Promise<NetFacts | undefined> {
    const analysis = this.#read();
    const net = netOf(analysis);
    if (!net) return undefined;
    const { schema, phase } = this.#options;
    try {
      const facts = await netFacts(net, { schema, phase });
      if (facts.shapes.size > 0) this.#memory.shapes = facts.shapes;
      return facts;
    } catch (error) {
      if (error instanceof NetspecError) return undefined;
      throw error;
    }
  }

  /** Of a text that cannot be read, or built, those that were known last fill the gaps. */
  async #shapes(): Promise<ReadonlyMap<string, readonly number[]>> {
    const before = this.#memory.shapes;
    const facts = await this.facts();
    if (!facts) return before;
    return facts.problem || this.#read().errors.length > 0 ? new Map([...before, ...facts.shapes]) : facts.shapes;
  }

  /** The layer of a message of the tree, as it was read; undefined where the text has errors before it. */
  #paramOf(layer: SyntaxMessage | undefined): LayerParameter | undefined {
    const net = netOf(this.#read());
    if (!layer?.parent || !net?.layer) return undefined;
    const { start } = layer.parent;
    const line = this.#places.positionOf(start).line + 1;
    return net.layer.find((each) => {
      const address = addressOf(each);
      return address?.line === line && this.#places.offsetOfAddress(address) === start;
    });
  }
}

function rangeOf({ start, end }: TextRange): TextRange {
  return { start, end };
}
