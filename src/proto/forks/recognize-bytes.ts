/**
 * Which Caffe wrote a caffemodel. Forks gave one number to different fields, so numbers alone do not tell: a layer of type Upsample with
 * a field 137 is SegNet's, where that is upsample_param, and not BVLC's, where it is embed_param.
 */
import type { FieldDefinition, SchemaDefinition } from '../descriptor.js';
import { caffeDefinition } from '../schema.js';
import { decodeUtf8 } from '../utf8.js';
import { BYTES, MalformedBytes, VARINT, WireReader } from '../wire.js';
import { forks, type Fork } from './catalog.js';
import { PACKAGE } from './fork-table.js';

/** Numbers of a net's fields that hold layers, and of the layer's field `type`. */
const LAYERS = [
  { number: 100, message: 'LayerParameter', type: 2 },
  { number: 2, message: 'V1LayerParameter', type: 5 },
] as const;

/** What the layers of one type have: numbers of their fields. The type of a V1 layer is a number itself. */
interface TypeNumbers {
  message: (typeof LAYERS)[number]['message'];
  type: string | number;
  numbers: Set<number>;
}

/** Settings that layers of all types have. */
const SHARED = new Set(['transform_param', 'loss_param', 'param']);

/** Types of BVLC's that have no message of their own name. */
const PLAIN_TYPES = new Set(
  'AbsVal BNLL BatchReindex Deconvolution EuclideanLoss Filter Im2col LSTM MultinomialLogisticLoss RNN Sigmoid Silence SoftmaxWithLoss Split TanH'.split(
    ' ',
  ),
);

/**
 * The fork that a caffemodel is of, by the numbers of its layers' fields and the layers' types.
 * @param bytes of a NetParameter; blobs may be left out
 * @returns undefined where BVLC's Caffe fits as well, and for bytes that are no net
 */
export function recognizeBytes(bytes: Uint8Array): Fork | undefined {
  const types = layerNumbers(bytes);
  const caffe = new Numbering(caffeDefinition());
  if (!types?.some((each) => caffe.isStrange(each))) return undefined;
  const own = caffe.score(types, caffe).score;
  const ranked = forks()
    .map((fork) => ({ fork, ...new Numbering(fork.own).score(types, caffe) }))
    .filter(({ score, named }) => named > 0 && score > own)
    .sort((a, b) => b.score - a.score || a.fork.rank - b.fork.rank);
  return ranked[0]?.fork;
}

/** The numbers that layers of each type have; undefined for bytes that are malformed. */
function layerNumbers(bytes: Uint8Array): TypeNumbers[] | undefined {
  const found = new Map<string, TypeNumbers>();
  const reader = new WireReader(bytes);
  try {
    while (reader.at < reader.end) {
      const at = reader.at;
      const tag = reader.tag();
      const layers = LAYERS.find(({ number }) => tag === number * 8 + BYTES);
      if (!layers) reader.skip(tag, at);
      else addLayer(found, reader, layers);
    }
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
  return [...found.values()];
}

function addLayer(found: Map<string, TypeNumbers>, reader: WireReader, layers: (typeof LAYERS)[number]): void {
  const end = reader.length();
  const numbers = new Set<number>();
  let type: string | number = '';
  while (reader.at < end) {
    const at = reader.at;
    const tag = reader.tag();
    numbers.add(tag >>> 3);
    if (tag === layers.type * 8 + BYTES) {
      const to = reader.length();
      type = decodeUtf8(reader.bytes.subarray(reader.at, to));
      reader.at = to;
    } else if (tag === layers.type * 8 + VARINT) type = reader.uint32();
    else reader.skip(tag, at);
  }
  const key = `${layers.message} ${type}`;
  const known = found.get(key);
  if (!known) found.set(key, { message: layers.message, type, numbers });
  else for (const number of numbers) known.numbers.add(number);
}

/** The numbers of one Caffe. */
class Numbering {
  constructor(readonly definition: SchemaDefinition) {}

  /** Whether layers of a type have what this Caffe lacks, or are of a type that it does not know. */
  isStrange({ message, type, numbers }: TypeNumbers): boolean {
    const name = this.nameOf(message, type);
    const isUnknown =
      name === undefined || (typeof type === 'string' && !PLAIN_TYPES.has(name) && !this.hasSettings(name));
    return isUnknown || [...numbers].some((number) => !this.fieldAt(message, number));
  }

  /** How well layers fit; `named` counts the settings that are called like the layer's type and are not where BVLC's are. */
  score(types: readonly TypeNumbers[], caffe: Numbering): { score: number; named: number } {
    let [score, named] = [0, 0];
    for (const { message, type, numbers } of types) {
      const name = this.nameOf(message, type);
      if (name === undefined) score -= 2;
      for (const number of numbers) {
        const field = this.fieldAt(message, number);
        const theirs = caffe.fieldAt(message, number);
        if (!field) score -= 2;
        else if (field.name === theirs?.name) score += isSettingsOf(field, name) ? 2 : 0;
        else if (isSettingsOf(field, name)) {
          score += 2;
          named++;
        } else score--;
      }
    }
    return { score, named };
  }

  fieldAt(message: string, number: number): FieldDefinition | undefined {
    return this.definition.messages[`${PACKAGE}.${message}`]?.find((field) => field.number === number);
  }

  /** The name of a type; of a V1 layer, as the enum has it. */
  nameOf(message: string, type: string | number): string | undefined {
    if (typeof type === 'string') return type;
    const declared = this.definition.messages[`${PACKAGE}.${message}`]?.find(({ name }) => name === 'type');
    const values = Object.entries(this.definition.enums[declared?.type ?? ''] ?? {});
    return values.find(([, number]) => number === type)?.[0];
  }

  hasSettings(name: string): boolean {
    return (this.definition.messages[`${PACKAGE}.LayerParameter`] ?? []).some((field) => isSettingsOf(field, name));
  }
}

/** `upsample_param` of Upsample, `UPSAMPLE` of 2014 included. */
function isSettingsOf({ name, type }: FieldDefinition, layerType: string | undefined): boolean {
  if (layerType === undefined || SHARED.has(name)) return false;
  const plain = (text: string) => text.replaceAll('_', '').toLowerCase();
  const wanted = plain(layerType);
  return plain(name) === `${wanted}param` || plain(type ?? '') === plain(`${PACKAGE}.${wanted}parameter`);
}
