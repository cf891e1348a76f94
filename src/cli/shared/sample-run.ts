/** sample-run: verify on many samples, as the command line asks for it: one after the other, stopped by Ctrl+C. */
import { UsageError, EXIT, type CommandContext, type ExitCode } from './command.js';
import { baselineLines } from './baseline-lines.js';
import { readBaseline, writeFigures } from './figure-files.js';
import { referencesOfSample, unusedReferences, type FoundSample } from './find-samples.js';
import { setInputs } from './load-net.js';
import type { MeasureOptions, Measures } from './measure-options.js';
import type { OpenReferences, ReferenceOptions } from './open-references.js';
import { print, printJson } from './print.js';
import { createProgress } from './progress.js';
import { openReferences } from './references.js';
import { tableLines } from './table.js';
import type { Net } from '../../runtime/net.js';
import type { VerifySample } from '../../verify/samples/verify-samples.js';
import type { VerifyOptions, VerifyReport } from '../../verify/result.js';

/** What the options of verify say that count here. */
export interface SampleRunOptions extends ReferenceOptions, MeasureOptions {
  fix?: string;
  failuresOnly: boolean;
  json: boolean;
}

/** What the command brings along. */
export interface SampleRun {
  measures: Measures;
  /** What each verification is asked, besides the measures. */
  common: Partial<VerifyOptions>;
  load: (options: SampleRunOptions & Pick<OpenReferences, 'shapesOfSteppedOver'>) => Promise<{
    net: Net;
    check: (report: VerifyReport) => void;
  }>;
  /** Is given the net and the report on the worst sample. */
  onReport: (net: Net, report: VerifyReport) => Promise<void>;
}

/** Verifies a net on samples, prints what was found, and says how the command ends. */
export async function runOnSamples(
  found: readonly FoundSample[],
  options: SampleRunOptions,
  context: CommandContext,
  { measures, common, load, onReport }: SampleRun,
): Promise<ExitCode> {
  const { compareWithBaseline, reportToJson, verifySamples } = await import('../../node.js');
  const { sampleColumns, sampleCsv, sampleLines, sampleRow } = await import('../../verify/samples/lines.js');
  const { diagnosisLines } = await import('../../verify/report.js');
  if (options.fix !== undefined)
    throw new UsageError('--fix mends a port by one input: give one file for each --input');
  const baseline = await readBaseline(options);
  const references = new SampleReferences(options, quiet(context));
  references.check(found, context);
  const stopping = stopOnInterrupt(context);
  const progress = await createProgress('verify', context.stderr);
  let net: Net | undefined;
  try {
    const first = await references.open(found[0]!);
    const loaded = await load({ ...options, shapesOfSteppedOver: first.shapesOfSteppedOver });
    net = loaded.net;
    const samples = found.map((sample): VerifySample => ({
      name: sample.name,
      open: async (each) => {
        const opened = await references.open(sample);
        await (opened.setInputs?.(each) ?? setInputs(each, sample.input, references.context));
        return opened.forNet(each);
      },
    }));
    const report = await verifySamples(net, samples, {
      ...common,
      ...measures,
      signal: stopping.signal,
      onSample: (done, sample) => progress.update(done, found.length, sample),
    });
    loaded.check(report.report);
    progress.stop();
    const compared = baseline && compareWithBaseline(report.layers, baseline);
    const figures = { net: options.net, layers: report.layers, metrics: measures.metrics, extra: sampleCsv };
    const written = await writeFigures(options, figures, compared);
    const { layers, samples: ran, worst, stopped, ok } = report;
    if (options.json)
      printJson(context.stdout, {
        ...reportToJson(report.report),
        ...{ ok, passed: ok },
        samples: jsonOf({ of: found.length, stopped, worst, samples: ran, layers }),
        ...(compared && { baseline: compared }),
      });
    else {
      const { out, rows } = {
        out: context.stdout,
        rows: layers.filter(({ failing }) => !options.failuresOnly || failing > 0),
      };
      const columns = sampleColumns(measures.metrics).map((title, i, { length }) => ({
        title,
        align: i >= 3 && i < length - 2 ? ('right' as const) : ('left' as const),
        isBad: (cell: string) => cell.startsWith('NO '),
      }));
      const cells = rows.map((row) => sampleRow(row, measures.metrics));
      if (rows.length > 0) print(out, ...tableLines(out, columns, cells), '');
      const diagnosis = diagnosisLines(report.report);
      if (diagnosis.length > 0) print(out, `at sample ${worst}:`, ...diagnosis, '');
      print(out, ...sampleLines(report, found.length));
      if (compared) print(out, '', ...baselineLines(compared, options.baseline!));
    }
    if (written.length > 0) print(context.stderr, `wrote ${written.join(', ')}`);
    await onReport(net, report.report);
    if (!(compared ?? report).ok) return EXIT.checkFailed;
    // What was not run may disagree.
    return stopped ? EXIT.badInput : EXIT.ok;
  } finally {
    progress.stop();
    stopping.end();
    net?.dispose();
    await references.close();
  }
}

/** The references of one sample after the other. Other nets and models are opened once, and run for each. */
class SampleReferences {
  /** What the references were opened with: its inputs are those of the sample at hand. */
  readonly #options: SampleRunOptions;
  #opened: { of: string; references: OpenReferences } | undefined;

  constructor(
    options: SampleRunOptions,
    readonly context: CommandContext,
  ) {
    this.#options = { ...options };
  }

  /** Says at once what is missing, and what is left over. */
  check(found: readonly FoundSample[], { stderr }: CommandContext): void {
    const { reference } = this.#options;
    if (reference === undefined) return;
    for (const { name } of found) referencesOfSample(reference, name);
    const unused = unusedReferences(reference, found);
    if (unused.length > 0)
      print(stderr, `note: ${reference} has references of samples that are not given: ${unused.join(', ')}`);
  }

  async open({ name, input }: FoundSample): Promise<OpenReferences> {
    const { reference } = this.#options;
    this.#options.input = input;
    const of = reference === undefined ? '' : name;
    if (this.#opened?.of !== of) {
      await this.close();
      const own =
        reference === undefined ? this.#options : { ...this.#options, reference: referencesOfSample(reference, name) };
      this.#opened = { of, references: await openReferences(own, this.context) };
    }
    this.#opened.references.forget?.();
    return this.#opened.references;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.references.close();
  }
}

/** The context with each remark printed once, however many samples give it. */
function quiet(context: CommandContext): CommandContext {
  const said = new Set<string>();
  const { stderr } = context;
  return {
    ...context,
    stderr: {
      write: (chunk) => {
        const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
        if (said.has(text)) return true;
        said.add(text);
        return stderr.write(chunk);
      },
      isTTY: stderr.isTTY,
      columns: stderr.columns,
      hasColors: stderr.hasColors,
    },
  };
}

/** The first interrupt asks to stop, a second ends the program as ever. */
function stopOnInterrupt({ stderr }: CommandContext): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    print(stderr, 'stopping after this sample; interrupt again to stop at once');
    controller.abort();
  };
  process.once('SIGINT', stop);
  return { signal: controller.signal, end: () => process.removeListener('SIGINT', stop) };
}

/** Figures that are not finite as words. */
function jsonOf(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, each: unknown) =>
      typeof each === 'number' && !Number.isFinite(each) ? String(each) : each,
    ),
  );
}
