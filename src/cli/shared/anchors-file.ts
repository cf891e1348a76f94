/**
 * anchors-file: anchors from a JSON file: maskrcnn_benchmark's settings (sizes, strides, aspect_ratios, scales_per_octave,
 * octave), or the boxes of each level's first cell themselves (cell_anchors) with strides.
 */
import { didYouMean, NetspecError, valueText } from '../../errors.js';
import { readText } from '../../node/files.js';
import { anchorLevels, type AnchorLevel } from '../../vision/anchors.js';

const LISTS = { sizes: 'sizes', strides: 'strides', aspect_ratios: 'aspectRatios' } as const;
const NUMBERS = { scales_per_octave: 'scalesPerOctave', octave: 'octave' } as const;
const FIELDS = [...Object.keys(LISTS), ...Object.keys(NUMBERS), 'cell_anchors'];

/**
 * The anchors of each level; settings that the file does not have are detection-v2's.
 * @throws NetspecError naming the file for what is no JSON, an unknown field, or values that are no anchors.
 */
export async function readAnchors(file: string): Promise<AnchorLevel[]> {
  const text = await readText(file);
  try {
    return parseAnchors(text);
  } catch (error) {
    throw error instanceof NetspecError ? error.within({ file }) : error;
  }
}

function parseAnchors(text: string): AnchorLevel[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new NetspecError(`not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new NetspecError('expected an object with sizes and strides, or with cell_anchors and strides');
  const fields = value as Record<string, unknown>;
  // The file may hold other settings of a detector too, but not one that was meant to be ours.
  for (const name of Object.keys(fields)) {
    const hint = FIELDS.includes(name) ? undefined : didYouMean(name, FIELDS);
    if (hint) throw new NetspecError(`anchors have no field '${name}'`, { hint });
  }
  if (!FIELDS.some((name) => name in fields))
    throw new NetspecError('none of its fields describes anchors', { hint: `they are ${FIELDS.join(', ')}` });
  if (fields['cell_anchors'] !== undefined) return cellAnchorLevels(fields);
  const options: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(LISTS))
    if (fields[name] !== undefined) options[option] = numbers(fields[name], name);
  for (const [name, option] of Object.entries(NUMBERS))
    if (fields[name] !== undefined) [options[option]] = numbers([fields[name]], name);
  return anchorLevels(options);
}

function cellAnchorLevels(fields: Record<string, unknown>): AnchorLevel[] {
  const strides = numbers(fields['strides'], 'strides');
  const levels = fields['cell_anchors'];
  if (!Array.isArray(levels) || levels.length !== strides.length || strides.some((stride) => stride <= 0))
    throw new NetspecError('cell_anchors needs a list of boxes for each of strides, which are above 0');
  return levels.map((boxes: unknown, i) => {
    if (!Array.isArray(boxes) || boxes.length === 0)
      throw new NetspecError('each level of cell_anchors must be a list of boxes');
    const cell = boxes.flatMap((box: unknown) => {
      const sides = numbers(box, 'cell_anchors');
      if (sides.length !== 4) throw new NetspecError(`a box has four numbers, got ${sides.length}`);
      return sides;
    });
    return { stride: strides[i]!, cell: Float32Array.from(cell) };
  });
}

function numbers(value: unknown, name: string): number[] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'number'))
    throw new NetspecError(`${name} must be numbers, got ${value === undefined ? 'none' : valueText(value)}`);
  return value;
}
