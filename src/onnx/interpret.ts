/**
 * Runs a prepared model by the operators' references, in double precision: slow, and without any engine of others. What an
 * import is held against where ONNX Runtime is not installed.
 */
import { NetspecError } from '../errors.js';
import { product } from '../shapes.js';
import { NodeContext } from './graph/node-context.js';
import type { WorkGraph } from './graph/graph.js';
import { operatorFor } from './operators/index.js';
import type { Tensor } from './schema/model.js';

/** The interpreter's seconds and memory for more than this are not a user's to wait for. */
const MOST_MULTIPLICATIONS = 2e9;
const MOST_VALUES = 5e7;

/** Values of all nodes' outputs, by name. */
export type InterpretedValues = Map<string, Tensor>;

/**
 * @param inputs one for each input of the graph, of its shape
 * @throws NetspecError when an input is missing or has another number of values
 */
export function interpret(graph: WorkGraph, inputs: ReadonlyMap<string, ArrayLike<number>>): InterpretedValues {
  const known: InterpretedValues = new Map();
  for (const { name, shape, type } of graph.inputs) {
    const given = inputs.get(name);
    if (given?.length !== product(shape))
      throw new NetspecError(`input '${name}': expected ${product(shape)} values, got ${given?.length ?? 'none'}`);
    known.set(name, { shape, type, data: Float64Array.from(given) });
  }
  const values = {
    type: (name: string) => graph.types.get(name),
    // Operators ask for constants where a value must be known beforehand; here everything is.
    constant: (name: string) => graph.constants.get(name),
  };
  for (const node of graph.nodes) {
    const tensors = node.inputs.map((name) =>
      name === '' ? undefined : (known.get(name) ?? graph.constants.get(name)),
    );
    const results = operatorFor(node).evaluate(new NodeContext(node, values), tensors);
    node.outputs.forEach((name, i) => {
      const result = results[i];
      if (name !== '' && result) known.set(name, result);
    });
  }
  return known;
}

/** As {@link interpret}; undefined when the graph is too large for it. */
export function interpretWithin(
  graph: WorkGraph,
  inputs: ReadonlyMap<string, ArrayLike<number>>,
): InterpretedValues | undefined {
  const { multiplications, values } = interpretationCost(graph);
  return multiplications > MOST_MULTIPLICATIONS || values > MOST_VALUES ? undefined : interpret(graph, inputs);
}

/** About how many multiplications it takes, and how many values it holds at the end. */
export function interpretationCost(graph: WorkGraph): { multiplications: number; values: number } {
  let multiplications = 0;
  let values = 0;
  for (const node of graph.nodes) {
    const shape = graph.types.get(node.outputs[0] ?? '')?.shape ?? [];
    const count = product(shape);
    values += count;
    const weights = graph.types.get(node.inputs[1] ?? '')?.shape;
    const perElement =
      node.op === 'Conv' && weights
        ? product(weights, 1)
        : ['MatMul', 'Gemm'].includes(node.op)
          ? (weights?.at(-2) ?? 1)
          : 1;
    multiplications += count * perElement;
  }
  return { multiplications, values };
}
