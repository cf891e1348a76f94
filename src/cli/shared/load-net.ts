/**
 * load-net: what the commands that run a net share: its state, its weights, its inputs from .npy files.
 */
import { didYouMean, NetspecError } from '../../errors.js';
import type { Blob } from '../../engine/blob.js';
import type { NetParameter } from '../../generated/messages.js';
import { factsOfLayer } from '../../layers/registry.js';
import type { Net, NetOptions as RuntimeOptions } from '../../runtime/net.js';
import type { NetShapes } from '../../runtime/net-shapes.js';
import type { CopyReport } from '../../runtime/weights.js';
import { sameShape } from '../../shapes.js';
import type { CommandContext } from './command.js';
import { checkHasLayers, readNet } from './net-file.js';
import { NET_POSITIONAL, STATE_OPTIONS, type StateOptions } from './net-options.js';
import { options, type ValuesOf } from './options.js';
import { print } from './print.js';
import { layersByType } from './stepped-over.js';
import { checkCount, checkNumber, parsePairs } from './values.js';

/** What commands that run a net do unless the command line says otherwise. */
type ComputeDefaults = { algorithm: 'auto' | 'gemm'; strict: boolean };

/** How a net is computed, and whether its weights must be complete. */
export function computeOptions(defaults: ComputeDefaults) {
  return options({
    algorithm: {
      type: 'string',
      choices: ['auto', 'gemm'],
      default: defaults.algorithm,
      describe: 'convolution algorithm',
    },
    threads: { type: 'number', describe: 'number of threads; default: the number of cores' },
    strict: {
      type: 'boolean',
      default: defaults.strict,
      describe: 'refuse weights that leave layers at filler values',
    },
  });
}

/** The inputs of a net that is run. */
export const INPUT_OPTION = options({
  input: { type: 'string', alias: 'i', array: true, describe: 'NAME=FILE.npy, for each input' },
});

/** The options that all commands have that run a net on .npy files, besides their weights. */
export function runOptions(defaults: ComputeDefaults) {
  return options({ ...STATE_OPTIONS, ...INPUT_OPTION, ...computeOptions(defaults) });
}

/** A net in a file, for commands that do not run it. */
export type NetFileOptions = StateOptions & ValuesOf<typeof NET_POSITIONAL>;

/** What {@link loadNet} is asked for. */
export type NetOptions = NetFileOptions &
  ValuesOf<ReturnType<typeof computeOptions>> & {
    weights?: string;
    seed?: number;
    outputsOnly?: boolean;
    /** Steps over layers that are not run here: the shapes of what they make, as far as the command knows them. */
    shapesOfSteppedOver?: ShapesOfSteppedOver;
  };

/** The shapes of the tops of layers that are not run here. Those that `--shape` gives go before. */
export type ShapesOfSteppedOver = (
  net: NetParameter,
  options: RuntimeOptions,
) => Promise<ReadonlyMap<string, readonly number[]>>;

/**
 * A net as it is written, the state that it is wanted in, and the shapes that it then has. Layers that are not run here are stepped
 * over; what they make is taken to have the shape of what they read, unless `--shape` says otherwise.
 */
export async function readNetAndShapes(options: NetFileOptions, context: Pick<CommandContext, 'stderr'>) {
  const { netShapes } = await import('../../runtime/net-shapes.js');
  const { net, options: state } = await readNet(options.net, options);
  checkHasLayers(net.layer, options.net);
  const known = netShapes(net, { ...state, stepOver: 'assume' });
  const assumed = remarkOn(net, known, context);
  const { params: shapes, blobs } = known;
  return { ...state, net, shapes, blobs, assumed };
}

/** Says which layers of a net are stepped over, and which shapes are assumed for it. */
export async function remarkSteppedOver(
  net: NetParameter,
  options: RuntimeOptions,
  context: Pick<CommandContext, 'stderr'>,
): Promise<void> {
  const { isNotRun } = await import('../../runtime/step-over.js');
  if (!net.layer?.some(isNotRun)) return;
  const { netShapes } = await import('../../runtime/net-shapes.js');
  remarkOn(net, netShapes(net, options), context);
}

