/** exportOnnx: a Caffe net with its weights as an ONNX model. */
import { NET, OPTIONS, checkArguments } from '../../arguments.js';
import { NetspecError } from '../../errors.js';
import { MAX_MESSAGE_BYTES } from '../../proto/wire.js';
import { toBytes, type ByteSink } from '../../proto/random-access.js';
import type { CaffemodelReader } from '../../proto/caffemodel-reader.js';
import type { Net } from '../../runtime/net.js';
import { buildGraph } from './build-graph.js';
import { encodeModel } from './encode-model.js';
import { DEFAULT_OPSET, irVersionOf } from './opsets.js';
import { ownParameters, storedParameters } from './parameters.js';

/** How {@link exportOnnx} writes a model. */
export interface ExportOptions {
  /** Version of ONNX's operators, 11 to 21. Default 17. */
  readonly opset?: number;
  /**
   * Where the parameters are read from while the model is written, one after another. Default: the net's own memory. With it the net
   * may be built for its shapes only.
   */
  readonly weights?: CaffemodelReader;
  /** Name of a file beside the model for its long tensors: a model of 2 GiB and more needs one. Default: none. */
  readonly externalData?: string;
}

/** A net as an ONNX model that is ready to be written. */
export interface ExportedModel {
  readonly opset: number;
  /** By the name of a blob, the value of the model that holds what the last layer that names the blob made. */
  readonly values: ReadonlyMap<string, string>;
  /** For each layer, in the net's order, the values that it makes: of an in-place layer other ones than its blob's last. */
  readonly layers: readonly { readonly name: string; readonly type: string; readonly values: readonly string[] }[];
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Number of nodes. */
  readonly nodes: number;
  /** Length of the model in bytes. */
  readonly byteLength: number;
  /** Length of the file with the long tensors; 0 without {@link ExportOptions.externalData}. */
  readonly dataLength: number;
  /** What the user should know: layers without weights, settings that have no meaning in ONNX. */
  readonly remarks: readonly string[];
  /** Writes the model; parameters are read when their turn comes. */
  write(sink: ByteSink): Promise<void>;
  /** Writes the file with the long tensors. */
  writeData(sink: ByteSink): Promise<void>;
  /** The model as bytes. */
  bytes(): Promise<Uint8Array>;
}

/**
 * Translates a net to ONNX. Each blob of the net is a value of the model under its own name; what an in-place layer overwrites has a
 * name of its own.
 * @throws NetspecError when layers have no form in ONNX: all of them at once, each with the reason and what to do; when the model
 * would pass 2 GiB; when the weights do not fit the net
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * const model = await exportOnnx(net);
 * model.outputs; // → [{ name: 'prob', shape: [1, 5] }]
 * const bytes = await model.bytes();
 * net.dispose();
 */
export async function exportOnnx(net: Net, options: ExportOptions = {}): Promise<ExportedModel> {
  checkArguments('exportOnnx()', { net: [net, NET], options: [options, OPTIONS] });
  const { opset = DEFAULT_OPSET, weights, externalData } = options;
  const irVersion = irVersionOf(opset);
  const parameters = weights ? await storedParameters(net, weights) : ownParameters(net);
  const { graph, outputs, layers, values, remarks } = await buildGraph(net, parameters, opset);
  const encoded = encodeModel({ name: net.name === '' ? 'net' : net.name, graph, outputs, irVersion, externalData });
  if (encoded.byteLength > MAX_MESSAGE_BYTES)
    throw new NetspecError(
      `the model would have ${encoded.byteLength} bytes; a protobuf message has ${MAX_MESSAGE_BYTES} at most`,
      { code: 'model-too-large', hint: 'write the weights to a file beside it' },
    );
  const described = (list: readonly { name: string | undefined; shape: readonly number[] }[]) =>
    list.map(({ name, shape }) => ({ name: name!, shape }));
  return {
    opset,
    values,
    layers,
    inputs: described(graph.inputs),
    outputs: described(outputs),
    nodes: graph.nodes.length,
    byteLength: encoded.byteLength,
    dataLength: encoded.dataLength,
    remarks: [...remarks, ...weightRemarks(parameters)],
    write: (sink) => encoded.write(sink),
    writeData: (sink) => encoded.writeData(sink),
    bytes: async () => {
      const sink = toBytes();
      await encoded.write(sink);
      return sink.bytes();
    },
  };
}

function weightRemarks({ unfilled, ignored }: { unfilled: readonly string[]; ignored: readonly string[] }): string[] {
  return [
    ...(unfilled.length > 0
      ? [`not in the weights, written with the values of their fillers: ${unfilled.join(', ')}`]
      : []),
    ...(ignored.length > 0 ? [`layers of the weights that the net has not: ${ignored.join(', ')}`] : []),
  ];
}
