/**
 * Speed of the GEMM-based layers on one thread, in GFLOP/s (a multiply-add counts as two), whole layers with packing and
 * all: `npx tsx bench/gemm.ts [part of a name]`. Processor time is measured, so that other programs matter little; the
 * median of several runs is shown. The first line is the inner kernel alone on data that fit the caches.
 */
import '../src/node/relaxed-simd.js';
import { Net } from '../src/runtime/net.js';
import { createArena } from '../src/engine/wasm-arena.js';
import { LAYER_CASES } from './cases.js';

/** Time to spend on each case, and runs to make at least. */
const SECONDS = 1;
const RUNS = 5;

async function measure(run: () => unknown): Promise<number> {
  const times: number[] = [];
  await run();
  for (let total = 0; times.length < RUNS || total < SECONDS;) {
    const start = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(start);
    const seconds = (user + system) / 1e6;
    times.push(seconds);
    total += seconds;
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1]!;
}

function report(name: string, flops: number, seconds: number): void {
  const ms = (seconds * 1000).toFixed(2);
  console.log(`${name.padEnd(24)} ${ms.padStart(9)} ms ${(flops / seconds / 1e9).toFixed(1).padStart(6)} GFLOP/s`);
}

function fill(data: Float32Array): void {
  for (let i = 0; i < data.length; i++) data[i] = ((i * 7919) % 1013) / 1013 - 0.5;
}

const wanted = process.argv[2] ?? '';

if ('kernel'.includes(wanted)) {
  const arena = await createArena();
  const k = 256;
  // A tile that only stores its sums, and that the arena has zeroed.
  const [a, b, c, tile] = [6 * k, 8 * k, 48, 160].map((count) => arena.allocate(count * 4)) as [
    number,
    number,
    number,
    number,
  ];
  const repeats = 5000;
  const seconds = await measure(() => {
    for (let i = 0; i < repeats; i++) arena.kernels.f32_tile_6x8__simd(tile, c, a, 24, b, k);
  });
  report(`kernel (${arena.variant})`, 2 * 6 * 8 * k * repeats, seconds);
  arena.dispose();
}

for (const { name, input, layer } of LAYER_CASES) {
  if (!name.includes(wanted)) continue;
  const dims = input.map((d) => `dim: ${d}`).join(' ');
  const net = await Net.load(
    `layer { name: "x" type: "Input" top: "x" input_param { shape { ${dims} } } }
     layer { name: "y" bottom: "x" top: "y" ${layer} }`,
    { threads: 1 },
  );
  fill(net.blobs.get('x')!.data);
  for (const blob of net.params.get('y') ?? []) fill(blob.data);
  const y = net.layerDict.get('y')!;
  const macs = y.macs([net.blobs.get('x')!], [net.blobs.get('y')!]);
  report(name, 2 * macs, await measure(() => net.forwardLayer('y')));
  net.dispose();
}
