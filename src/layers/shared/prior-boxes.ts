/** What layers that give default boxes share: one list of boxes for each cell of a feature map, and their variances. */
import type { Blob } from '../../engine/blob.js';
import { shapeString } from '../../shapes.js';
import { settingsOf } from './fork-settings.js';
import { takeMemory } from './views.js';
import { Layer } from '../layer.js';

/** The fields of `prior_box_param`, those of all forks. */
export interface PriorBoxSettings {
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
  offset_h: number[];
  offset_w: number[];
  width: number[];
  height: number[];
  reduce_boxes: boolean;
  denser_prior_boxes: boolean;
  use_default_aspect_ratio: boolean;
}

/** A box in pixels, by its size and where its centre lies from that of its cell. */
export interface CellBox {
  readonly width: number;
  readonly height: number;
  /** In pixels, or in steps from the left edge of the cell. */
  readonly dx?: number | { readonly steps: number };
  /** In pixels, or in steps below the upper edge of the cell. */
  readonly dy?: number | { readonly steps: number };
}

export abstract class PriorBoxesLayer extends Layer {
  /** The boxes of each cell. */
  protected boxes: readonly CellBox[] = [];
  #variances: readonly number[] = [];

  protected get settings(): Partial<PriorBoxSettings> {
    return settingsOf<PriorBoxSettings>(this.param, 'prior_box_param');
  }

  /** The boxes of each cell, from settings that are checked here. */
  protected abstract cellBoxes(): readonly CellBox[];

  override setUp(): void {
    this.boxes = this.cellBoxes();
    const { variance = [] } = this.settings;
    this.check(
      variance.length <= 1 || variance.length === 4,
      `Must and only provide 4 variance, or one, or none: got ${variance.length}`,
      undefined,
      'prior_box_param.variance',
    );
    this.checkPositive('variance', variance);
    this.#checkSizes();
    this.#variances = variance.length > 0 ? variance : [0.1];
  }

  protected checkPositive(name: string, values: readonly (number | undefined)[]): void {
    for (const value of values)
      this.check(
        value === undefined || value > 0,
        `${name} must be positive, got ${value}`,
        undefined,
        `prior_box_param.${name}`,
      );
  }

  #checkSizes(): void {
    const { img_size, img_h, img_w, step, step_h, step_w } = this.settings;
    this.check(
      img_size === undefined || (img_h === undefined && img_w === undefined),
      'Either img_size or img_h/img_w should be specified; not both.',
      undefined,
      'prior_box_param.img_size',
    );
    this.checkPositive('img_size', [img_size]);
    if (img_h !== undefined || img_w !== undefined) {
      this.checkPositive('img_h', [img_h ?? 0]);
      this.checkPositive('img_w', [img_w ?? 0]);
    }
    this.check(
      step === undefined || (step_h === undefined && step_w === undefined),
      'Either step or step_h/step_w should be specified; not both.',
      undefined,
      'prior_box_param.step',
    );
    this.checkPositive('step', [step]);
    if (step_h !== undefined || step_w !== undefined) {
      this.checkPositive('step_h', [step_h ?? 0]);
      this.checkPositive('step_w', [step_w ?? 0]);
    }
  }

  override reshape([x, data]: readonly Blob[], [y]: readonly Blob[]): void {
    for (const [i, blob] of [x!, data!].entries())
      this.check(blob.numAxes === 4, () => `expected 4 axes, bottom[${i}] is ${shapeString(blob.shape)}`);
    y!.reshape([1, 2, x!.shape[2]! * x!.shape[3]! * this.boxes.length * 4]);
  }

  override forward([x, data]: readonly Blob[], [y]: readonly Blob[]): void {
    const { img_size, img_h, img_w, step, step_h, step_w, offset = 0.5, clip = false } = this.settings;
    takeMemory(y!);
    const to = y!.data;
    // The forks hold steps and centres in float32, and compute the sides of a box in float64.
    const f = Math.fround;
    const [, , height, width] = x!.shape as [number, number, number, number];
    const imageHeight = img_size ?? img_h ?? data!.shape[2]!;
    const imageWidth = img_size ?? img_w ?? data!.shape[3]!;
    const stepH = f(step ?? step_h ?? imageHeight / height);
    const stepW = f(step ?? step_w ?? imageWidth / width);
    const place = f(offset);
    let at = 0;
    for (let h = 0; h < height; h++)
      for (let w = 0; w < width; w++) {
        const [centerX, centerY] = [f(f(w + place) * stepW), f(f(h + place) * stepH)];
        for (const { width: boxWidth, height: boxHeight, dx = 0, dy = 0 } of this.boxes) {
          const x0 = typeof dx === 'number' ? f(centerX + dx) : f(f(w + f(dx.steps)) * stepW);
          const y0 = typeof dy === 'number' ? f(centerY + dy) : f(f(h + f(dy.steps)) * stepH);
          to[at++] = (x0 - boxWidth / 2) / imageWidth;
          to[at++] = (y0 - boxHeight / 2) / imageHeight;
          to[at++] = (x0 + boxWidth / 2) / imageWidth;
          to[at++] = (y0 + boxHeight / 2) / imageHeight;
        }
      }
    if (clip) for (let i = 0; i < at; i++) to[i] = Math.min(Math.max(to[i]!, 0), 1);
    for (let i = 0; at < to.length; i++) to[at++] = this.#variances[this.#variances.length === 1 ? 0 : i % 4]!;
  }
}
