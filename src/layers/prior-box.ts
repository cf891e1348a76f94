/** PriorBox: the default boxes of an SSD detector. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { takeMemory } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface PriorBoxSettings {
  min_size: number[];
  max_size: number[];
  aspect_ratio: number[];
  flip: boolean;
  clip: boolean;
  variance: number[];
  img_size: number;
  img_h: number;
  img_w: number;
  step: number;
  step_h: number;
  step_w: number;
  offset: number;
}

/** Aspect ratios closer than this are one. */
const SAME_RATIO = 1e-6;

/**
 * Boxes around the centre of each cell of a feature map, and the variances by which their offsets are decoded.
 *
 * @formula of each cell (h, w), for each `min_size`: the square of that size; with `max_size` the square of √(min · max);
 *   then (min · √r) × (min / √r) for each aspect ratio r ≠ 1. The centre is ((w + offset) · step_w, (h + offset) · step_h).
 *   Coordinates are divided by the size of the image
 * @bottoms x, the feature map (N, C, H, W); data, the image (N, C, height, width). Only their sizes are used
 * @tops y, (1, 2, H · W · P · 4): xmin, ymin, xmax, ymax of each box, then the four variances of each
 * @fields `aspect_ratio`: each other than 1, and its inverse with `flip` (true). `variance`: none (0.1), one, or four.
 *   `step` or `step_h` and `step_w`: the image's size divided by the map's when absent. `img_size` or `img_h` and `img_w`
 *   in place of the image's size. `clip` (false) limits boxes to 0 … 1. `offset` (0.5)
 * @notes `min_size` and `max_size` lose their fraction, as the fork's forward pass holds them as integers
 * @source prior_box_layer.cpp of weiliu89/caffe (SSD); Liu et al., 2016
 */
