/** simulation: `verify --simulate`: its options, and what it does with them. */
import path from 'node:path';
import { NetspecError, didYouMean } from '../../errors.js';
import { METHOD_NAMES } from '../../simulate/calibration/index.js';
import { FORMAT_NAMES } from '../../simulate/formats/index.js';
import { LISTS } from '../../simulate/lists/index.js';
import { TABLES } from '../../simulate/tables/index.js';
import type { ScaleTable } from '../../simulate/tables/table.js';
import type { Net } from '../../runtime/net.js';
import type { SimulateOptions, SimulationReport } from '../../simulate/index.js';
import { EXIT, UsageError, type CommandContext, type ExitCode } from './command.js';
import { foldedNet, unfolded } from './folded-net.js';
import { loadNet, setInputs, type NetOptions } from './load-net.js';
import { readSchema } from './net-options.js';
import type { ReferenceOptions } from './open-references.js';
import { options, type ValuesOf } from './options.js';
import { print, printJson } from './print.js';
import { createProgress } from './progress.js';
import { filesReadBy } from './files-read.js';
import { openReferences } from './references.js';
import { checkNotRead } from './same-file.js';
import { openSamples, type FileSamples } from './sample-files.js';
import { tableLines } from './table.js';
import { checkNumber, parsePairs } from './values.js';

const group = "A chip's numbers";

const namesOf = (table: readonly { readonly name: string }[]): string => table.map(({ name }) => name).join(', ');

/** The options of `--simulate`. */
export const SIMULATE_OPTIONS = options({
  simulate: {
    ...{ type: 'string', group },
    choices: FORMAT_NAMES,
    describe:
      'instead of references, or beside them: round weights and values as a chip does, and compare with float32',
  },
  calibrate: {
    ...{ type: 'string', group, array: true },
    describe:
      'NAME=PATH: samples that ranges are taken from: a .npy, a folder, an .npz or a list; default: those of -i',
  },
  calibration: {
    ...{ type: 'string', group },
    choices: METHOD_NAMES,
    describe: 'int8: how the range of each blob is chosen; default min-max',
  },
  percentile: { type: 'number', group, describe: 'how many of 100 values a range holds; default 99.99' },
  zeroPoint: { type: 'boolean', group, describe: 'int8: ranges need not lie evenly around 0' },
  weightScales: {
    ...{ type: 'string', group },
    choices: ['channel', 'tensor'],
    describe: 'int8: a scale for each output channel of weights (the default), or one for all',
  },
  scope: {
    ...{ type: 'string', group },
    choices: ['all', 'weights'],
    describe: 'round all blobs (the default), or only what layers with weights read, as ncnn and AMCT do',
  },
  saturate: { type: 'boolean', group, describe: 'fp16, bf16: the largest number where others have infinity' },
  scaleTable: {
    type: 'string',
    group,
    describe: 'FILE with scales of a toolchain, which go before those of the ranges',
  },
  keep: { type: 'string', group, describe: 'layers that stay in float32, separated by commas' },
  keepSqnr: {
    ...{ type: 'number', group },
    describe: 'find the layers to keep for this many decibels; exit 1 while the outputs have fewer',
  },
  sensitivity: { type: 'boolean', group, default: true, describe: 'round each layer alone' },
  fold: { type: 'boolean', group, default: true, describe: 'fold BatchNorm, Scale, Bias and BN into weights first' },
  write: {
    ...{ type: 'string', group, array: true },
    describe: `FORM=FILE: write scales (${namesOf(TABLES)}) or the list of samples (${namesOf(LISTS)})`,
  },
});

export type SimulationOptions = NetOptions &
  ReferenceOptions &
  ValuesOf<typeof SIMULATE_OPTIONS> & {
    weights: string;
    json: boolean;
    report?: string;
    fix?: string;
  };

/** Options that mean nothing without `--simulate`. */
const ONLY_SIMULATED = [
  'calibrate',
  'calibration',
  'percentile',
  'zeroPoint',
  'weightScales',
  'scope',
  'saturate',
] as const;
const ONLY_SIMULATED_TOO = ['scaleTable', 'keep', 'keepSqnr', 'write'] as const;

