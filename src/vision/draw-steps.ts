/** draw-steps: the steps of the input transform side by side: the picture as given, resized, and as the net gets it. */
import { BLACK, drawFrame, drawImage, drawText, RED, textSize } from './draw.js';
import { blankImage, type RgbImage, type Size } from './image.js';
import { resizeBilinear } from './resize.js';
import { DETECTION_TRANSFORM, type TransformedImage, type TransformOptions } from './transform.js';

/** The room for each step, and the space around them. */
const PANEL: Size = { width: 420, height: 480 };
const GAP = 16;
const LETTERS = 2;

/**
 * A picture of the three steps, each with its size above. The last is what the blob holds, turned back into colours; its
 * padding is shown black. The red frames are the edges of the picture.
 * @param options what `transformed` was made with, as far as it differs from {@link DETECTION_TRANSFORM}
 */
export function drawSteps(
  image: RgbImage,
  transformed: TransformedImage,
  options: Partial<TransformOptions> = {},
): RgbImage {
  const { resized } = transformed;
  const padded = imageOfBlob(transformed, { ...DETECTION_TRANSFORM, ...options });
  const panels = [
    { title: 'Input image', picture: image, framed: image },
    { title: 'Resized', picture: resized, framed: resized },
    { title: 'Padded with zeros', picture: padded, framed: resized },
  ].map(({ title, picture, framed }) => {
    const shown = shrinkToPanel(picture);
    const scale = shown.width / picture.width;
    const frame = { width: Math.round(framed.width * scale), height: Math.round(framed.height * scale) };
    return { lines: [title, `${picture.width}x${picture.height}`], shown, frame };
  });
  const line = textSize('', LETTERS).height + GAP / 2;
  const top = GAP + 2 * line;
  const result = blankImage(
    {
      width: GAP + panels.length * (PANEL.width + GAP),
      height: top + Math.max(...panels.map(({ shown }) => shown.height)) + GAP,
    },
    255,
  );
  panels.forEach(({ lines, shown, frame }, i) => {
    const left = GAP + i * (PANEL.width + GAP);
    const center = left + PANEL.width / 2;
    lines.forEach((text, row) => {
      drawText(result, Math.round(center - textSize(text, LETTERS).width / 2), GAP + row * line, text, LETTERS, BLACK);
    });
    const x = Math.round(center - shown.width / 2);
    drawImage(result, x, top, shown);
    drawFrame(result, x, top, frame, 2, RED);
  });
  return result;
}

/** As large as fits, the aspect ratio kept. */
function shrinkToPanel(picture: RgbImage): RgbImage {
  const scale = Math.min(PANEL.width / picture.width, PANEL.height / picture.height);
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return resizeBilinear(picture, side(picture.width), side(picture.height));
}

/** The colours that a blob's values stand for; black beyond the picture. */
function imageOfBlob({ shape, data, resized }: TransformedImage, options: TransformOptions): RgbImage {
  const [, , height, width] = shape;
  const result = blankImage({ width, height });
  for (let c = 0; c < 3; c++) {
    const channel = options.channelOrder === 'bgr' ? 2 - c : c;
    for (let y = 0; y < resized.height; y++)
      for (let x = 0; x < resized.width; x++) {
        const value = data[(c * height + y) * width + x]!;
        const byte = ((value * options.std[c]! + options.mean[c]!) / options.scale) * 255;
        result.data[(y * width + x) * 3 + channel] = Math.min(255, Math.max(0, Math.round(byte)));
      }
  }
  return result;
}
