/**
 * Reads an ONNX model of any size: the graph first, then the values of the tensors that it uses, each once and straight
 * into the array that they stay in.
 */
import { NetspecError } from '../../errors.js';
import type { RandomAccess } from '../../proto/random-access.js';
import { MAX_MESSAGE_BYTES, MalformedBytes } from '../../proto/wire.js';
import type { AttributeValue, Graph, Model, NodeProto, StoredTensor, ValueInfo } from '../schema/model.js';
import { decodeModel, type Decoded } from './decode.js';
import { externalFiles, type OpenBeside } from './external-data.js';
import type { ValueFiles } from './raw-tensor.js';
import { readSkeleton } from './skeleton.js';

export interface ReadModelOptions {
  /** Opens a file in the model's folder, by its path from there. Without it, a model with external data is refused. */
  openBeside?: OpenBeside;
}

/**
 * Reads a model. Initializers that no node uses are left out.
 * @throws NetspecError when the bytes are no ONNX model, are cut off, or its tensors do not fit their shapes
 */
export async function readModel(source: RandomAccess, { openBeside }: ReadModelOptions = {}): Promise<Model> {
  try {
    const { model, tensors } = await readGraph(source);
    const external = externalFiles(openBeside);
    const files: ValueFiles = {
      model: async ({ offset, length }) => {
        const bytes = new Uint8Array(length);
        await source.read(offset, bytes);
        return bytes;
      },
      external: (fields, bytes, tensor) => external.read(fields, bytes, tensor),
    };
    try {
      const wanted = tensorsOf(model);
      for (const tensor of tensors) if (wanted.has(tensor) && tensor.isReadable) await tensor.load(files);
    } finally {
      await external.close();
    }
    return model;
  } catch (error) {
    throw inWords(error, source);
  }
}

/** What reading threw, with the file's name, and in words where the bytes are no model. */
export function inWords(error: unknown, source: RandomAccess): unknown {
  if (error instanceof MalformedBytes) return malformed(error, source);
  return error instanceof NetspecError ? error.within({ file: source.name }) : error;
}

async function readGraph(source: RandomAccess): Promise<Decoded> {
  if (source.size === 0) throw new NetspecError('not an ONNX model: the file is empty');
  if (source.size > MAX_MESSAGE_BYTES)
    throw new NetspecError(
      `the file has ${source.size} bytes; protobuf, and so ONNX, has at most ${MAX_MESSAGE_BYTES}`,
      {
        hint: 'save it with external data: onnx.save(model, file, save_as_external_data=True)',
      },
    );
  const skeleton = await readSkeleton(source);
  let decoded: Decoded;
  try {
    decoded = decodeModel(skeleton.bytes, skeleton.holes);
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    throw new MalformedBytes(error.reason, skeleton.offsetInFile(error.offset), error.path);
  }
  const { graph } = decoded.model;
  if (graph.nodes.length === 0 && graph.inputs.length === 0 && graph.outputs.length === 0)
    throw new NetspecError('not an ONNX model: it has no nodes, inputs or outputs');
  return decoded;
}

function malformed({ reason, offset, path }: MalformedBytes, { name }: RandomAccess): NetspecError {
  const where = path.length > 0 ? `${path.join('.')}, ` : '';
  return new NetspecError(`not an ONNX model: ${where}byte ${offset}: ${reason}`, { file: name });
}

/** The tensors whose values are used: of initializers those that some node, or an output, names. */
function tensorsOf({ graph, functions }: Model): Set<StoredTensor> {
  const used = new Set<string>();
  const wanted = new Set<StoredTensor>();
  const visit = (each: { nodes: readonly NodeProto[]; outputs?: readonly (ValueInfo | string)[] }): void => {
    for (const output of each.outputs ?? []) used.add(typeof output === 'string' ? output : output.name);
    for (const node of each.nodes) {
      for (const input of node.inputs) used.add(input);
      for (const value of node.attributes.values()) {
        if (value.kind === 'tensor') wanted.add(value.value);
        if (value.kind === 'graph') visit(value.value);
      }
    }
  };
  visit(graph);
  for (const each of functions) visit(each);
  const lists = [graph, ...graphsIn(graph.nodes), ...functions.flatMap(({ nodes }) => graphsIn(nodes))];
  for (const { initializers } of lists)
    for (const [name, tensor] of initializers) if (used.has(name)) wanted.add(tensor);
  return wanted;
}

function graphsIn(nodes: readonly NodeProto[]): Graph[] {
  return nodes.flatMap(({ attributes }) =>
    [...attributes.values()].flatMap((value: AttributeValue) =>
      value.kind === 'graph' ? [value.value, ...graphsIn(value.value.nodes)] : [],
    ),
  );
}
