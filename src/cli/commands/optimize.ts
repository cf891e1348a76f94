/** netspec optimize: a smaller net for inference, written only after both nets have run and given the same. */
import path from 'node:path';
import { NetspecError } from '../../errors.js';
import type { FileToWrite } from '../../node/files.js';
import type { Net, NetOptions } from '../../runtime/net.js';
import type { OptimizedNet } from '../../optimize/optimize.js';
import type { OutputDifference } from '../../optimize/check.js';
import type { Pass } from '../../optimize/report.js';
import { defineCommand, EXIT, UsageError, type CommandContext } from '../shared/command.js';
import { isFolder } from '../shared/is-folder.js';
import { checkIsOfThisNet, INPUT_OPTION, remarkSteppedOver, setInputs } from '../shared/load-net.js';
import { checkHasLayers, readNet, type NetInFile } from '../shared/net-file.js';
import { NET_FILE_POSITIONAL, STATE_OPTIONS } from '../shared/net-options.js';
import { options, type ValuesOf } from '../shared/options.js';
import { checkNotRead, sameFile } from '../shared/same-file.js';
import { print, printJson, reportStream } from '../shared/print.js';
import { createProgress } from '../shared/progress.js';
import { formatBytes, formatCount } from '../shared/table.js';
import { checkNumber } from '../shared/values.js';
import { withWrittenWeights } from '../shared/written-weights.js';

/** What a pass is called in help and report. */
const PASS_WORDS: Readonly<Record<Pass, { does: string; did: string }>> = {
  prune: { does: 'take out layers that no output needs', did: 'taken out, no output needs them' },
  identity: { does: 'take out Dropout and Split', did: 'taken out, they compute nothing' },
  merge: {
    does: 'merge BatchNorm, Scale and Bias into the layer before them',
    did: 'merged into the layer before them',
  },
  share: { does: 'let layers with equal parameters share them by name', did: 'now use the parameters of another' },
};
const PASS_NAMES = Object.keys(PASS_WORDS) as Pass[];

const group = 'Passes:';

function passOption(pass: Pass) {
  const describe = `${PASS_WORDS[pass].does} (--no-${pass} does not)`;
  return { type: 'boolean', default: true, describe, group } as const;
}

const POSITIONALS = options({
  ...NET_FILE_POSITIONAL,
  weights: { type: 'string', required: true, describe: 'caffemodel' },
});
const OPTIONS = options({
  ...STATE_OPTIONS,
  output: {
    type: 'string',
    alias: 'o',
    required: true,
    describe: 'prototxt to write, with the caffemodel beside it; or a folder for both',
  },
  outputWeights: { type: 'string', describe: 'caffemodel to write, when not beside the prototxt' },
  ...(Object.fromEntries(PASS_NAMES.map((pass) => [pass, passOption(pass)])) as Record<
    Pass,
    ReturnType<typeof passOption>
  >),
  only: { type: 'string', describe: 'run only these passes, separated by commas', group },
  outputs: { type: 'string', describe: 'blobs to keep, separated by commas; default: those that no layer reads' },
  input: { ...INPUT_OPTION.input, describe: 'NAME=FILE.npy, for each input; default: random numbers' },
  seed: { type: 'number', default: 0, describe: 'seed of the random numbers' },
  tolerance: {
    type: 'number',
    default: 1e-4,
    describe: 'largest difference allowed, relative to the largest value of an output',
  },
  runs: { type: 'number', default: 10, describe: 'passes of each net to time; 0 times none' },
  verbose: { type: 'boolean', alias: 'v', describe: 'list every layer that changed' },
  json: { type: 'boolean', describe: 'print the report as JSON' },
});
type OptimizeOptions = ValuesOf<typeof POSITIONALS> & ValuesOf<typeof OPTIONS>;

