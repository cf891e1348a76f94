/** Nms of RT-Pose: the peaks of maps of body parts. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface Settings {
  threshold: number;
  max_peaks: number;
  num_parts: number;
}

/** How far around a peak the mean of positions goes, in pixels. */
const REACH = 3;

/**
 * Finds the pixels of each map that are higher than the eight around them, and places each peak between pixels.
 *
 * @formula a peak is above `threshold` and above its eight neighbours; pixels of the border are none. Its place is the mean of the
 *   positions of the 7 x 7 pixels around it, weighted by their values; those that are not above 0, those of row 0 and column 0,
 *   and those at W or beyond, for columns and for rows alike, do not count
 * @bottoms x, (N, C, H, W), of which the first `num_parts` channels are searched
 * @tops y, (N, num_parts, max_peaks + 1, 3): row 0 begins with the number of peaks found, which may be more than `max_peaks`; then x, y and
 *   value of each peak, by rows and columns. The rest is 0
 * @fields `threshold` (0.5), `max_peaks` (20), `num_parts` (15)
 * @notes This is what the fork's GPU code computes; its CPU code does not fill the shape that the layer has. Where the map is wider than high,
 *   the GPU reads rows below the map from the next channel; here too, and 0 behind the last one. Of a batch of images with more channels
 *   than `num_parts`, it reads image n from channel n · num_parts of the blob on. What the GPU leaves of an earlier pass is 0 here
 * @source nms_layer.cu of CMU-Perceptual-Computing-Lab/caffe_rtpose; Cao et al., Realtime Multi-Person 2D Pose Estimation, 2017
 */
export class NmsLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Nms',
    origin: 'RT-Pose',
    family: 'other',
    doc: 'The peaks of maps of body parts.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['nms_param'],
    withoutCase: 'test/layers/nms.test.ts derives the peaks of small maps by hand',
  };

  get #settings(): Settings {
    return { threshold: 0.5, max_peaks: 20, num_parts: 15, ...settingsOf<Settings>(this.param, 'nms_param') };
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { max_peaks, num_parts } = this.#settings;
    this.check(
      x!.numAxes === 4 && x!.shape[1]! >= num_parts,
      () => `expected (N, C, H, W) with at least ${num_parts} channels, bottom[0] is ${shapeString(x!.shape)}`,
      undefined,
      'nms_param.num_parts',
    );
    y!.reshape([x!.shape[0]!, num_parts, max_peaks + 1, 3]);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { threshold, max_peaks, num_parts } = this.#settings;
    const [to, from] = valuesOf(y!, x!);
    const [images, , height, width] = x!.shape as [number, number, number, number];
    to.fill(0);
    for (let image = 0; image < images; image++)
      for (let part = 0; part < num_parts; part++) {
        // The fork counts as if an image had no more channels than parts.
        const plane = (image * num_parts + part) * height * width;
        const row = (image * num_parts + part) * (max_peaks + 1) * 3;
        const peaks = peaksOf(from, plane, height, width, Math.fround(threshold));
        to[row] = peaks.length;
        for (const [i, at] of peaks.slice(0, max_peaks).entries())
          to.set([...centreOf(from, plane, width, at), from[plane + at]!], row + 3 * (i + 1));
      }
  }
}

/** The positions in a plane that are higher than all around them. */
function peaksOf(x: Float32Array, plane: number, height: number, width: number, threshold: number): number[] {
  const peaks: number[] = [];
  const around = [-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1];
  for (let h = 1; h < height - 1; h++)
    for (let w = 1; w < width - 1; w++) {
      const value = x[plane + h * width + w]!;
      if (value > threshold && around.every((step) => value > x[plane + h * width + w + step]!))
        peaks.push(h * width + w);
    }
  return peaks;
}

/** The weighted mean of the positions around a peak: x, then y. */
function centreOf(x: Float32Array, plane: number, width: number, at: number): [number, number] {
  const f = Math.fround;
  let [sumX, sumY, sum] = [0, 0, 0];
  for (let dy = -REACH; dy <= REACH; dy++)
    for (let dx = -REACH; dx <= REACH; dx++) {
      const [h, w] = [Math.floor(at / width) + dy, (at % width) + dx];
      // Rows are limited by the width too, as the fork has it.
      if (h <= 0 || h >= width || w <= 0 || w >= width) continue;
      const score = x[plane + h * width + w] ?? 0;
      if (score > 0) [sumX, sumY, sum] = [f(sumX + f(w * score)), f(sumY + f(h * score)), f(sum + score)];
    }
  return [sumX / sum, sumY / sum];
}