/** @returns the blobs that other layers read and whose shapes are assumed */
function remarkOn(
  net: NetParameter,
  { steppedOver, blobs }: NetShapes,
  { stderr }: Pick<CommandContext, 'stderr'>,
): string[] {
  if (steppedOver.length > 0) print(stderr, `note: stepped over: ${layersByType(steppedOver)}`);
  const read = new Set(net.layer?.flatMap(({ bottom = [] }) => bottom));
  const assumed = steppedOver.flatMap((layer) => layer.assumed.filter((blob) => read.has(blob)));
  for (const blob of assumed) {
    const shape = blobs.get(blob)!.join('x');
    print(stderr, `note: '${blob}' is taken to be ${shape}, as what its layer reads; --shape ${blob}=… says otherwise`);
  }
  return assumed;
}

/**
 * Builds the net and loads its weights. Layers that the weights leave at their filler values are refused with `--strict`,
 * and remarked on otherwise: Caffe runs such a net silently.
 */
export async function loadNet(options: NetOptions, { stderr }: CommandContext): Promise<Net> {
  checkCount('threads', options.threads);
  checkNumber('seed', options.seed);
  const { Net } = await import('../../node.js');
  const { weights, algorithm, seed, threads, outputsOnly } = options;
  const { net: param, options: loadOptions } = await readNet(options.net, options, 'text');
  checkHasLayers(param.layer, options.net);
  const { shapesOfSteppedOver } = options;
  const known = await shapesOfSteppedOver?.(param, loadOptions);
  const net = await Net.load(param, {
    ...loadOptions,
    ...(known && { stepOver: 'run', blobShapes: new Map([...known, ...(loadOptions.blobShapes ?? [])]) }),
    weights,
    algorithm,
    seed,
    threads,
    outputsOnly,
    strict: options.strict && weights !== undefined,
  });
  try {
    checkHasLayers(net.layers, options.net);
    if (net.copyReport) checkIsOfThisNet(net.copyReport, weights!, options.net);
  } catch (error) {
    net.dispose();
    throw error;
  }
  const report = net.copyReport;
  if (report) {
    if (report.unfilledLayers.length > 0)
      print(stderr, `warning: not in ${options.weights!}, left at filler values: ${report.unfilledLayers.join(', ')}`);
    if (report.ignoredSources.length > 0)
      print(stderr, `note: layers of ${options.weights!} that this net has not: ${report.ignoredSources.join(', ')}`);
  }
  return net;
}

/** What became of weights that were copied into a net. */
type Copied = Pick<CopyReport, 'unfilledLayers' | 'ignoredSources'>;

/** @throws NetspecError when weights have nothing for any layer of a net: they are another net's. */
export function checkIsOfThisNet(report: Copied & { copied: readonly unknown[] }, weights: string, net: string): void {
  const { copied, unfilledLayers, ignoredSources } = report;
  if (copied.length > 0 || unfilledLayers.length === 0 || ignoredSources.length === 0) return;
  throw new NetspecError(`${weights} has nothing for any layer of ${net}`, {
    hint:
      `are these the weights of another net? They are for '${ignoredSources[0]!}' …, ` +
      `the net has '${unfilledLayers[0]!}' …`,
  });
}

/** The inputs and other blobs that can be given values, by the layers that make them. */
function feedable(net: Net) {
  return net.layers.flatMap((layer, i) =>
    factsOfLayer(layer)?.fed ? net.topNamesOf(i).map((top) => ({ top, layer })) : [],
  );
}

/** Names of the blobs that {@link setInputs} sets. */
export function feedableNames(net: Net): string[] {
  return feedable(net).map(({ top }) => top);
}

