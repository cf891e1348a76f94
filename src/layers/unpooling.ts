/** UnPooling: spreads each value over a window. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

export interface UnPoolingSettings {
  unpool: number;
  out_pad: number;
  out_pad_h: number;
  out_pad_w: number;
  out_kernel_size: number;
  out_kernel_h: number;
  out_kernel_w: number;
  out_stride: number;
  out_stride_h: number;
  out_stride_w: number;
}

/** Values of `unpool`. */
export const UnpoolMethod = { FIXED: 0, DIV: 1, REP: 2 } as const;

/** A window along one axis. */
export interface UnpoolingWindow {
  kernel: number;
  stride: number;
  pad: number;
}

/**
 * Puts each value into a window of a larger image.
 *
 * @formula FIXED: the value at the middle of its window, 0 elsewhere; DIV: the value divided by the window's size, all over it;
 *   REP: the value all over it. DIV and REP divide by the number of windows that overlap at a place
 * @bottoms x, (N, C, H, W); size, optional: an image of the wanted size, from which window, stride and padding follow
 * @tops y, (N, C, (H − 1) · stride − 2 pad + kernel, …); not in place
 * @fields `unpool` (FIXED); `out_kernel_size`, or `out_kernel_h` and `out_kernel_w`; likewise `out_stride` (1) and `out_pad` (0)
 * @source unpooling_layer.cpp of Cambricon/caffe
 */
export class UnPoolingLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'UnPooling',
    origin: 'Cambricon',
    family: 'pooling',
    doc: 'Spreads each value over a window of a larger image.',
    bottoms: ['x', 'size?'],
    tops: ['y'],
    params: ['unpooling_param'],
  };

  #windows: [UnpoolingWindow, UnpoolingWindow] = [
    { kernel: 1, stride: 1, pad: 0 },
    { kernel: 1, stride: 1, pad: 0 },
  ];

  get #settings(): Partial<UnPoolingSettings> {
    return settingsOf<UnPoolingSettings>(this.param, 'unpooling_param');
  }

  override setUp(): void {
    const s = this.#settings;
    const hasBoth = s.out_kernel_h !== undefined && s.out_kernel_w !== undefined;
    this.check(
      (s.out_kernel_size !== undefined) !== hasBoth,
      'Out filter size is out_kernel_size OR out_kernel_h and out_kernel_w; not both',
      undefined,
      'unpooling_param.out_kernel_size',
    );
    for (const name of ['out_pad', 'out_stride'] as const) {
      const [h, w] = [s[`${name}_h`], s[`${name}_w`]];
      this.check(
        (h === undefined) === (w === undefined) && (s[name] === undefined || h === undefined),
        `${name} OR ${name}_h and ${name}_w are required.`,
        undefined,
        `unpooling_param.${name}`,
      );
    }
  }

  override reshape([x, size]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(x!.numAxes === 4, () => `expected (N, C, H, W), bottom[0] is ${shapeString(x!.shape)}`);
    const [num, channels, height, width] = x!.shape as [number, number, number, number];
    if (size) this.check(size.numAxes === 4, () => `expected 4 axes, bottom[1] is ${shapeString(size.shape)}`);
    this.#windows = unpoolingWindows(this.#settings, x!.shape, size?.shape);
    const [h, w] = this.#windows;
    this.check(
      h.kernel > 0 && w.kernel > 0,
      'Out filter dimensions cannot be zero.',
      undefined,
      'unpooling_param.out_kernel_size',
    );
    this.check(
      (h.pad === 0 && w.pad === 0) || (h.pad < h.kernel && w.pad < w.kernel),
      `out_pad_h_ < out_kernel_h_ (${h.pad} vs. ${h.kernel}), out_pad_w_ < out_kernel_w_ (${w.pad} vs. ${w.kernel})`,
      undefined,
      'unpooling_param.out_pad',
    );
    const out = [outputSize(height, h), outputSize(width, w)];
    this.check(
      out[0]! > 0 && out[1]! > 0,
      `the top would have the size ${out.join(' x ')}`,
      undefined,
      'unpooling_param.out_pad',
    );
    y!.reshape([num, channels, ...out]);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { unpool = UnpoolMethod.FIXED } = this.#settings;
    const [to, from] = valuesOf(y!, x!);
    const [, , height, width] = x!.shape as [number, number, number, number];
    const [, , outHeight, outWidth] = y!.shape as [number, number, number, number];
    const [h, w] = this.#windows;
    const overlapsH = overlaps(height, outHeight, h);
    const overlapsW = overlaps(width, outWidth, w);
    to.fill(0);
    for (let i = 0; i < from.length; i++) {
      const [row, column] = [Math.floor(i / width) % height, i % width];
      const plane = Math.floor(i / (height * width)) * outHeight * outWidth;
      if (unpool === UnpoolMethod.FIXED) {
        to[plane + middleOf(row, h, outHeight) * outWidth + middleOf(column, w, outWidth)] = from[i]!;
        continue;
      }
      const [top, left] = [row * h.stride - h.pad, column * w.stride - w.pad];
      const [bottom, right] = [
        Math.min(top + h.kernel, outHeight + h.pad),
        Math.min(left + w.kernel, outWidth + w.pad),
      ];
      const value = unpool === UnpoolMethod.DIV ? from[i]! / ((bottom - top) * (right - left)) : from[i]!;
      for (let p = Math.max(top, 0); p < Math.min(bottom, outHeight); p++)
        for (let q = Math.max(left, 0); q < Math.min(right, outWidth); q++)
          to[plane + p * outWidth + q]! += value / (overlapsH[p]! * overlapsW[q]!);
    }
  }
}

function outputSize(size: number, { kernel, stride, pad }: UnpoolingWindow): number {
  return (size - 1) * stride - 2 * pad + kernel;
}

/** The window along an axis that leads from one size to another. */
function windowFor(size: number, wanted: number): UnpoolingWindow {
  const kernel = Math.ceil(Math.fround(wanted / size));
  const stride = kernel === wanted ? 1 : kernel;
  return { kernel, stride, pad: Math.floor(((size - 1) * stride + kernel - wanted) / 2) };
}

/** Where the middle of the window at `i` lies, within the image. */
export function middleOf(i: number, { kernel, stride, pad }: UnpoolingWindow, out: number): number {
  // C divides integers towards zero.
  return Math.min(Math.max(Math.trunc((2 * (i * stride - pad) + kernel - 1) / 2), 0), out - 1);
}

/** The windows along height and width. */
export function unpoolingWindows(
  s: Partial<UnPoolingSettings>,
  [, , height, width]: readonly number[],
  size?: readonly number[],
): [UnpoolingWindow, UnpoolingWindow] {
  if (size) return [windowFor(height!, size[2]!), windowFor(width!, size[3]!)];
  return [
    {
      kernel: s.out_kernel_size ?? s.out_kernel_h ?? 0,
      stride: s.out_stride_h ?? s.out_stride ?? 1,
      pad: s.out_pad_h ?? s.out_pad ?? 0,
    },
    {
      kernel: s.out_kernel_size ?? s.out_kernel_w ?? 0,
      stride: s.out_stride_w ?? s.out_stride ?? 1,
      pad: s.out_pad_w ?? s.out_pad ?? 0,
    },
  ];
}

/** How many windows cover each place along an axis. */
export function overlaps(size: number, out: number, { kernel, stride, pad }: UnpoolingWindow): number[] {
  const counts = new Array<number>(out).fill(0);
  for (let i = 0; i < size; i++)
    for (let p = Math.max(i * stride - pad, 0); p < Math.min(i * stride - pad + kernel, out); p++) counts[p]!++;
  return counts;
}
