/** image-input: what the hypotheses about the net's input share: which blobs are images, and where one was padded. */
import type { FloatTensor } from '../tensors.js';
import type { Suspect } from './hypothesis.js';

/** The values of a suspect that feeds the net an image of one or three channels. */
export function imageFedBy({ facts, bottoms, output }: Suspect): FloatTensor | undefined {
  if (bottoms.length > 0 || !facts.fed) return undefined;
  return output.shape.length === 4 && [1, 3].includes(output.shape[1]!) ? output : undefined;
}

/** An image with a border below and to the right of it. */
export interface PaddedImage {
  /** Rows and columns of the image itself. */
  height: number;
  width: number;
  /** Value of each channel in the border. */
  border: readonly number[];
}

/** The border of one value a channel that an image ends in; undefined when there is none. */
export function borderOf({ shape, data }: FloatTensor): PaddedImage | undefined {
  const [, channels = 0, rows = 0, columns = 0] = shape;
  const border = Array.from({ length: channels }, (_, c) => data[(c + 1) * rows * columns - 1]!);
  const isBorder = (row: number, column: number) => {
    for (let plane = 0; plane < data.length / (rows * columns); plane++)
      if (data[(plane * rows + row) * columns + column] !== border[plane % channels]) return false;
    return true;
  };
  let height = rows;
  while (height > 0 && Array.from({ length: columns }, (_, x) => x).every((x) => isBorder(height - 1, x))) height--;
  let width = columns;
  while (width > 0 && Array.from({ length: height }, (_, y) => y).every((y) => isBorder(y, width - 1))) width--;
  const isWhole = height === rows && width === columns;
  return isWhole || height === 0 || width === 0 ? undefined : { height, width, border };
}

/** The image with each value replaced; `inside` tells the image from its border. */
export function repainted(
  { shape, data }: FloatTensor,
  value: (v: number, channel: number, inside: boolean) => number,
  padded: PaddedImage | undefined,
): FloatTensor {
  const [, channels = 0, rows = 0, columns = 0] = shape;
  const { height = rows, width = columns } = padded ?? {};
  const result = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % columns, Math.floor(i / columns) % rows];
    result[i] = value(data[i]!, Math.floor(i / (rows * columns)) % channels, y < height && x < width);
  }
  return { shape, data: result };
}

/** A channel mean that many models were trained with, blue first. */
export interface KnownMean {
  of: string;
  bgr: readonly [number, number, number];
}

export const KNOWN_MEANS: readonly KnownMean[] = [
  { of: 'maskrcnn_benchmark', bgr: [102.9801, 115.9465, 122.7717] },
  { of: "Caffe's ImageNet models", bgr: [104, 117, 123] },
  { of: "ilsvrc_2012_mean.npy's average", bgr: [104.00698793, 116.66876762, 122.67891434] },
  { of: 'VGG', bgr: [103.939, 116.779, 123.68] },
  { of: 'torchvision, times 255', bgr: [103.53, 116.28, 123.675] },
  { of: 'the middle of 0 to 255', bgr: [127.5, 127.5, 127.5] },
  { of: 'the middle of 0 to 256', bgr: [128, 128, 128] },
];

/** A mean in both orders of colours, as far as these differ; what an image of one channel has of it. */
export function ordersOf({ bgr }: KnownMean, channels: number): { name: string; mean: readonly number[] }[] {
  if (channels === 1) return [{ name: '', mean: [bgr[1]] }];
  const both = [
    { name: ' (BGR)', mean: bgr },
    { name: ' (RGB)', mean: [...bgr].reverse() },
  ];
  return bgr.every((v) => v === bgr[0]) ? [{ name: '', mean: bgr }] : both;
}

/** `[102.9801, 115.9465, 122.7717]` */
export function meanText(mean: readonly number[]): string {
  return `[${mean.map((v) => Number(v.toPrecision(7))).join(', ')}]`;
}
