/** Pooling: maximum or mean over windows. */
import {
  PoolingParameter_PoolMethod as Method,
  PoolingParameter_RoundMode as Round,
  type LayerParameter,
} from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { parallelFor } from '../engine/parallel-for.js';
import type { BlobCount, LayerFacts } from './facts.js';
import { Layer } from './layer.js';
import { enumName, windowText } from './shared/drawn.js';
import { writeWords } from './shared/task.js';
import { writtenSetting } from './shared/window.js';

/** Kernels compute in 32-bit integers; beyond this, sums of window sizes would wrap around. */
const LIMIT = 2 ** 29;

interface Pair {
  h: number;
  w: number;
}

/**
 * Maximum or mean over a window that slides over each channel.
 *
 * @formula MAX `y[n, c, p, q] = max x[n, c, h, w]`, AVE `y = Σ x / area`, over h from `p · stride − pad` to before
 *   that + kernel, and w likewise
 * @bottoms x, (N, C, H, W)
 * @tops y, (N, C, P, Q) with `P = ⌈(H + 2 pad − kernel) / stride⌉ + 1`, rounded down with `round_mode: FLOOR`, or forks'
 *   `ceil_mode: false`; where there is padding, a last window that begins beyond the image and the padding before it is dropped. For MAX
 *   optionally a second top of the same shape: the index h · W + w of each maximum, −1 for none
 * @fields `kernel_size` or `kernel_h` and `kernel_w`, likewise `stride` and `pad`; `global_pooling: true` takes the
 *   whole of each channel. Padding must be smaller than the window
 * @notes In empty windows: without padding, a stride greater than the kernel can leave a last window that holds
 *   nothing; its maximum is −3.4e38 (-FLT_MAX) and its mean 0/0. NaNs and values not above -FLT_MAX never are a
 *   maximum
 * @notes In means: the area is the window's within the padded image, so that padding counts as zeros
 * @notes Unlike Caffe's GPU code: STOCHASTIC is refused, as Caffe does on CPUs
 * @source Caffe's pooling_layer.cpp
 */
