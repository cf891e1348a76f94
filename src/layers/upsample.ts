/** Upsample: repeats pixels, as Darknet's converters and most chips' Caffe mean it. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { repeatPixels } from './shared/upsample.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Upsampling by nearest neighbour: each pixel is repeated `scale` times along both axes.
 *
 * @formula y[…, h, w] = x[…, ⌊h / scale⌋, ⌊w / scale⌋]
 * @bottoms x, at least 2 axes
 * @tops y, x's shape with its last two dimensions times `scale`; not in place
 * @fields `scale` (1)
 * @source upsample_layer.cpp of SeanQ88/caffe_upsample and of eric612/MobileNet-YOLO
 */
export class UpsampleLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Upsample',
    origin: 'YOLO',
    family: 'pooling',
    doc: 'Repeats each pixel scale times. With a pooling mask as second bottom it is that of SegNet.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['upsample_param'],
    idle: (param) => (settingsOf<{ scale: number }>(param, 'upsample_param').scale ?? 1) === 1,
    drawn: (param) => `x${settingsOf<{ scale: number }>(param, 'upsample_param').scale ?? 1}`,
  };

  #scale = 1;

  override setUp(): void {
    const { scale = 1 } = settingsOf<{ scale: number }>(this.param, 'upsample_param');
    this.check(
      Number.isInteger(scale) && scale >= 1,
      `scale must be a whole number from 1 on, got ${scale}`,
      undefined,
      'upsample_param.scale',
    );
    this.#scale = scale;
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(x!.numAxes >= 2, () => `expected at least 2 axes, bottom[0] is ${shapeString(x!.shape)}`);
    y!.reshape(x!.shape.map((size, axis) => (axis < x!.numAxes - 2 ? size : size * this.#scale)));
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    repeatPixels(y!, x!, this.#scale, this.#scale);
  }
}
