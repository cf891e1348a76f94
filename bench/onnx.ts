/**
 * Translates a net to ONNX, so that ONNX Runtime can be measured on it: `npx tsx bench/onnx.ts NET WEIGHTS OUT`. Knows the
 * layer types of the nets that are measured, and refuses others. Equal weights are written once.
 */
import { pathToFileURL } from 'node:url';
import protobuf from 'protobufjs';
import { Net, resolve, writeFileAtomically, type Blob } from '../src/node.js';
import type { Layer } from '../src/layers/index.js';

/** What is needed of onnx.proto. */
const SCHEMA = `
  syntax = "proto2";
  message OperatorSetId { optional string domain = 1; optional int64 version = 2; }
  message Dimension { optional int64 dim_value = 1; }
  message Shape { repeated Dimension dim = 1; }
  message TensorType { optional int32 elem_type = 1; optional Shape shape = 2; }
  message Type { optional TensorType tensor_type = 1; }
  message ValueInfo { optional string name = 1; optional Type type = 2; }
  message Tensor { repeated int64 dims = 1 [packed = true]; optional int32 data_type = 2; optional string name = 8; optional bytes raw_data = 9; }
  message Attribute {
    optional string name = 1; optional float f = 2; optional int64 i = 3; repeated int64 ints = 8; optional int32 type = 20;
  }
  message Node {
    repeated string input = 1; repeated string output = 2; optional string name = 3; optional string op_type = 4;
    repeated Attribute attribute = 5;
  }
  message Graph {
    repeated Node node = 1; optional string name = 2; repeated Tensor initializer = 5; repeated ValueInfo input = 11;
    repeated ValueInfo output = 12;
  }
  message Model {
    optional int64 ir_version = 1; optional string producer_name = 2; optional Graph graph = 7;
    repeated OperatorSetId opset_import = 8;
  }`;

const [FLOAT, INT64] = [1, 7];
/** Types of attributes. */
const TYPES = { f: 1, i: 2, ints: 7 } as const;
/** Of the operators: all that are used here have today's meaning since then. */
const OPSET = 13;

interface Node {
  op_type: string;
  input: string[];
  attribute?: { name: string; type: number; [value: string]: unknown }[];
}

const attribute = <K extends keyof typeof TYPES>(
  name: string,
  kind: K,
  value: K extends 'ints' ? number[] : number,
) => ({
  name,
  type: TYPES[kind],
  [kind]: value,
});

class Translation {
  readonly #tensors = new Map<string, { name: string; dims: number[]; data_type: number; raw_data: Uint8Array }>();

  constructor(readonly net: Net) {}

