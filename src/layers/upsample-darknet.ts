/** UpsampleDarknet: repeats pixels. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { repeatPixels } from './shared/upsample.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Upsampling by nearest neighbour: each pixel is repeated `stride` times along both axes.
 *
 * @formula y[…, h, w] = x[…, ⌊h / stride⌋, ⌊w / stride⌋]
 * @bottoms x, at least 2 axes
 * @tops y, x's shape with its last two dimensions times `stride`; not in place
 * @fields `stride` (1)
 * @source upsample_darknet_layer.cpp of synopsys-caffe
 */
export class UpsampleDarknetLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'UpsampleDarknet',
    origin: 'Synopsys',
    family: 'pooling',
    doc: 'Repeats each pixel stride times.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['upsample_darknet_param'],
    idle: (param) => (settingsOf<{ stride: number }>(param, 'upsample_darknet_param').stride ?? 1) === 1,
    drawn: (param) => `x${settingsOf<{ stride: number }>(param, 'upsample_darknet_param').stride ?? 1}`,
  };

  #stride = 1;

  override setUp(): void {
    const { stride = 1 } = settingsOf<{ stride: number }>(this.param, 'upsample_darknet_param');
    this.check(stride >= 1, `stride must be at least 1, got ${stride}`, undefined, 'upsample_darknet_param.stride');
    this.#stride = stride;
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(x!.numAxes >= 2, () => `expected at least 2 axes, bottom[0] is ${shapeString(x!.shape)}`);
    y!.reshape(x!.shape.map((size, axis) => (axis < x!.numAxes - 2 ? size : size * this.#stride)));
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    repeatPixels(y!, x!, this.#stride, this.#stride);
  }
}
