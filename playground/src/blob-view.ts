/** blob-view: the values of a blob: as pictures of its channels, as a histogram, as numbers. */
import { formatNpy } from '../../src/weights/npy.js';
import { element, withText } from './elements.js';
import type { BlobValues } from './engine.worker.js';

/** More channels are not drawn. */
const MOST_CHANNELS = 64;
const BINS = 48;
/** Rows and columns of the table. */
const MOST_NUMBERS = 12;

/** Least, greatest, mean and deviation of the values that are finite, and how many are not. */
export function statisticsOf(data: Float32Array) {
  let [low, high, sum, squares, finite] = [Infinity, -Infinity, 0, 0, 0];
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
    squares += value * value;
    finite++;
  }
  const mean = finite === 0 ? 0 : sum / finite;
  const deviation = finite === 0 ? 0 : Math.sqrt(Math.max(0, squares / finite - mean * mean));
  return {
    low: finite === 0 ? 0 : low,
    high: finite === 0 ? 0 : high,
    mean,
    deviation,
    notFinite: data.length - finite,
  };
}

/** The elements that show a blob. */
export function blobElements({ name, shape, data }: BlobValues): HTMLElement[] {
  const statistics = statisticsOf(data);
  const { low, high, mean, deviation, notFinite } = statistics;
  const title = withText('h3', `${name}: ${shape.join('x') || 'scalar'}`);
  const facts = withText(
    'p',
    `least ${figure(low)}, greatest ${figure(high)}, mean ${figure(mean)}, deviation ${figure(deviation)}` +
      (notFinite > 0 ? `, ${notFinite} not finite` : ''),
    'remark',
  );
  const parts: HTMLElement[] = [title, facts];
  if (shape.length === 4 && shape[2]! * shape[3]! > 1) parts.push(planes(shape, data, low, high));
  parts.push(histogram(data, low, high), numbers(shape, data), saving({ name, shape, data }));
  return parts;
}

function planes(shape: readonly number[], data: Float32Array, low: number, high: number): HTMLElement {
  const [, channels = 1, height = 1, width = 1] = shape;
  const box = element('div', 'planes');
  const scale = high > low ? 255 / (high - low) : 0;
  for (let c = 0; c < Math.min(channels, MOST_CHANNELS); c++) {
    const canvas = element('canvas');
    canvas.width = width;
    canvas.height = height;
    canvas.title = `channel ${c}`;
    canvas.style.width = `${Math.max(width, Math.min(96, width * 8))}px`;
    const image = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      const value = data[c * width * height + i]!;
      const shade = (value - low) * scale;
      const color = Number.isFinite(value) ? [shade, shade, shade] : [220, 30, 30];
      image.data.set([...color, 255], 4 * i);
    }
    canvas.getContext('2d')!.putImageData(image, 0, 0);
    box.append(canvas);
  }
  if (channels > MOST_CHANNELS) box.append(withText('p', `and ${channels - MOST_CHANNELS} more channels`, 'remark'));
  return box;
}

function histogram(data: Float32Array, low: number, high: number): HTMLElement {
  const counts = new Array<number>(BINS).fill(0);
  const scale = high > low ? BINS / (high - low) : 0;
  for (const value of data)
    if (Number.isFinite(value)) counts[Math.min(BINS - 1, Math.floor((value - low) * scale))]!++;
  const most = Math.max(1, ...counts);
  const bars = counts.map((count, i) => {
    const height = count === 0 ? 0 : Math.max(1, (count / most) * 60);
    return `<rect x="${i * 6}" y="${60 - height}" width="5" height="${height}"/>`;
  });
  const figureBox = element('figure');
  figureBox.innerHTML = `<svg viewBox="0 0 ${BINS * 6} 60" role="img" aria-label="Histogram" class="histogram">${bars.join('')}</svg>`;
  const caption = element('figcaption', 'remark');
  caption.append(withText('span', figure(low)), withText('span', figure(high)));
  figureBox.append(caption);
  return figureBox;
}

function numbers(shape: readonly number[], data: Float32Array): HTMLElement {
  const width = shape.at(-1) ?? 1;
  const rows = Math.min(MOST_NUMBERS, shape.length > 1 ? shape.at(-2)! : 1, Math.ceil(data.length / width));
  const columns = Math.min(MOST_NUMBERS, width);
  const box = element('div', 'numbers');
  const table = element('table');
  for (let y = 0; y < rows; y++) {
    const row = element('tr');
    for (let x = 0; x < columns; x++) row.append(withText('td', figure(data[y * width + x]!)));
    table.append(row);
  }
  box.append(table);
  if (rows * columns < data.length)
    box.append(withText('p', `the first ${rows} x ${columns} of ${data.length} values`, 'remark'));
  return box;
}

/** Saves the blob for numpy, and for a comparison elsewhere. */
function saving({ name, shape, data }: BlobValues): HTMLElement {
  const button = withText('button', 'Save as .npy');
  button.type = 'button';
  button.addEventListener('click', () => {
    const link = element('a');
    link.href = URL.createObjectURL(new Blob([formatNpy(shape, data)]));
    link.download = `${name.replace(/[^\w.-]/g, '_')}.npy`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  return button;
}

/** Four digits are enough to look at. */
function figure(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}
