/** SpaceToDepth: blocks of pixels become channels. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { transposeNumbers } from './shared/transpose.js';

function blockOf(c: NodeContext): number {
  const r = c.attributes.int('blocksize', 0);
  const shape = c.shape(0);
  if (shape.length !== 4 || r < 1 || shape[2]! % r !== 0 || shape[3]! % r !== 0)
    throw new Refusal(`blocksize ${r} does not fit a value of shape ${shape.join('x')}`);
  return r;
}

/** Whether the r² channels that come of one channel lie side by side; only later opsets have the attribute. */
const isCrd = (c: NodeContext): boolean => c.attributes.string('mode', 'DCR') === 'CRD';

export const spaceToDepth: Operator = {
  type: 'SpaceToDepth',
  caffe: 'Convolution by ones and zeros, stride as blocksize',
  grade: 'cheap',
  infer: (c) => {
    const r = blockOf(c);
    const [n, channels, h, w] = c.shape(0) as [number, number, number, number];
    return [{ type: c.type(0), shape: [n, channels * r * r, h / r, w / r] }];
  },
  evaluate: (c, [x]) => {
    const r = blockOf(c);
    const [n, channels, h, w] = x!.shape as [number, number, number, number];
    const order = isCrd(c) ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
    const data = transposeNumbers(x!.data, [n, channels, h / r, r, w / r, r], order);
    return [{ shape: [n, channels * r * r, h / r, w / r], type: x!.type, data }];
  },
  emit: (c) => {
    const r = blockOf(c);
    const channels = c.shape(0)[1]!;
    const outputs = channels * r * r;
    const bySide = isCrd(c);
    const values = (): Float32Array => {
      const out = new Float32Array(outputs * channels * r * r);
      for (let o = 0; o < outputs; o++) {
        const [from, tap] = bySide ? [Math.floor(o / (r * r)), o % (r * r)] : [o % channels, Math.floor(o / channels)];
        out[(o * channels + from) * r * r + tap] = 1;
      }
      return out;
    };
    c.set(
      c.layer(
        'Convolution',
        [c.blob(0)],
        { num_output: outputs, kernel_size: r, stride: r, bias_term: false },
        c.output().shape,
        {
          blobs: [{ shape: [outputs, channels, r, r], values }],
          role: 'blocks',
        },
      ),
    );
  },
};
