/** netspec time: times forward passes, as `caffe time` does, and says where the time goes. */
import type { Layer } from '../../layers/layer.js';
import type { Net } from '../../runtime/net.js';
import type { NetProfile } from '../../runtime/profile.js';
import { defineCommand, EXIT } from '../shared/command.js';
import { loadNet, runOptions, setInputs } from '../shared/load-net.js';
import { NET_POSITIONAL } from '../shared/net-options.js';
import { options, type ValuesOf } from '../shared/options.js';
import { print, printJson, type Line, type Output } from '../shared/print.js';
import { createProgress } from '../shared/progress.js';
import { formatBytes, formatCount, tableLines, type Column } from '../shared/table.js';
import { checkCount } from '../shared/values.js';

const OPTIONS = options({
  ...runOptions({ algorithm: 'auto', strict: false }),
  weights: { type: 'string', alias: 'w', describe: 'caffemodel; random weights without it' },
  iterations: { type: 'number', alias: 'n', default: 10, describe: 'passes to time, after a warm-up' },
  allBlobs: {
    type: 'boolean',
    describe: 'keep every blob, as pycaffe does; by default only the outputs are kept, which is faster',
  },
  perLayer: { type: 'boolean', describe: 'show the time of each layer' },
  by: { type: 'string', choices: ['layer', 'type'], describe: 'show the time of each layer, or of each type' },
  sort: {
    type: 'string',
    choices: ['order', 'time'],
    default: 'order',
    describe: 'order of the layers: as they run, or the slowest first',
  },
  seed: { type: 'number', default: 0, describe: 'seed of random weights and inputs' },
  json: { type: 'boolean', describe: 'print the figures as JSON' },
});
type TimeOptions = ValuesOf<typeof OPTIONS>;

/** A line of the profile: a step of the pass, or all steps of one type. Times are in milliseconds. */
interface Row {
  name: string;
  type: string;
  macs: number;
  ms: number;
  minMs: number;
}

export const command = defineCommand({
  name: 'time',
  describe: 'time forward passes, in whole or layer by layer',
  usage: 'NET',
  positionals: NET_POSITIONAL,
  options: OPTIONS,
  examples: [['$0 net.prototxt --per-layer --sort time', '']],
  run: async (options, context) => {
    checkCount('iterations', options.iterations);
    const { profileNet, randomizeParams } = await import('../../node.js');
    const { fillRandomly } = await import('../../runtime/random-params.js');
    const net = await loadNet({ ...options, outputsOnly: !options.allBlobs }, context);
    const progress = await createProgress('time', context.stderr);
    try {
      if (options.weights === undefined) randomizeParams(net, options.seed);
      if (options.input.length > 0) await setInputs(net, options.input, context);
      else net.inputs.forEach((name, i) => fillRandomly(net.blobs.get(name)!.data, options.seed, i));
      const { iterations } = options;
      const profile = await profileNet(net, {
        iterations,
        onPass: (done, total) => {
          progress.update(done, total, 'passes');
        },
      });
      progress.stop();
      report(options, net, profile, context.stdout);
      return EXIT.ok;
    } finally {
      progress.stop();
      net.dispose();
    }
  },
});

