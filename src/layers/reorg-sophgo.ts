/** Reorg of sophgo: moves blocks of pixels into channels. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { OWN_TOP, notInPlace } from './shared/in-place.js';
import { forEachReorg, reorgShape } from './shared/reorg.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Moves blocks of s · s pixels into channels: a true space-to-depth.
 *
 * @formula y[n, (d · s + r) · C + c, p, q] = x[n, c, p · s + d, q · s + r]; with `reverse` the other way round
 * @bottoms x, (N, C, H, W)
 * @tops y, (N, C · s², H / s, W / s); with `reverse` (N, C / s², H · s, W · s); not in place
 * @fields `stride`, called s here, is required; `reverse` (false)
 * @source reorg_layer.cpp of sophgo/caffe and of intel/caffe
 */
export class ReorgSophgoLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Reorg',
    origin: 'Sophgo',
    family: 'joining',
    doc: 'Moves blocks of stride x stride pixels into channels, as YOLOv2 does.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['reorg_param'],
    variant: {
      name: 'sophgo',
      schemas: ['sophgo', 'intel'],
      when: "the net is read with Sophgo's or Intel's schema",
      claims: () => false,
    },
  };

  #stride = 1;
  #reverse = false;

  override setUp([x]: readonly Blob[]): void {
    const { stride, reverse = false } = settingsOf<{ stride: number; reverse: boolean }>(this.param, 'reorg_param');
    this.check(
      stride !== undefined && stride > 0,
      'Reorg Layer needs stride param.',
      'write reorg_param { stride: 2 }',
      'reorg_param.stride',
    );
    this.#stride = stride;
    this.#reverse = reverse;
    this.check(x!.numAxes === 4, () => `expected (N, C, H, W), bottom[0] is ${shapeString(x!.shape)}`);
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(y !== x, notInPlace(this.type), OWN_TOP, 'top');
    const [, channels, height, width] = x!.shape as [number, number, number, number];
    const [s, area] = [this.#stride, this.#stride ** 2];
    this.check(
      this.#reverse ? channels % area === 0 : height % s === 0 && width % s === 0,
      () => `stride ${s} does not divide bottom[0], which is ${shapeString(x!.shape)}`,
      undefined,
      'reorg_param.stride',
    );
    this.check(
      !this.#reverse || channels >= area * area,
      () => `to reverse, at least stride⁴ = ${area * area} channels are needed: bottom[0] is ${shapeString(x!.shape)}`,
      undefined,
      'reorg_param.stride',
    );
    y!.reshape(reorgShape(x!.shape, s, this.#reverse));
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [to, from] = valuesOf(y!, x!);
    const size = x!.countOf(1);
    const image = y!.shape.slice(1) as [number, number, number];
    for (let start = 0; start < from.length; start += size)
      forEachReorg(image, this.#stride, (plain, packed) => {
        if (this.#reverse) to[start + packed] = from[start + plain]!;
        else to[start + plain] = from[start + packed]!;
      });
  }
}
