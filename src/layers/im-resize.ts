/** ImResize of the first OpenPose: bicubic interpolation. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface ImResizeSettings {
  target_spatial_width: number;
  target_spatial_height: number;
  factor: number;
}

/** The four values that a result is made of along an axis, and their weights. */
interface Taps {
  readonly at: readonly number[];
  readonly weights: readonly number[];
}

/** The parameter of OpenCV's cubic kernel. */
const SHARPNESS = -0.75;

/**
 * Bicubic interpolation to another size, as OpenCV's INTER_CUBIC does it.
 *
 * @formula y at row h takes the four rows about (h + ½) · H / H' − ½, weighted by the cubic kernel with a = −0.75; rows beyond the edge are
 *   the edge's. Likewise columns
 * @bottoms x, (N, C, H, W)
 * @tops y, (N, C, ⌊factor · H⌋, ⌊factor · W⌋) or, without a factor, (N, C, target_spatial_height, target_spatial_width)
 * @fields `factor` (0: none), `target_spatial_height` and `target_spatial_width` (368); `start_scale` and `scale_gap` concern the fork's GPU code
 * @source imresize_layer.cpp of CMU-Perceptual-Computing-Lab/caffe_rtpose
 */
export class ImResizeLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'ImResize',
    origin: 'OpenPose',
    family: 'pooling',
    doc: 'Bicubic interpolation to another size.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['imresize_param'],
  };

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(x!.numAxes === 4, () => `expected (N, C, H, W), bottom[0] is ${shapeString(x!.shape)}`);
    const given = settingsOf<ImResizeSettings>(this.param, 'imresize_param');
    const { factor = 0, target_spatial_height = 368, target_spatial_width = 368 } = given;
    const [num, channels, height, width] = x!.shape as [number, number, number, number];
    const scaled = (size: number) => Math.trunc(Math.fround(size * Math.fround(factor)));
    const to = factor === 0 ? [target_spatial_height, target_spatial_width] : [scaled(height), scaled(width)];
    this.check(
      Math.min(...to) > 0,
      () => `the new size must be positive: ${to.join(' x ')} of ${height} x ${width}`,
      undefined,
      'imresize_param',
    );
    y!.reshape([num, channels, ...to]);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [to, from] = valuesOf(y!, x!);
    const [num, channels, height, width] = x!.shape as [number, number, number, number];
    const [newHeight, newWidth] = y!.shape.slice(2) as [number, number];
    const [rows, columns] = [cubicTaps(height, newHeight), cubicTaps(width, newWidth)];
    const lines = new Float32Array(newHeight * width);
    for (let plane = 0; plane < num * channels; plane++) {
      const start = plane * height * width;
      for (const [h, { at, weights }] of rows.entries())
        for (let w = 0; w < width; w++)
          lines[h * width + w] = at.reduce((sum, row, i) => sum + from[start + row * width + w]! * weights[i]!, 0);
      for (let h = 0, next = plane * newHeight * newWidth; h < newHeight; h++)
        for (const { at, weights } of columns)
          to[next++] = at.reduce((sum, column, i) => sum + lines[h * width + column]! * weights[i]!, 0);
    }
  }
}

/** Where each of `out` results takes its four values of `size`. */
function cubicTaps(size: number, out: number): Taps[] {
  const near = (distance: number) => ((SHARPNESS + 2) * distance - (SHARPNESS + 3)) * distance * distance + 1;
  const far = (distance: number) =>
    ((SHARPNESS * distance - 5 * SHARPNESS) * distance + 8 * SHARPNESS) * distance - 4 * SHARPNESS;
  return Array.from({ length: out }, (_, i) => {
    const position = Math.fround((i + 0.5) * (size / out) - 0.5);
    const first = Math.floor(position);
    const rest = position - first;
    const before = [far(rest + 1), near(rest), near(1 - rest)];
    return {
      at: [-1, 0, 1, 2].map((step) => Math.min(Math.max(first + step, 0), size - 1)),
      weights: [...before, 1 - before.reduce((sum, weight) => sum + weight, 0)],
    };
  });
}