/** @throws UsageError for options of a simulation without `--simulate`. */
export function checkSimulated(given: ValuesOf<typeof SIMULATE_OPTIONS>): void {
  if (given.simulate !== undefined) return;
  for (const name of [...ONLY_SIMULATED, ...ONLY_SIMULATED_TOO]) {
    const value = given[name];
    if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
    const option = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UsageError(`--${option} is for --simulate`);
  }
}

/** Runs `verify --simulate`. */
export async function runSimulation(given: SimulationOptions, context: CommandContext): Promise<ExitCode> {
  checkNumber('percentile', given.percentile, 0);
  checkNumber('keep-sqnr', given.keepSqnr);
  if (given.calibrate.length > 0 && given.simulate !== 'int8')
    throw new UsageError(`--calibrate is for int8: ${given.simulate!} has no scales`);
  if (given.fix !== undefined) throw new UsageError('--fix mends a port: leave --simulate out');
  const { simulate } = await import('../../node.js');
  const { overflows } = await import('../../simulate/report.js');
  const files = await writtenFiles(given);
  checkNotRead(
    [...files.values(), ...(given.report === undefined ? [] : [given.report])],
    [...filesReadBy(given), ...(given.scaleTable === undefined ? [] : [given.scaleTable])],
  );
  const table = await readTable(given.scaleTable);
  const wantsReferences = [given.reference, given.onnx, given.against].some((each) => each !== undefined);
  const opened = wantsReferences ? await openReferences(given, context) : undefined;
  const progress = await createProgress('simulate', context.stderr);
  let net: Net | undefined;
  let samples: FileSamples | undefined;
  let calibration: FileSamples | undefined;
  try {
    net = await loadNet(given, context);
    const schema = await readSchema(given.proto);
    if (opened) await (opened.setInputs ?? ((each: Net) => setInputs(each, given.input, context)))(net);
    const references = await opened?.forNet(net);
    const folded = given.fold ? await foldedNet(net, given, context) : unfolded(net);
    net = folded.net;
    if (!opened || given.input.length > 0) samples = await openSamples(net, 'input', given.input);
    if (opened && samples && samples.length > 1)
      throw new UsageError(
        'references are of one input: give one file for each -i, and the other samples to --calibrate',
      );
    if (given.calibrate.length > 0) calibration = await openSamples(net, 'calibrate', given.calibrate);
    const report = await simulate(net, {
      ...settingsIn(given),
      ...{ schema, scales: table },
      ...(samples && { samples: lazily(samples) }),
      ...(calibration && { calibrationSamples: lazily(calibration) }),
      ...(references && { references: references.references, map: folded.mapOf(references.map) }),
      onProgress: progress.update,
    });
    progress.stop();
    await printReport(report, given, context);
    if (given.report !== undefined) await writePage(given.report, report, given, context);
    const written = await writeAll(files, report.scales, calibration ?? samples, net);
    if (written.length > 0) print(context.stderr, `wrote ${written.join(', ')}`);
    const isBelow = given.keepSqnr !== undefined && !(report.sqnr >= given.keepSqnr);
    return isBelow || overflows(report) ? EXIT.checkFailed : EXIT.ok;
  } finally {
    progress.stop();
    net?.dispose();
    await samples?.close();
    await calibration?.close();
    await opened?.close();
  }
}

function settingsIn(given: SimulationOptions): SimulateOptions {
  const { calibration, percentile, weightScales, scope, keepSqnr, sensitivity, saturate } = given;
  return {
    format: given.simulate!,
    ...{ calibration, percentile, weightScales, scope, keepSqnr, sensitivity, saturate },
    zeroPoint: given.zeroPoint,
    keep: given.keep?.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()])),
  };
}

function lazily(samples: FileSamples) {
  return Array.from({ length: samples.length }, (_, sample) => () => samples.read(sample));
}