function withoutLeadingOnes(shape: readonly number[]): number[] {
  const first = shape.findIndex((size) => size !== 1);
  return first < 0 ? [] : shape.slice(first);
}

/** Reshapes a net to an input; where a layer refuses the shape, the error says what is odd about the array. */
function reshapeInput(net: Net, blob: Blob, { shape, file }: { shape: readonly number[]; file: string }): void {
  const before = [...blob.shape];
  blob.reshape([...shape]);
  try {
    net.reshape();
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    const hint = oddityOf(shape, before, file);
    throw hint === undefined ? error : new NetspecError(error.reason, { ...error.details, hint, cause: error });
  }
}

/** How an array differs from what the prototxt says of a blob, where that is a known mistake. */
function oddityOf(shape: readonly number[], declared: readonly number[], file: string): string | undefined {
  if (declared.length !== 4) return undefined;
  const isChannelsLast = shape.at(-1) === declared[1] && shape.at(-3) !== declared[1];
  const axes = { 3: '(2, 0, 1))[np.newaxis]', 4: '(0, 3, 1, 2))' }[shape.length];
  if (isChannelsLast && axes) return `${file} seems to have its channels last: Caffe takes np.transpose(x, ${axes}`;
  return shape.length === 3 ? `${file} has no axis for the batch: Caffe takes x[np.newaxis]` : undefined;
}

/**
 * Sets input blobs from `name=file.npy` arguments. A file of another shape than the prototxt's reshapes the net, as
 * `blob.reshape(); net.reshape()` does in pycaffe.
 * @param others inputs that get their values from elsewhere, unless they are among the arguments
 * @throws NetspecError for a name that is no input, an input left out, or a file that cannot be read.
 */
export async function setInputs(
  net: Net,
  args: readonly string[],
  { stderr }: CommandContext,
  others: ReadonlySet<string> = new Set(),
): Promise<void> {
  const { readInput } = await import('./read-input.js');
  const files = parsePairs('input', args);
  const entries = feedable(net);
  const names = entries.map(({ top }) => top);
  for (const name of files.keys())
    if (!names.includes(name))
      throw new NetspecError(`the net has no input '${name}'; its inputs are ${names.join(', ') || 'none'}`, {
        hint: didYouMean(name, names),
      });
  for (const missing of net.inputs.filter((name) => !files.has(name) && !others.has(name)))
    throw new NetspecError(`input '${missing}' has no values`, { hint: `give them with --input ${missing}=FILE.npy` });
  for (const [name, file] of files) {
    const entry = entries.find(({ top }) => top === name)!;
    const filler = entry.layer.param.dummy_data_param?.data_filler?.[0]?.type ?? 'constant';
    if (entry.layer.type === 'DummyData' && filler !== 'constant')
      throw new NetspecError(`DummyData layer '${entry.layer.name}' fills '${name}' anew at each pass (${filler})`, {
        hint: 'make it an Input layer',
      });
    const { shape, data } = await readInput(name, file);
    const blob = net.blobs.get(name)!;
    // A picture without its axis for the batch has the same values in the same order.
    if (!sameShape(withoutLeadingOnes(shape), withoutLeadingOnes(blob.shape))) {
      if (entry.layer.type !== 'Input')
        throw new NetspecError(
          `${file} is ${shape.join('x')}, '${name}' is ${blob.shape.join('x')} and fixed by its ${entry.layer.type} layer`,
        );
      print(
        stderr,
        `note: '${name}' is ${blob.shape.join('x')} in the prototxt; reshaped to ${shape.join('x')} of ${file}`,
      );
      reshapeInput(net, blob, { shape, file });
    }
    blob.data.set(data);
    let notFinite = 0;
    for (const value of data) if (!Number.isFinite(value)) notFinite++;
    if (notFinite > 0)
      print(stderr, `warning: ${notFinite} of ${data.length} values of input '${name}' (${file}) are not finite`);
  }
}
