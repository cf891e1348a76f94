/** draw: frames and labels in pictures, dot by dot, without fonts or any library. */
import { IMAGE, LIST, checkArguments } from '../arguments.js';
import type { Box } from './boxes.js';
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphOf } from './font.js';
import type { RgbImage, Size } from './image.js';
import type { Detection } from './select.js';

export type Color = readonly [red: number, green: number, blue: number];

export const RED: Color = [220, 30, 30];
export const BLACK: Color = [0, 0, 0];
const WHITE: Color = [255, 255, 255];

/** Colours that can be told apart on a photo, one a class. */
const LABEL_COLORS: readonly Color[] = [
  [230, 25, 75],
  [0, 130, 200],
  [60, 180, 75],
  [245, 130, 48],
  [145, 30, 180],
  [0, 128, 128],
  [240, 50, 230],
  [128, 128, 0],
];

/** Fills a rectangle, as far as it lies in the picture. */
export function fillRectangle(image: RgbImage, x: number, y: number, { width, height }: Size, color: Color): void {
  const [left, right] = [Math.max(x, 0), Math.min(x + width, image.width)];
  for (let row = Math.max(y, 0); row < Math.min(y + height, image.height); row++)
    for (let column = left; column < right; column++) image.data.set(color, (row * image.width + column) * 3);
}

/** Draws a frame inside the edges of a rectangle. */
export function drawFrame(image: RgbImage, x: number, y: number, size: Size, thickness: number, color: Color): void {
  const { width, height } = size;
  const t = Math.min(thickness, width, height);
  fillRectangle(image, x, y, { width, height: t }, color);
  fillRectangle(image, x, y + height - t, { width, height: t }, color);
  fillRectangle(image, x, y, { width: t, height }, color);
  fillRectangle(image, x + width - t, y, { width: t, height }, color);
}

/** Space that a text takes: each letter with one dot of space at its right, `scale` pixels a dot. */
export function textSize(text: string, scale: number): Size {
  return { width: (Array.from(text).length * (GLYPH_WIDTH + 1) - 1) * scale, height: GLYPH_HEIGHT * scale };
}

/** Writes a line of text whose top left corner is at (x, y). */
export function drawText(image: RgbImage, x: number, y: number, text: string, scale: number, color: Color): void {
  const dot = { width: scale, height: scale };
  Array.from(text).forEach((letter, i) => {
    const left = x + i * (GLYPH_WIDTH + 1) * scale;
    glyphOf(letter).forEach((bits, row) => {
      for (let column = 0; column < GLYPH_WIDTH; column++)
        if ((bits >> (GLYPH_WIDTH - 1 - column)) & 1)
          fillRectangle(image, left + column * scale, y + row * scale, dot, color);
    });
  });
}

/** Copies a picture into another, its top left corner at (x, y), where it must fit. */
export function drawImage(image: RgbImage, x: number, y: number, picture: RgbImage): void {
  for (let row = 0; row < picture.height; row++)
    image.data.set(
      picture.data.subarray(row * picture.width * 3, (row + 1) * picture.width * 3),
      ((y + row) * image.width + x) * 3,
    );
}

/**
 * A copy of a picture with a frame around every detection, labelled with its class and score, the best on top. Lines and
 * letters grow with the picture.
 * @param labels names of the classes, the first for label 1; without one, only the score is written
 * @example
 * const image = await readImage('photo.png');
 * await writeImage('boxes.png', drawDetections(image, [{ box: [2, 2, 20, 12], score: 0.9, label: 1 }], ['text']));
 */
export function drawDetections(
  image: RgbImage,
  detections: readonly Detection[],
  labels: readonly string[] = [],
): RgbImage {
  checkArguments('drawDetections()', { image: [image, IMAGE], detections: [detections, LIST], labels: [labels, LIST] });
  const result = { ...sizeOf(image), data: image.data.slice() };
  const scale = Math.max(1, Math.round(Math.min(image.width, image.height) / 400));
  for (const { box, score, label } of detections.toSorted((a, b) => a.score - b.score)) {
    const color = LABEL_COLORS[(label - 1) % LABEL_COLORS.length]!;
    const { x, y, ...size } = pixelsOf(box);
    drawFrame(result, x, y, size, 2 * scale, color);
    const text = [labels[label - 1] ?? '', score.toFixed(2)].join(' ').trim();
    const { width, height } = textSize(text, scale);
    const tag = { width: width + 4 * scale, height: height + 4 * scale };
    // Above the frame where there is room, else within it; never beyond the picture's right edge.
    const top = y >= tag.height ? y - tag.height : y;
    const left = Math.max(0, Math.min(x, image.width - tag.width));
    fillRectangle(result, left, top, tag, color);
    drawText(result, left + 2 * scale, top + 2 * scale, text, scale, WHITE);
  }
  return result;
}

function sizeOf({ width, height }: Size): Size {
  return { width, height };
}

/** The whole pixels that a box touches. */
function pixelsOf([x1, y1, x2, y2]: Readonly<Box>): { x: number; y: number } & Size {
  const [x, y] = [Math.floor(x1), Math.floor(y1)];
  return { x, y, width: Math.max(1, Math.ceil(x2) - x + 1), height: Math.max(1, Math.ceil(y2) - y + 1) };
}
