/** retarget: `convert --target`: a net rewritten for a toolchain, written only after both nets have run and given the same. */
import path from 'node:path';
import { NetspecError } from '../../errors.js';
import type { FileToWrite } from '../../node/files.js';
import type { OutputDifference } from '../../optimize/check.js';
import type { RetargetChange, RetargetedNet, RetargetReport } from '../../retarget/index.js';
import { EXIT, UsageError, type CommandContext, type ExitCode } from './command.js';
import { checkIsOfThisNet } from './load-net.js';
import { checkHasLayers } from './net-file.js';
import { checkIsText, targetOf } from './net-for-target.js';
import { netState, STATE_OPTIONS } from './net-options.js';
import { options, type ValuesOf } from './options.js';
import { print, printJson, reportStream } from './print.js';
import { checkNotRead, sameFile } from './same-file.js';
import { checkNumber } from './values.js';
import { withWrittenWeights } from './written-weights.js';

const group = 'Toolchains:';

export const RETARGET_OPTIONS = options({
  target: {
    type: 'string',
    describe:
      "rewrite the net for a toolchain: a name that 'netspec list --targets' prints, or a JSON file of your own",
    group,
  },
  weights: { type: 'string', alias: 'w', describe: 'caffemodel of the net, with --target', group },
  outputWeights: { type: 'string', describe: 'caffemodel to write, with --target and --weights', group },
  allowRemaining: { type: 'boolean', describe: 'write the net although the target refuses some of it still', group },
  tolerance: {
    type: 'number',
    default: 1e-5,
    describe: 'largest difference of both nets, relative to the largest value of an output',
    group,
  },
  seed: { type: 'number', default: 0, describe: 'seed of the numbers that both nets are run on', group },
  json: { type: 'boolean', describe: 'print the report of --target as JSON', group },
});

type Options = ValuesOf<typeof STATE_OPTIONS> &
  Omit<ValuesOf<typeof RETARGET_OPTIONS>, 'target'> & { input: string; target: string; deploy: boolean } & {
    to?: string;
    output?: string;
  };

/** @throws UsageError for options that say something with `--target` alone */
export function checkNoRetargetOptions(given: Omit<ValuesOf<typeof RETARGET_OPTIONS>, 'target'>): void {
  const { weights, outputWeights, allowRemaining, json } = given;
  const said = { '--weights': weights, '--output-weights': outputWeights };
  const flags = { '--allow-remaining': allowRemaining, '--json': json };
  const names = [
    ...Object.entries(said).flatMap(([name, value]) => (value === undefined ? [] : [name])),
    ...Object.entries(flags).flatMap(([name, value]) => (value ? [name] : [])),
  ];
  if (names.length > 0) throw new UsageError(`${names[0]!} is for --target`);
}

/** What running both nets showed. */
interface Proof {
  ok: boolean;
  tolerance: number;
  outputs: OutputDifference[];
  worst: OutputDifference | undefined;
}

/** Keeps the files from appearing. */
class NotTheSame extends Error {}

