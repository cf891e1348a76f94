/**
 * Makes the .npy files of a detection-v2 model with random weights: names and shapes of the trained one, values such that
 * activations stay finite. The same seed and widths give the same files.
 *
 *     npx tsx bench/make-full-size-weights.ts OUT_DIR [--stem-width 64] [--stage-widths 64,128,256,512]
 *                                             [--pyramid-channels 1024] [--seed 1]
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { product } from '../src/shapes.js';
import { writeNpyFile } from '../src/node/npy-folder.js';

export interface DetectionWidths {
  stemWidth: number;
  stageWidths: readonly number[];
  pyramidChannels: number;
}

/** How a tensor's values are drawn. */
type Draw =
  /** Normal with a standard deviation that keeps the variance of activations (He et al. 2015). */
  | { kind: 'he'; fanIn: number }
  | { kind: 'normal'; mean: number; std: number }
  | { kind: 'uniform'; min: number; max: number };

export interface TensorToMake {
  name: string;
  shape: readonly number[];
  draw: Draw;
}

export const FULL_WIDTHS: DetectionWidths = { stemWidth: 64, stageWidths: [64, 128, 256, 512], pyramidChannels: 1024 };
const BLOCKS = [3, 4, 6, 3];

/** Every tensor of the model, with the names that saving a state dict's entries with dots as underscores gives them. */
export function detectionTensors({ stemWidth, stageWidths, pyramidChannels }: DetectionWidths): TensorToMake[] {
  const tensors: TensorToMake[] = [];
  const small: Draw = { kind: 'normal', mean: 0, std: 0.1 };
  const conv = (name: string, outputs: number, inputs: number, kernel: number, bias = false): void => {
    const shape = [outputs, inputs, kernel, kernel];
    tensors.push({ name: `${name}_weight`, shape, draw: { kind: 'he', fanIn: inputs * kernel * kernel } });
    if (bias) tensors.push({ name: `${name}_bias`, shape: [outputs], draw: small });
  };
  // The last normalization of a block is weak, or sixteen sums of blocks would double the variance sixteen times.
  const norm = (name: string, channels: number, gain = 1): void => {
    const shape = [channels];
    tensors.push(
      { name: `${name}_weight`, shape, draw: { kind: 'uniform', min: 0.8 * gain, max: 1.2 * gain } },
      { name: `${name}_bias`, shape, draw: small },
      { name: `${name}_running_mean`, shape, draw: small },
      { name: `${name}_running_var`, shape, draw: { kind: 'uniform', min: 0.5, max: 1.5 } },
    );
  };
  const body = 'backbone_body';
  conv(`${body}_stem_conv1`, stemWidth, 3, 7);
  norm(`${body}_stem_bn1`, stemWidth);
  let inputs = stemWidth;
  for (const [stage, width] of stageWidths.entries())
    for (let block = 0; block < BLOCKS[stage]!; block++) {
      const at = `${body}_layer${stage + 1}_${block}`;
      const outputs = 4 * width;
      if (block === 0) {
        conv(`${at}_downsample_0`, outputs, inputs, 1);
        norm(`${at}_downsample_1`, outputs);
      }
      conv(`${at}_conv1`, width, inputs, 1);
      norm(`${at}_bn1`, width);
      conv(`${at}_conv2`, width, width, 3);
      norm(`${at}_bn2`, width);
      conv(`${at}_conv3`, outputs, width, 1);
      norm(`${at}_bn3`, outputs, 0.3);
      inputs = outputs;
    }
  const fpn = 'backbone_fpn';
  for (const level of [2, 3, 4]) {
    conv(`${fpn}_fpn_inner${level}`, pyramidChannels, 4 * stageWidths[level - 1]!, 1, true);
    conv(`${fpn}_fpn_layer${level}`, pyramidChannels, pyramidChannels, 3, true);
  }
  conv(`${fpn}_top_blocks_p6`, pyramidChannels, 4 * stageWidths[3]!, 3, true);
  conv(`${fpn}_top_blocks_p7`, pyramidChannels, pyramidChannels, 3, true);
  for (const tower of ['cls', 'bbox'])
    for (const layer of [0, 2, 4, 6])
      conv(`rpn_head_${tower}_tower_${layer}`, pyramidChannels, pyramidChannels, 3, true);
  conv('rpn_head_cls_logits', 9, pyramidChannels, 3, true);
  conv('rpn_head_bbox_pred', 36, pyramidChannels, 3, true);
  return tensors;
}

/** Values of a tensor; each tensor's depend on the seed and its own name only. */
export function drawTensor({ name, shape, draw }: TensorToMake, seed: number): Float32Array {
  const values = new Float32Array(product(shape));
  const random = xorshift(hash(`${seed}:${name}`));
  if (draw.kind === 'uniform')
    for (let i = 0; i < values.length; i++) values[i] = draw.min + (draw.max - draw.min) * random();
  else if (draw.kind === 'normal') fillNormal(values, draw.mean, draw.std, random);
  else fillNormal(values, 0, Math.sqrt(2 / draw.fanIn), random);
  return values;
}

/** Normal numbers in pairs, by Marsaglia's polar method. */
function fillNormal(values: Float32Array, mean: number, std: number, random: () => number): void {
  for (let i = 0; i < values.length; i += 2) {
    let u: number, v: number, s: number;
    do {
      u = 2 * random() - 1;
      v = 2 * random() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const factor = std * Math.sqrt((-2 * Math.log(s)) / s);
    values[i] = mean + u * factor;
    if (i + 1 < values.length) values[i + 1] = mean + v * factor;
  }
}

/** Marsaglia's xorshift of 32 bits, uniform in [0, 1). */
function xorshift(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** FNV-1a of 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 0x01000193);
  return value;
}

/** Writes every tensor of the model as a .npy file. */
export async function makeWeights(
  folder: string,
  widths: DetectionWidths,
  seed: number,
): Promise<{ tensors: number; count: number }> {
  const tensors = detectionTensors(widths);
  let count = 0;
  await mkdir(folder, { recursive: true });
  for (const tensor of tensors) {
    const data = drawTensor(tensor, seed);
    await writeNpyFile(path.join(folder, `${tensor.name}.npy`), tensor.shape, data);
    count += data.length;
  }
  return { tensors: tensors.length, count };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'stem-width': { type: 'string', default: String(FULL_WIDTHS.stemWidth) },
      'stage-widths': { type: 'string', default: FULL_WIDTHS.stageWidths.join() },
      'pyramid-channels': { type: 'string', default: String(FULL_WIDTHS.pyramidChannels) },
      seed: { type: 'string', default: '1' },
    },
  });
  const [folder] = positionals;
  if (folder === undefined) throw new Error('say where to write: make-full-size-weights.ts OUT_DIR');
  const widths: DetectionWidths = {
    stemWidth: Number(values['stem-width']),
    stageWidths: values['stage-widths'].split(',').map(Number),
    pyramidChannels: Number(values['pyramid-channels']),
  };
  const start = performance.now();
  const { tensors, count } = await makeWeights(folder, widths, Number(values.seed));
  const seconds = (performance.now() - start) / 1000;
  console.log(`${tensors} tensors, ${(count / 1e6).toFixed(1)} M values in ${seconds.toFixed(1)} s: ${folder}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
