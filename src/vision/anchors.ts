/**
 * anchors: the boxes that a RetinaNet head's outputs are relative to, in maskrcnn_benchmark's arithmetic: a box covers
 * the pixels x1..x2, so its width is x2 − x1 + 1, and the ratios' sides are rounded before they are scaled.
 */
import { NetspecError, valueText } from '../errors.js';
import { roundHalfToEven } from './fit-size.js';

/** How anchors are laid out; the names are those of maskrcnn_benchmark's configuration. */
export interface AnchorOptions {
  /** Base size of each level, in pixels of the input blob. */
  sizes: readonly number[];
  /** Pixels of the input blob between two neighbouring cells, for each level. */
  strides: readonly number[];
  /** Heights divided by widths. */
  aspectRatios: readonly number[];
  /** How many sizes each level has, from its base size on up to the next octave. */
  scalesPerOctave: number;
  /** The factor between octaves. */
  octave: number;
}

/** RetinaNet's, with which detection-v2 was trained: nine anchors a cell on five levels. */
export const DETECTION_ANCHORS: AnchorOptions = {
  sizes: [32, 64, 128, 256, 512],
  strides: [8, 16, 32, 64, 128],
  aspectRatios: [0.5, 1, 2],
  scalesPerOctave: 3,
  octave: 2,
};

/** Of one cell: a hundred times what detectors have. */
const MOST_ANCHORS = 1000;

/** The anchors of one level: those of its first cell, and how far apart the cells are. */
export interface AnchorLevel {
  readonly stride: number;
  /** Four numbers an anchor: x1, y1, x2, y2, relative to the cell's corner; the same in every cell. */
  readonly cell: Float32Array;
}

/**
 * The anchors of every level.
 * @throws NetspecError when sizes and strides are not equally many, a number is not above 0, or a cell has more than 1000.
 * @example
 * const [level] = anchorLevels({ sizes: [32], strides: [8], aspectRatios: [1], scalesPerOctave: 1 });
 * level!.stride; // → 8
 * [...level!.cell]; // → [-12, -12, 19, 19]
 */
export function anchorLevels(options: Partial<AnchorOptions> = {}): AnchorLevel[] {
  const { sizes, strides, aspectRatios, scalesPerOctave, octave } = { ...DETECTION_ANCHORS, ...options };
  if (sizes.length !== strides.length)
    throw new NetspecError(
      `anchors need a size for each stride: there are ${sizes.length} sizes, ${strides.length} strides`,
    );
  for (const [name, values] of Object.entries({
    sizes,
    strides,
    aspectRatios,
    scalesPerOctave: [scalesPerOctave],
    octave: [octave],
  }))
    if (values.length === 0 || !values.every((value) => Number.isFinite(value) && value > 0))
      throw new NetspecError(`anchors: ${name} must be above 0, got ${valueText(values)}`);
  if (!Number.isInteger(scalesPerOctave))
    throw new NetspecError(`anchors: scalesPerOctave must be whole, got ${scalesPerOctave}`);
  const anchors = scalesPerOctave * aspectRatios.length;
  if (anchors > MOST_ANCHORS)
    throw new NetspecError(`anchors: a cell would have ${anchors}; at most ${MOST_ANCHORS} are computed`);
  return strides.map((stride, level) => {
    const levelSizes = Array.from(
      { length: scalesPerOctave },
      (_, i) => sizes[level]! * octave ** (i / scalesPerOctave),
    );
    return { stride, cell: cellAnchors(stride, levelSizes, aspectRatios) };
  });
}

/**
 * The anchors of one cell, ratio by ratio, each in all sizes: a square of the stride's side is brought to the ratio,
 * with its sides rounded (halves to even), and then scaled about its centre. Computed in float64, kept as float32.
 * Source: generate_anchors() of maskrcnn_benchmark and, before it, of Fast R-CNN.
 */
export function cellAnchors(stride: number, sizes: readonly number[], aspectRatios: readonly number[]): Float32Array {
  const center = (stride - 1) / 2;
  const anchors: number[] = [];
  for (const ratio of aspectRatios) {
    const width = roundHalfToEven(Math.sqrt((stride * stride) / ratio));
    const height = roundHalfToEven(width * ratio);
    for (const size of sizes) {
      const [dx, dy] = [width, height].map((side) => (side * (size / stride) - 1) / 2) as [number, number];
      anchors.push(center - dx, center - dy, center + dx, center + dy);
    }
  }
  return Float32Array.from(anchors);
}
