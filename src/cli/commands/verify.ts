/** netspec verify: compares a net layer by layer with reference outputs and names the first layer that diverges. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_TOLERANCE } from '../../compare/compare.js';
import { NetspecError } from '../../errors.js';
import { defineCommand, EXIT, UsageError, type CommandContext, type ExitCode } from '../shared/command.js';
import { filesReadBy } from '../shared/files-read.js';
import { loadNet, runOptions, setInputs, type NetOptions } from '../shared/load-net.js';
import { NET_POSITIONAL, readSchema } from '../shared/net-options.js';
import { options, type OptionTable, type ValuesOf } from '../shared/options.js';
import { checkFigureFiles, readBaseline, writeFigures } from '../shared/figure-files.js';
import { baselineLines } from '../shared/baseline-lines.js';
import type { FoundSample } from '../shared/find-samples.js';
import { MEASURE_OPTIONS, readMeasures, type Measures } from '../shared/measure-options.js';
import { writeMended, type MendResult } from '../shared/mend.js';
import { modelLines, type ModelSummary } from '../shared/model-summary.js';
import { print, printJson } from '../shared/print.js';
import { createProgress } from '../shared/progress.js';
import { DUMP_OPTIONS } from '../shared/open-references.js';
import { openReferences } from '../shared/references.js';
import { checkNotRead } from '../shared/same-file.js';
import { checkSimulated, runSimulation, SIMULATE_OPTIONS } from '../shared/simulation.js';
import { tableLines } from '../shared/table.js';
import { checkNumber } from '../shared/values.js';
import type { Net } from '../../runtime/net.js';
import type { HtmlReportOptions } from '../../verify/html/html-report.js';
import type { VerifyReport } from '../../verify/result.js';

const OPTIONS = options({
  ...runOptions({ algorithm: 'gemm', strict: true }),
  weights: { type: 'string', alias: 'w', required: true, describe: 'caffemodel' },
  reference: { type: 'string', alias: 'r', describe: 'folder of .npy files, an .npz, or a dump of a toolchain' },
  onnx: {
    type: 'string',
    describe: 'instead of references: an ONNX model, which is run; its values are found by the map.json beside the net',
  },
  against: {
    type: 'string',
    words: 2,
    describe: 'instead of references: another prototxt and its caffemodel, compared by blob names; or an ONNX model',
  },
  map: {
    type: 'string',
    default: 'auto',
    describe:
      "name map from layers to references: a preset, a rule file, 'blobs', or 'auto' for the one that finds most",
  },
  ...DUMP_OPTIONS,
  ...MEASURE_OPTIONS,
  rtol: { type: 'number', default: DEFAULT_TOLERANCE.rtol, describe: 'relative tolerance, as in numpy.allclose' },
  atol: { type: 'number', default: DEFAULT_TOLERANCE.atol, describe: 'absolute tolerance, as in numpy.allclose' },
  diagnose: {
    type: 'boolean',
    default: true,
    describe: 'look for the cause of a difference: feed layers with references, then try changes',
  },
  fix: {
    type: 'string',
    describe: 'write the port with the causes mended into this folder: prototxt, caffemodel, map; and verify that',
  },
  failuresOnly: { type: 'boolean', describe: 'list only layers that diverge' },
  json: { type: 'boolean', describe: 'print the report as JSON' },
  report: {
    type: 'string',
    describe: 'write a page, FILE.html: the graph, figures, plots, feature maps',
  },
  ...SIMULATE_OPTIONS,
});
/** The words of `--against` are one where the first is an ONNX model. */
function againstModel(words: readonly string[]): OptionTable {
  const isModel = words.some(
    (word, i) => (word === '--against' && words[i + 1]?.endsWith('.onnx')) || /^--against=.*\.onnx$/.test(word),
  );
  return isModel ? { against: { type: 'string', describe: OPTIONS.against.describe } } : {};
}

type VerifyOptions = ValuesOf<typeof NET_POSITIONAL> & ValuesOf<typeof OPTIONS>;

