/** A constant factor and then a constant term for each channel: one Scale. */
import { Attributes } from '../graph/attributes.js';
import { isOp, line, madeBy, perChannel, withConstant } from './match.js';
import type { Pattern } from './pattern.js';

export const scaleShift: Pattern = {
  name: 'factor and term',
  doc: 'Mul and Add of constants for each channel, as frozen normalizations are written: one Scale with a bias',
  apply(context) {
    const { graph, values, node } = context;
    if (!isOp(node, 'Add')) return;
    const added = withConstant(context, node);
    const times = added && madeBy(context, added.x, 'Mul');
    const factor = times && withConstant(context, times);
    if (!added || !factor || !graph.onlyReader(added.x, node)) return;
    const shape = values.type(factor.x)?.shape;
    if (!shape || shape.length < 2 || values.type(node.outputs[0]!)?.shape.join() !== shape.join()) return;
    const channels = shape[1]!;
    const [factors, terms] = [factor, added].map(({ constant }) => perChannel(constant, channels, shape.length));
    // One number for all is a Power.
    if (!factors || !terms || (factor.constant.data.length === 1 && added.constant.data.length === 1)) return;
    const inputs = [
      factor.x,
      graph.addConstant(line(factors), graph.freshName(factor.name)),
      graph.addConstant(line(terms), graph.freshName(added.name)),
    ];
    graph.rewrite(node, { op: 'ScaleShift', inputs, attributes: new Attributes() });
  },
};