export const command = defineCommand({
  name: 'optimize',
  describe: 'make a net smaller for inference; run both nets, and write only if they agree',
  usage: 'NET W -o OUT.prototxt',
  positionals: POSITIONALS,
  options: OPTIONS,
  examples: [['$0 net.prototxt net.caffemodel -o small/net.prototxt', '']],
  run: async (options, context) => {
    const { CaffemodelReader, formatPrototxt, formatRuleFile, mergedReferences, openFile, optimizeNet } =
      await import('../../node.js');
    const { textFile, writeFilesAtomically } = await import('../../node/files.js');
    checkNumber('seed', options.seed);
    if (!(options.tolerance >= 0)) throw new UsageError('--tolerance expects a number of 0 or more');
    if (!Number.isInteger(options.runs) || options.runs < 0)
      throw new UsageError('--runs expects a whole number of 0 or more');
    const files = outputFiles(options);
    const { net, options: given } = await readNet(options.net, options);
    const state = { ...given, stepOver: 'assume' as const };
    const { schema } = state;
    checkHasLayers(net.layer, options.net);
    await remarkSteppedOver(net, state, context);
    const source = await openFile(options.weights);
    const progress = await createProgress('optimize', context.stderr);
    try {
      const reader = await CaffemodelReader.open(source, { schema });
      progress.update(0, 3, 'reading');
      const optimized = await optimizeNet(net, reader, {
        ...state,
        passes: chosenPasses(options),
        outputs: options.outputs?.split(',').map((name) => name.trim()),
      });
      const copied = reader.layers.filter(
        ({ name, blobs }) => blobs.length > 0 && !optimized.report.ignoredSources.includes(name),
      );
      checkIsOfThisNet({ ...optimized.report, copied }, options.weights, options.net);
      const text = formatPrototxt(optimized.net, { schema });
      const rules = mergedReferences(optimized.report);
      const map = rules && { file: mapFile(files.net), text: formatRuleFile(rules) };
      const out = reportStream([files.net, files.weights], context);
      let size = 0;
      let proof: Proof | undefined;
      try {
        const weights: FileToWrite = {
          file: files.weights,
          fill: async (sink, written) => {
            progress.update(1, 3, 'writing');
            size = await optimized.writeWeights(sink);
            progress.update(2, 3, 'running both nets');
            proof = await prove({ net, options: state }, { optimized, written, options }, context);
            if (!proof.ok) throw new NotTheSame();
          },
        };
        // A new net with old weights would be worse than none.
        const texts = [textFile(files.net, text), ...(map ? [textFile(map.file, map.text)] : [])];
        await writeFilesAtomically([weights, ...texts], { makeFolders: true });
      } catch (error) {
        if (!(error instanceof NotTheSame)) throw error;
      }
      progress.stop();
      const { report } = optimized;
      if (options.json)
        printJson(out, {
          ...report,
          outputs: optimized.outputs,
          bytes: { before: source.size, after: size },
          check: proof,
          written: proof!.ok ? { ...files, ...(map && { map: map.file }) } : null,
        });
      else {
        print(out, ...reportLines(optimized, options.verbose));
        print(out, `caffemodel: ${formatBytes(source.size)} → ${formatBytes(size)}`, ...proofLines(proof!));
        if (proof!.ok) {
          print(out, `wrote ${files.net} and ${files.weights}`);
          if (map) print(out, `wrote ${map.file}: verify --map takes it with references of the net as it was`);
        } else print(context.stderr, 'the outputs differ by more than the tolerance: nothing was written');
      }
      return proof!.ok ? EXIT.ok : EXIT.checkFailed;
    } finally {
      progress.stop();
      await source.close();
    }
  },
});

/** Keeps the files from appearing. */
class NotTheSame extends Error {}

function chosenPasses({ only, ...flags }: OptimizeOptions): Pass[] {
  if (only !== undefined) return only.split(',').map((name) => name.trim()) as Pass[];
  return PASS_NAMES.filter((pass) => flags[pass]);
}

/** The map beside a prototxt. */
function mapFile(net: string): string {
  return path.join(path.dirname(net), `${path.basename(net, path.extname(net))}.map.json`);
}

/** Where the two files go; never over those that are read. */
function outputFiles({ net, weights, output, outputWeights }: OptimizeOptions): { net: string; weights: string } {
  const intoFolder = output.endsWith('/') || isFolder(output);
  const text = intoFolder ? path.join(output, path.basename(net)) : output;
  const besides = intoFolder
    ? path.join(output, path.basename(weights))
    : path.join(path.dirname(text), `${path.basename(text, path.extname(text))}.caffemodel`);
  const files = { net: text, weights: outputWeights ?? besides };
  if (sameFile(files.net, files.weights))
    throw new NetspecError(`the prototxt and the caffemodel would both be ${files.net}`, {
      hint: 'give the prototxt with -o, the caffemodel with --output-weights',
    });
  checkNotRead(Object.values(files), [net, weights]);
  return files;
}

/** What running both nets showed. */
interface Proof {
  ok: boolean;
  tolerance: number;
  /** The convolution algorithm of the comparison: Caffe's own order of operations. */
  algorithm: 'gemm';
  /** `random, seed 0`, or the files. */
  input: string;
  outputs: OutputDifference[];
  worst: OutputDifference;
  /** Undefined when nothing was measured. */
  time?: Timing & { runs: number; algorithm: 'auto' };
}

