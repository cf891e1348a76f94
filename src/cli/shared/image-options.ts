/**
 * image-options: what the commands that read pictures share: which files are meant, how they are read, and the options of
 * the input transform.
 */
import { NetspecError } from '../../errors.js';
import type { DecodedImage } from '../../node/image.js';
import type { TransformOptions } from '../../vision/transform.js';
import type { CommandContext } from './command.js';
import { computeOptions } from './load-net.js';
import { STATE_OPTIONS } from './net-options.js';
import { options, type ValuesOf } from './options.js';
import { print } from './print.js';
import { checkCount, parseNumbers } from './values.js';

/** Options of every command that reads pictures. */
export const READ_OPTIONS = options({
  upright: {
    type: 'boolean',
    default: true,
    describe:
      "turn photos as their EXIF orientation says; --no-upright leaves them as stored, as PIL's Image.open does",
  },
  maxPixels: {
    type: 'number',
    describe: 'refuse larger pictures before decoding [default: 178956970, as Pillow]',
  },
});
export type ReadOptions = ValuesOf<typeof READ_OPTIONS>;

/** Reads a picture, and says on stderr what was done to it on the way. */
export async function readPicture(
  file: string,
  options: ReadOptions,
  { stderr }: CommandContext,
): Promise<DecodedImage> {
  checkCount('max-pixels', options.maxPixels);
  const { readImage } = await import('../../node/image.js');
  const image = await readImage(file, options);
  for (const remark of image.remarks) print(stderr, `note: ${file}: ${remark}`);
  return image;
}

/**
 * The files that words of the command line mean: a file by its name, or a glob pattern's matches in alphabetical order.
 * @throws NetspecError for a pattern or a name that no file has.
 */
export async function findPictures(words: readonly string[]): Promise<string[]> {
  const { existsSync, statSync } = await import('node:fs');
  const { default: glob } = await import('fast-glob');
  const files: string[] = [];
  for (const word of words) {
    // A name may hold brackets without being a pattern.
    if (existsSync(word)) {
      if (statSync(word).isDirectory())
        throw new NetspecError('it is a directory', { file: word, hint: `name its pictures: '${word}/*.jpg'` });
      files.push(word);
    } else if (glob.isDynamicPattern(word)) {
      const found = (await glob(word)).sort();
      if (found.length === 0) throw new NetspecError(`no file matches '${word}'`);
      files.push(...found);
    } else throw new NetspecError('cannot read: no such file or directory', { file: word });
  }
  return [...new Set(files)];
}

const group = 'Input transform:';

/** Options of the input transform, with the values that detection-v2 was trained with. */
export const TRANSFORM_OPTIONS = options({
  size: {
    type: 'string',
    default: '480,640',
    describe: "SHORT,LONG: the shorter side becomes SHORT unless the longer would pass LONG; 'none' keeps the size",
    group,
  },
  channelOrder: {
    type: 'string',
    choices: ['bgr', 'rgb'],
    default: 'bgr',
    describe: 'order of channels; --mean and --std are in it too',
    group,
  },
  scale: { type: 'number', default: 255, describe: 'value of white; torchvision uses 1', group },
  mean: {
    type: 'string',
    default: '102.9801,115.9465,122.7717',
    describe: 'mean of each channel, which is subtracted',
    group,
  },
  std: {
    type: 'string',
    default: '1,1,1',
    describe: 'standard deviation of each channel, by which the difference is divided',
    group,
  },
  padTo: {
    type: 'number',
    default: 32,
    describe: 'add zeros at the right and the bottom, up to a multiple of this number; 1 adds none',
    group,
  },
});
export type TransformWords = ValuesOf<typeof TRANSFORM_OPTIONS>;

/** What the words stand for. The values themselves are checked where they are used. */
export function parseTransform({ size, mean, std, scale, channelOrder, padTo }: TransformWords): TransformOptions {
  const fit = (): TransformOptions['size'] => {
    if (size === 'none') return null;
    const [short, long] = parseNumbers('size', size, 2, '480,640') as [number, number];
    return { short, long };
  };
  return {
    size: fit(),
    mean: parseNumbers('mean', mean, 3, '102.9801,115.9465,122.7717') as [number, number, number],
    std: parseNumbers('std', std, 3, '1,1,1') as [number, number, number],
    scale,
    channelOrder,
    padTo,
  };
}

/** The pictures of a command that runs a net on them. */
export const IMAGES_POSITIONAL = options({
  image: { type: 'string', array: true, required: true, describe: "pictures, or patterns: 'photos/*.jpg'" },
});

/** The options of commands that run a net on pictures. */
export const PICTURE_NET_OPTIONS = options({
  ...READ_OPTIONS,
  ...STATE_OPTIONS,
  net: { type: 'string', alias: 'n', required: true, describe: 'prototxt of the net' },
  weights: { type: 'string', alias: 'w', required: true, describe: 'caffemodel' },
  ...computeOptions({ algorithm: 'auto', strict: true }),
});

/** Lines of a text file without the empty ones at its end: a name for each class. */
export async function readLabels(file: string | undefined): Promise<string[]> {
  if (file === undefined) return [];
  const { readText } = await import('../../node/files.js');
  return (await readText(file)).trimEnd().split(/\r?\n/);
}
