/**
 * Decodes ModelProto and what is in it, from bytes in memory. Fields that do not matter here are stepped over; of values
 * that were left in the file their place is noted.
 */
import { decodeUtf8 } from '../../proto/utf8.js';
import { BYTES, MalformedBytes, RECURSION_LIMIT, VARINT, WireReader } from '../../proto/wire.js';
import { dataTypeName, dataTypeOf } from '../schema/data-types.js';
import type { AttributeValue, FunctionProto, Graph, Model, NodeProto, ValueInfo } from '../schema/model.js';
import type { Stretch } from './skeleton.js';
import { RawTensor } from './raw-tensor.js';

/** The model of a skeleton's bytes, and its tensors, in file order, whose values are to be read. */
export interface Decoded {
  readonly model: Model;
  readonly tensors: readonly RawTensor[];
}

/** @throws MalformedBytes, with the fields that led there */
export function decodeModel(bytes: Uint8Array, holes: ReadonlyMap<number, Stretch>): Decoded {
  const decoder = new Decoder(new WireReader(bytes), holes);
  return { model: decoder.model(), tensors: decoder.tensors };
}

/** What is done with a field by its number; it must read the whole value. */
type Readers = Readonly<Record<number, (tag: number) => void>>;

class Decoder {
  readonly tensors: RawTensor[] = [];
  #depth = 0;

  constructor(
    readonly reader: WireReader,
    readonly holes: ReadonlyMap<number, Stretch>,
  ) {}

