/** DepthToSpace: blocks of channels become blocks of pixels. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { transposeNumbers } from './shared/transpose.js';

interface Blocks {
  readonly r: number;
  /** Channels of the result. */
  readonly channels: number;
  readonly isCrd: boolean;
}

function blocksOf(c: NodeContext): Blocks {
  const r = c.attributes.int('blocksize', 0);
  const shape = c.shape(0);
  const channels = (shape[1] ?? 0) / (r * r);
  if (shape.length !== 4 || r < 1 || !Number.isInteger(channels))
    throw new Refusal(`blocksize ${r} does not fit a value of shape ${shape.join('x')}`);
  return { r, channels, isCrd: c.attributes.string('mode', 'DCR') === 'CRD' };
}

export const depthToSpace: Operator = {
  type: 'DepthToSpace',
  caffe: 'Deconvolution by ones and zeros, stride as blocksize',
  grade: 'cheap',
  infer: (c) => {
    const { r, channels } = blocksOf(c);
    const [n, , h, w] = c.shape(0) as [number, number, number, number];
    return [{ type: c.type(0), shape: [n, channels, h * r, w * r] }];
  },
  evaluate: (c, [x]) => {
    const { r, channels, isCrd } = blocksOf(c);
    const [n, , h, w] = x!.shape as [number, number, number, number];
    const data = isCrd
      ? transposeNumbers(x!.data, [n, channels, r, r, h, w], [0, 1, 4, 2, 5, 3])
      : transposeNumbers(x!.data, [n, r, r, channels, h, w], [0, 3, 4, 1, 5, 2]);
    return [{ shape: [n, channels, h * r, w * r], type: x!.type, data }];
  },
  emit: (c) => {
    const { r, channels, isCrd } = blocksOf(c);
    // With CRD the r² channels of a result's channel lie side by side: one group for each.
    const group = isCrd ? channels : 1;
    const inputs = channels * r * r;
    const values = (): Float32Array => {
      const out = new Float32Array((inputs * channels * r * r) / group);
      for (let i = 0; i < inputs; i++) {
        const tap = isCrd ? i % (r * r) : Math.floor(i / channels);
        const to = isCrd ? 0 : i % channels;
        out[(i * (channels / group) + to) * r * r + tap] = 1;
      }
      return out;
    };
    const fields = { num_output: channels, kernel_size: r, stride: r, ...(group > 1 && { group }), bias_term: false };
    c.set(
      c.layer('Deconvolution', [c.blob(0)], fields, c.output().shape, {
        blobs: [{ shape: [inputs, channels / group, r, r], values }],
        role: 'shuffle',
      }),
    );
  },
};
