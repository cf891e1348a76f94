/** Region: boxes and class probabilities of a YOLOv2 head. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { sigmoid } from './shared/detections.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface RegionSettings {
  side: number;
  num_class: number;
  coords: number;
  num: number;
  softmax: number;
  batch: number;
  thresh: number;
  biases: number[];
}

/**
 * Decodes the boxes of a YOLOv2 head and the probabilities of their classes. The first image of a batch is decoded.
 *
 * @formula x = (column + σ(tx)) / side, y likewise, w = exp(tw) · bias_w / side, h likewise; probability of class c = σ(object) ·
 *   class c, 0 up to `thresh`; class c after a softmax with `softmax`
 * @bottoms x, (N, num · (5 + num_class), side, side). It is overwritten with the activations
 * @tops boxes, (num, side, side, 4); probabilities, (num, side, side, num_class + 1), the last one the largest of all classes
 * @fields `side` (13), `num_class` (20), `coords` (4), `num` (5), `softmax` (1), `batch` (1), `thresh` (0.6), `biases`
 * @source region_layer.cpp of zhangnju/nv_caffe
 */
export class RegionOutputLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Region',
    origin: 'YOLO',
    family: 'other',
    doc: 'Boxes and class probabilities of a YOLOv2 head.',
    bottoms: ['x'],
    tops: ['boxes', 'probabilities'],
    params: ['region_loss_param'],
  };

  get #settings(): Omit<RegionSettings, 'biases'> & { biases: readonly number[] } {
    const byDefault = { side: 13, num_class: 20, coords: 4, num: 5, softmax: 1, batch: 1, thresh: 0.6, biases: [] };
    return { ...byDefault, ...settingsOf<RegionSettings>(this.param, 'region_loss_param') };
  }

  override reshape([x]: readonly Blob[], [boxes, probabilities]: readonly Blob[]): void {
    const { side, num_class, coords, num, biases, batch } = this.#settings;
    const wanted = side * side * num * (coords + num_class + 1);
    this.check(
      x!.numAxes > 0 && x!.countOf(1) === wanted && batch <= x!.shape[0]!,
      () => `input_count == tmp_input_count (${x!.countOf(1)} vs. ${wanted}): bottom[0] is ${shapeString(x!.shape)}`,
      'expected (N, num · (coords + num_class + 1), side, side)',
      'region_loss_param',
    );
    this.check(coords === 4, `coords must be 4, got ${coords}`, undefined, 'region_loss_param.coords');
    this.check(
      biases.length >= 2 * num,
      `biases must have two values for each of ${num} boxes, there are ${biases.length}`,
      undefined,
      'region_loss_param.biases',
    );
    boxes!.reshape([num, side, side, coords]);
    probabilities!.reshape([num, side, side, num_class + 1]);
  }

  override forward([x]: readonly Blob[], [boxes, probabilities]: readonly Blob[]): void {
    const { side, num_class: classes, num, softmax, batch, thresh, biases } = this.#settings;
    const [values, box, probability] = valuesOf(x!, boxes!, probabilities!);
    const area = side * side;
    const length = classes + 5;
    for (let start = 0; start < batch * num * length * area; start += length * area)
      for (let cell = 0; cell < area; cell++) activate(values, start + cell, area, classes, softmax !== 0);
    const least = Math.fround(thresh);
    for (let n = 0; n < num; n++)
      for (let cell = 0; cell < area; cell++) {
        const value = (i: number) => values[n * length * area + i * area + cell]!;
        const at = n * area + cell;
        box[at * 4] = ((cell % side) + value(0)) / side;
        box[at * 4 + 1] = (Math.floor(cell / side) + value(1)) / side;
        box[at * 4 + 2] = (Math.exp(value(2)) * biases[2 * n]!) / side;
        box[at * 4 + 3] = (Math.exp(value(3)) * biases[2 * n + 1]!) / side;
        let best = 0;
        for (let c = 0; c < classes; c++) {
          const p = Math.fround(value(4) * value(5 + c));
          probability[at * (classes + 1) + c] = p > least ? p : 0;
          best = Math.max(best, p);
        }
        probability[at * (classes + 1) + classes] = best > least ? best : 0;
      }
  }
}

/** Sigmoids of centre and object, and the softmax of the classes, of one box of one cell. */
function activate(values: Float32Array, start: number, area: number, classes: number, softmax: boolean): void {
  for (const i of [0, 1, 4]) values[start + i * area] = sigmoid(values[start + i * area]!);
  if (!softmax) return;
  const first = start + 5 * area;
  let [most, sum] = [-Infinity, 0];
  for (let c = 0; c < classes; c++) most = Math.max(most, values[first + c * area]!);
  for (let c = 0; c < classes; c++) sum += Math.exp(values[first + c * area]! - most);
  for (let c = 0; c < classes; c++) values[first + c * area] = Math.exp(values[first + c * area]! - most) / sum;
}