async function readTable(file: string | undefined) {
  if (file === undefined) return undefined;
  const { parseScaleTable, readText } = await import('../../node.js');
  const text = await readText(file);
  try {
    return parseScaleTable(text);
  } catch (error) {
    throw error instanceof NetspecError ? error.within({ file }) : error;
  }
}

async function printReport(
  report: SimulationReport,
  given: SimulationOptions,
  { stdout }: CommandContext,
): Promise<void> {
  const { SIMULATION_HEADER, simulationLines, simulationRow, simulationToJson } =
    await import('../../simulate/report.js');
  if (given.json) {
    printJson(stdout, simulationToJson(report));
    return;
  }
  const columns = SIMULATION_HEADER.map((title, i) => ({
    title,
    align: i >= 4 ? ('right' as const) : ('left' as const),
  }));
  const tops = new Map<number, number>();
  for (const { index } of report.layers) tops.set(index, (tops.get(index) ?? 0) + 1);
  const rows = report.layers.map((layer) => simulationRow(layer, tops.get(layer.index)! > 1));
  print(stdout, ...tableLines(stdout, columns, rows), '', ...simulationLines(report));
}

async function writePage(
  file: string,
  report: SimulationReport,
  { net, weights, input }: SimulationOptions,
  context: CommandContext,
): Promise<void> {
  const { simulationPage, writeFileAtomically } = await import('../../node.js');
  const page = new TextEncoder().encode(simulationPage(report, { facts: { net, weights, input: input.join(', ') } }));
  await writeFileAtomically(file, (sink) => sink.write(page));
  print(context.stderr, `wrote ${file}`);
}

/** What `--write` asks for; its forms are checked before anything is run. */
async function writtenFiles({ write, simulate }: SimulationOptions): Promise<Map<string, string>> {
  const files = parsePairs('write', write);
  if (simulate !== 'int8' && files.size > 0)
    throw new UsageError(`--write is for int8: ${simulate!} has no scales, and its ranges need no samples`);
  if (files.size === 0) return files;
  const { TABLES } = await import('../../simulate/tables/index.js');
  const { LISTS } = await import('../../simulate/lists/index.js');
  const forms = [...TABLES, ...LISTS].map(({ name }) => name);
  for (const form of files.keys())
    if (!forms.includes(form))
      throw new NetspecError(`--write: there is no form '${form}'`, {
        hint: didYouMean(form, forms) ?? `forms are ${forms.join(', ')}`,
      });
  return files;
}

async function writeAll(
  files: ReadonlyMap<string, string>,
  scales: ScaleTable | undefined,
  samples: FileSamples | undefined,
  net: Net,
): Promise<string[]> {
  if (files.size === 0 || !scales) return [];
  const { TABLES } = await import('../../simulate/tables/index.js');
  const { LISTS } = await import('../../simulate/lists/index.js');
  const { writeFilesAtomically, textFile } = await import('../../node/files.js');
  const texts: { file: string; text: string }[] = [];
  for (const [form, file] of files) {
    const table = TABLES.find(({ name }) => name === form);
    if (table) {
      texts.push({ file, text: table.write(scales) });
      continue;
    }
    const list = LISTS.find(({ name }) => name === form)!;
    const named = (samples?.files ?? []).filter((each) => each !== undefined);
    if (!samples || named.length < samples.length)
      throw new NetspecError(`--write ${form}: the samples are not in files of their own`, {
        hint: 'give folders or lists of .npy files',
      });
    const inputs = net.inputs.filter((name) => Object.hasOwn(named[0]!, name));
    const parts = list.write({
      inputs,
      samples: named,
      values: async (sample, input) => (await samples.read(sample))[input]!.data,
    });
    for (const { input, text } of parts)
      texts.push({
        file: input === undefined || parts.length === 1 ? file : withInput(file, input),
        text: await text(),
      });
  }
  await writeFilesAtomically(texts.map(({ file, text }) => textFile(file, text)));
  return texts.map(({ file }) => file);
}

/** `list.txt` of input `data`: `list-data.txt`. */
function withInput(file: string, input: string): string {
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}-${input.replaceAll('/', '__')}${ext}`);
}
