/** PriorBox: the default boxes of an SSD detector. */
import { PriorBoxesLayer, type CellBox, type PriorBoxSettings } from './shared/prior-boxes.js';
import type { LayerFacts } from './facts.js';

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
 *   in place of the image's size. `clip` (false) limits boxes to 0 … 1. `offset` (0.5). Of chuanqi305's SSD: `reduce_boxes` (false)
 *   halves the first square. Of TextBoxes++: `denser_prior_boxes` (false) repeats each box with its centre at the lower edge of
 *   the cell. Of Sophgo: `use_default_aspect_ratio: false` leaves out the first square. Of OpenCV: `offset_h` and `offset_w`, as many of
 *   each, in cells: every box stands at all of these places
 * @notes `min_size` and `max_size` lose their fraction, as the fork's forward pass holds them as integers
 * @source prior_box_layer.cpp of weiliu89/caffe (SSD), and of the forks named; Liu et al., 2016
 */
export class PriorBoxLayer extends PriorBoxesLayer {
  static override readonly facts: LayerFacts = {
    type: 'PriorBox',
    origin: 'SSD',
    family: 'other',
    doc: 'Default boxes of each cell of a feature map, with their variances.',
    bottoms: ['x', 'data'],
    tops: ['y'],
    params: ['prior_box_param'],
  };

  protected override cellBoxes(): readonly CellBox[] {
    const { min_size = [], max_size = [], aspect_ratio = [] } = this.settings;
    this.check(min_size.length > 0, 'must provide min_size.', 'write min_size: …', 'prior_box_param.min_size');
    this.checkPositive('min_size', min_size);
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
    this.checkPositive('aspect_ratio', aspect_ratio);
    return this.#moved(boxesOf(this.settings));
  }

  /** Whether each box stands at the lower edge of the cell too. */
  protected get isDenser(): boolean {
    return this.settings.denser_prior_boxes ?? false;
  }

  /** Each box at all of its places in the cell. */
  #moved(boxes: readonly CellBox[]): readonly CellBox[] {
    const { offset_h: down = [], offset_w: right = [] } = this.settings;
    this.check(
      down.length === right.length,
      `there must be as many offset_h as offset_w: ${down.length} and ${right.length}`,
      undefined,
      'prior_box_param.offset_h',
    );
    if (down.length > 0)
      return boxes.flatMap((box) => down.map((dy, i) => ({ ...box, dx: { steps: right[i]! }, dy: { steps: dy } })));
    return this.isDenser ? boxes.flatMap((box) => [box, { ...box, dy: { steps: 1 } }]) : boxes;
  }
}

/** How many boxes a cell has by SSD's rules, each counted once. */
export function boxesOfCell(settings: Partial<PriorBoxSettings>): number {
  return boxesOf(settings).length;
}

/** The boxes of a cell, in the order in which the fork writes them. */
function boxesOf(settings: Partial<PriorBoxSettings>): CellBox[] {
  const { min_size = [], max_size = [] } = settings;
  const ratios = ratiosOf(settings);
  return min_size.flatMap((min, i) => boxesOfSize(settings, Math.trunc(min), max_size[i], ratios));
}

/** The aspect ratios, each once, beginning with 1. */
function ratiosOf(settings: Partial<PriorBoxSettings>): number[] {
  const { aspect_ratio = [], flip = true, use_default_aspect_ratio: first = true } = settings;
  const ratios = first ? [1] : [];
  for (const ratio of aspect_ratio.map(Math.fround)) {
    if (ratios.some((other) => Math.abs(ratio - other) < SAME_RATIO)) continue;
    ratios.push(ratio, ...(flip ? [Math.fround(1 / ratio)] : []));
  }
  return ratios;
}

/** The boxes of one `min_size`, in the order in which the fork writes them. */
function boxesOfSize(
  { reduce_boxes: reduced = false, use_default_aspect_ratio: first = true }: Partial<PriorBoxSettings>,
  min: number,
  max: number | undefined,
  ratios: readonly number[],
): CellBox[] {
  const f = Math.fround;
  const square = (side: number): CellBox => ({ width: side, height: side });
  const others = ratios.filter((ratio) => Math.abs(ratio - 1) >= SAME_RATIO);
  return [
    ...(first ? [square(reduced ? min / 2 : min)] : []),
    ...(max === undefined ? [] : [square(f(Math.sqrt(min * Math.trunc(max))))]),
    ...others.map((ratio) => ({ width: f(min * Math.sqrt(ratio)), height: f(min / Math.sqrt(ratio)) })),
  ];
}