  /** The model's bytes. */
  encode(): Uint8Array {
    const { net } = this;
    const node = net.layers.flatMap((layer) => this.#nodes(layer));
    const info = (name: string) => ({
      name,
      type: {
        tensor_type: { elem_type: FLOAT, shape: { dim: net.blobs.get(name)!.shape.map((d) => ({ dim_value: d })) } },
      },
    });
    const graph = {
      name: net.name || 'net',
      node,
      initializer: [...this.#tensors.values()],
      input: net.inputs.map(info),
      output: net.outputs.map(info),
    };
    const model = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType('Model');
    return model
      .encode({ ir_version: 8, producer_name: 'netspec', graph, opset_import: [{ domain: '', version: OPSET }] })
      .finish();
  }

  /** A layer's nodes; all but the last write to blobs of their own. */
  #nodes(layer: Layer): object[] {
    const [bottoms, tops] = [this.net.bottomNames.get(layer.name)!, this.net.topNames.get(layer.name)!];
    if (layer.type === 'Input') return [];
    if (layer.type === 'Split')
      return tops.map((top) => ({ op_type: 'Identity', name: top, input: [...bottoms], output: [top] }));
    const nodes = this.#translate(layer, bottoms, this.net.blobs.get(bottoms[0]!)!, this.net.blobs.get(tops[0]!)!);
    return nodes.map((node, i) => {
      const output = i === nodes.length - 1 ? tops[0]! : `${layer.name}/${i}`;
      const input = i === 0 ? node.input : [`${layer.name}/${i - 1}`, ...node.input];
      return { ...node, name: output, input, output: [output] };
    });
  }

  /** Inputs of nodes after the first leave out the result of the one before. */
  #translate(layer: Layer, bottoms: readonly string[], x: Blob, y: Blob): Node[] {
    const { param, blobs, type } = layer;
    switch (type) {
      case 'Convolution':
      case 'Deconvolution': {
        const given = param.convolution_param ?? {};
        const { kernel_size, stride, pad, dilation, group } = given;
        const pair = (list: readonly number[] | undefined, otherwise: number): number[] => {
          const [h = otherwise, w = h] = list ?? [];
          return [h, w];
        };
        const pads = pair(pad, 0);
        return [
          {
            op_type: type === 'Convolution' ? 'Conv' : 'ConvTranspose',
            input: [bottoms[0]!, ...blobs.map((blob) => this.#tensor(blob))],
            attribute: [
              attribute('kernel_shape', 'ints', pair(kernel_size, 1)),
              attribute('strides', 'ints', pair(stride, 1)),
              attribute('pads', 'ints', [...pads, ...pads]),
              attribute('dilations', 'ints', pair(dilation, 1)),
              attribute('group', 'i', group ?? 1),
            ],
          },
        ];
      }
      case 'Scale': {
        const along = x.shape.map((_, axis) => (axis === 1 ? x.shape[1]! : 1)).slice(1);
        const [scale, bias] = blobs.map((blob) => this.#tensor(blob, along));
        const times: Node = { op_type: 'Mul', input: [bottoms[0]!, scale!] };
        return bias === undefined ? [times] : [times, { op_type: 'Add', input: [bias] }];
      }
      case 'ReLU':
        return [{ op_type: 'Relu', input: [bottoms[0]!] }];
      case 'Eltwise':
        return [{ op_type: 'Sum', input: [...bottoms] }];
      case 'Pooling': {
        const { kernel_size: kernel, stride, pad } = resolve('PoolingParameter', param.pooling_param);
        // What Caffe's rounding up adds behind the image.
        const behind = [2, 3].map((axis) => (y.shape[axis]! - 1) * stride + kernel - x.shape[axis]! - pad);
        return [
          {
            op_type: 'MaxPool',
            input: [bottoms[0]!],
            attribute: [
              attribute('kernel_shape', 'ints', [kernel, kernel]),
              attribute('strides', 'ints', [stride, stride]),
              attribute('pads', 'ints', [pad, pad, ...behind.map((more) => Math.max(more, 0))]),
            ],
          },
        ];
      }
      case 'InnerProduct': {
        const [weights, bias] = blobs;
        return [
          {
            op_type: 'Gemm',
            input: [bottoms[0]!, this.#tensor(weights!), ...(bias ? [this.#tensor(bias)] : [])],
            attribute: [attribute('transB', 'i', 1)],
          },
        ];
      }
      case 'Softmax':
        return [{ op_type: 'Softmax', input: [bottoms[0]!], attribute: [attribute('axis', 'i', 1)] }];
      case 'LRN': {
        const { local_size: size, alpha, beta, k } = resolve('LRNParameter', param.lrn_param);
        const floats = Object.entries({ alpha, beta, bias: k }).map(([name, value]) => attribute(name, 'f', value));
        return [{ op_type: 'LRN', input: [bottoms[0]!], attribute: [attribute('size', 'i', size), ...floats] }];
      }
      case 'Reshape':
        return [{ op_type: 'Reshape', input: [bottoms[0]!, this.#shape(y.shape)] }];
      default:
        throw new Error(`layer '${layer.name}': no translation of ${type}`);
    }
  }

  /** Name of the tensor that holds a parameter's values. */
  #tensor(blob: Blob, shape: readonly number[] = blob.shape): string {
    const name = `w${blob.ptr}_${shape.join('x')}`;
    if (!this.#tensors.has(name)) {
      const { buffer, byteOffset, byteLength } = blob.peek();
      const raw = new Uint8Array(buffer, byteOffset, byteLength);
      this.#tensors.set(name, { name, dims: [...shape], data_type: FLOAT, raw_data: raw });
    }
    return name;
  }

  #shape(shape: readonly number[]): string {
    const name = `shape_${shape.join('x')}`;
    const raw = new Uint8Array(BigInt64Array.from(shape, BigInt).buffer);
    this.#tensors.set(name, { name, dims: [shape.length], data_type: INT64, raw_data: raw });
    return name;
  }
}

/** A net as an ONNX model. */
export function toOnnx(net: Net): Uint8Array {
  return new Translation(net).encode();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [prototxt, caffemodel, out] = process.argv.slice(2);
  if (!prototxt || !caffemodel || !out) throw new Error('onnx.ts NET WEIGHTS OUT');
  const net = await Net.load(prototxt, { weights: caffemodel });
  await writeFileAtomically(out, (sink) => sink.write(toOnnx(net)));
}