function report(options: TimeOptions, net: Net, profile: NetProfile, stdout: Output): void {
  const { algorithm, threads } = net;
  const keeps = options.allBlobs ? 'all blobs' : 'outputs only';
  const resident = process.resourceUsage().maxRSS * 1024;
  if (options.json) {
    printJson(stdout, {
      net: net.name,
      algorithm,
      threads,
      keeps,
      iterations: profile.iterations,
      total: {
        macs: profile.macs,
        ms: profile.median * 1000,
        minMs: profile.min * 1000,
        gflops: gflops(profile.macs, profile.median * 1000),
      },
      layers: profile.steps.map(({ layers, macs, seconds, median, min }) => ({
        names: layers.map(({ name }) => name),
        types: layers.map(({ type }) => type),
        macs,
        ms: seconds * 1000,
        medianMs: median * 1000,
        minMs: min * 1000,
        gflops: gflops(macs, seconds * 1000),
      })),
      overheadMs: profile.overhead * 1000,
      peakResidentBytes: resident,
    });
    return;
  }
  const by = options.by ?? (options.perLayer ? 'layer' : undefined);
  if (by) {
    const steps = profile.steps.map(rowOf);
    const rows = by === 'layer' ? steps : byType(steps);
    if (options.sort === 'time') rows.sort((a, b) => b.ms - a.ms);
    print(stdout, ...table(stdout, rows, by, profile.median * 1000), '');
  }
  const passes = profile.iterations === 1 ? '1 pass' : `${profile.iterations} passes`;
  print(
    stdout,
    `total: median ${milliseconds(profile.median * 1000)} ms, min ${milliseconds(profile.min * 1000)} ms of ${passes}; ` +
      `${formatCount(profile.macs)} multiply-accumulates, ${gflops(profile.macs, profile.median * 1000).toFixed(1)} GFLOP/s`,
    `${threads === 1 ? '1 thread' : `${threads} threads`}, algorithm ${algorithm}, ${keeps}, ` +
      `${formatBytes(resident)} resident at most`,
  );
}

function rowOf({ layers, macs, seconds, min }: NetProfile['steps'][number]): Row {
  const [first, ...others] = layers;
  return {
    name: (first?.name ?? '') + (others.length > 0 ? ` +${others.length}` : ''),
    type: typesOf(layers),
    macs,
    ms: seconds * 1000,
    minMs: min * 1000,
  };
}

/** Convolution+ReLU, or Convolution+ReLU x5 where five of both are one step. */
function typesOf(layers: readonly Layer[]): string {
  const counts = new Map<string, number>();
  for (const { type } of layers) counts.set(type, (counts.get(type) ?? 0) + 1);
  const [least] = [...counts.values()].sort((a, b) => a - b);
  const times = least === 1 ? '' : ` x${least!}`;
  const each = [...counts].map(([type, count]) => (count === least ? type : `${type} x${count}`));
  return [...counts.values()].every((count) => count === least) ? each.join('+') + times : each.join('+');
}

function byType(steps: readonly Row[]): Row[] {
  const groups = new Map<string, Row[]>();
  for (const step of steps) groups.set(step.type, [...(groups.get(step.type) ?? []), step]);
  const sum = (rows: readonly Row[], of: (row: Row) => number): number =>
    rows.reduce((total, row) => total + of(row), 0);
  return [...groups].map(([type, rows]) => ({
    name: String(rows.length),
    type,
    macs: sum(rows, ({ macs }) => macs),
    ms: sum(rows, ({ ms }) => ms),
    minMs: sum(rows, ({ minMs }) => minMs),
  }));
}

function table(out: Output, rows: readonly Row[], by: 'layer' | 'type', totalMs: number): Line[] {
  const what: Column[] =
    by === 'layer' ? [{ title: 'layer' }, { title: 'type' }] : [{ title: 'type' }, { title: 'layers', align: 'right' }];
  const figures = ['MACs', 'ms', 'min ms', 'GFLOP/s', 'share'].map((title): Column => ({ title, align: 'right' }));
  return tableLines(
    out,
    [...what, ...figures],
    rows.map(({ name, type, macs, ms, minMs }) => [
      ...(by === 'layer' ? [name, type] : [type, name]),
      macs > 0 ? formatCount(macs) : '',
      milliseconds(ms),
      milliseconds(minMs),
      macs > 0 ? gflops(macs, ms).toFixed(1) : '',
      `${((100 * ms) / totalMs).toFixed(1)} %`,
    ]),
  );
}

/** A multiply-add counts as two operations. */
function gflops(macs: number, ms: number): number {
  return (2 * macs) / ms / 1e6;
}

function milliseconds(ms: number): string {
  return ms.toFixed(ms < 10 ? 3 : ms < 100 ? 2 : 1);
}
