/**
 * Kernels of ones and zeros that only move values: what PyTorch does without weights, Caffe does with a convolution or a
 * deconvolution whose kernels a rule file names.
 */
import { NetspecError } from '../../errors.js';
import { formatShape } from '../../proto/blob-proto.js';

/** Where the one of each kernel is. */
interface Ones {
  readonly data: Float32Array;
  readonly set: (row: number, column: number, y: number, x: number) => void;
}

/** A construction: fills a blob of this shape. @throws NetspecError for a shape that it cannot fill */
type Kernel = (size: number, shape: readonly number[]) => Float32Array;

/**
 * By the name of the rule's field. `r` is the field's value, C the number of channels of the larger image.
 *
 * | field | moves | blob |
 * |---|---|---|
 * | pixelShuffle | channel c·r² + y·r + x of the small image ↔ channel c at (y, x) of each r × r | (C·r², C, r, r), or (C·r², 1, r, r) with group C |
 * | depthToSpace | channel (y·r + x)·C + c ↔ channel c at (y, x) | (C·r², C, r, r) |
 * | focus | channel (x·r + y)·C + c ↔ channel c at (y, x) | (C·r², C, r, r) |
 * | channelShuffle | channel i·(C / r) + j → channel j·r + i | (C, C, 1, 1) |
 */
export const KERNELS: Readonly<Record<string, Kernel>> = {
  pixelShuffle: (r, shape) => blocks(r, shape, (c, y, x) => (c * r + y) * r + x),
  depthToSpace: (r, shape) => blocks(r, shape, (c, y, x, channels) => (y * r + x) * channels + c),
  focus: (r, shape) => blocks(r, shape, (c, y, x, channels) => (x * r + y) * channels + c),
  channelShuffle: (groups, shape) => {
    const [channels = 0, inputs] = shape;
    if (shape.length !== 4 || inputs !== channels || shape[2] !== 1 || shape[3] !== 1 || channels % groups !== 0)
      throw misfit(`C x C x 1 x 1, C a multiple of ${groups}`, shape);
    const { data, set } = ones(shape);
    const each = channels / groups;
    for (let i = 0; i < groups; i++) for (let j = 0; j < each; j++) set(j * groups + i, i * each + j, 0, 0);
    return data;
  },
};

/** Names of the constructions. */
export const KERNEL_NAMES: readonly string[] = Object.keys(KERNELS);

/** A kernel that moves blocks of r × r pixels: `rowOf` gives the channel of the small image for each place of each channel. */
function blocks(
  r: number,
  shape: readonly number[],
  rowOf: (channel: number, y: number, x: number, channels: number) => number,
): Float32Array {
  const [rows = 0, columns = 0, height, width] = shape;
  const channels = rows / (r * r);
  const grouped = columns === 1 && channels !== 1;
  if (
    shape.length !== 4 ||
    height !== r ||
    width !== r ||
    !Number.isInteger(channels) ||
    (!grouped && columns !== channels)
  )
    throw misfit(`${r * r}C x C x ${r} x ${r}, or ${r * r}C x 1 x ${r} x ${r} with group: C`, shape);
  // With groups, the rows of a group are those of one channel.
  if (grouped && rowOf(1, 0, 0, channels) !== r * r)
    throw misfit(`${r * r}C x C x ${r} x ${r}: its channels do not lie in groups`, shape);
  const { data, set } = ones(shape);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < r; y++) for (let x = 0; x < r; x++) set(rowOf(c, y, x, channels), grouped ? 0 : c, y, x);
  return data;
}

function ones([rows = 0, columns = 0, height = 0, width = 0]: readonly number[]): Ones {
  const data = new Float32Array(rows * columns * height * width);
  return {
    data,
    set: (row, column, y, x) => {
      data[((row * columns + column) * height + y) * width + x] = 1;
    },
  };
}

function misfit(wanted: string, shape: readonly number[]): NetspecError {
  return new NetspecError(`expected a blob of ${wanted}, got ${formatShape(shape)}`);
}
