/**
 * How exact convolutions are, as the tables of docs/benchmarks.md show it:
 *
 *     npx tsx bench/accuracy.ts [part of a name] [--rectified] [--threads N]
 *     npx tsx bench/accuracy.ts --whole NET.prototxt WEIGHTS.caffemodel
 *
 * The first compares each convolution of detection-v2 with sums in double precision, the second the outputs of a whole net
 * by `auto` with those by `gemm`. Exit 1 when an error is larger than it may be.
 */
import { parseArgs } from 'node:util';
import { Net } from '../src/node.js';
import { fillRandomly } from '../src/runtime/random-params.js';
import { formatCount } from '../src/cli/shared/table.js';
import { convolutionErrors, detectionShapes } from './conv-error.js';
import { markdown } from './report.js';

/** Largest errors allowed: of a layer relative to its largest result, of a net's outputs from `gemm`'s. */
const LIMITS = { gemm: 1e-6, auto: 1e-5, whole: 1e-4 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rectified: { type: 'boolean', default: false },
    threads: { type: 'string' },
    whole: { type: 'boolean', default: false },
  },
});
const threads = values.threads === undefined ? undefined : Number(values.threads);

async function layers(part: string): Promise<boolean> {
  const shapes = (await detectionShapes()).filter(({ name }) => name.includes(part));
  const rows: string[][] = [];
  const worst = { gemm: 0, auto: 0 };
  for (const shape of shapes) {
    const { gemm, auto } = await convolutionErrors(shape, { threads, rectified: values.rectified, samples: 4000 });
    worst.gemm = Math.max(worst.gemm, gemm);
    worst.auto = Math.max(worst.auto, auto);
    const errors = [gemm, auto].map((error) => error.toExponential(1));
    rows.push([shape.name, String(shape.count), formatCount(shape.macs), ...errors]);
    process.stderr.write(`${shape.name}: ${errors.join(', ')}\n`);
  }
  rows.push(['largest', '', '', worst.gemm.toExponential(1), worst.auto.toExponential(1)]);
  console.log(markdown(['convolution', 'layers', 'MACs', '`gemm`', '`auto`'], rows, 1).join('\n'));
  return worst.gemm <= LIMITS.gemm && worst.auto <= LIMITS.auto;
}

async function whole(prototxt: string, weights: string): Promise<boolean> {
  const results: Map<string, Float32Array>[] = [];
  for (const algorithm of ['auto', 'gemm'] as const) {
    const net = await Net.load(prototxt, { weights, algorithm, threads, outputsOnly: true });
    net.inputs.forEach((name, i) => {
      const { data } = net.blobs.get(name)!;
      fillRandomly(data, 0, i);
      // As large as pixels less their mean.
      data.forEach((value, j) => (data[j] = 128 * value));
    });
    const outputs = await net.forward();
    results.push(new Map([...outputs].map(([name, blob]) => [name, blob.data.slice()])));
    net.dispose();
  }
  const [auto, gemm] = results as [Map<string, Float32Array>, Map<string, Float32Array>];
  let worst = 0;
  for (const [name, expected] of gemm) {
    const actual = auto.get(name)!;
    let [difference, largest] = [0, 0];
    expected.forEach((value, i) => {
      difference = Math.max(difference, Math.abs(value - actual[i]!));
      largest = Math.max(largest, Math.abs(value));
    });
    worst = Math.max(worst, difference / largest);
    console.log(
      `${name.padEnd(24)} largest ${largest.toPrecision(4).padStart(9)}, difference ${(difference / largest).toExponential(1)} of it`,
    );
  }
  return worst <= LIMITS.whole;
}

const [first = '', second = ''] = positionals;
if (!(await (values.whole ? whole(first, second) : layers(first)))) process.exitCode = 1;
