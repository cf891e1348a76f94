/**
 * Below opset 7 a node says with `broadcast` and `axis` where the second operand begins; from 7 on operands align at
 * their ends. The operand gets ones behind it, so that the rest sees today's rule alone.
 */
import { product } from '../../shapes.js';
import { Attributes } from '../graph/attributes.js';
import type { Node, WorkGraph } from '../graph/graph.js';

const WITH_AXIS: ReadonlySet<string> = new Set([
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'And', 'Or', 'Xor', 'Equal', 'Greater', 'Less'],
]);

export function alignLegacyOperand(node: Node, graph: WorkGraph): void {
  if (node.opset >= 7 || node.domain !== '') return;
  const first = graph.types.get(node.inputs[0] ?? '');
  const name = node.inputs[1] ?? '';
  const second = graph.types.get(name);
  if (!first || !second) return;
  const rank = first.shape.length;
  let behind = 0;
  if (WITH_AXIS.has(node.op)) {
    const axis = node.attributes.int('axis');
    if (axis === undefined || node.attributes.int('broadcast', 0) === 0) return;
    behind = rank - (axis < 0 ? axis + rank : axis) - second.shape.length;
    // A single slope is one for all; others are of the channels.
  } else if (node.op === 'PRelu' && second.shape.length === 1 && product(second.shape) > 1) behind = rank - 2;
  if (behind <= 0 || second.shape.length === 0) return;
  const shape = [...second.shape, ...Array.from({ length: behind }, () => 1)];
  const constant = graph.constants.get(name);
  if (constant) {
    const made = graph.addConstant({ ...constant, shape }, graph.freshName(name));
    node.inputs = node.inputs.with(1, made);
    return;
  }
  const made = graph.freshName(name);
  graph.types.set(made, { type: second.type, shape });
  graph.nodes.push({
    name: '',
    op: 'Reshape',
    domain: '',
    opset: 1,
    inputs: [name],
    outputs: [made],
    attributes: Attributes.of({ shape }),
  });
  node.inputs = node.inputs.with(1, made);
}
