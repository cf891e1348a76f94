/**
 * Pictures of every kind against Pillow 9.4's `Image.open(file).convert('RGB')`, and what is said of files that are none.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { decodeImage, readImage, writeImage } from '../../src/node/image.js';
import type { RgbImage } from '../../src/vision/image.js';
import { fixture, temporaryFolder } from '../cli/support.js';
import { refusal } from '../support/refusal.js';
import { randomImage, randomNumbers } from '../vision/support.js';

interface Reference {
  width: number;
  height: number;
  sha256: string;
}

const odd = (name: string) => fixture('images', 'odd', name);
const { images } = JSON.parse(readFileSync(odd('expected.json'), 'utf8')) as {
  images: Record<string, Reference & { upright?: Reference; upperBytes?: string }>;
};
const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);

const described = ({ width, height, data }: RgbImage): Reference => ({
  width,
  height,
  sha256: createHash('sha256').update(data).digest('hex'),
});

const REMARKS: Record<string, string[]> = {
  'la.png': ['its alpha channel is dropped'],
  'rgba.png': ['its alpha channel is dropped'],
  'rgba.webp': ['its alpha channel is dropped'],
  'palette_trans.png': ['its alpha channel is dropped'],
  'rgb16.png': ['more than 8 bits a channel: the upper 8 are used'],
  'la16.png': ['more than 8 bits a channel: the upper 8 are used', 'its alpha channel is dropped'],
  'rgba16.png': ['more than 8 bits a channel: the upper 8 are used', 'its alpha channel is dropped'],
};

describe('readImage', () => {
  const plain = Object.entries(images).filter(([, { upright, upperBytes }]) => !upright && !upperBytes);
  test.each(plain)('%s is what Pillow reads', async (name, { width, height, sha256 }) => {
    const image = await readImage(odd(name));
    expect(described(image)).toEqual({ width, height, sha256 });
    expect(image.remarks).toEqual(REMARKS[name] ?? []);
  });

  test('a grey picture of 16 bits keeps its upper bytes, where Pillow cuts off at 255', async () => {
    const image = await readImage(odd('gray16.png'));
    expect(described(image).sha256).toBe(images['gray16.png']!.upperBytes);
    expect(described(image).sha256).not.toBe(images['gray16.png']!.sha256);
  });

  test.each(['exif3.jpg', 'exif6.jpg'])('%s is turned upright, or left as Pillow leaves it', async (name) => {
    const { upright, width, height, sha256 } = images[name]!;
    const turned = await readImage(odd(name));
    expect(described(turned)).toEqual(upright);
    expect(turned.remarks).toEqual([`turned upright as its EXIF orientation ${name.at(4)} says`]);
    const stored = await readImage(odd(name), { upright: false });
    expect(described(stored)).toEqual({ width, height, sha256 });
    expect(stored.remarks).toEqual([`its EXIF orientation ${name.at(4)} is not applied`]);
  });
});

describe('refused', () => {
  const whole = readFileSync(fixture('images', 'page.jpg'));
  const png = readFileSync(odd('gray.png'));
  const flipped = (bytes: Buffer) => {
    const copy = Buffer.from(bytes);
    copy[Math.floor(copy.length / 2)]! ^= 0xff;
    return copy;
  };

  test.each([
    [
      'no picture',
      Buffer.from('no picture'),
      'not a picture of a format that can be read (JPEG, PNG, WebP, GIF, TIFF, AVIF)',
    ],
    ['an empty file', Buffer.alloc(0), 'the file is empty'],
    ['half a JPEG', whole.subarray(0, whole.length / 2), 'the picture is cut short'],
    ['a JPEG’s first bytes', whole.subarray(0, 20), 'the picture is cut short'],
    ['half a PNG', png.subarray(0, png.length / 2), 'the picture cannot be decoded: vipspng: libpng read error'],
    ['a PNG with a wrong byte', flipped(png), 'the picture cannot be decoded: vipspng: libpng read error'],
    [
      'an SVG',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'),
      'an SVG drawing has no pixels of its own\nhint: convert it to a PNG of the size wanted',
    ],
  ])('%s', async (_, bytes, message) => {
    expect(await refusal(() => decodeImage(bytes))).toBe(message);
  });

  test('a file says its name', async () => {
    writeFileSync(at('none.jpg'), 'x');
    expect(await refusal(() => readImage(at('none.jpg')))).toBe(
      `${at('none.jpg')}: not a picture of a format that can be read (JPEG, PNG, WebP, GIF, TIFF, AVIF)`,
    );
    expect(await refusal(() => readImage(at('missing.jpg')))).toBe(
      `${at('missing.jpg')}: cannot read: no such file or directory`,
    );
    expect(await refusal(() => readImage(folder))).toBe(`${folder}: cannot read: it is a directory`);
  });

  test('20,000 x 20,000 pixels, before any memory is taken for them', async () => {
    // One bit a pixel, all black: 50 MB of rows that deflate to 50 kB.
    const bytes = blackPng(20_000, 20_000);
    const before = process.memoryUsage.rss();
    expect(await refusal(() => decodeImage(bytes))).toBe(
      `a PNG of ${bytes.length} bytes claims 20000x20000 pixels: at most 178956970 are decoded\n` +
        'hint: shrink the picture first, or raise the limit if there is the memory (3 bytes a pixel)',
    );
    // Decoded it would be 1.2 GB.
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
  });

  test('the limit of pixels is an option', async () => {
    const bytes = blackPng(400, 300);
    expect((await decodeImage(bytes, { maxPixels: 120_000 })).width).toBe(400);
    expect(await refusal(() => decodeImage(bytes, { maxPixels: 119_999 }))).toBe(
      `a PNG of ${bytes.length} bytes claims 400x300 pixels: at most 119999 are decoded\n` +
        'hint: shrink the picture first, or raise the limit if there is the memory (3 bytes a pixel)',
    );
  });
});

/** A black picture of one bit a pixel. */
function blackPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const result = Buffer.alloc(data.length + 12);
    result.writeUInt32BE(data.length);
    result.write(type, 4, 'latin1');
    data.copy(result, 8);
    result.writeUInt32BE(crc32(result.subarray(4, -4)), data.length + 8);
    return result;
  };
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  const rows = deflateSync(Buffer.alloc(height * (1 + Math.ceil(width / 8))));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

function crc32(bytes: Buffer): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

describe('writeImage', () => {
  const image = randomImage(17, 9, randomNumbers(3));

  test('a PNG gives back every pixel', async () => {
    await writeImage(at('x.png'), image);
    expect(described(await readImage(at('x.png')))).toEqual(described(image));
  });

  test.each(['x.jpg', 'x.JPEG', 'x.webp'])('%s is of its ending’s format', async (name) => {
    await writeImage(at(name), image);
    const { format, width, height } = await readImage(at(name));
    expect({ format, width, height }).toEqual({ format: name === 'x.webp' ? 'webp' : 'jpeg', width: 17, height: 9 });
  });

  test('another ending is refused before anything is written', async () => {
    expect(await refusal(() => writeImage(at('x.bmp'), image))).toBe(
      `'${at('x.bmp')}' must end in .png, .jpg, .jpeg, .webp`,
    );
    expect(() => statSync(at('x.bmp'))).toThrow('ENOENT');
  });
});
