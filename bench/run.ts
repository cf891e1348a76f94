/**
 * Measures detection-v2, its body and single layers, ours and others' engines on the same files in turns:
 *
 *     npm run bench -- [--quick] [--case whole,body,layers] [--rounds 5] [--append] [--write]
 *
 * docs/benchmarks.md explains the options. Every engine has a process of its own, and in each round each of them is given
 * the word once, so that a slow minute of the machine is a slow minute for all. The times are kept in the cache folder;
 * --write makes the tables of docs/benchmarks.md of them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Net } from '../src/node.js';
import { LAYER_CASES, QUICK_LAYERS } from './cases.js';
import { findPeers, OUR_VARIANTS, ours, PEER_NAMES, type Contender } from './engines.js';
import { machineName, othersBusy, usageOf } from './machine.js';
import { detectionFiles, layerFiles, type DetectionNet, type ModelFiles } from './model-files.js';
import { PeerProcess } from './peer-process.js';
import { readFloats, type Replies } from './peers/protocol.js';
import { DISTURBED, tables, writeDocument } from './report.js';
import { keyOf, median, readResults, writeResults, type CaseResults, type Round, type Times } from './results.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    case: { type: 'string', default: 'whole,body,layers' },
    layer: { type: 'string', default: '' },
    ours: { type: 'string' },
    threads: { type: 'string' },
    peers: { type: 'string', default: PEER_NAMES.join() },
    rounds: { type: 'string' },
    patience: { type: 'string', default: '1' },
    append: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    cache: { type: 'string', default: path.join(os.tmpdir(), 'netspec-bench') },
    python: { type: 'string', default: 'python3,/usr/bin/python3' },
    modules: { type: 'string', default: root },
  },
});
const list = (text: string): string[] => text.split(',').filter((word) => word !== '');
const { quick, append, cache, modules } = options;
const cores = os.availableParallelism();
const patience = Number(options.patience);
const rounds = Number(options.rounds ?? (quick ? 3 : 5));
const threadCounts = list(options.threads ?? (quick ? `${cores}` : `${cores},1`)).map(Number);
const variants = list(options.ours ?? (quick ? 'auto' : 'auto,gemm,auto plain'));
const cases = list(options.case).filter((name) => !(quick && name === 'whole'));
for (const name of variants)
  if (!(name in OUR_VARIANTS)) throw new Error(`--ours ${name}: there are ${Object.keys(OUR_VARIANTS).join(', ')}`);
for (const name of list(options.peers))
  if (name !== 'none' && !PEER_NAMES.includes(name))
    throw new Error(`--peers ${name}: there are ${PEER_NAMES.join(', ')}`);

/** A contender with its process. */
interface Seat {
  contender: Contender;
  child: PeerProcess;
}

function open(contenders: readonly Contender[]): Seat[] {
  return contenders.map((contender) => ({ contender, child: new PeerProcess(contender.command, root) }));
}

/** The files that an engine reads, translated to ONNX when it reads that. */
function filesFor({ reads }: Contender, files: ModelFiles, shared: ModelFiles): ModelFiles {
  if (reads === 'caffe') return files;
  if (reads === 'onnx' && !existsSync(shared.onnx)) {
    say(`translating ${path.basename(shared.prototxt)} to ONNX`);
    const words = ['--import', 'tsx', 'bench/onnx.ts', shared.prototxt, shared.caffemodel, shared.onnx];
    const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1));
  }
  return shared;
}

/** One engine's turn; when others were busy meanwhile it is repeated, and the least disturbed one counts. */
async function turn(seat: Seat, seconds: number): Promise<Times> {
  let best = await tryTurn(seat, seconds);
  for (let i = 0; i < patience && best.othersBusy > DISTURBED; i++) {
    const again = await tryTurn(seat, seconds);
    if (again.othersBusy < best.othersBusy) best = again;
  }
  return best;
}

async function tryTurn({ child }: Seat, seconds: number): Promise<Times> {
  const before = usageOf(child.pid);
  const start = performance.now();
  const reply = await child.ask({ do: 'pass', seconds });
  const busy = othersBusy(before, usageOf(child.pid), (performance.now() - start) / 1000);
  return { median: median(reply.seconds), min: Math.min(...reply.seconds), othersBusy: busy };
}

interface Job {
  name: string;
  seats: Seat[];
  files: ModelFiles;
  /** The same with weights stored once. */
  shared: ModelFiles;
  /** How long an engine's turn is: at least one pass. */
  seconds: number;
}

