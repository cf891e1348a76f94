/** A graph as an ONNX model: the messages of ModelProto, the long tensors beside or inside them. */
import { asFloat32 } from '../../weights/elements.js';
import type { ByteSink } from '../../proto/random-access.js';
import {
  countOf,
  ELEMENT_TYPES,
  type AttributeInput,
  type ConstantDraft,
  type GraphBuilder,
  type NodeDraft,
  type Value,
} from './graph-builder.js';
import { MessageWriter, writePieces, type DeferredBytes } from './message-writer.js';

/** The graph and what the model says of itself. */
export interface ModelDraft {
  readonly name: string;
  readonly graph: GraphBuilder;
  readonly outputs: readonly Value[];
  readonly irVersion: number;
  /** Name of a file beside the model that holds the long tensors. */
  readonly externalData?: string;
}

/** A model whose length is known. */
export interface EncodedModel {
  readonly byteLength: number;
  /** Length of the file with the long tensors; 0 where there is none. */
  readonly dataLength: number;
  write(sink: ByteSink): Promise<void>;
  /** Writes the long tensors, where they are in a file of their own. */
  writeData(sink: ByteSink): Promise<void>;
}

/** Tensors up to this many bytes are in the model always: shapes must be there for whoever infers others from them. */
const MOST_INSIDE = 1024;
/** Where a tensor begins in the file of its own: a page, so that it can be mapped into memory. */
const ALIGNMENT = 4096;

const BYTES_OF = { float: 4, int8: 1, int32: 4, int64: 8, bool: 1 } as const;

export function encodeModel({ name, graph, outputs, irVersion, externalData }: ModelDraft): EncodedModel {
  const data: (DeferredBytes | Uint8Array)[] = [];
  let dataLength = 0;
  /** Places a tensor in the file of its own. */
  const place = (bytes: DeferredBytes): number => {
    const gap = (ALIGNMENT - (dataLength % ALIGNMENT)) % ALIGNMENT;
    if (gap > 0) data.push(new Uint8Array(gap));
    const offset = dataLength + gap;
    data.push(bytes);
    dataLength = offset + bytes.byteLength;
    return offset;
  };
  const written = new MessageWriter();
  for (const node of graph.nodes) written.message(1, encodeNode(node));
  written.string(2, name);
  for (const constant of graph.constants) written.message(5, encodeTensor(constant, externalData, place));
  for (const input of graph.inputs) written.message(11, encodeValue(input));
  for (const output of outputs) written.message(12, encodeValue(output));
  const isOutput = new Set(outputs);
  for (const { outputs: made } of graph.nodes)
    for (const value of made) if (!isOutput.has(value)) written.message(13, encodeValue(value));
  const model = new MessageWriter()
    .int(1, irVersion)
    .string(2, 'netspec')
    .message(7, written)
    .message(8, new MessageWriter().string(1, '').int(2, graph.opset));
  return {
    byteLength: model.byteLength,
    dataLength,
    write: (sink) => model.write(sink),
    writeData: (sink) => writePieces(sink, data),
  };
}

function encodeNode({ op, inputs, outputs, attributes, name }: NodeDraft): MessageWriter {
  const message = new MessageWriter();
  // Optional inputs at the end are left out.
  const last = inputs.findLastIndex((input) => input !== undefined);
  for (const input of inputs.slice(0, last + 1)) message.string(1, input ? input.name! : '');
  for (const output of outputs) message.string(2, output.name!);
  message.string(3, name).string(4, op);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) message.message(5, encodeAttribute(key, value));
  return message;
}

/** Numbers of AttributeProto.AttributeType. */
const KINDS = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;

function encodeAttribute(name: string, value: AttributeInput): MessageWriter {
  const message = new MessageWriter().string(1, name);
  if (typeof value === 'number') return message.int(3, value).int(20, KINDS.int);
  if (typeof value === 'string') return message.string(4, value).int(20, KINDS.string);
  if ('float' in value) return message.float(2, value.float).int(20, KINDS.float);
  if ('floats' in value) {
    for (const each of value.floats) message.float(7, each);
    return message.int(20, KINDS.floats);
  }
  for (const each of value) message.int(8, each);
  return message.int(20, KINDS.ints);
}

function encodeValue({ name, shape, type }: Value): MessageWriter {
  const dims = new MessageWriter();
  shape.forEach((size, axis) => {
    // A dimension that depends on values has a name of its own.
    const dim = new MessageWriter();
    dims.message(1, size >= 0 ? dim.int(1, size) : dim.string(2, `${name!}_${axis}`));
  });
  const tensor = new MessageWriter().int(1, ELEMENT_TYPES[type]).message(2, dims);
  return new MessageWriter().string(1, name!).message(2, new MessageWriter().message(1, tensor));
}

function encodeTensor(
  { value, pieces }: ConstantDraft,
  externalData: string | undefined,
  place: (bytes: DeferredBytes) => number,
): MessageWriter {
  const { name, shape, type } = value;
  const count = countOf(value);
  const byteLength = count * BYTES_OF[type];
  const bytes: DeferredBytes = {
    byteLength,
    async *pieces() {
      let done = 0;
      for await (const piece of pieces()) {
        done += piece.length;
        if (done > count) break;
        yield bytesOf(piece, type);
      }
      // What a file says of itself is checked when it is opened; other lengths are a mistake of a layer's form.
      if (done !== count) throw new Error(`constant '${name!}': ${done} values, its shape has ${count}`);
    },
  };
  const message = new MessageWriter().packed(1, shape).int(2, ELEMENT_TYPES[type]).string(8, name!);
  if (externalData === undefined || byteLength <= MOST_INSIDE) return message.bytes(9, bytes);
  const offset = place(bytes);
  for (const [key, text] of [
    ['location', externalData],
    ['offset', String(offset)],
    ['length', String(byteLength)],
  ] as const)
    message.message(13, new MessageWriter().string(1, key).string(2, text));
  return message.int(14, 1);
}

function bytesOf(values: ArrayLike<number>, type: Value['type']): Uint8Array {
  if (type === 'bool') return Uint8Array.from(values);
  if (type === 'int8') return new Uint8Array(Int8Array.from(values).buffer);
  if (type === 'int32') return new Uint8Array(Int32Array.from(values).buffer);
  if (type === 'float') {
    const floats = asFloat32(values);
    return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
  }
  return new Uint8Array(BigInt64Array.from(Array.from(values), (value) => BigInt(value)).buffer);
}
