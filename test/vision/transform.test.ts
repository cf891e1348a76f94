/**
 * The input transform against what Pillow 9.4 and numpy gave for the same files: hashes after each step, and the
 * resampler alone on noise, whose decoder cannot be to blame.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readImage } from '../../src/node/image.js';
import { readNpyFile } from '../../src/node/npy-folder.js';
import { fitSize, type FitOptions } from '../../src/vision/fit-size.js';
import { resizeBilinear } from '../../src/vision/resize.js';
import { DETECTION_TRANSFORM, transformImage, type TransformOptions } from '../../src/vision/transform.js';
import { fixture } from '../cli/support.js';
import { messageOf } from '../support/close.js';
import { randomImage, randomNumbers } from './support.js';

interface Expected {
  source_size_wh: [number, number];
  resized_wh: [number, number];
  padded_shape: number[];
  decoded_sha256: string;
  resized_rgb_sha256: string;
  normalized_bgr_chw_f32_sha256?: string;
  padded_f32_sha256: string;
  first_padded_values?: number[];
}

const { get_size: sizes, ...rest } = JSON.parse(readFileSync(fixture('images', 'expected.json'), 'utf8')) as {
  get_size: [number, number, number, number][];
} & Record<string, Expected>;
const images = Object.entries(rest).filter(([name]) => name !== 'pillow');

const sha256 = (values: Uint8Array | Float32Array) =>
  createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');

describe.each(images)('%s', (name, expected) => {
  test('is decoded, resized, normalized and padded bit for bit as Pillow and numpy do', async () => {
    const image = await readImage(fixture('images', name));
    expect([image.width, image.height]).toEqual(expected.source_size_wh);
    expect(sha256(image.data)).toBe(expected.decoded_sha256);

    const { resized, data, shape, original } = transformImage(image);
    expect([original.width, original.height]).toEqual(expected.source_size_wh);
    expect([resized.width, resized.height]).toEqual(expected.resized_wh);
    expect(sha256(resized.data)).toBe(expected.resized_rgb_sha256);
    if (expected.normalized_bgr_chw_f32_sha256 !== undefined)
      expect(sha256(transformImage(image, { padTo: 1 }).data)).toBe(expected.normalized_bgr_chw_f32_sha256);
    expect(shape).toEqual(expected.padded_shape);
    expect(sha256(data)).toBe(expected.padded_f32_sha256);
    if (expected.first_padded_values) {
      const plane = shape[2] * shape[3];
      expect([0, 1, 2].flatMap((c) => [...data.subarray(c * plane, c * plane + 4)])).toEqual(
        expected.first_padded_values,
      );
    }
  });
});

test.each(sizes)('an image of %dx%d is fitted into 480 to 640 as %dx%d', (width, height, toWidth, toHeight) => {
  expect(fitSize({ width, height }, DETECTION_TRANSFORM.size as FitOptions)).toEqual({
    width: toWidth,
    height: toHeight,
  });
});

describe('resizeBilinear', () => {
  test.each([
    ['13x9', '29x31'],
    ['50x40', '17x11'],
    ['64x3', '5x40'],
    ['7x7', '7x3'],
  ])('noise of %s resized to %s is Pillow’s', async (from, to) => {
    const source = await readNpyFile(fixture('images', `noise_${from}.npy`));
    const target = await readNpyFile(fixture('images', `noise_${from}_to_${to}_bilinear.npy`));
    const [height, width] = source.shape as [number, number, number];
    const resized = resizeBilinear(
      { width, height, data: source.data as Uint8Array },
      target.shape[1]!,
      target.shape[0]!,
    );
    expect(Buffer.compare(resized.data, target.data as Uint8Array)).toBe(0);
  });
});

describe('resizeBilinear, by its definition', () => {
  // One axis at a time and one number at a time: every source position's triangle weight, normalized, in 2^-22ths.
  const weightsOf = (from: number, to: number): number[][] =>
    Array.from({ length: to }, (_, i) => {
      const scale = from / to;
      const exact = Array.from({ length: from }, (_, x) =>
        Math.max(0, 1 - Math.abs(x + 0.5 - (i + 0.5) * scale) / Math.max(scale, 1)),
      );
      const sum = exact.reduce((a, b) => a + b);
      return exact.map((w) => Math.floor((w / sum) * 2 ** 22 + 0.5));
    });
  // Sums stay below 2^31, where doubles are exact integers.
  const filter = (line: number[], weights: number[][]): number[] =>
    weights.map((row) => {
      const sum = line.reduce((total, value, x) => total + value * row[x]!, 0);
      return Math.min(255, Math.floor((sum + 2 ** 21) / 2 ** 22));
    });

  test('200 random pairs of sizes', () => {
    const random = randomNumbers(7);
    const side = () => 1 + Math.floor(random() ** 2 * 40);
    for (let n = 0; n < 200; n++) {
      const [width, height, toWidth, toHeight] = [side(), side(), side(), side()];
      const { data } = randomImage(width, height, random);
      const [across, down] = [weightsOf(width, toWidth), weightsOf(height, toHeight)];
      const rows = [0, 1, 2].map((c) =>
        Array.from({ length: height }, (_, y) =>
          filter(
            Array.from({ length: width }, (_, x) => data[(y * width + x) * 3 + c]!),
            across,
          ),
        ),
      );
      const columns = rows.map((plane) =>
        Array.from({ length: toWidth }, (_, x) =>
          filter(
            plane.map((row) => row[x]!),
            down,
          ),
        ),
      );
      const expected = Uint8Array.from({ length: toWidth * toHeight * 3 }, (_, i) => {
        const [c, x, y] = [i % 3, Math.floor(i / 3) % toWidth, Math.floor(i / 3 / toWidth)];
        return columns[c]![x]![y]!;
      });
      const actual = resizeBilinear({ width, height, data }, toWidth, toHeight);
      const same = actual.width === toWidth && actual.height === toHeight && !Buffer.compare(actual.data, expected);
      expect({ width, height, toWidth, toHeight, same }).toEqual({ width, height, toWidth, toHeight, same: true });
    }
  });

  test('the size it has gives a copy', () => {
    const image = randomImage(5, 4, randomNumbers(1));
    const copy = resizeBilinear(image, 5, 4);
    expect(copy).toEqual(image);
    copy.data[0]! ^= 1;
    expect(copy).not.toEqual(image);
  });

  test('white stays white, however many pixels are summed', () => {
    const white = { width: 4099, height: 1, data: new Uint8Array(4099 * 3).fill(255) };
    for (const width of [1, 2, 3, 7, 4098, 9001])
      expect(new Set(resizeBilinear(white, width, 1).data)).toEqual(new Set([255]));
  });
});

describe('transformImage', () => {
  const image = { width: 2, height: 1, data: Uint8Array.from([0, 51, 255, 10, 20, 30]) };

  test('torchvision’s transform: RGB, 0..1, mean and deviation', () => {
    const { data, shape } = transformImage(image, {
      size: null,
      channelOrder: 'rgb',
      scale: 1,
      mean: [0.5, 0.25, 0],
      std: [0.5, 2, 4],
      padTo: 1,
    });
    expect(shape).toEqual([1, 3, 1, 2]);
    const f = Math.fround;
    expect([...data]).toEqual(
      [
        (0 - 0.5) / 0.5,
        f(f(10 / 255) - 0.5) / 0.5,
        f(f(51 / 255) - 0.25) / 2,
        f(f(20 / 255) - 0.25) / 2,
        0.25,
        f(30 / 255) / 4,
      ].map(f),
    );
  });

  test('mean and deviation are in the blob’s channel order, and the padding is 0 after them', () => {
    const { data, shape } = transformImage(image, { size: null, mean: [1, 2, 3], std: [1, 1, 2], padTo: 4 });
    expect(shape).toEqual([1, 3, 4, 4]);
    const firstRows = [0, 1, 2].map((c) => [...data.subarray(c * 16, c * 16 + 4)]);
    expect(firstRows).toEqual([
      [254, 29, 0, 0],
      [49, 18, 0, 0],
      [-1.5, 3.5, 0, 0],
    ]);
    expect(data.filter((v) => v !== 0)).toHaveLength(6);
  });

  test.each([
    [{ mean: [1, 2] as never }, 'mean must be three numbers, one a channel, got [1, 2]'],
    [{ mean: [1, 2, NaN] as never }, 'mean must be three numbers, one a channel, got [1, 2, NaN]'],
    [{ std: [1, 0, 1] as never }, 'std must not be 0, got [1, 0, 1]'],
    [{ scale: 0 }, 'scale must be a number other than 0, got 0'],
    [{ padTo: 1.5 }, 'padTo must be whole and at least 1, got 1.5'],
    [{ channelOrder: 'gbr' as never }, "channel order must be 'bgr' or 'rgb', got 'gbr'"],
    [{ size: { short: 480, long: 0 } }, 'sides to fit must be whole and at least 1, got 480 and 0'],
    [
      { size: { short: 50_000, long: 90_000 } },
      'the image would become 90000x45000: more than the 357913941 pixels that a blob can hold',
    ],
  ])('refuses %j', (options, message) => {
    expect(messageOf(() => transformImage(image, options))).toBe(message);
  });

  test('refuses an image that would shrink to nothing', () => {
    const line = { width: 2000, height: 1, data: new Uint8Array(6000) };
    expect(messageOf(() => transformImage(line))).toBe(
      'an image of 2000x1 would be resized to 640x0\n' +
        'hint: it is too narrow to fit into 640 pixels; crop it first, or allow a longer side',
    );
  });

  test('refuses data that is not width·height·3 bytes', () => {
    expect(messageOf(() => transformImage({ width: 2, height: 2, data: new Uint8Array(16) }))).toBe(
      'an RGB image of 2x2 has 12 bytes, got 16',
    );
    expect(messageOf(() => transformImage({ width: 0, height: 2, data: new Uint8Array() }))).toBe(
      'image size 0x2: width and height must be whole and at least 1',
    );
  });
});

describe('an exact size', () => {
  const grey: Pick<TransformOptions, 'scale' | 'mean' | 'padTo'> = { scale: 1, mean: [0, 0, 0], padTo: 1 };
  const white = { width: 4, height: 2, data: new Uint8Array(24).fill(255) };

  test('is kept whatever the proportions are', () => {
    const { shape, corner, data } = transformImage(white, { ...grey, size: { width: 3, height: 5 } });
    expect({ shape, corner, ones: data.every((v) => v === 1) }).toEqual({
      shape: [1, 3, 5, 3],
      corner: { x: 0, y: 0 },
      ones: true,
    });
  });

  test('as a letterbox has the picture in the middle of grey', () => {
    const { shape, corner, resized, data } = transformImage(white, {
      ...grey,
      size: { width: 8, height: 9 },
      letterbox: true,
    });
    expect({ shape, corner, size: [resized.width, resized.height] }).toEqual({
      shape: [1, 3, 9, 8],
      corner: { x: 0, y: 2 },
      size: [8, 4],
    });
    const rows = Array.from({ length: 9 }, (_, y) => new Set(data.subarray(y * 8, y * 8 + 8)));
    expect(rows.map((row) => [...row])).toEqual([[0.5], [0.5], [1], [1], [1], [1], [0.5], [0.5], [0.5]]);
  });

  test.each<[Partial<TransformOptions>, string]>([
    [{ size: { width: 0, height: 5 } }, 'target size 0x5: width and height must be whole and at least 1'],
    [{ letterbox: true }, 'a letterbox needs a width and a height'],
    [{ size: 'net' }, "size 'net' is the size of a net's input: give a width and a height where no net is known"],
  ])('refuses %j', (options, message) => {
    expect(messageOf(() => transformImage(white, options))).toBe(message);
  });
});
