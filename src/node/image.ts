/**
 * image: picture files to RGB pixels and back, with sharp, which is loaded at the first use: a program that reads no
 * pictures does without it. The pixels are what Pillow's `Image.open(file).convert('RGB')` gives.
 */
import { IMAGE, TEXT, checkArguments } from '../arguments.js';
import path from 'node:path';
import type { Metadata, Sharp, SharpOptions } from 'sharp';
import { NetspecError } from '../errors.js';
import { fromRgba, type RgbImage } from '../vision/image.js';
import { readBytes, writeFileAtomically } from './files.js';

/** Pillow's own limit: twice what 256 MiB of 24-bit pixels are. Beyond it a small file would take memory without bounds. */
const MOST_PIXELS = 178_956_970;

/** How {@link readImage} reads a picture. */
export interface ReadImageOptions {
  /**
   * Turn a photo upright as its EXIF orientation says, as every viewer does. With false it stays as stored, which is what
   * Pillow's `Image.open` gives. Default: true.
   */
  upright?: boolean;
  /** Larger pictures are refused before they are decoded. Default: 178,956,970, Pillow's limit. */
  maxPixels?: number;
}

/** A decoded picture, and what was done to it on the way. */
export interface DecodedImage extends RgbImage {
  /** `jpeg`, `png`, … */
  readonly format: string;
  /** What a user may want to know: it was turned, or its pixels held more than RGB of 8 bits does. */
  readonly remarks: readonly string[];
}

/**
 * Reads a picture: JPEG, PNG, WebP, GIF (the first frame), TIFF (the first page) or AVIF. As in Pillow's convert('RGB'),
 * an alpha channel is dropped, not blended; grey becomes three equal channels; CMYK is converted without colour profiles;
 * embedded profiles are ignored. 16-bit channels keep their upper byte: Pillow does so too, but for grey PNGs, which it
 * cuts off at 255.
 * @throws NetspecError naming the file when it cannot be read, is no picture, is damaged, cut short, or too large.
 * @example
 * const { width, height, data } = await readImage('photo.png');
 * data.length === width * height * 3; // → true
 */
export async function readImage(file: string, options: ReadImageOptions = {}): Promise<DecodedImage> {
  try {
    return await decodeImage(await readBytes(file), options);
  } catch (error) {
    throw error instanceof NetspecError ? error.within({ file }) : error;
  }
}

/** As {@link readImage}, of a file's bytes. */
export async function decodeImage(
  bytes: Uint8Array,
  { upright = true, maxPixels = MOST_PIXELS }: ReadImageOptions = {},
): Promise<DecodedImage> {
  if (bytes.length === 0) throw new NetspecError('the file is empty');
  // Pixels are counted here, in our words; a profile would change the colours. Damage of which libjpeg only warns is let
  // through, as Pillow does.
  const open = await opener(bytes, { limitInputPixels: false, ignoreIcc: true, failOn: 'error' });
  const head = await decoding(() => open().metadata());
  checkHead(head, bytes, maxPixels);
  const cmyk = head.space === 'cmyk';
  const turned = upright && (head.orientation ?? 1) !== 1;
  let pipeline = open();
  if (turned) pipeline = pipeline.autoOrient();
  if (cmyk) pipeline = pipeline.pipelineColourspace('cmyk').toColourspace('cmyk');
  const { data, info } = await decoding(() => pipeline.raw().toBuffer({ resolveWithObject: true }));
  return {
    ...toRgb(data, info.width, info.height, info.channels, cmyk),
    format: head.format,
    remarks: remarks(head, upright),
  };
}

async function opener(bytes: Uint8Array, options: SharpOptions): Promise<() => Sharp> {
  const { default: sharp } = await import('sharp');
  return () => sharp(bytes, options);
}

function checkHead({ format, width, height }: Metadata, bytes: Uint8Array, maxPixels: number): void {
  if (format === 'svg')
    throw new NetspecError('an SVG drawing has no pixels of its own', {
      hint: 'convert it to a PNG of the size wanted',
    });
  if (width * height > maxPixels)
    throw new NetspecError(
      `a ${format.toUpperCase()} of ${bytes.length} bytes claims ${width}x${height} pixels: at most ${maxPixels} are decoded`,
      { hint: 'shrink the picture first, or raise the limit if there is the memory (3 bytes a pixel)' },
    );
}