async function prove(
  { net, options: state }: { net: NetInFile['net']; options: NetOptions },
  { optimized, written, options }: { optimized: OptimizedNet; written: string; options: OptimizeOptions },
  context: CommandContext,
): Promise<Proof> {
  const { compareOutputs, copyInputs, fillRandomInputs, Net } = await import('../../node.js');
  /** Both nets with the same input. Two algorithms are wanted, so this is done twice, one pair in memory at a time. */
  const withBoth = async <T>(
    algorithm: 'gemm' | 'auto',
    context: CommandContext,
    action: (before: Net, after: Net) => Promise<T>,
  ): Promise<T> => {
    const before = await Net.load(net, { ...state, weights: options.weights, algorithm });
    try {
      const after = await withWrittenWeights(written, { net: optimized.net, schema: state.schema }, (weights) =>
        Net.load(optimized.net, { ...state, file: undefined, weights, algorithm }),
      );
      try {
        if (options.input.length > 0) await setInputs(before, options.input, context);
        else fillRandomInputs(before, options.seed);
        copyInputs(before, after);
        return await action(before, after);
      } finally {
        after.dispose();
      }
    } finally {
      before.dispose();
    }
  };
  const { ignoredSources, unfilledLayers } = optimized.report;
  if (unfilledLayers.length > 0)
    print(context.stderr, `warning: not in ${options.weights}, left at filler values: ${unfilledLayers.join(', ')}`);
  if (ignoredSources.length > 0)
    print(
      context.stderr,
      `note: layers of ${options.weights} that this net has not, left out: ${ignoredSources.join(', ')}`,
    );

  const outputs = await withBoth('gemm', context, (before, after) => compareOutputs(before, after, optimized.outputs));
  if (outputs.length === 0)
    throw new NetspecError('no output can be compared: the net gives nothing that can be run here', {
      file: options.net,
      hint: 'add layer types of your own with --layers, or name blobs that can be run with --outputs',
    });
  // A NaN is worse than anything.
  const worst = outputs.reduce((a, b) => (a.maxRel >= b.maxRel || Number.isNaN(a.maxRel) ? a : b));
  const ok = outputs.every(({ maxRel, finite }) => finite && maxRel <= options.tolerance);
  const proof: Proof = {
    ok,
    tolerance: options.tolerance,
    algorithm: 'gemm',
    input: options.input.length > 0 ? options.input.join(' ') : `random, seed ${options.seed}`,
    outputs,
    worst,
  };
  if (!ok || options.runs === 0) return proof;
  const quiet: CommandContext = { ...context, stderr: { write: () => undefined } };
  const time = await withBoth('auto', quiet, (before, after) => timeBoth(before, after, options.runs));
  return { ...proof, time: { runs: options.runs, algorithm: 'auto', ...time } };
}

/** Milliseconds of a pass, medians, and how many times as fast the second net is. */
interface Timing {
  before: number;
  after: number;
  speedup: number;
}

/**
 * Runs both in turn, so that what else the machine does falls on both, and takes the median of the pairs' ratios; the
 * first pass of each is not counted.
 */
async function timeBoth(before: Net, after: Net, runs: number): Promise<Timing> {
  const pairs: { before: number; after: number }[] = [];
  for (let run = -1; run < runs; run++) {
    const pair = { before: 0, after: 0 };
    const turns = [
      ['before', before],
      ['after', after],
    ] as const;
    for (const [which, net] of run % 2 === 0 ? turns : turns.toReversed()) {
      const start = performance.now();
      await net.forward();
      pair[which] = performance.now() - start;
    }
    if (run >= 0) pairs.push(pair);
  }
  return {
    before: median(pairs.map((pair) => pair.before)),
    after: median(pairs.map((pair) => pair.after)),
    speedup: median(pairs.map((pair) => pair.before / pair.after)),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function reportLines({ report }: OptimizedNet, verbose: boolean): string[] {
  const { passes, layers, parameters } = report;
  const lines = passes.flatMap(({ pass, changes }) => [
    `${pass.padEnd(9)} ${changes.length} layer${changes.length === 1 ? '' : 's'} ${PASS_WORDS[pass].did}`,
    ...(verbose ? changes.map(({ layer, type, into }) => `  ${layer} (${type})${into ? ` → ${into}` : ''}`) : []),
  ]);
  return [
    ...lines,
    `layers: ${layers.before} → ${layers.after}; ` +
      `parameters in the file: ${formatCount(parameters.before)} → ${formatCount(parameters.after)}`,
  ];
}

function proofLines({ worst, outputs, tolerance, algorithm, input, time }: Proof): string[] {
  const lines = [
    `outputs: worst difference ${figure(worst.maxRel)} of the largest value, in '${worst.blob}' ` +
      `(tolerance ${tolerance}; ${outputs.length} compared, algorithm ${algorithm}, input ${input})`,
  ];
  for (const { blob, finite } of outputs)
    if (!finite) lines.push(`'${blob}' of the net as it was has values that are not finite: nothing can be compared`);
  if (time)
    lines.push(
      `time: ${time.before.toFixed(1)} ms → ${time.after.toFixed(1)} ms, ${time.speedup.toFixed(2)} times as fast ` +
        `(medians of ${time.runs} passes each in turn, algorithm ${time.algorithm})`,
    );
  return lines;
}

function figure(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}
