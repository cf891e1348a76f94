/**
 * grown-kernel: padding that differs between the two sides of an image, and a size that Caffe's Deconvolution cannot give, by
 * a kernel with zeros in front or behind.
 */
import type { ConvolutionParameter, LayerParameter } from '../../generated/messages.js';
import type { WindowAxis } from '../../layers/shared/window.js';
import { canonicalName } from '../../weights/name-index.js';
import type { FloatTensor } from '../tensors.js';
import { edited } from './edits.js';
import type { Suspect } from './hypothesis.js';
import { bordered, type Sides } from './planes.js';

/** What one axis of a kernel becomes. */
export interface GrownAxis {
  /** Zeros before and behind the taps. */
  readonly zeros: Sides;
  /** What Caffe is told to pad by, on both sides. */
  readonly pad: number;
}

/** A convolution's axis that is padded by so much on either side; undefined where the dilation cannot make the difference up. */
export function grownConvolution({ dilation }: WindowAxis, { before, behind }: Sides): GrownAxis | undefined {
  const more = Math.abs(behind - before) / dilation;
  if (!Number.isInteger(more)) return undefined;
  return {
    zeros: behind > before ? { before: more, behind: 0 } : { before: 0, behind: more },
    pad: Math.max(before, behind),
  };
}

/** A deconvolution's axis of whose result so much is left out at either side; less than nothing behind makes it larger. */
export function grownDeconvolution({ dilation }: WindowAxis, { before, behind }: Sides): GrownAxis | undefined {
  const more = Math.abs(behind - before) / dilation;
  if (!Number.isInteger(more)) return undefined;
  return behind > before
    ? { zeros: { before: more, behind: 0 }, pad: behind }
    : { zeros: { before: 0, behind: more }, pad: before };
}

/** The layer with another kernel and padding, its weights, and the lines of numpy that save them. */
export interface Grown {
  readonly param: LayerParameter;
  readonly blobs: () => readonly FloatTensor[];
  readonly numbers: readonly string[] | undefined;
}

export function grown(
  { name, param, blobs }: Pick<Suspect, 'name' | 'param' | 'blobs'>,
  window: readonly [WindowAxis, WindowAxis],
  axes: readonly [GrownAxis, GrownAxis],
): Grown {
  const [weights, ...others] = blobs as [FloatTensor, ...FloatTensor[]];
  const kernel = window.map(({ kernel: taps }, i) => taps + axes[i]!.zeros.before + axes[i]!.zeros.behind);
  const isLarger = kernel.some((taps, i) => taps !== window[i]!.kernel);
  const convolution_param = edited(
    param.convolution_param,
    ['pad', 'pad_h', 'pad_w', ...(isLarger ? (['kernel_size', 'kernel_h', 'kernel_w'] as const) : [])],
    {
      ...(isLarger && sides('kernel_size', 'kernel', kernel)),
      ...sides(
        'pad',
        'pad',
        axes.map(({ pad }) => pad),
      ),
    },
  );
  const numpy = axes.map(({ zeros }) => `(${zeros.before}, ${zeros.behind})`).join(', ');
  const file = `${canonicalName(name)}_weight.npy`;
  return {
    param: { ...param, convolution_param },
    blobs: () => [bordered(weights, [axes[0].zeros, axes[1].zeros], 'zeros')!, ...others],
    numbers: isLarger
      ? ['import numpy as np', `w = np.load('${file}')`, `np.save('${file}', np.pad(w, ((0, 0), (0, 0), ${numpy})))`]
      : undefined,
  };
}

/** A setting of both axes: once where they are alike. 0 is not written for pad. */
function sides(
  once: 'kernel_size' | 'pad',
  stem: 'kernel' | 'pad',
  [h, w]: readonly number[],
): Partial<ConvolutionParameter> {
  if (h === w) return h === 0 && once === 'pad' ? {} : { [once]: [h!] };
  return { [`${stem}_h`]: h!, [`${stem}_w`]: w! };
}
