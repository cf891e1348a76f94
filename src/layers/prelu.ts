/** PReLU: rectified linear unit with a learned slope for negative values. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { parallelFor } from '../engine/parallel-for.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Rectified linear unit whose slope for negative values is learned, for each channel or for all.
 *
 * @formula y = max(x, 0) + slope[c] · min(x, 0)
 * @bottoms x, (N, C, …), 2 to 4 axes
 * @tops y, the shape of x; may be x
 * @params slope, (C), or no axes with `channel_shared: true`; filled by `filler` (0.25)
 * @source Caffe's prelu_layer.cpp; He et al., 2015
 */
export class PReLULayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'PReLU',
    origin: 'BVLC',
    family: 'activation',
    doc: 'ReLU with a learned slope below zero, per channel unless channel_shared.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['prelu_param'],
    blobs: [{ role: 'weight', filler: ({ prelu_param }) => prelu_param?.filler ?? { type: 'constant', value: 0.25 } }],
    keepsOrder: true,
    inPlace: true,
  };

  override setUp([x]: readonly Blob[]): void {
    this.#checkAxes(x!);
    const { channel_shared } = resolve('PReLUParameter', this.param.prelu_param);
    const shape = channel_shared ? [] : [x!.legacyDim(1)];
    this.addBlob(shape);
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    this.#checkAxes(x!);
    const [slope] = this.blobs;
    const channels = x!.legacyDim(1);
    this.check(
      slope!.numAxes === 0 || slope!.count === channels,
      () => `Negative slope size is inconsistent with prototxt config: ${slope!.count} slopes, ${channels} channels`,
    );
    y!.reshapeLike(x!);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [slope] = this.blobs as [Blob];
    const { channel_shared } = resolve('PReLUParameter', this.param.prelu_param);
    const { arena } = this.context;
    if (channel_shared) parallelFor(arena, 'f32_relu__simd', [y!.ptr, x!.ptr, slope.peek()[0]!], x!.count);
    else
      parallelFor(
        arena,
        'f32_prelu_rows__simd',
        [y!.ptr, x!.ptr, slope.ptr, slope.count, x!.countOf(2)],
        x!.countOf(0, 2),
        { cost: x!.countOf(2) },
      );
  }

  #checkAxes(x: Blob): void {
    this.check(x.numAxes >= 2, `Number of axes of bottom blob must be >=2, got ${x.numAxes}`, undefined, 'bottom');
  }
}