export const command = defineCommand({
  name: 'verify',
  describe: 'compare every layer with reference outputs; exit 1 when one diverges',
  usage: 'NET -w W -i data=x.npy -r DIR',
  positionals: NET_POSITIONAL,
  options: OPTIONS,
  examples: [
    ['$0 net.prototxt -w net.caffemodel -i data=input.npy -r outputs/', ''],
    ['$0 net.prototxt -w net.caffemodel -i data=inputs/ -r outputs/ --metric cosine,sqnr', 'many samples'],
    ['$0 port/net.prototxt -w port/net.caffemodel -i data=input.npy --onnx model.onnx', ''],
    ['$0 small.prototxt -w small.caffemodel -i data=input.npy --against net.prototxt net.caffemodel', ''],
    ['$0 net.prototxt -w net.caffemodel -i data=input.npy --simulate int8 --calibrate data=samples/', ''],
  ],
  extraOptions: againstModel,
  run: async (given, context, { against: model }) => {
    const options = typeof model === 'string' ? { ...given, against: undefined, onnx: given.onnx ?? model } : given;
    checkSimulated(options);
    if (options.simulate !== undefined) return runSimulation(options, context);
    const { LayerSamples, reportToJson, verify } = await import('../../node.js');
    const { diagnosisLines, summaryLines, tableHeader, tableRow } = await import('../../verify/report.js');
    checkNumber('rtol', options.rtol, 0);
    checkNumber('atol', options.atol, 0);
    if (options.fix !== undefined && !options.diagnose)
      throw new UsageError('--fix mends what the search for causes finds: leave --no-diagnose out');
    checkFigureFiles(options);
    const measures = await readMeasures(options);
    const baseline = await readBaseline(options);
    const { findSamples } = await import('../shared/find-samples.js');
    const found = findSamples(options.input);
    if (found) return verifyOnSamples(found, options, context, measures);
    if (options.report !== undefined) checkNotRead([options.report], filesReadBy(options));
    const opened = await openReferences(options, context);
    const progress = await createProgress('verify', context.stderr);
    const samples = options.report === undefined ? undefined : new LayerSamples();
    const schema = await readSchema(options.proto);
    const { rtol, atol, diagnose } = options;
    const common = { rtol, atol, ...measures, diagnose, schema, freeBlobs: true, onProgress: progress.update };
    const setNetInputs = opened.setInputs ?? ((each: Net) => setInputs(each, options.input, context));
    let net: Net | undefined;
    try {
      const { shapesOfSteppedOver } = opened;
      const loaded = await loadToVerify({ ...options, shapesOfSteppedOver }, context);
      net = loaded.net;
      await setNetInputs(net);
      const report = await verify(net, {
        ...(await opened.forNet(net)),
        ...common,
        prototxt: await textOf(options.net),
        onCompared: samples?.observe,
      });
      loaded.check(report);
      const mended =
        options.fix === undefined
          ? undefined
          : await writeMended(
              {
                ...{ folder: options.fix, options: { ...options, shapesOfSteppedOver } },
                ...{ net, report, referencesFor: opened.forNet, setInputs: setNetInputs },
                verifyNet: (each, references, prototxt) => verify(each, { ...references, ...common, prototxt }),
              },
              context,
            );
      progress.stop();
      const summary = opened.model?.(net, report);
      const { compareWithBaseline } = await import('../../node.js');
      const compared = baseline && compareWithBaseline(report.layers, baseline);
      const { layers } = report;
      const written = await writeFigures(options, { net: options.net, layers, metrics: measures.metrics }, compared);
      if (options.json)
        printJson(context.stdout, {
          ...reportToJson(report),
          ...(summary && { onnx: summary }),
          ...(mended && { mended: mendedToJson(mended) }),
          ...(compared && { baseline: compared }),
        });
      else {
        const rows = options.failuresOnly
          ? report.layers.filter(({ status }) => status === 'diverges' || status === 'shape differs')
          : report.layers;
        const columns = tableHeader(measures.metrics).map((title, i, { length }) => ({
          title,
          align: i >= 3 && i < length - 1 ? ('right' as const) : ('left' as const),
          isBad: (cell: string) => cell.startsWith('NO '),
        }));
        const cells = rows.map((row) => tableRow(row, measures.metrics));
        if (rows.length > 0) print(context.stdout, ...tableLines(context.stdout, columns, cells), '');
        const diagnosis = diagnosisLines(report);
        if (diagnosis.length > 0) print(context.stdout, ...diagnosis, '');
        if (options.map === 'auto' && !options.against && summary === undefined)
          print(context.stdout, `references matched by --map ${report.map ?? ''}`);
        const shown = summary
          ? { ...report, unusedReferences: report.unusedReferences.filter((name) => !isTold(name, summary)) }
          : report;
        print(context.stdout, ...(summary ? modelLines(summary) : []), ...summaryLines(shown));
        if (mended) print(context.stdout, '', ...mendedLines(mended), ...summaryLines(mended.report));
        else if (options.fix !== undefined && !report.ok)
          print(context.stdout, '', 'nothing that can be mended was found');
        if (options.tolerance !== undefined) print(context.stdout, `tolerances of layers: ${options.tolerance}`);
        if (compared) print(context.stdout, '', ...baselineLines(compared, options.baseline!));
      }
      if (written.length > 0) print(context.stderr, `wrote ${written.join(', ')}`);
      if (options.report !== undefined) {
        await writePage(options.report, net, report, { samples, facts: facts(options, summary?.by) });
        print(context.stderr, `wrote ${options.report}`);
      }
      return (compared ?? mended?.report ?? report).ok ? EXIT.ok : EXIT.checkFailed;
    } finally {
      progress.stop();
      net?.dispose();
      await opened.close();
    }
  },
});