function remarks({ orientation = 1, depth, hasAlpha }: Metadata, upright: boolean): string[] {
  const said: string[] = [];
  if (orientation !== 1)
    said.push(
      upright
        ? `turned upright as its EXIF orientation ${orientation} says`
        : `its EXIF orientation ${orientation} is not applied`,
    );
  if (depth !== 'uchar') said.push('more than 8 bits a channel: the upper 8 are used');
  if (hasAlpha) said.push('its alpha channel is dropped');
  return said;
}

/** sharp's channels as RGB: 1 or 3 as they are, 2 or 4 without alpha, 4 or 5 of CMYK converted. */
function toRgb(data: Uint8Array, width: number, height: number, channels: number, cmyk: boolean): RgbImage {
  if (cmyk) return { width, height, data: cmykToRgb(data, width * height, channels) };
  if (channels === 4) return fromRgba({ width, height, data });
  if (channels === 3) return { width, height, data };
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) rgb.fill(data[i * channels]!, i * 3, i * 3 + 3);
  return { width, height, data: rgb };
}

/** Pillow's CMYK to RGB: each ink takes its share of what black leaves. Source: cmyk2rgb in Pillow's Convert.c. */
function cmykToRgb(data: Uint8Array, pixels: number, channels: number): Uint8Array {
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const light = 255 - data[i * channels + 3]!;
    for (let c = 0; c < 3; c++) {
      const product = data[i * channels + c]! * light + 128;
      // Divided by 255 and rounded, without a division.
      rgb[i * 3 + c] = light - ((product + (product >> 8)) >> 8);
    }
  }
  return rgb;
}

/** What decoders say, in words that help. */
const REASONS: readonly [RegExp, string][] = [
  [/unsupported image format/, 'not a picture of a format that can be read (JPEG, PNG, WebP, GIF, TIFF, AVIF)'],
  [/premature end/, 'the picture is cut short'],
];

/** Runs sharp; what it complains of is the file. */
async function decoding<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const [said = ''] = (error as Error).message.split('\n');
    const reason = REASONS.find(([pattern]) => pattern.test(said))?.[1] ?? `the picture cannot be decoded: ${said}`;
    throw new NetspecError(reason, { cause: error });
  }
}

/** File endings that can be written, and how. */
const WRITERS: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  '.png': (image) => image.png(),
  '.jpg': (image) => image.jpeg({ quality: 92, chromaSubsampling: '4:4:4' }),
  '.jpeg': (image) => image.jpeg({ quality: 92, chromaSubsampling: '4:4:4' }),
  '.webp': (image) => image.webp({ quality: 92 }),
};

/** @throws NetspecError when a picture cannot be written under this name, for its ending. */
export function checkImageName(file: string): void {
  if (!Object.hasOwn(WRITERS, path.extname(file).toLowerCase()))
    throw new NetspecError(`'${file}' must end in ${Object.keys(WRITERS).join(', ')}`);
}

/**
 * Writes a picture, whole or not at all; its format is that of the file's ending: .png (lossless), .jpg, .webp.
 * @throws NetspecError for another ending, or when the file cannot be written.
 * @example
 * await writeImage('red.png', { width: 1, height: 1, data: Uint8Array.of(255, 0, 0) });
 * (await readImage('red.png')).data; // → Uint8Array.of(255, 0, 0)
 */
export async function writeImage(file: string, image: RgbImage): Promise<void> {
  checkArguments('writeImage()', { file: [file, TEXT], image: [image, IMAGE] });
  const { width, height, data } = image;
  checkImageName(file);
  const { default: sharp } = await import('sharp');
  const raw = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
  const encoded = await WRITERS[path.extname(file).toLowerCase()]!(raw).toBuffer();
  await writeFileAtomically(file, (sink) => sink.write(encoded));
}
