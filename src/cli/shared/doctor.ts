/**
 * doctor: what netspec wants of the machine that it runs on, one check each. A check that fails says what to do; a note is what
 * only some commands want.
 */
import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { detectVariant } from '../../engine/kernels.js';
import { HOW_TO_GET_ONNX_RUNTIME, loadOnnxRuntime } from '../../node/onnx-runtime.js';
import { Net } from '../../node.js';
import { packageFolder } from '../version.js';
import { formatBytes } from './table.js';

/** What a check found. */
export interface Finding {
  /** `note`: some commands do less without it. */
  readonly status: 'ok' | 'note' | 'bad';
  readonly found: string;
  readonly hint?: string;
}

export interface Check {
  readonly name: string;
  readonly run: () => Finding | Promise<Finding>;
}

/** As package.json's `engines` has it. */
const OLDEST_NODE = 20;
/** A page of WebAssembly's memory is 64 KiB, and 65536 of them are what it can address. */
const MOST_PAGES = 65536;
/** A net of 200 MB of weights with its blobs. */
const ENOUGH_MEMORY = 2 ** 30;

export const CHECKS: readonly Check[] = [
  { name: 'Node.js', run: () => nodeVersion(process.versions.node) },
  { name: 'SIMD', run: simd },
  { name: 'threads', run: () => threads(availableParallelism()) },
  { name: 'memory', run: () => memory(memoryOfProcess()) },
  { name: 'pictures', run: pictures },
  { name: 'ONNX Runtime', run: async () => onnxRuntime((await loadOnnxRuntime())?.name) },
  { name: 'playground', run: () => playground(existsSync(new URL('playground/dist/index.html', packageFolder()))) },
];

export function nodeVersion(version: string): Finding {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return { status: 'ok', found: version };
  return { status: 'bad', found: version, hint: `install Node.js ${OLDEST_NODE} or later` };
}

async function simd(): Promise<Finding> {
  try {
    const variant = detectVariant();
    await checksum(1);
    if (variant === 'relaxed') return { status: 'ok', found: 'with fused multiply-add' };
    return { status: 'ok', found: 'without fused multiply-add: nets take up to twice the time' };
  } catch (error) {
    const hint = 'the processor, or the settings of Node.js, do not allow WebAssembly with SIMD';
    return { status: 'bad', found: error instanceof Error ? error.message : String(error), hint };
  }
}

/** Whether a net has the same bits on one thread and on all. */
export async function threads(available: number): Promise<Finding> {
  if (available === 1) return { status: 'note', found: '1', hint: 'nets run on one thread' };
  const [one, all] = [await checksum(1), await checksum(available)];
  if (one.bits === all.bits && all.threads > 1)
    return { status: 'ok', found: `${all.threads}, with the results of one` };
  const found = all.threads > 1 ? 'the results of several differ from those of one' : 'none could be started';
  return { status: 'bad', found, hint: 'run nets with --threads 1, and report this' };
}

/** The bits of a small net's output, as one number, and on how many threads they were computed. */
async function checksum(count: number): Promise<{ bits: number; threads: number }> {
  const net = await Net.load(
    `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 8 dim: 40 dim: 40 } } }
     layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
             convolution_param { num_output: 16 kernel_size: 3 weight_filler { type: "xavier" } } }`,
    { threads: count, seed: 1 },
  );
  try {
    const { data } = net.blobs.get('data')!;
    for (let i = 0; i < data.length; i++) data[i] = ((i * 37) % 201) / 100 - 1;
    await net.forward();
    const values = net.blobs.get('conv')!.data.slice();
    const bits = new Int32Array(values.buffer).reduce((sum, each) => (Math.imul(sum, 31) + each) | 0, 0);
    return { bits, threads: net.threads };
  } finally {
    net.dispose();
  }
}

/** What the machine has, or what its container lets the process have. */
function memoryOfProcess(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(totalmem(), limit) : totalmem();
}

export function memory(bytes: number): Finding {
  const found = `${formatBytes(bytes)}, of which a net can have ${formatBytes(Math.min(bytes, mostOfNet()))}`;
  if (bytes >= ENOUGH_MEMORY) return { status: 'ok', found };
  return { status: 'note', found, hint: 'large nets may not fit' };
}

/** The most memory that WebAssembly promises to a net. */
function mostOfNet(): number {
  for (let pages = MOST_PAGES; pages > 1; pages /= 2)
    try {
      new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true });
      return pages * 65536;
    } catch {
      // A machine that limits addresses promises less.
    }
  return 0;
}

async function pictures(): Promise<Finding> {
  try {
    const { default: sharp } = await import('sharp');
    return { status: 'ok', found: `sharp ${sharp.versions.sharp}` };
  } catch {
    const hint = 'npm install sharp reads pictures for detect, classify and preprocess';
    return { status: 'note', found: 'sharp has no build for this machine', hint };
  }
}

export function onnxRuntime(name: string | undefined): Finding {
  if (name !== undefined) return { status: 'ok', found: name };
  return { status: 'note', found: 'not installed', hint: HOW_TO_GET_ONNX_RUNTIME };
}

export function playground(isBuilt: boolean): Finding {
  if (isBuilt) return { status: 'ok', found: 'built' };
  return { status: 'note', found: 'not built', hint: 'in a clone of the repository, run: npm run playground' };
}