export async function retarget(given: Options, context: CommandContext): Promise<ExitCode> {
  const { input, output, weights, outputWeights, json } = given;
  checkUsage(given);
  const [
    { CaffemodelReader, formatPrototxt, formatRuleFile, openFile, parsePrototxt, retargetNet },
    files,
    state,
    target,
  ] = await Promise.all([
    import('../../node.js'),
    import('../../node/files.js'),
    netState(given),
    targetOf(given.target),
  ]);
  await checkIsText(input);
  const text = await files.readText(input);
  const source = weights === undefined ? undefined : await openFile(weights);
  try {
    const { schema } = state;
    checkHasLayers(parsePrototxt(text, { file: input, schema }).layer, input);
    const reader = source && (await CaffemodelReader.open(source, { schema }));
    const net = { ...state, file: input, stepOver: 'assume' as const };
    const result = await retargetNet(text, reader, { ...net, target });
    const { report } = result;
    remarkOnWeights(result, given, context);
    const out = output === undefined ? context.stderr : reportStream([output], context);
    const tell = (proof: Proof | undefined, written: readonly string[], why?: string): void => {
      if (json) printJson(context.stdout, { ...report, check: proof ?? null, written });
      else
        print(out, ...linesOf(report), ...(proof ? proofLines(proof) : []), ...written.map((each) => `wrote ${each}`));
      if (why !== undefined) print(context.stderr, `${why}: nothing was written`);
    };
    if (report.remaining.some(({ severity }) => severity === 'error') && !given.allowRemaining) {
      tell(
        undefined,
        [],
        `${report.target} refuses what has no exact form (--allow-remaining writes the net all the same)`,
      );
      return EXIT.checkFailed;
    }
    if (report.hasNewBlobs && weights === undefined) {
      tell(undefined, [], 'the net has blobs that its weights lack: give -w and --output-weights');
      return EXIT.checkFailed;
    }
    const map = result.references && output !== undefined && output !== '-' ? mapFile(output) : undefined;
    let proof: Proof | undefined;
    const prove = async (written: string | Uint8Array): Promise<void> => {
      proof = await proofOf(text, result, { written, original: reader ?? result.source, given, net });
      if (!proof.ok) throw new NotTheSame();
    };
    try {
      const prototxt = formatPrototxt(result.net, { schema });
      const texts = [
        ...(output === undefined || output === '-' ? [] : [files.textFile(output, prototxt)]),
        ...(map === undefined ? [] : [files.textFile(map, formatRuleFile(result.references!))]),
      ];
      if (outputWeights === undefined) {
        const { toBytes } = await import('../../proto/random-access.js');
        const sink = toBytes();
        await result.writeWeights(sink);
        await prove(sink.bytes());
        await files.writeFilesAtomically(texts, { makeFolders: true });
      } else {
        const caffemodel: FileToWrite = {
          file: outputWeights,
          fill: async (sink, written) => {
            await result.writeWeights(sink);
            await prove(written);
          },
        };
        await files.writeFilesAtomically([caffemodel, ...texts], { makeFolders: true });
      }
      if ((output === undefined || output === '-') && !json) context.stdout.write(prototxt);
    } catch (error) {
      if (!(error instanceof NotTheSame)) throw error;
      tell(proof, [], 'the outputs differ by more than the tolerance');
      return EXIT.checkFailed;
    }
    const names = [output === '-' ? undefined : output, outputWeights, map];
    tell(
      proof,
      names.filter((each) => each !== undefined),
    );
    return EXIT.ok;
  } finally {
    await source?.close();
  }
}

function checkUsage({ input, output, weights, outputWeights, tolerance, seed, deploy, to }: Options): void {
  if (deploy) throw new UsageError('--deploy and --target exclude each other: deploy the net first');
  if (to === 'binary') throw new UsageError('--target writes a prototxt; the caffemodel is --output-weights');
  if (outputWeights !== undefined && weights === undefined) throw new UsageError('--output-weights needs --weights');
  checkNumber('seed', seed);
  if (!(tolerance >= 0)) throw new UsageError('--tolerance expects a number of 0 or more');
  const written = [output, outputWeights].filter((file) => file !== undefined && file !== '-') as string[];
  checkNotRead(written, [input, ...(weights === undefined ? [] : [weights])]);
  if (written.length === 2 && sameFile(written[0]!, written[1]!))
    throw new NetspecError(`the prototxt and the caffemodel would both be ${written[0]!}`);
}

function remarkOnWeights(
  { report, source }: RetargetedNet,
  { weights, input }: Options,
  context: CommandContext,
): void {
  if (weights === undefined) return;
  const { ignoredSources, unfilledLayers } = report;
  const copied = source.layers.filter(({ name, blobs }) => blobs.length > 0 && !ignoredSources.includes(name));
  checkIsOfThisNet({ ignoredSources, unfilledLayers, copied }, weights, input);
  if (unfilledLayers.length > 0)
    print(context.stderr, `warning: not in ${weights}, left at filler values: ${unfilledLayers.join(', ')}`);
  if (ignoredSources.length > 0)
    print(context.stderr, `note: layers of ${weights} that this net has not, left out: ${ignoredSources.join(', ')}`);
}