export class PoolingLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Pooling',
    origin: 'BVLC',
    family: 'pooling',
    doc: 'Maximum or average over windows. Output sizes are rounded up unless round_mode is FLOOR.',
    bottoms: ['x'],
    tops: ['y', 'mask?'],
    params: ['pooling_param'],
    // The largest value of a window is one of its values.
    movesValues: ({ pooling_param }) => resolve('PoolingParameter', pooling_param).pool === Method.MAX,
    drawn: poolingSettings,
  };

  override readonly topCount: BlobCount;
  readonly #method: Method;
  #kernel: Pair = { h: 1, w: 1 };
  #stride: Pair = { h: 1, w: 1 };
  #pad: Pair = { h: 0, w: 0 };
  #geometry: Int32Array = new Int32Array(10);

  constructor(...args: ConstructorParameters<typeof Layer>) {
    super(...args);
    this.#method = resolve('PoolingParameter', this.param.pooling_param).pool;
    this.topCount = { min: 1, max: this.#method === Method.MAX ? 2 : 1 };
  }

  override setUp([x]: readonly Blob[]): void {
    const given = this.param.pooling_param ?? {};
    const param = resolve('PoolingParameter', given);
    const { kernel_size, kernel_h, kernel_w, pad, pad_h, pad_w, stride, stride_h, stride_w } = given;
    const isGlobal = param.global_pooling;
    if (isGlobal) {
      this.check(
        kernel_size === undefined && kernel_h === undefined && kernel_w === undefined,
        'With Global_pooling: true Filter size cannot specified',
        'remove kernel_size, kernel_h and kernel_w',
        'pooling_param.kernel_size',
      );
    } else {
      const both = kernel_h !== undefined && kernel_w !== undefined;
      this.check(
        (kernel_size !== undefined) !== both,
        'Filter size is kernel_size OR kernel_h and kernel_w; not both: ' +
          (both ? 'all are given' : 'none is complete'),
        both ? 'remove kernel_size' : 'write kernel_size, or global_pooling: true',
        'pooling_param.kernel_size',
      );
    }
    this.check(
      (pad_h === undefined && pad_w === undefined) || (pad === undefined && pad_h !== undefined && pad_w !== undefined),
      'pad is pad OR pad_h and pad_w are required.',
      undefined,
      'pooling_param.pad',
    );
    this.check(
      (stride_h === undefined && stride_w === undefined) ||
        (stride === undefined && stride_h !== undefined && stride_w !== undefined),
      'Stride is stride OR stride_h and stride_w are required.',
      undefined,
      'pooling_param.stride',
    );
    this.#kernel = { h: kernel_size ?? kernel_h ?? 0, w: kernel_size ?? kernel_w ?? 0 };
    this.#pad = { h: pad_h ?? param.pad, w: pad_w ?? param.pad };
    this.#stride = { h: stride_h ?? param.stride, w: stride_w ?? param.stride };
    if (isGlobal) this.#kernel = { h: x!.legacyDim(2), w: x!.legacyDim(3) };
    const [k, p, s] = [this.#kernel, this.#pad, this.#stride];
    this.check(
      k.h > 0 && k.w > 0,
      `Filter dimensions cannot be zero: kernel is ${k.h} x ${k.w}`,
      undefined,
      'pooling_param.kernel_size',
    );
    this.check(
      s.h > 0 && s.w > 0,
      `Stride dimensions must be nonzero: stride is ${s.h} x ${s.w}`,
      undefined,
      'pooling_param.stride',
    );
    this.check(
      Math.max(k.h, k.w, s.h, s.w, p.h, p.w) < LIMIT,
      `kernel, stride and pad must be below ${LIMIT}: kernel is ${k.h} x ${k.w}, stride ${s.h} x ${s.w}, pad ${p.h} x ${p.w}`,
      undefined,
      'pooling_param',
    );
    this.check(
      !isGlobal || (p.h === 0 && p.w === 0 && s.h === 1 && s.w === 1),
      `With Global_pooling: true; only pad = 0 and stride = 1: pad is ${p.h} x ${p.w}, stride ${s.h} x ${s.w}`,
      undefined,
      'pooling_param.global_pooling',
    );
    this.check(
      param.pool !== Method.STOCHASTIC,
      'STOCHASTIC pooling is not implemented, nor is it in Caffe on CPUs',
      'use pool: AVE or MAX',
      'pooling_param.pool',
    );
    this.check(
      p.h < k.h && p.w < k.w,
      `padding must be smaller than the window: pad_h_ < kernel_h_ (${p.h} vs. ${k.h}), pad_w_ < kernel_w_ (${p.w} vs. ${k.w})`,
      undefined,
      'pooling_param.pad',
    );
  }

  override reshape([x]: readonly Blob[], [y, mask]: readonly Blob[]): void {
    this.check(
      x!.numAxes === 4,
      () =>
        `Input must have 4 axes, corresponding to (num, channels, height, width): bottom[0] is ${shapeString(x!.shape)}`,
    );
    const [num, channels, height, width] = x!.shape as [number, number, number, number];
    const { global_pooling, round_mode: given } = resolve('PoolingParameter', this.param.pooling_param);
    // The forks that have ceil_mode round as BVLC does where it is true, which is its default.
    const round_mode = roundsDown(this.param.pooling_param) ? Round.FLOOR : given;
    if (global_pooling) this.#kernel = { h: height, w: width };
    const [k, p, s] = [this.#kernel, this.#pad, this.#stride];
    const isPadded = p.h > 0 || p.w > 0;
    const pooledHeight = pooledSize(height, k.h, s.h, p.h, round_mode, isPadded);
    const pooledWidth = pooledSize(width, k.w, s.w, p.w, round_mode, isPadded);
    this.check(
      pooledHeight >= 0 && pooledWidth >= 0,
      () =>
        `the window of ${k.h} x ${k.w} does not fit: bottom[0] is ${shapeString(x!.shape)}, padding ${p.h} x ${p.w}`,
      'a smaller kernel, more padding or a larger input is needed',
      'pooling_param.kernel_size',
    );
    this.#geometry = Int32Array.of(height, width, pooledHeight, pooledWidth, k.h, k.w, s.h, s.w, p.h, p.w);
    y!.reshape([num, channels, pooledHeight, pooledWidth]);
    mask?.reshapeLike(y!);
  }

  override forward([x]: readonly Blob[], [y, mask]: readonly Blob[]): void {
    const geometry = this.context.scratch(this.#geometry.byteLength);
    const [to, from, planes] = [y!.ptr, x!.ptr, x!.countOf(0, 2)];
    const maskPtr = mask?.ptr;
    const cost = y!.countOf(2) * this.#kernel.h * this.#kernel.w;
    const { arena } = this.context;
    writeWords(arena, geometry, this.#geometry);
    if (this.#method === Method.AVE) parallelFor(arena, 'f32_avepool__simd', [to, from, geometry], planes, { cost });
    else if (maskPtr === undefined) parallelFor(arena, 'f32_maxpool__simd', [to, from, geometry], planes, { cost });
    else arena.kernels.f32_maxpool_mask__scalar(to, maskPtr, from, geometry, 0, planes);
  }
}

/** `ceil_mode: false`, a field that forks add. */
function roundsDown(settings: LayerParameter['pooling_param']): boolean {
  return settings?.ceil_mode === false;
}

/** Number of windows along one axis. */
function pooledSize(size: number, kernel: number, stride: number, pad: number, mode: Round, isPadded: boolean): number {
  // Caffe divides in float32.
  const steps = Math.fround(Math.fround(size + 2 * pad - kernel) / stride);
  const pooled = (mode === Round.FLOOR ? Math.floor(steps) : Math.ceil(steps)) + 1;
  return isPadded && (pooled - 1) * stride >= size + pad ? pooled - 1 : pooled;
}

/** The settings of a pooling in few words: `MAX 3x3/2`. */
function poolingSettings({ pooling_param: param }: LayerParameter): string {
  if (!param) return '';
  const { pool, global_pooling: global } = resolve('PoolingParameter', param);
  const method = enumName(Method, pool);
  if (global) return `${method} global`;
  const window = windowText(
    writtenSetting(param, 'kernel'),
    writtenSetting(param, 'stride'),
    writtenSetting(param, 'pad'),
  );
  return `${method} ${window}`;
}