/** The same on many samples; the page is of the worst. */
async function verifyOnSamples(
  found: readonly FoundSample[],
  options: VerifyOptions,
  context: CommandContext,
  measures: Measures,
): Promise<ExitCode> {
  const { LayerSamples } = await import('../../node.js');
  const { runOnSamples } = await import('../shared/sample-run.js');
  const { rtol, atol, diagnose, report: page } = options;
  const samples = page === undefined ? undefined : new LayerSamples();
  const schema = await readSchema(options.proto);
  return runOnSamples(found, options, context, {
    measures,
    common: { rtol, atol, diagnose, schema, prototxt: await textOf(options.net), onCompared: samples?.observe },
    load: (loading) => loadToVerify(loading, context),
    onReport: async (net, report) => {
      if (page === undefined) return;
      await writePage(page, net, report, { samples, facts: facts(options) });
      print(context.stderr, `wrote ${page}`);
    },
  });
}

/**
 * Loads the net. Weights that lack layers, such as `pack-weights --skip-mismatched` writes, are no reason to look no further: what
 * keeps a layer's weights from fitting is a mistake in front of it.
 * @returns besides the net, what throws unless a layer diverges that does not depend on what is missing
 */
async function loadToVerify(
  options: NetOptions,
  context: CommandContext,
): Promise<{ net: Net; check: (report: VerifyReport) => void }> {
  try {
    return { net: await loadNet(options, context), check: () => undefined };
  } catch (incomplete) {
    if (!(incomplete instanceof NetspecError) || incomplete.details.code !== 'weights-incomplete') throw incomplete;
    const remarks: (string | Uint8Array)[] = [];
    const net = await loadNet(
      { ...options, strict: false },
      { ...context, stderr: { write: (chunk) => remarks.push(chunk) } },
    ).catch(() => {
      throw incomplete;
    });
    const missing = net.copyReport?.unfilledLayers ?? [];
    return {
      net,
      check: ({ firstDivergence: first }) => {
        if (!first || missing.includes(first.name)) throw incomplete;
        for (const remark of remarks) context.stderr.write(remark);
      },
    };
  }
}

/** What was mended, what was not, and where it was written. */
function mendedLines({ prototxt, weights, map, inputs, mended, left }: MendResult): string[] {
  return [
    ...mended.map(({ id, layer }) => `mended: ${id} at ${layer}`),
    ...left.map(({ cause: { id, layer }, reason }) => `not mended: ${id} at ${layer}: ${reason}`),
    `wrote ${[prototxt, weights, map, ...inputs].join(', ')}; what was written:`,
  ];
}

function mendedToJson({ mended, left, report, ...files }: MendResult) {
  const of = ({ id, layer }: { id: string; layer: string }) => ({ id, layer });
  return {
    ...files,
    mended: mended.map(of),
    left: left.map(({ cause, reason }) => ({ ...of(cause), reason })),
    passed: report.ok,
    matched: report.matched,
    references: report.references,
  };
}

/** What the page's head says besides the figures. */
function facts({ net, weights, input, reference, onnx, against }: VerifyOptions, by = ''): Record<string, string> {
  const references = onnx === undefined ? (reference ?? against!.join(' with ')) : `${onnx} by ${by}`;
  return { net, weights, input: input.join(', '), references };
}

/** Whether it is said of a value what it is to the net. */
function isTold(name: string, { inside, outside }: ModelSummary): boolean {
  return Object.hasOwn(inside, name) || outside.includes(name);
}

/** The net's file, for patches of it; undefined for a pipe, which cannot be read twice. */
async function textOf(net: string): Promise<{ file: string; text: string } | undefined> {
  if (!statSync(net).isFile()) return undefined;
  const { readText } = await import('../../node.js');
  const file = path.relative(process.cwd(), net);
  return {
    file: file.startsWith('..') || path.isAbsolute(file) ? path.basename(net) : file,
    text: await readText(net),
  };
}

async function writePage(file: string, net: Net, report: VerifyReport, options: HtmlReportOptions): Promise<void> {
  const { htmlReport, writeFileAtomically } = await import('../../node.js');
  const page = new TextEncoder().encode(await htmlReport(net, report, options));
  await writeFileAtomically(file, (sink) => sink.write(page));
}