async function proofOf(
  text: string,
  result: RetargetedNet,
  {
    written,
    original,
    given,
    net,
  }: {
    written: string | Uint8Array;
    original: RetargetedNet['source'];
    given: Options;
    net: Awaited<ReturnType<typeof netState>> & { file: string; stepOver: 'assume' };
  },
): Promise<Proof> {
  const { compareOutputs, copyInputs, fillRandomInputs, Net } = await import('../../node.js');
  const { tolerance, seed } = given;
  const before = await Net.load(text, { ...net, algorithm: 'gemm' });
  try {
    await before.copyFrom(given.weights ?? original);
    const after = await withWrittenWeights(written, { net: result.net, schema: net.schema }, (weights) =>
      Net.load(result.runnable, { ...net, file: undefined, weights, algorithm: 'gemm' }),
    );
    try {
      fillRandomInputs(before, seed);
      copyInputs(before, after);
      const differences = await compareOutputs(before, after, result.outputs);
      const ok = differences.every(({ maxRel, finite }) => finite && maxRel <= tolerance);
      // A NaN is worse than anything.
      const worst = differences.reduce<OutputDifference | undefined>(
        (a, b) => (a === undefined || b.maxRel > a.maxRel || Number.isNaN(b.maxRel) ? b : a),
        undefined,
      );
      return { ok, tolerance, outputs: differences, worst };
    } finally {
      after.dispose();
    }
  } finally {
    before.dispose();
  }
}

/** The map beside a prototxt. */
function mapFile(net: string): string {
  return path.join(path.dirname(net), `${path.basename(net, path.extname(net))}.map.json`);
}

/** Most layers that one line names; of more, whose changes are the same, the first ones and the last one stand there. */
const MOST_NAMED = 4;

function changeLines(changes: readonly RetargetChange[]): string[] {
  const kinds = new Map<string, RetargetChange[]>();
  for (const change of changes) {
    const { rewrite, type, becomes } = change;
    const kind = JSON.stringify([rewrite, type, becomes]);
    const alike = kinds.get(kind);
    if (alike) alike.push(change);
    else kinds.set(kind, [change]);
  }
  return [...kinds.values()].flatMap((alike) => {
    const { rewrite, layer, type, becomes } = alike[0]!;
    if (layer === undefined) return alike.map(() => rewrite);
    const change = becomes?.length === 0 ? ' taken out' : ` → ${becomes!.join(', ')}`;
    if (alike.length <= MOST_NAMED) return alike.map((each) => `${rewrite}: ${each.layer!} (${type!})${change}`);
    const first = alike.slice(0, MOST_NAMED - 1).map((each) => each.layer!);
    return [`${rewrite}: ${alike.length} layers (${type!})${change}: ${first.join(', ')}, … ${alike.at(-1)!.layer!}`];
  });
}

function linesOf({ changes, remaining, layers }: RetargetReport): string[] {
  return [
    ...changeLines(changes),
    ...remaining.flatMap(({ severity, layer, message, hint, rule, source }) => [
      `${severity}: layer '${layer?.name ?? ''}' (${layer?.type ?? ''}): ${message}  [${rule}]`,
      ...(source === undefined ? [] : [`  source: ${source}`]),
      ...(hint === undefined ? [] : [`  hint: ${hint}`]),
    ]),
    `layers: ${layers.before} → ${layers.after}; ${changes.length} rewritten, ${remaining.length} left`,
  ];
}

function proofLines({ worst, outputs, tolerance }: Proof): string[] {
  if (!worst) return ['the net has no outputs to compare'];
  return [
    `outputs: worst difference ${worst.maxRel === 0 ? '0' : worst.maxRel.toExponential(1)} of the largest value, in ` +
      `'${worst.blob}' (tolerance ${tolerance}; ${outputs.length} compared, algorithm gemm)`,
    ...outputs
      .filter(({ finite }) => !finite)
      .map(({ blob }) => `'${blob}' of the net as it was has values that are not finite: nothing can be compared`),
  ];
}
