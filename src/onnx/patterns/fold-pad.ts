/** Zeros that a Pad puts around an image: the pad of the convolution or mean that reads it. */
import { Attributes } from '../graph/attributes.js';
import { NodeContext } from '../graph/node-context.js';
import { paddingOf } from '../operators/pad.js';
import { isOp, madeBy } from './match.js';
import type { Pattern } from './pattern.js';

/** Values that are never negative, so that zeros never are the largest of a window that has others. */
const NOT_NEGATIVE: ReadonlySet<string> = new Set([
  'Relu',
  'Sigmoid',
  'HardSigmoid',
  'Softplus',
  'Abs',
  'Exp',
  'Softmax',
]);

export const foldPad: Pattern = {
  name: 'Pad of zeros',
  doc: 'taken into the pad of the Conv or AveragePool after it, and of a MaxPool after a ReLU; left out where it pads nothing',
  apply(context) {
    const { graph, node, values } = context;
    if (node.op === 'Pad' && node.domain === '') {
      const { begins, ends } = paddingOf(new NodeContext(node, values));
      if ([...begins, ...ends].every((pad) => pad === 0))
        graph.rewrite(node, { op: 'Identity', domain: '', opset: 1, inputs: [node.inputs[0]!] });
      return;
    }
    if (!isOp(node, 'Conv', 'AveragePool', 'MaxPool')) return;
    const pad = madeBy(context, node.inputs[0], 'Pad');
    if (!pad) return;
    const { mode, value, begins, ends } = paddingOf(new NodeContext(pad, values));
    const spatial = begins.length - 2;
    const isImage = [begins[0], begins[1], ends[0], ends[1]].every((each) => each === 0);
    if (mode !== 'constant' || value !== 0 || !isImage || [...begins, ...ends].some((each) => each < 0)) return;
    const auto = node.attributes.string('auto_pad', 'NOTSET');
    const own = node.attributes.ints('pads') ?? Array.from({ length: 2 * spatial }, () => 0);
    const isPadded = own.some((each) => each !== 0);
    if ((auto !== 'NOTSET' && auto !== 'VALID' && auto !== '') || own.length !== 2 * spatial) return;
    if (node.op === 'AveragePool' && isPadded && node.attributes.int('count_include_pad', 0) === 0) return;
    // A window of padding alone would be −∞ instead of 0.
    if (node.op === 'MaxPool') {
      const kernel = node.attributes.ints('kernel_shape') ?? [];
      const before = graph.producer(pad.inputs[0]!);
      const isSafe =
        begins.slice(2).every((each, i) => each + own[i]! < kernel[i]!) &&
        ends.slice(2).every((each, i) => each + own[spatial + i]! < kernel[i]!);
      if (!before || !NOT_NEGATIVE.has(before.op) || !isSafe || node.attributes.int('ceil_mode', 0) !== 0) return;
    }
    if (node.op === 'AveragePool' && node.attributes.int('ceil_mode', 0) !== 0) return;
    const pads = [...begins.slice(2), ...ends.slice(2)].map((each, i) => each + own[i]!);
    const attributes = new Map(node.attributes.values);
    attributes.delete('auto_pad');
    attributes.set('pads', { kind: 'ints', value: pads });
    if (node.op === 'AveragePool') attributes.set('count_include_pad', { kind: 'int', value: 1 });
    const { op, domain } = node;
    graph.rewrite(node, {
      op,
      domain,
      opset: Math.max(node.opset, 7),
      inputs: [pad.inputs[0]!, ...node.inputs.slice(1)],
      attributes: new Attributes(attributes),
    });
  },
};
