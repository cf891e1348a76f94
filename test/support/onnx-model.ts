/** Small ONNX models made by hand: nodes, constants and inputs, as bytes of the format. */
import { bytes, int, varint } from '../proto/wire-bytes.js';

export type AttributeInput =
  | number
  | string
  | readonly number[]
  | { float: number }
  | { floats: readonly number[] }
  | { strings: readonly string[] }
  | { tensor: TensorInput }
  | { graph: GraphInput };

export interface TensorInput {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  /** Default `float`. */
  readonly type?: 'float' | 'int64' | 'int32' | 'bool' | 'double' | 'float16' | 'uint8';
}

export interface NodeInput {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeInput | undefined>>;
}

export interface GraphInput {
  readonly nodes: readonly NodeInput[];
  /** Shapes by name; a string stands for an open dimension. */
  readonly inputs?: Readonly<Record<string, readonly (number | string)[]>>;
  /** Element types of inputs that are not `float`. */
  readonly inputTypes?: Readonly<Record<string, keyof typeof TYPES>>;
  readonly constants?: Readonly<Record<string, TensorInput>>;
  readonly outputs: readonly string[];
  /** Declared shapes of outputs. */
  readonly outputShapes?: Readonly<Record<string, readonly number[]>>;
}

export interface ModelInput extends GraphInput {
  readonly opset?: number;
  readonly functions?: readonly {
    name: string;
    domain: string;
    inputs: readonly string[];
    outputs: readonly string[];
    nodes: readonly NodeInput[];
    attributes?: readonly string[];
  }[];
}

const TYPES = { float: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10, double: 11 } as const;

/** A signed integer as a varint of 64 bits. */
function int64(value: number): number[] {
  const big = BigInt.asUintN(64, BigInt(Math.trunc(value)));
  const out: number[] = [];
  for (let left = big; ; left >>= 7n) {
    const low = Number(left & 127n);
    if (left < 128n) return [...out, low];
    out.push(low | 128);
  }
}

const float = (number: number, value: number): number[] => [
  ...varint(number * 8 + 5),
  ...new Uint8Array(Float32Array.of(value).buffer),
];
const intField = (number: number, value: number): number[] => [...varint(number * 8), ...int64(value)];

export function rawData({ data, type = 'float' }: TensorInput): number[] {
  switch (type) {
    case 'float':
      return [...new Uint8Array(Float32Array.from(data).buffer)];
    case 'double':
      return [...new Uint8Array(Float64Array.from(data).buffer)];
    case 'int64':
      return [...new Uint8Array(BigInt64Array.from(Array.from(data, (value) => BigInt(Math.trunc(value)))).buffer)];
    case 'int32':
      return [...new Uint8Array(Int32Array.from(data).buffer)];
    case 'float16':
      return [...new Uint8Array(Uint16Array.from(data).buffer)];
    case 'bool':
    case 'uint8':
      return [...Uint8Array.from(data)];
  }
}

export function encodeTensor(tensor: TensorInput, name = ''): number[] {
  return [
    ...bytes(
      1,
      tensor.shape.flatMap((dim) => int64(dim)),
    ),
    ...int(2, TYPES[tensor.type ?? 'float']),
    ...(name === '' ? [] : bytes(8, name)),
    ...bytes(9, rawData(tensor)),
  ];
}

function encodeAttribute(name: string, value: AttributeInput): number[] {
  const head = bytes(1, name);
  if (typeof value === 'number') return [...head, ...intField(3, value), ...int(20, 2)];
  if (typeof value === 'string') return [...head, ...bytes(4, value), ...int(20, 3)];
  if (Array.isArray(value))
    return [...head, ...(value as number[]).flatMap((each) => intField(8, each)), ...int(20, 7)];
  const object = value as Exclude<AttributeInput, number | string | readonly number[]>;
  if ('float' in object) return [...head, ...float(2, object.float), ...int(20, 1)];
  if ('floats' in object) return [...head, ...object.floats.flatMap((each) => float(7, each)), ...int(20, 6)];
  if ('strings' in object) return [...head, ...object.strings.flatMap((each) => bytes(9, each)), ...int(20, 8)];
  if ('tensor' in object) return [...head, ...bytes(5, encodeTensor(object.tensor)), ...int(20, 4)];
  return [...head, ...bytes(6, encodeGraph(object.graph)), ...int(20, 5)];
}

function encodeNode({ op, inputs, outputs, name = '', domain = '', attributes = {} }: NodeInput): number[] {
  return [
    ...inputs.flatMap((input) => bytes(1, input)),
    ...outputs.flatMap((output) => bytes(2, output)),
    ...(name === '' ? [] : bytes(3, name)),
    ...bytes(4, op),
    ...Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined ? [] : bytes(5, encodeAttribute(key, value)),
    ),
    ...(domain === '' ? [] : bytes(7, domain)),
  ];
}

function encodeInfo(
  name: string,
  shape: readonly (number | string)[] | undefined,
  type: keyof typeof TYPES = 'float',
): number[] {
  const dims = shape?.flatMap((dim) => bytes(1, typeof dim === 'number' ? intField(1, dim) : bytes(2, dim)));
  const tensor = [...int(1, TYPES[type]), ...(dims ? bytes(2, dims) : [])];
  return [...bytes(1, name), ...bytes(2, bytes(1, tensor))];
}

function encodeGraph({
  nodes,
  inputs = {},
  inputTypes = {},
  constants = {},
  outputs,
  outputShapes = {},
}: GraphInput): number[] {
  return [
    ...nodes.flatMap((node) => bytes(1, encodeNode(node))),
    ...bytes(2, 'graph'),
    ...Object.entries(constants).flatMap(([name, tensor]) => bytes(5, encodeTensor(tensor, name))),
    ...Object.entries(inputs).flatMap(([name, shape]) => bytes(11, encodeInfo(name, shape, inputTypes[name]))),
    ...outputs.flatMap((name) => bytes(12, encodeInfo(name, outputShapes[name]))),
  ];
}

/** The bytes of a model. */
export function onnxModel({ opset = 13, functions = [], ...graph }: ModelInput): Uint8Array {
  return Uint8Array.from([
    ...int(1, 8),
    ...bytes(2, 'test'),
    ...bytes(7, encodeGraph(graph)),
    ...bytes(8, [...bytes(1, ''), ...int(2, opset)]),
    ...functions.flatMap(({ name, domain, inputs, outputs, nodes, attributes = [] }) =>
      bytes(25, [
        ...bytes(1, name),
        ...inputs.flatMap((input) => bytes(4, input)),
        ...outputs.flatMap((output) => bytes(5, output)),
        ...attributes.flatMap((attribute) => bytes(6, attribute)),
        ...nodes.flatMap((node) => bytes(7, encodeNode(node))),
        ...bytes(9, [...bytes(1, ''), ...int(2, opset)]),
        ...bytes(10, domain),
      ]),
    ),
  ]);
}
