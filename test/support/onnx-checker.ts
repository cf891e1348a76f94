/** The rules that every ONNX model must keep, as far as they can be told from the file alone. */
import { fromBytes } from '../../src/proto/random-access.js';
import { readModel, type ReadModelOptions } from '../../src/onnx/reader/read-model.js';
import type { AttributeValue } from '../../src/onnx/schema/model.js';

/** Attributes of the operators that exports use, by their type. */
const KINDS = {
  int: [
    ...['axis', 'group', 'keepdims', 'to', 'transB', 'size', 'largest', 'sorted', 'select_last_index', 'output_height'],
    ...['output_width', 'sampling_ratio', 'count_include_pad', 'time_axis', 'batch_axis'],
  ],
  float: ['alpha', 'beta', 'bias', 'epsilon', 'spatial_scale'],
  ints: ['kernel_shape', 'strides', 'pads', 'dilations', 'perm', 'axes', 'split', 'pooled_shape'],
  string: ['mode', 'coordinate_transformation_mode', 'nearest_mode'],
} as const;
const ATTRIBUTES = new Map<string, AttributeValue['kind']>(
  (['int', 'float', 'ints', 'string'] as const).flatMap((kind) => KINDS[kind].map((name) => [name, kind] as const)),
);

/**
 * What is wrong with a model: names that are used twice, or before they are made; values whose type or shape is not declared; attributes
 * of a wrong type; no opset.
 */
export async function modelFaults(bytes: Uint8Array, options: ReadModelOptions = {}): Promise<string[]> {
  const { graph, opsets, irVersion } = await readModel(fromBytes(bytes), options);
  const faults: string[] = [];
  if (!opsets.has('')) faults.push('no opset is declared');
  if (irVersion < 3) faults.push(`version ${irVersion} of the format`);
  const made = new Set<string>();
  const make = (name: string): void => {
    if (name === '') faults.push('a value has no name');
    if (made.has(name)) faults.push(`'${name}' is made twice`);
    made.add(name);
  };
  for (const { name } of graph.inputs) make(name);
  for (const name of graph.initializers.keys()) make(name);
  const declared = new Map([...graph.inputs, ...graph.outputs, ...graph.valueInfo].map((info) => [info.name, info]));
  const names = new Set<string>();
  for (const { name, opType, inputs, outputs, attributes } of graph.nodes) {
    if (name === '' || names.has(name)) faults.push(`node '${name}' has no name of its own`);
    names.add(name);
    for (const input of inputs)
      if (input !== '' && !made.has(input)) faults.push(`'${name}' reads '${input}' too early`);
    for (const output of outputs) {
      make(output);
      const info = declared.get(output);
      if (info?.type === undefined || !info.dims) faults.push(`'${output}' of '${name}' is not declared`);
    }
    for (const [key, { kind }] of attributes)
      if (ATTRIBUTES.get(key) !== kind) faults.push(`attribute '${key}' of ${opType} is of type ${kind}`);
  }
  if (graph.outputs.length === 0) faults.push('no output');
  for (const { name } of graph.outputs) if (!made.has(name)) faults.push(`output '${name}' is made by no node`);
  return faults;
}