export class PriorBoxLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'PriorBox',
    origin: 'SSD',
    family: 'other',
    doc: 'Default boxes of each cell of a feature map, with their variances.',
    bottoms: ['x', 'data'],
    tops: ['y'],
    params: ['prior_box_param'],
  };

  #minSizes: readonly number[] = [];
  #maxSizes: readonly number[] = [];
  #ratios: number[] = [];
  #variances: readonly number[] = [];

  get #settings(): Partial<PriorBoxSettings> {
    return settingsOf<PriorBoxSettings>(this.param, 'prior_box_param');
  }

  override setUp(): void {
    const { min_size = [], max_size = [], aspect_ratio = [], flip = true, variance = [] } = this.#settings;
    const checkPositive = (name: string, values: readonly (number | undefined)[]) => {
      for (const value of values)
        this.check(
          value === undefined || value > 0,
          `${name} must be positive, got ${value}`,
          undefined,
          `prior_box_param.${name}`,
        );
    };
    this.check(min_size.length > 0, 'must provide min_size.', 'write min_size: …', 'prior_box_param.min_size');
    checkPositive('min_size', min_size);
    this.check(
      max_size.length === 0 || max_size.length === min_size.length,
      `there must be as many max_size as min_size: ${max_size.length} and ${min_size.length}`,
      undefined,
      'prior_box_param.max_size',
    );
    max_size.forEach((max, i) => {
      this.check(
        max > min_size[i]!,
        `max_size must be greater than min_size: ${max} and ${min_size[i]!}`,
        undefined,
        'prior_box_param.max_size',
      );
    });
    checkPositive('aspect_ratio', aspect_ratio);
    this.check(
      variance.length <= 1 || variance.length === 4,
      `Must and only provide 4 variance, or one, or none: got ${variance.length}`,
      undefined,
      'prior_box_param.variance',
    );
    checkPositive('variance', variance);
    this.#checkSizes(checkPositive);
    this.#minSizes = min_size.map(Math.trunc);
    this.#maxSizes = max_size.map(Math.trunc);
    this.#ratios = [1];
    for (const ratio of aspect_ratio.map(Math.fround)) {
      if (this.#ratios.some((other) => Math.abs(ratio - other) < SAME_RATIO)) continue;
      this.#ratios.push(ratio, ...(flip ? [Math.fround(1 / ratio)] : []));
    }
    this.#variances = variance.length > 0 ? variance : [0.1];
  }

  #checkSizes(checkPositive: (name: string, values: readonly (number | undefined)[]) => void): void {
    const { img_size, img_h, img_w, step, step_h, step_w } = this.#settings;
    this.check(
      img_size === undefined || (img_h === undefined && img_w === undefined),
      'Either img_size or img_h/img_w should be specified; not both.',
      undefined,
      'prior_box_param.img_size',
    );
    checkPositive('img_size', [img_size]);
    if (img_h !== undefined || img_w !== undefined) {
      checkPositive('img_h', [img_h ?? 0]);
      checkPositive('img_w', [img_w ?? 0]);
    }
    this.check(
      step === undefined || (step_h === undefined && step_w === undefined),
      'Either step or step_h/step_w should be specified; not both.',
      undefined,
      'prior_box_param.step',
    );
    checkPositive('step', [step]);
    if (step_h !== undefined || step_w !== undefined) {
      checkPositive('step_h', [step_h ?? 0]);
      checkPositive('step_w', [step_w ?? 0]);
    }
  }

  /** Boxes of each cell. */
  get #boxes(): number {
    return this.#minSizes.length * this.#ratios.length + this.#maxSizes.length;
  }

  override reshape([x, data]: readonly Blob[], [y]: readonly Blob[]): void {
    for (const [i, blob] of [x!, data!].entries())
      this.check(blob.numAxes === 4, () => `expected 4 axes, bottom[${i}] is ${shapeString(blob.shape)}`);
    y!.reshape([1, 2, x!.shape[2]! * x!.shape[3]! * this.#boxes * 4]);
  }

  override forward([x, data]: readonly Blob[], [y]: readonly Blob[]): void {
    const { img_size, img_h, img_w, step, step_h, step_w, offset = 0.5, clip = false } = this.#settings;
    takeMemory(y!);
    const to = y!.data;
    const f = Math.fround;
    const [, , height, width] = x!.shape as [number, number, number, number];
    const imageHeight = img_size ?? img_h ?? data!.shape[2]!;
    const imageWidth = img_size ?? img_w ?? data!.shape[3]!;
    const stepH = f(step ?? step_h ?? imageHeight / height);
    const stepW = f(step ?? step_w ?? imageWidth / width);
    let at = 0;
    const box = (centerX: number, centerY: number, boxWidth: number, boxHeight: number) => {
      to[at++] = (centerX - boxWidth / 2) / imageWidth;
      to[at++] = (centerY - boxHeight / 2) / imageHeight;
      to[at++] = (centerX + boxWidth / 2) / imageWidth;
      to[at++] = (centerY + boxHeight / 2) / imageHeight;
    };
    for (let h = 0; h < height; h++)
      for (let w = 0; w < width; w++) {
        const [centerX, centerY] = [f(f(w + offset) * stepW), f(f(h + offset) * stepH)];
        this.#minSizes.forEach((min, i) => {
          box(centerX, centerY, min, min);
          const max = this.#maxSizes[i];
          if (max !== undefined) {
            const side = f(Math.sqrt(min * max));
            box(centerX, centerY, side, side);
          }
          for (const ratio of this.#ratios) {
            if (Math.abs(ratio - 1) < SAME_RATIO) continue;
            const root = Math.sqrt(ratio);
            box(centerX, centerY, f(min * root), f(min / root));
          }
        });
      }
    if (clip) for (let i = 0; i < at; i++) to[i] = Math.min(Math.max(to[i]!, 0), 1);
    for (let i = 0; at < to.length; i++) to[at++] = this.#variances[this.#variances.length === 1 ? 0 : i % 4]!;
  }
}