/** Runs one case; engines that fail are left out and named. */
async function measure(
  { name, files, shared, seconds, seats }: Job,
  known: CaseResults | undefined,
): Promise<CaseResults> {
  const results: CaseResults = known ?? { machine: machineName(), macs: await macsOf(files), engines: {}, rounds: [] };
  const present: Seat[] = [];
  for (const seat of seats) {
    const { contender, child } = seat;
    try {
      const { threads, variant } = contender;
      await child.ask({ do: 'load', ...filesFor(contender, files, shared), threads, variant });
      const warm = await tryTurn(seat, Math.min(seconds, 0.3));
      say(`${name}: ${keyOf(contender)}: first pass ${warm.median.toFixed(4)} s`);
      present.push(seat);
      results.engines[keyOf(contender)] ??= { engine: contender.engine, threads, variant };
    } catch (error) {
      say(`${name}: ${keyOf(contender)}: left out: ${(error as Error).message.split('\n')[0]!}`);
    }
  }
  for (let i = 0; i < rounds; i++) {
    const round: Round = { at: new Date().toISOString(), times: {} };
    // Each begins once in a while: the first one's turn comes after a pause.
    for (let j = 0; j < present.length; j++) {
      const seat = present[(i + j) % present.length]!;
      round.times[keyOf(seat.contender)] = await turn(seat, seconds);
    }
    results.rounds.push(round);
    const shown = Object.entries(round.times).map(([key, { median }]) => `${key}: ${median.toFixed(4)} s`);
    say(`${name}: round ${i + 1} of ${rounds}: ${shown.join(', ')}`);
  }
  await compare(present, results);
  return results;
}

/** Notes how far each engine's outputs are from those of ours that comes first. */
async function compare(seats: readonly Seat[], results: CaseResults): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'netspec-bench-'));
  try {
    let expected: Replies['outputs']['outputs'] | undefined;
    for (const { contender, child } of seats) {
      const { outputs } = await child.ask({ do: 'outputs', folder });
      expected ??= outputs;
      results.engines[keyOf(contender)]!.difference = Math.max(
        ...outputs.map(({ name, file }) => difference(file, expected!.find((each) => each.name === name)?.file)),
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Largest difference between two files of floats, relative to the largest value of the second; NaN where there is none. */
function difference(file: string, expected: string | undefined): number {
  if (expected === undefined) return NaN;
  const [a, b] = [readFloats(file), readFloats(expected)];
  if (a.length !== b.length) return NaN;
  let [worst, largest] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  return worst === 0 ? 0 : worst / largest;
}

async function macsOf({ prototxt }: ModelFiles): Promise<number> {
  const net = await Net.load(prototxt);
  const blobs = (names: readonly string[] | undefined) => (names ?? []).map((name) => net.blobs.get(name)!);
  return net.layers.reduce(
    (sum, layer) => sum + layer.macs(blobs(net.bottomNames.get(layer.name)), blobs(net.topNames.get(layer.name))),
    0,
  );
}

async function close(seats: readonly Seat[], results?: CaseResults): Promise<void> {
  for (const { contender, child } of seats) {
    const facts = results?.engines[keyOf(contender)];
    const { residentBytes } = await child.ask({ do: 'end' }).catch(() => ({ residentBytes: undefined }));
    if (facts && residentBytes !== undefined) facts.residentBytes = residentBytes;
  }
}

const missing = (name: string, reason: string): void => {
  say(`${name}: not found: ${reason}`);
};
const where = { root, pythons: list(options.python), modules: path.resolve(modules) };
const contenders = [
  ...variants.flatMap((variant) => threadCounts.map((threads) => ours(variant, threads))),
  ...(await findPeers(list(options.peers), Math.max(...threadCounts), where, missing)),
];
const results = readResults(cache);
const known = (name: string): CaseResults | undefined => (append ? results[name] : undefined);

for (const name of cases) {
  if (name === 'layers') {
    const wanted = LAYER_CASES.filter(
      (layer) => layer.name.includes(options.layer) && (!quick || QUICK_LAYERS.includes(layer.name)),
    );
    const seats = open(contenders.filter(({ variant = '' }) => !/shared|all-blobs/.test(variant)));
    for (const layer of wanted) {
      const files = await layerFiles(cache, layer);
      const job: Job = { name: layer.name, seats, files, shared: files, seconds: 0.2 };
      results[`layer ${layer.name}`] = await measure(job, known(`layer ${layer.name}`));
      await writeResults(cache, results);
    }
    await close(seats);
    continue;
  }
  if (name !== 'whole' && name !== 'body') throw new Error(`--case ${name}: there are whole, body and layers`);
  // The WebAssembly build of OpenCV cannot hold 1.85 GB of weights.
  const able = contenders.filter(({ engine }) => name === 'body' || !engine.startsWith('OpenCV.js'));
  const twin: DetectionNet = name === 'whole' ? 'whole-shared' : name;
  const files = await detectionFiles(cache, name);
  const shared = await detectionFiles(cache, twin);
  const seats = open(able);
  results[name] = await measure({ name, seats, files, shared, seconds: 0 }, known(name));
  await close(seats, results[name]);
  await writeResults(cache, results);
}

process.stdout.write(`${tables(results).join('\n')}\n`);
if (options.write) writeDocument(path.join(root, 'docs', 'benchmarks.md'), results);
