/** Optimizes small nets with random parameters and runs them before and after. */
import { Net } from '../../src/runtime/net.js';
import { seededRandom } from '../../src/engine/random.js';
import { toBytes } from '../../src/proto/random-access.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import {
  compareOutputs,
  copyInputs,
  fillRandomInputs,
  optimizeNet,
  type OptimizeOptions,
  type OptimizedNet,
} from '../../src/optimize/index.js';

export interface Optimized {
  optimized: OptimizedNet;
  /** The new net as text, and the new weights. */
  text: string;
  weights: Uint8Array;
  /** Layers merged, taken out or made to share, as `bn → conv`. */
  changes: string[];
  /** Largest difference of an output, as a part of its largest value. */
  worst: number;
}

/** Parameters such that nothing grows: weights and factors around ±1, variances and divisors above 0. */
export async function randomParameters(text: string, seed: number): Promise<Uint8Array> {
  const net = await Net.load(text);
  try {
    const seen = new Set<unknown>();
    for (const { name, type, blobs } of net.layers)
      for (const [i, blob] of blobs.entries()) {
        if (seen.has(blob.storage)) continue;
        seen.add(blob.storage);
        const random = seededRandom(seed, name, i);
        const [low, high] = type === 'BatchNorm' && i > 0 ? [0.5, 1.5] : [-1, 1];
        const { data } = blob;
        for (let j = 0; j < data.length; j++) data[j] = low + (high - low) * random();
      }
    const sink = toBytes();
    await net.save(sink);
    return sink.bytes();
  } finally {
    net.dispose();
  }
}

/** Optimizes a net, by default with random weights, and compares what both compute. */
export async function optimize(
  text: string,
  options: OptimizeOptions & { seed?: number; source?: Uint8Array } = {},
): Promise<Optimized> {
  const { seed = 1, source = await randomParameters(text, seed), ...rest } = options;
  const optimized = await optimizeNet(text, source, rest);
  const sink = toBytes();
  await optimized.writeWeights(sink);
  const weights = sink.bytes();
  const newText = formatPrototxt(optimized.net);
  const before = await Net.load(text, { weights: source, algorithm: 'gemm' });
  const after = await Net.load(parsePrototxt(newText), { weights, algorithm: 'gemm', strict: true });
  try {
    fillRandomInputs(before, seed);
    copyInputs(before, after);
    const differences = await compareOutputs(before, after, optimized.outputs);
    const changes = optimized.report.passes.flatMap(({ changes }) =>
      changes.map(({ layer, into }) => (into === undefined ? layer : `${layer} → ${into}`)),
    );
    return { optimized, text: newText, weights, changes, worst: Math.max(...differences.map(({ maxRel }) => maxRel)) };
  } finally {
    before.dispose();
    after.dispose();
  }
}

/**
 * How far merged layers may be from separate ones, as a part of an output's largest value. Both round each product and sum
 * to float32: sums of up to a few hundred products err by some √n · 2^-24, the separate layers by a few roundings more
 * each. Where the mean is subtracted the values shrink and the error stays: a factor of 10 in these nets. 2^-24 · 16 · 10
 * is 1e-5.
 */
export const MERGED_TOLERANCE = 1e-5;

export const input = (...dims: number[]): string =>
  `layer { name: "data" type: "Input" top: "x" input_param { shape { ${dims.map((d) => `dim: ${d}`).join(' ')} } } }\n`;

/** A layer as text; in place when `top` is not given. */
export const layer = (type: string, name: string, bottom: string, top = bottom, settings = ''): string =>
  `layer { name: "${name}" type: "${type}" bottom: "${bottom}" top: "${top}" ${settings} }\n`;