  model(): Model {
    let irVersion = 0;
    let producer = '';
    let graph: Graph | undefined;
    const opsets = new Map<string, number>();
    const functions: FunctionProto[] = [];
    this.#fields('ModelProto', {
      1: () => (irVersion = this.reader.int64Nearest()),
      2: () => (producer = this.#string()),
      7: () => this.#nested('graph', () => (graph = this.#graph())),
      8: () => this.#nested('opset_import', () => this.#opset(opsets)),
      25: () => this.#nested(`functions[${functions.length}]`, () => functions.push(this.#function())),
    });
    if (!graph) this.reader.fail('the model has no graph');
    const external = this.tensors.flatMap((tensor) =>
      tensor.isExternal ? [tensor.external.get('location') ?? ''] : [],
    );
    return { irVersion, producer, opsets, graph, functions, externalFiles: [...new Set(external)] };
  }

  #opset(opsets: Map<string, number>): void {
    let domain = '';
    let version = 1;
    this.#fields('OperatorSetIdProto', {
      1: () => (domain = this.#string()),
      2: () => (version = this.reader.int64Nearest()),
    });
    opsets.set(domain === 'ai.onnx' ? '' : domain, version);
  }

  #graph(): Graph {
    let name = '';
    const nodes: NodeProto[] = [];
    const initializers = new Map<string, RawTensor>();
    const inputs: ValueInfo[] = [];
    const outputs: ValueInfo[] = [];
    const valueInfo: ValueInfo[] = [];
    let sparse = 0;
    this.#fields('GraphProto', {
      1: () => this.#nested(`node[${nodes.length}]`, () => nodes.push(this.#node())),
      2: () => (name = this.#string()),
      5: () =>
        this.#nested(`initializer[${initializers.size}]`, () => {
          const tensor = this.#tensor();
          initializers.set(tensor.name, tensor);
        }),
      11: () => this.#nested(`input[${inputs.length}]`, () => inputs.push(this.#valueInfo())),
      12: () => this.#nested(`output[${outputs.length}]`, () => outputs.push(this.#valueInfo())),
      13: () => this.#nested(`value_info[${valueInfo.length}]`, () => valueInfo.push(this.#valueInfo())),
      15: () =>
        this.#nested(`sparse_initializer[${sparse++}]`, () => {
          const tensor = this.#sparseTensor();
          initializers.set(tensor.name, tensor);
        }),
    });
    return { name, nodes, initializers, inputs, outputs, valueInfo };
  }

  #function(): FunctionProto {
    let [name, domain, overload] = ['', '', ''];
    const inputs: string[] = [];
    const outputs: string[] = [];
    const attributes: string[] = [];
    const defaults = new Map<string, AttributeValue>();
    const nodes: NodeProto[] = [];
    const opsets = new Map<string, number>();
    this.#fields('FunctionProto', {
      1: () => (name = this.#string()),
      4: () => inputs.push(this.#string()),
      5: () => outputs.push(this.#string()),
      6: () => attributes.push(this.#string()),
      7: () => this.#nested(`node[${nodes.length}]`, () => nodes.push(this.#node())),
      9: () => this.#nested('opset_import', () => this.#opset(opsets)),
      10: () => (domain = this.#string()),
      11: () => this.#nested(`attribute_proto[${defaults.size}]`, () => defaults.set(...this.#attribute())),
      13: () => (overload = this.#string()),
    });
    return { name, domain, overload, inputs, outputs, attributes, defaults, nodes, opsets };
  }

  #node(): NodeProto {
    let [name, opType, domain, overload] = ['', '', '', ''];
    const inputs: string[] = [];
    const outputs: string[] = [];
    const attributes = new Map<string, AttributeValue>();
    this.#fields('NodeProto', {
      1: () => inputs.push(this.#string()),
      2: () => outputs.push(this.#string()),
      3: () => (name = this.#string()),
      4: () => (opType = this.#string()),
      5: () => this.#nested(`attribute[${attributes.size}]`, () => attributes.set(...this.#attribute())),
      7: () => (domain = this.#string()),
      8: () => (overload = this.#string()),
    });
    return { name, opType, domain: domain === 'ai.onnx' ? '' : domain, overload, inputs, outputs, attributes };
  }

  #attribute(): [name: string, value: AttributeValue] {
    let name = '';
    let type = 0;
    let reference = '';
    const floats: number[] = [];
    const ints: number[] = [];
    const strings: string[] = [];
    let value: AttributeValue | undefined;
    /** A message without a type, as old exporters write it, is of the type whose field it has. */
    let other: string | undefined;
    this.#fields('AttributeProto', {
      1: () => (name = this.#string()),
      2: () => (value = { kind: 'float', value: this.reader.float() }),
      3: () => (value = { kind: 'int', value: this.reader.int64Nearest() }),
      4: () => (value = { kind: 'string', value: this.#string() }),
      5: () => this.#nested('t', () => (value = { kind: 'tensor', value: this.#tensor() })),
      6: () => this.#nested('g', () => (value = { kind: 'graph', value: this.#graph() })),
      7: (tag) => this.#repeated(tag, () => floats.push(this.reader.float())),
      8: (tag) => this.#repeated(tag, () => ints.push(this.reader.int64Nearest())),
      9: () => strings.push(this.#string()),
      10: (tag) => this.#other(tag, () => (other = 'tensors')),
      11: (tag) => this.#other(tag, () => (other = 'graphs')),
      20: () => (type = this.reader.int32()),
      21: () => (reference = this.#string()),
      22: (tag) => this.#other(tag, () => (other = 'sparse_tensor')),
    });
    if (reference !== '') return [name, { kind: 'reference', value: reference }];
    if (other !== undefined) return [name, { kind: 'other', value: other }];
    if (type === 6 || floats.length > 0) return [name, { kind: 'floats', value: floats }];
    if (type === 7 || ints.length > 0) return [name, { kind: 'ints', value: ints }];
    if (type === 8 || strings.length > 0) return [name, { kind: 'strings', value: strings }];
    // proto3 writers leave out zeros.
    if (!value && type === 1) value = { kind: 'float', value: 0 };
    if (!value && type === 2) value = { kind: 'int', value: 0 };
    if (!value && type === 3) value = { kind: 'string', value: '' };
    return [name, value ?? { kind: 'other', value: `type ${type}` }];
  }

  #tensor(): RawTensor {
    const tensor = new RawTensor();
    const place = (field: RawTensor['stored'][number]['field'], tag: number): void => {
      const { reader } = this;
      if ((tag & 7) !== BYTES) {
        const start = reader.at;
        reader.skip(tag, start);
        tensor.stored.push({ field, bytes: reader.bytes.subarray(start, reader.at) });
        return;
      }
      const end = reader.length();
      const hole = end === reader.at ? this.holes.get(reader.at) : undefined;
      tensor.stored.push(hole ? { field, stretch: hole } : { field, bytes: reader.bytes.subarray(reader.at, end) });
      reader.at = end;
    };
    this.#fields('TensorProto', {
      1: (tag) => this.#repeated(tag, () => tensor.dims.push(this.reader.int64Nearest())),
      2: () => (tensor.dataType = this.reader.int32()),
      4: (tag) => place('float_data', tag),
      5: (tag) => place('int32_data', tag),
      7: (tag) => place('int64_data', tag),
      8: () => (tensor.name = this.#string()),
      9: (tag) => place('raw_data', tag),
      10: (tag) => place('double_data', tag),
      11: (tag) => place('uint64_data', tag),
      13: () =>
        this.#nested('external_data', () => {
          let [key, value] = ['', ''];
          this.#fields('StringStringEntryProto', {
            1: () => (key = this.#string()),
            2: () => (value = this.#string()),
          });
          tensor.external.set(key, value);
        }),
      14: () => (tensor.isExternal = this.reader.int32() === 1),
    });
    this.tensors.push(tensor);
    return tensor;
  }

  #sparseTensor(): RawTensor {
    let values: RawTensor | undefined;
    let indices: RawTensor | undefined;
    const dims: number[] = [];
    this.#fields('SparseTensorProto', {
      1: () => this.#nested('values', () => (values = this.#tensor())),
      2: () => this.#nested('indices', () => (indices = this.#tensor())),
      3: (tag) => this.#repeated(tag, () => dims.push(this.reader.int64Nearest())),
    });
    if (!values || !indices) this.reader.fail('a sparse tensor without values or indices');
    const tensor = new RawTensor();
    tensor.name = values.name;
    tensor.dims.push(...dims);
    tensor.dataType = values.dataType;
    tensor.sparse = { values, indices };
    this.tensors.push(tensor);
    return tensor;
  }

  #valueInfo(): ValueInfo {
    let name = '';
    let type: Omit<ValueInfo, 'name'> = {};
    this.#fields('ValueInfoProto', {
      1: () => (name = this.#string()),
      2: () => this.#nested('type', () => (type = this.#type())),
    });
    return { name, ...type };
  }

  #type(): Omit<ValueInfo, 'name'> {
    let found: Omit<ValueInfo, 'name'> = {};
    this.#fields('TypeProto', {
      1: () =>
        this.#nested('tensor_type', () => {
          let elem = 0;
          let dims: (number | string | undefined)[] | undefined;
          this.#fields('TypeProto.Tensor', {
            1: () => (elem = this.reader.int32()),
            2: () => this.#nested('shape', () => (dims = this.#shape())),
          });
          const type = dataTypeOf(elem);
          found = { ...(type && { type }), ...(dims && { dims }) };
          // Without a type it is taken for float; numbers of 4 and 8 bits have forms that nothing here knows.
          if (!type && elem !== 0) found = { kind: `tensor of ${dataTypeName(elem)}` };
        }),
      4: (tag) => this.#other(tag, () => (found = { kind: 'sequence' })),
      5: (tag) => this.#other(tag, () => (found = { kind: 'map' })),
      8: (tag) => this.#other(tag, () => (found = { kind: 'sparse tensor' })),
      9: (tag) => this.#other(tag, () => (found = { kind: 'optional' })),
    });
    return found;
  }

  #shape(): (number | string | undefined)[] {
    const dims: (number | string | undefined)[] = [];
    this.#fields('TensorShapeProto', {
      1: () =>
        this.#nested(`dim[${dims.length}]`, () => {
          let dim: number | string | undefined;
          this.#fields('Dimension', {
            1: () => (dim = this.reader.int64Nearest()),
            2: () => (dim = this.#string() || undefined),
          });
          dims.push(dim);
        }),
    });
    return dims;
  }

  /** All fields up to the end of the message. */
  #fields(message: string, readers: Readers): void {
    const { reader } = this;
    if (this.#depth > RECURSION_LIMIT) reader.fail(`more than ${RECURSION_LIMIT} levels of nesting`);
    while (reader.at < reader.end) {
      const start = reader.at;
      const tag = reader.tag();
      const read = readers[tag >>> 3];
      if (!read) {
        reader.skip(tag, start);
        continue;
      }
      const expected = WIRE_TYPES[message]?.[tag >>> 3] ?? BYTES;
      const found = tag & 7;
      if (found !== expected && !(found === BYTES || REPEATED[message]?.includes(tag >>> 3)))
        reader.fail(`${message}: field ${tag >>> 3} has wire type ${found}, expected ${expected}`, start);
      if (found === BYTES && expected !== BYTES && !REPEATED[message]?.includes(tag >>> 3))
        reader.fail(`${message}: field ${tag >>> 3} has wire type ${found}, expected ${expected}`, start);
      read(tag);
    }
  }

  /** A message within; `where` is put before the path of an error in it. */
  #nested(where: string, read: () => unknown): void {
    const { reader } = this;
    const outer = reader.end;
    const end = reader.length();
    reader.end = end;
    this.#depth++;
    try {
      read();
    } catch (error) {
      if (error instanceof MalformedBytes) error.path.unshift(where);
      throw error;
    } finally {
      this.#depth--;
    }
    reader.at = end;
    reader.end = outer;
  }

  /** One value, or a packed run of them. */
  #repeated(tag: number, read: () => unknown): void {
    const { reader } = this;
    if ((tag & 7) !== BYTES) {
      read();
      return;
    }
    const outer = reader.end;
    reader.end = reader.length();
    while (reader.at < reader.end) read();
    reader.end = outer;
  }

  /** What is not read further. */
  #other(tag: number, note: () => unknown): void {
    this.reader.skip(tag, this.reader.at);
    note();
  }

  #string(): string {
    const end = this.reader.length();
    const text = decodeUtf8(this.reader.bytes.subarray(this.reader.at, end));
    this.reader.at = end;
    return text;
  }
}

const FIXED32 = 5;
const FIXED64 = 1;

/** Fields that are not length-delimited. */
const WIRE_TYPES: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  ModelProto: { 1: VARINT },
  OperatorSetIdProto: { 2: VARINT },
  AttributeProto: { 2: FIXED32, 3: VARINT, 7: FIXED32, 8: VARINT, 20: VARINT },
  TensorProto: { 1: VARINT, 2: VARINT, 4: FIXED32, 5: VARINT, 7: VARINT, 10: FIXED64, 11: VARINT, 14: VARINT },
  SparseTensorProto: { 3: VARINT },
  'TypeProto.Tensor': { 1: VARINT },
  Dimension: { 1: VARINT },
};

/** Numbers that may come packed or each with its own tag. */
const REPEATED: Readonly<Record<string, readonly number[]>> = {
  AttributeProto: [7, 8],
  TensorProto: [1, 4, 5, 7, 10, 11],
  SparseTensorProto: [3],
};
