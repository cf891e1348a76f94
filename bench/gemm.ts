/**
 * Speed of the GEMM-based layers on one thread, in GFLOP/s (a multiply-add counts as two), whole layers with packing and
 * all: `npx tsx bench/gemm.ts [part of a name]`. Processor time is measured, so that other programs matter little; the
 * median of several runs is shown. The first line is the inner kernel alone on data that fit the caches.
 */
import '../src/node/relaxed-simd.js';
import { Net } from '../src/runtime/net.js';
import { createArena } from '../src/runtime/wasm-arena.js';

interface Case {
  name: string;
  input: readonly number[];
  layer: string;
}

const conv = (param: string): string => `type: "Convolution" convolution_param { bias_term: false ${param} }`;
const deconv = (param: string): string => `type: "Deconvolution" convolution_param { bias_term: false ${param} }`;
const inner = (param: string): string => `type: "InnerProduct" inner_product_param { ${param} }`;

const CASES: readonly Case[] = [
  { name: '3x3 1024→1024', input: [1, 1024, 60, 72], layer: conv('num_output: 1024 kernel_size: 3 pad: 1') },
  { name: '3x3 256→256', input: [1, 256, 30, 36], layer: conv('num_output: 256 kernel_size: 3 pad: 1') },
  { name: '3x3 64→64', input: [1, 64, 120, 144], layer: conv('num_output: 64 kernel_size: 3 pad: 1') },
  { name: '3x3 512→512 small', input: [1, 512, 15, 18], layer: conv('num_output: 512 kernel_size: 3 pad: 1') },
  { name: '1x1 64→256', input: [1, 64, 120, 144], layer: conv('num_output: 256 kernel_size: 1') },
  { name: '1x1 1024→256', input: [1, 1024, 30, 36], layer: conv('num_output: 256 kernel_size: 1') },
  { name: '1x1 2048→512 small', input: [1, 2048, 15, 18], layer: conv('num_output: 512 kernel_size: 1') },
  { name: '1x1 stride 2', input: [1, 256, 120, 144], layer: conv('num_output: 512 kernel_size: 1 stride: 2') },
  { name: '7x7 stem', input: [1, 3, 480, 576], layer: conv('num_output: 64 kernel_size: 7 stride: 2 pad: 3') },
  { name: '3x3 32 groups', input: [1, 256, 60, 72], layer: conv('num_output: 256 kernel_size: 3 pad: 1 group: 32') },
  { name: '3x3 depthwise', input: [1, 256, 60, 72], layer: conv('num_output: 256 kernel_size: 3 pad: 1 group: 256') },
  {
    name: '3x3 depthwise stride 2',
    input: [1, 256, 60, 72],
    layer: conv('num_output: 256 kernel_size: 3 pad: 1 group: 256 stride: 2'),
  },
  {
    name: 'deconv 2x2 depthwise',
    input: [1, 1024, 30, 36],
    layer: deconv('num_output: 1024 kernel_size: 2 stride: 2 group: 1024'),
  },
  {
    name: 'deconv 4x4 dense',
    input: [1, 1024, 30, 36],
    layer: deconv('num_output: 1024 kernel_size: 4 stride: 2 pad: 1'),
  },
  { name: 'inner product, 1 row', input: [1, 4096], layer: inner('num_output: 4096') },
  { name: 'inner product, 64 rows', input: [64, 4096], layer: inner('num_output: 4096') },
];

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
  const [m, n, k] = [64, 64, 256];
  const [a, b, c] = [m * k * 4, k * n * 4, m * n * 4].map((bytes) => arena.allocate(bytes)) as [number, number, number];
  const repeats = 200;
  const seconds = await measure(() => {
    for (let i = 0; i < repeats; i++) arena.kernels.f32_gemm_4x8__simd(c, n * 4, a, k * 4, b, k * 32, 0, 1, m, n, k);
  });
  report(`kernel (${arena.variant})`, 2 * m * n * k * repeats, seconds);
  arena.dispose();
}

for (const { name, input, layer } of CASES) {
  if (!name.includes(wanted)) continue;
  const dims = input.map((d) => `dim: ${d}`).join(' ');
  const net = await Net.load(
    `layer { name: "x" type: "Input" top: "x" input_param { shape { ${dims} } } }
     layer { name: "y" bottom: "x" top: "y" ${layer} }`,
  );
  fill(net.blobs.get('x')!.data);
  for (const blob of net.params.get('y')!) fill(blob.data);
  const y = net.layerDict.get('y')!;
  const macs = y.macs([net.blobs.get('x')!], [net.blobs.get('y')!]);
  report(name, 2 * macs, await measure(() => net.forwardLayer('y')));
  net.dispose();
}
