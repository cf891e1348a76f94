/** pooling-size: a pooling has windows of another size, another stride, or is over the whole image. */
import { PoolingParameter_RoundMode as Round, type PoolingParameter } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { range } from '../tensors.js';
import { edited, prototxtEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

/** Sizes that nets have. */
const KERNELS = [2, 3, 4, 5, 7];
const STRIDES = [1, 2, 3];

export const poolingSize: Hypothesis = {
  id: 'pooling-size',
  title: 'a pooling has windows of another size or stride, or is over the whole image',
  *variants(suspect): Generator<Variant> {
    const given = suspect.param.pooling_param;
    const [x] = suspect.bottoms;
    if (suspect.type !== 'Pooling' || !given || x?.shape.length !== 4 || suspect.param.top?.length !== 1) return;
    const { kernel_size, stride, pad, round_mode, global_pooling } = resolve('PoolingParameter', given);
    const wanted =
      suspect.reference && suspect.reference.shape.length > 1 ? suspect.reference.shape.slice(-2) : undefined;
    const variant = (settings: Partial<PoolingParameter>, what: string): Variant => {
      const pooling_param = edited(given, [...WINDOW], settings);
      const param = { ...suspect.param, pooling_param };
      const is = global_pooling
        ? 'over the whole image'
        : `with kernel ${given.kernel_h ?? kernel_size}x${given.kernel_w ?? kernel_size}, stride ${given.stride_h ?? stride}`;
      return {
        label: what,
        explanation: `the reference pools ${what}, this layer ${is}.`,
        change: { param },
        fix: prototxtEdit(suspect, param),
      };
    };
    if (!global_pooling && (!wanted || wanted.every((size) => size === 1)))
      yield variant({ global_pooling: true }, 'over the whole image');
    if (!wanted) return;
    const own = { kernel: given.kernel_h ?? kernel_size, stride: given.stride_h ?? stride, pad: given.pad_h ?? pad };
    const candidates = KERNELS.flatMap((kernel) =>
      STRIDES.flatMap((step) =>
        range(Math.floor(kernel / 2) + 1).flatMap((around) =>
          [Round.CEIL, Round.FLOOR].map((round) => ({ kernel, step, around, round })),
        ),
      ),
    )
      .filter(({ kernel, step }) => global_pooling || kernel !== own.kernel || step !== own.stride)
      .filter((each) => wanted.every((size, i) => sizeOf(x.shape[2 + i]!, each) === size))
      .map((each) => ({
        ...each,
        edits: [
          each.kernel !== own.kernel,
          each.step !== own.stride,
          each.around !== own.pad,
          each.round !== round_mode,
        ],
      }))
      .sort((a, b) => a.edits.filter(Boolean).length - b.edits.filter(Boolean).length);
    for (const { kernel, step, around, round } of candidates)
      yield variant(
        {
          kernel_size: kernel,
          ...(step !== 1 && { stride: step }),
          ...(around > 0 && { pad: around }),
          ...(round === Round.FLOOR && { round_mode: round }),
        },
        `with kernel ${kernel}x${kernel}, stride ${step}${around > 0 ? `, pad ${around}` : ''}`,
      );
  },
};

const WINDOW = [
  ...(['kernel_size', 'kernel_h', 'kernel_w', 'stride', 'stride_h', 'stride_w', 'pad', 'pad_h', 'pad_w'] as const),
  ...(['round_mode', 'global_pooling'] as const),
];

/** How many windows there are along an axis, as Caffe counts them. */
function sizeOf(
  size: number,
  { kernel, step, around, round }: { kernel: number; step: number; around: number; round: Round },
): number {
  const steps = (size + 2 * around - kernel) / step;
  const count = (round === Round.FLOOR ? Math.floor(steps) : Math.ceil(steps)) + 1;
  return around > 0 && (count - 1) * step >= size + around ? count - 1 : count;
}
