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
    describe:
      "SHORT,LONG: the shorter side becomes SHORT unless the longer would pass LONG; WIDTHxHEIGHT: exactly so; 'none' keeps the size",
    group,
  },
  letterbox: {
    type: 'boolean',
    describe: 'keep the proportions, in the middle of grey; for --size WIDTHxHEIGHT',
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

/** The same without values by default: those of the net's kind of head. */
export const HEAD_TRANSFORM_OPTIONS = options({
  size: {
    type: 'string',
    describe: "as preprocess has it, or 'net': exactly the size of the net's input [default: by the head]",
    group,
  },
  letterbox: {
    ...TRANSFORM_OPTIONS.letterbox,
    describe: 'keep the proportions, in the middle of grey; for an exact size',
  },
  channelOrder: {
    type: 'string',
    choices: ['bgr', 'rgb'],
    describe: 'order of channels; --mean and --std are in it too [default: by the head]',
    group,
  },
  scale: { type: 'number', describe: 'value of white; torchvision uses 1 [default: by the head]', group },
  mean: { type: 'string', describe: 'mean of each channel, which is subtracted [default: by the head]', group },
  std: {
    type: 'string',
    describe: 'standard deviation of each channel, by which the difference is divided [default: 1,1,1]',
    group,
  },
  padTo: {
    type: 'number',
    describe: 'add zeros at the right and the bottom, up to a multiple of this number [default: by the head]',
    group,
  },
});

/** What the words stand for; absent where there are none. The values themselves are checked where they are used. */
export function parseTransform(words: TransformWords): TransformOptions;
export function parseTransform(words: ValuesOf<typeof HEAD_TRANSFORM_OPTIONS>): Partial<TransformOptions>;
export function parseTransform({
  size,
  letterbox,
  mean,
  std,
  scale,
  channelOrder,
  padTo,
}: Partial<TransformWords>): Partial<TransformOptions> {
  const three = (option: string, text: string | undefined, example: string) =>
    text === undefined ? undefined : (parseNumbers(option, text, 3, example) as [number, number, number]);
  const given = {
    size: size === undefined ? undefined : parseSize(size),
    letterbox: letterbox ? true : undefined,
    mean: three('mean', mean, '102.9801,115.9465,122.7717'),
    std: three('std', std, '1,1,1'),
    scale,
    channelOrder,
    padTo,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function parseSize(words: string): TransformOptions['size'] {
  if (words === 'none') return null;
  if (words === 'net') return words;
  const [, width, height] = /^(\d+)x(\d+)$/.exec(words) ?? [];
  if (width !== undefined) return { width: Number(width), height: Number(height) };
  const [short, long] = parseNumbers('size', words, 2, '480,640') as [number, number];
  return { short, long };
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
