/** What the resizing layers of Synopsys share: their settings, sizes and coordinates, which are TensorFlow's and ONNX'. */
import type { Blob } from '../../engine/blob.js';
import { shapeString } from '../../shapes.js';
import { settingsOf } from './fork-settings.js';
import { Layer } from '../layer.js';

export interface ResizeSettings {
  align_corners: boolean;
  output_height: number;
  output_width: number;
  data_format: string;
  scale_height: number;
  scale_width: number;
  half_pixel_centers: boolean;
  pytorch_half_pixel: boolean;
  half_pixel_onnx: boolean;
}

export abstract class ResizeLayer extends Layer {
  /** Field of LayerParameter with the settings. */
  protected abstract readonly field: string;
  /** Axes of height and width. */
  protected axes: readonly [number, number] = [1, 2];

  protected get settings(): Partial<ResizeSettings> {
    return settingsOf<ResizeSettings>(this.param, this.field);
  }

  override setUp([x]: readonly Blob[]): void {
    const { data_format: format = 'NHWC', ...settings } = this.settings;
    this.check(
      format === 'NHWC' || format === 'NCHW',
      `data_format must be "NHWC" or "NCHW", got "${format}"`,
      undefined,
      `${this.field}.data_format`,
    );
    this.axes = format === 'NHWC' ? [1, 2] : [2, 3];
    const modes = (['align_corners', 'half_pixel_centers', 'pytorch_half_pixel', 'half_pixel_onnx'] as const).filter(
      (mode) => settings[mode],
    );
    this.check(
      modes.length <= 1,
      `at most one of ${modes.join(', ')} can be true`,
      undefined,
      `${this.field}.${modes[0]}`,
    );
    this.check(x!.numAxes === 4, () => `expected 4 axes (${format}), bottom[0] is ${shapeString(x!.shape)}`);
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { output_height, output_width, scale_height = 1, scale_width = 1 } = this.settings;
    const shape = [...x!.shape];
    const [h, w] = this.axes;
    shape[h] = output_height ?? Math.floor(Math.fround(shape[h]! * Math.fround(scale_height)));
    shape[w] = output_width ?? Math.floor(Math.fround(shape[w]! * Math.fround(scale_width)));
    this.check(shape[h] > 0 && shape[w] > 0, () => `the top would be ${shapeString(shape)}`, undefined, this.field);
    y!.reshape(shape);
  }

  /** Distance in the bottom between neighbours of the top along an axis, in float32. */
  protected step(size: number, out: number): number {
    const aligned = this.settings.align_corners === true && out > 1;
    return Math.fround(aligned ? (size - 1) / Math.fround(out - 1) : size / Math.fround(out));
  }
}
