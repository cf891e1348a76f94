/** Frames, letters and the two pictures that are drawn with them, pixel by pixel. */
import { describe, expect, test } from '@jest/globals';
import { drawDetections, drawFrame, drawText, fillRectangle, textSize, type Color } from '../../src/vision/draw.js';
import { drawSteps } from '../../src/vision/draw-steps.js';
import { blankImage, fromRgba, type RgbImage } from '../../src/vision/image.js';
import { transformImage, type TransformOptions } from '../../src/vision/transform.js';
import { messageOf } from '../support/close.js';

const INK: Color = [1, 2, 3];

/** Rows of a picture, `#` where a pixel is of the colour. */
function rows({ width, height, data }: RgbImage, color: Color = INK): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) =>
      color.every((value, c) => data[(y * width + x) * 3 + c] === value) ? '#' : '.',
    ).join(''),
  );
}

test('letters have 5x7 dots, of as many pixels as asked for', () => {
  const text = 'g7';
  expect(textSize(text, 1)).toEqual({ width: 11, height: 7 });
  const image = blankImage(textSize(text, 1));
  drawText(image, 0, 0, text, 1, INK);
  expect(rows(image)).toEqual([
    '......#####',
    '.####.....#',
    '#...#....#.',
    '#...#...#..',
    '.####..#...',
    '....#..#...',
    '.###...#...',
  ]);
  const large = blankImage(textSize('.', 2));
  drawText(large, 0, 0, '.', 2, INK);
  expect(rows(large).slice(-4)).toEqual(Array(4).fill('..####....'));
});

test('what the font does not have is a frame, one for each letter', () => {
  const image = blankImage(textSize('글😀', 1));
  drawText(image, 0, 0, '글😀', 1, INK);
  expect(rows(image)[0]).toBe('#####.#####');
  expect(rows(image)[3]).toBe('#...#.#...#');
});

test('every letter from blank to tilde is its own', () => {
  const seen = new Set<string>();
  for (let code = 32; code < 127; code++) {
    const image = blankImage({ width: 5, height: 7 });
    drawText(image, 0, 0, String.fromCharCode(code), 1, INK);
    seen.add(rows(image).join('\n'));
  }
  expect(seen.size).toBe(95);
});

test('what lies beyond the picture is not drawn', () => {
  const image = blankImage({ width: 6, height: 4 });
  fillRectangle(image, 4, -2, { width: 9, height: 3 }, INK);
  drawFrame(image, -1, 1, { width: 4, height: 9 }, 1, INK);
  expect(rows(image)).toEqual(['....##', '###...', '..#...', '..#...']);
});

describe('drawDetections', () => {
  const image = blankImage({ width: 60, height: 40 });
  const red: Color = [230, 25, 75];

  test('frames the pixels of a box, with its label above, and leaves the picture as it was', () => {
    const drawn = drawDetections(image, [{ box: [10.2, 20, 19.5, 29], score: 0.876, label: 1 }]);
    const lines = rows(drawn, red);
    expect(lines[20]!.slice(8, 24)).toBe('..###########...');
    expect(lines[25]!.slice(8, 24)).toBe('..##.......##...');
    expect(lines[29]!.slice(8, 24)).toBe('..###########...');
    expect(lines[30]).toBe('.'.repeat(60));
    // `0.88` is 23 dots wide, with two of space on every side.
    expect(lines[9]!).toBe(`${'.'.repeat(10)}${'#'.repeat(27)}${'.'.repeat(23)}`);
    expect(lines[8]!).toBe('.'.repeat(60));
    expect(rows(drawn, [255, 255, 255])[11]!.slice(12, 17)).toBe('.###.');
    expect(new Set(image.data)).toEqual(new Set([0]));
  });

  test('at the edges a label stays in the picture', () => {
    const drawn = drawDetections(image, [{ box: [50, 0, 59, 39], score: 1, label: 2 }], ['sky', 'tree']);
    // `tree 1.00` takes 53 + 4 pixels: moved left to end at the picture's edge, and within the frame, not above it.
    expect(rows(drawn, [0, 130, 200])[0]).toBe(`...${'#'.repeat(57)}`);
    expect(rows(drawn, [0, 130, 200])[10]).toBe(`...${'#'.repeat(57)}`);
  });

  test('the better box is drawn over the weaker one', () => {
    const drawn = drawDetections(image, [
      { box: [5, 15, 30, 35], score: 0.9, label: 1 },
      { box: [5, 15, 30, 35], score: 0.1, label: 2 },
    ]);
    expect(rows(drawn, red)[35]).toBe(`.....${'#'.repeat(26)}${'.'.repeat(29)}`);
  });
});

describe('drawSteps', () => {
  test.each<Partial<TransformOptions>>([
    {},
    { channelOrder: 'rgb', scale: 1, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  ])('shows the last step from the blob itself, its padding black: %j', (options) => {
    const transform = { ...options, size: { short: 30, long: 40 }, padTo: 40 };
    const image = blankImage({ width: 40, height: 30 });
    const color: Color = [200, 100, 50];
    fillRectangle(image, 0, 0, image, color);
    const steps = drawSteps(image, transformImage(image, transform), transform);
    // Three panels of 420 with 16 around; the blob is 40x40, the picture its upper three quarters.
    expect(steps.width).toBe(3 * 420 + 4 * 16);
    const top = 16 + 2 * 22;
    const at = (x: number, y: number) => [...steps.data.subarray((y * steps.width + x) * 3).subarray(0, 3)];
    for (const panel of [0, 1, 2]) expect(at(16 + panel * 436 + 210, top + 150)).toEqual(color);
    const left = 16 + 2 * 436;
    expect(at(left + 210, top + 314)).toEqual([220, 30, 30]);
    expect(at(left + 210, top + 330)).toEqual([0, 0, 0]);
    expect(at(left + 210, top + 430)).toEqual([255, 255, 255]);
  });
});

test('a canvas’s pixels lose their alpha channel', () => {
  const rgba = { width: 2, height: 1, data: Uint8ClampedArray.from([1, 2, 3, 0, 4, 5, 6, 255]) };
  expect([...fromRgba(rgba).data]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(messageOf(() => fromRgba({ ...rgba, width: 1 }))).toBe('an RGBA image of 1x1 has 4 bytes, got 8');
});
