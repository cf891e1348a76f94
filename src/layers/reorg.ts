/** Reorg: moves blocks of pixels into channels. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { forEachReorg, reorgShape } from './shared/reorg.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Moves blocks of s · s pixels into channels, in the order that Darknet's YOLOv2 was trained with.
 *
 * @formula with K = C / s²: y, read as a row of values, holds at (k · H + j) · W + i the value of x, read as (K, H · s, W · s), at channel k mod K, row j · s + ⌊⌊k / K⌋ / s⌋, column i · s + ⌊k / K⌋ mod s
 * @bottoms x, (N, C, H, W)
 * @tops y, (N, C · s², H / s, W / s); with `reverse` (N, C / s², H · s, W · s); not in place
 * @fields `stride`, called s here, is required; `reverse` (false)
 * @source reorg_layer.cpp of eric612/MobileNet-YOLO and of Cambricon/caffe
 */
export class ReorgLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Reorg',
    origin: 'YOLO',
    family: 'joining',
    doc: 'Moves blocks of stride x stride pixels into channels, as YOLOv2 does.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['reorg_param'],
    movesValues: true,
  };

  protected stride = 1;
  protected reverse = false;

  override setUp([x]: readonly Blob[]): void {
    const { stride, reverse = false } = settingsOf<{ stride: number; reverse: boolean }>(this.param, 'reorg_param');
    this.check(
      stride !== undefined && stride > 0,
      'Reorg Layer needs stride param.',
      'write reorg_param { stride: 2 }',
      'reorg_param.stride',
    );
    this.stride = stride;
    this.reverse = reverse;
    this.check(x!.numAxes === 4, () => `expected (N, C, H, W), bottom[0] is ${shapeString(x!.shape)}`);
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [, channels, height, width] = x!.shape as [number, number, number, number];
    const [s, area] = [this.stride, this.stride ** 2];
    this.check(
      this.reverse ? channels % area === 0 : height % s === 0 && width % s === 0,
      () => `stride ${s} does not divide bottom[0], which is ${shapeString(x!.shape)}`,
      undefined,
      'reorg_param.stride',
    );
    this.checkChannels(x!, area);
    y!.reshape(reorgShape(x!.shape, s, this.reverse));
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [to, from] = valuesOf(y!, x!);
    const size = x!.countOf(1);
    const image = this.imageOf(x!, y!);
    for (let start = 0; start < from.length; start += size)
      forEachReorg(image, this.stride, (plain, packed) => {
        if (this.reverse) to[start + packed] = from[start + plain]!;
        else to[start + plain] = from[start + packed]!;
      });
  }

  /** Refuses channels that the routine cannot divide. */
  protected checkChannels(x: Blob, area: number): void {
    this.check(
      x.shape[1]! % area === 0,
      () => `the channels must be a multiple of stride², ${area}: bottom[0] is ${shapeString(x.shape)}`,
      undefined,
      'reorg_param.stride',
    );
  }

  /** The image that the fork hands to Darknet's routine: (channels, height, width). */
  protected imageOf(x: Blob, _y: Blob): readonly [number, number, number] {
    return x.shape.slice(1) as [number, number, number];
  }
}
