/**
 * Makes a ResNet-50 with random weights and batch-norm statistics such that activations stay finite, for measuring what
 * optimizing and running it takes. The same seed gives the same files.
 *
 *     npx tsx bench/make-resnet-50.ts OUT_DIR [--input-size 224x224] [--seed 1]
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { formatPrototxt, Net, resnet50, writeFileAtomically } from '../src/node.js';
import { parseNetOptions } from '../src/nets/options.js';
import { resnet50Options } from '../src/nets/resnet.js';
import type { NetParameter } from '../src/index.js';
import { gaussian, seededRandom } from '../src/engine/random.js';

/** A net with BatchNorm and Scale layers whose parameters are random: He's deviation for weights (He et al. 2015). */
export async function randomWeights(param: NetParameter, seed = 1): Promise<Net> {
  const net = await Net.load(param);
  for (const { name, type, blobs } of net.layers) {
    const random = seededRandom(seed, name);
    const normal = gaussian(random);
    const fill = (index: number, draw: () => number): void => {
      const { data } = blobs[index]!;
      for (let i = 0; i < data.length; i++) data[i] = draw();
    };
    const between = (low: number, high: number) => () => low + (high - low) * random();
    if (type === 'BatchNorm') {
      // Caffe stores sums over a decaying window; the third blob is what they are to be divided by.
      const divisor = 0.5 + random();
      fill(0, () => divisor * 0.1 * normal());
      fill(1, () => divisor * between(0.5, 1.5)());
      fill(2, () => divisor);
    } else if (type === 'Scale') {
      // The last normalization of a block is weak, or sixteen sums of blocks would double the variance sixteen times.
      const gain = name.endsWith('2c') ? 0.3 : 1;
      fill(0, between(0.8 * gain, 1.2 * gain));
      if (blobs.length > 1) fill(1, () => 0.1 * normal());
    } else if (blobs[0]) {
      const deviation = Math.sqrt(2 / blobs[0].countOf(1));
      fill(0, () => deviation * normal());
      if (blobs[1]) fill(1, () => 0.1 * normal());
    }
  }
  return net;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'input-size': { type: 'string' }, seed: { type: 'string', default: '1' } },
  });
  const [folder] = positionals;
  if (folder === undefined) throw new Error('say where to write: make-resnet-50.ts OUT_DIR');
  const param = resnet50(parseNetOptions(resnet50Options, { 'input-size': values['input-size'] }));
  const net = await randomWeights(param, Number(values.seed));
  await mkdir(folder, { recursive: true });
  const files = { net: path.join(folder, 'net.prototxt'), weights: path.join(folder, 'net.caffemodel') };
  await writeFileAtomically(files.net, (sink) => sink.write(new TextEncoder().encode(formatPrototxt(param))));
  await writeFileAtomically(files.weights, async (sink) => {
    await net.save(sink);
  });
  console.log(`${files.net} and ${files.weights}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
