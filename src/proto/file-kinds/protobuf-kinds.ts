/**
 * Tells protobuf messages of different programs apart, which have no signature, by the numbers and types of their first
 * fields. Sources: onnx.proto, tensorflow's saved_model.proto and graph.proto, paddle's framework.proto, caffe.proto.
 */
import { BYTES, VARINT } from '../wire.js';
import type { FileHead } from './file-head.js';

/** A field as far as the head has it. */
interface HeadField {
  readonly number: number;
  /** Of a varint, where it is one. */
  readonly value?: number;
  /** Of a string or a message, where it is one; what lies behind the head is missing. */
  readonly bytes?: Uint8Array;
}

/** ONNX: ModelProto, whose first field is the version of the format, then texts, the graph, the operator sets. */
export function isOnnx({ bytes }: FileHead): boolean {
  const [version, next] = firstFields(bytes, 2);
  if (version?.number !== 1 || version.value === undefined || version.value < 1 || version.value > 99) return false;
  if (next?.bytes === undefined) return false;
  if ([2, 3, 4, 6].includes(next.number)) return isText(next.bytes);
  return next.number === 7 || next.number === 8;
}

/** SavedModel: the version of the schema, which is 1, then a graph that begins with what is known of it. */
export function isSavedModel({ bytes }: FileHead): boolean {
  const [version, graph] = firstFields(bytes, 2);
  if (version?.number !== 1 || version.value !== 1 || graph?.number !== 2 || !graph.bytes) return false;
  const [about] = firstFields(graph.bytes, 1);
  // Its operators, or tags; a graph's own version, number 1, is never written.
  return about?.number === 1 && about.bytes !== undefined && (about.bytes[0] ?? 0) >>> 3 > 1;
}

/** GraphDef: nodes, each with a name and an operator. */
export function isTensorflowGraph({ bytes }: FileHead): boolean {
  const [node] = firstFields(bytes, 1);
  if (node?.number !== 1 || !node.bytes) return false;
  const [name, operator] = firstFields(node.bytes, 2);
  return isNamed(name, 1) && isNamed(operator, 2);
}

/** PaddlePaddle's ProgramDesc: blocks, each with its index and that of its parent. */
export function isPaddleProgram({ bytes }: FileHead): boolean {
  const [block] = firstFields(bytes, 1);
  if (block?.number !== 1 || !block.bytes) return false;
  const [index, parent] = firstFields(block.bytes, 2);
  return index?.number === 1 && index.value === 0 && parent?.number === 2 && parent.value !== undefined;
}

/** BlobProto in its old form, as a .binaryproto has it: four sizes, then the values. */
export function isMeanFile({ bytes }: FileHead): boolean {
  const fields = firstFields(bytes, 5);
  return fields.length === 5 && fields.every(({ number, value }, i) => number === i + 1 && (i === 4 || value! > 0));
}

/** SolverState: the iteration, then the path of the weights. */
export function isSolverState({ bytes }: FileHead): boolean {
  const [iteration, path] = firstFields(bytes, 2);
  if (iteration?.number !== 1 || iteration.value === undefined || path?.number !== 2 || !path.bytes) return false;
  return isText(path.bytes) && /\.caffemodel(\.h5)?$/.test(String.fromCharCode(...path.bytes));
}

/** Numbers of NetParameter's fields: strings and messages, and numbers. */
const NET_FIELDS = { bytes: [1, 2, 3, 6, 8, 100], varint: [4, 5, 7] };

/** NetParameter: its name, inputs and layers. */
export function isNetParameter({ bytes }: FileHead): boolean {
  const fields = firstFields(bytes, 2);
  return fields.length > 0 && fields.every((f) => NET_FIELDS[f.bytes ? 'bytes' : 'varint'].includes(f.number));
}

/** The first fields of a message; fewer when there are no more, or what follows is no field. */
function firstFields(bytes: Uint8Array, most: number): HeadField[] {
  const fields: HeadField[] = [];
  let at = 0;
  /** Undefined for a number that does not end. */
  const varint = (): number | undefined => {
    let value = 0;
    for (let i = 0; i < 10 && at < bytes.length; i++) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (fields.length < most && at < bytes.length) {
    const tag = varint();
    const value = varint();
    if (tag === undefined || value === undefined || tag < 8) return fields;
    const number = Math.floor(tag / 8);
    if (tag % 8 === VARINT) fields.push({ number, value });
    else if (tag % 8 === BYTES) {
      fields.push({ number, bytes: bytes.subarray(at, at + value) });
      at += value;
    } else return fields;
  }
  return fields;
}

function isNamed(field: HeadField | undefined, number: number): boolean {
  return field?.number === number && field.bytes !== undefined && field.bytes.length > 0 && isText(field.bytes);
}

function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte !== 0x7f);
}
