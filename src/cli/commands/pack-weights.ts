/** netspec pack-weights: fills a net's parameters from PyTorch's arrays and writes the caffemodel, whole or not at all. */
import { NetspecError } from '../../errors.js';
import type { PackReport } from '../../weights/packing/report.js';
import { NAME_MAPS } from '../../weights/maps/presets.js';
import type { WeightSource } from '../../weights/source.js';
import { PackError } from '../../weights/packing/problems.js';
import { sourceAdvice } from '../../weights/packing/source-advice.js';
import { defineCommand, EXIT, UsageError } from '../shared/command.js';
import { readNetAndShapes } from '../shared/load-net.js';
import { NET_FILE_POSITIONAL, STATE_OPTIONS } from '../shared/net-options.js';
import { print, printJson, reportStream, type Line, type Output } from '../shared/print.js';
import { createProgress } from '../shared/progress.js';
import { formatBytes, formatCount, tableLines } from '../shared/table.js';
import { entryAdvice, ENTRY_OPTION, WEIGHTS_HELP } from '../shared/weights-help.js';

export const command = defineCommand({
  name: 'pack-weights',
  describe: "fill a net's parameters from PyTorch weights and write a caffemodel",
  usage: 'NET --from SOURCE -o W',
  positionals: NET_FILE_POSITIONAL,
  options: {
    from: { type: 'string', required: true, describe: WEIGHTS_HELP },
    ...ENTRY_OPTION,
    map: {
      type: 'string',
      default: 'auto',
      describe: `how parameters find their arrays: ${NAME_MAPS.join(', ')}, a rule file, or auto for the preset that fits`,
    },
    output: { type: 'string', alias: 'o', describe: 'caffemodel to write' },
    dryRun: { type: 'boolean', describe: 'check and report, write nothing' },
    allowUnused: { type: 'boolean', describe: 'accept arrays that no parameter uses' },
    allowUnfilled: {
      type: 'boolean',
      describe: 'accept parameters without an array; the caffemodel leaves their layers out',
    },
    skipMismatched: {
      type: 'boolean',
      describe: 'leave out layers whose arrays have other shapes, list them, and pack the rest',
    },
    half: {
      type: 'boolean',
      describe: "write half precision as NVIDIA's Caffe does: half the size; BVLC's Caffe cannot read it",
    },
    verbose: { type: 'boolean', alias: 'v', describe: 'list every parameter and its source' },
    json: { type: 'boolean', describe: 'print the report as JSON' },
    ...STATE_OPTIONS,
  },
  examples: [['$0 net.prototxt --from model.pth -o net.caffemodel', '']],
  run: async (options, context) => {
    if (options.output === undefined && !options.dryRun)
      throw new UsageError('say where to write with -o FILE, or check only with --dry-run');
    // These, and not all of src/node.ts, which takes as long to load as a small net to pack.
    const { expectCopying } = await import('../../node/copy-floats.js');
    const { writeFileAtomically } = await import('../../node/files.js');
    const { loadNameMap } = await import('../../node/name-map.js');
    const { openWeights } = await import('../../node/open-weights.js');
    const { planPack } = await import('../../weights/packing/plan.js');
    const { planWithBestMap } = await import('../../weights/packing/choose-map.js');
    const { executePack } = await import('../../weights/packing/execute.js');
    // Half precision is converted, not copied.
    const endCopying = options.dryRun || options.half ? undefined : expectCopying(options.from);
    let source: WeightSource | undefined;
    try {
      const map = options.map === 'auto' ? undefined : await loadNameMap(options.map);
      const net = await readNetAndShapes(options, context);
      source = await openWeights(options.from, { schema: net.schema, entry: options.entry });
      const { allowUnused, allowUnfilled, skipMismatched, half, dryRun, output } = options;
      const wanted = { ...net, source, allowUnused, allowUnfilled, skipMismatched, half };
      const plan = advised({ ...options, assumed: net.assumed, source }, () =>
        map ? planPack({ ...wanted, map }) : planWithBestMap(wanted),
      );
      let report = plan.report;
      const out = reportStream([output], context);
      if (!dryRun) {
        const progress = await createProgress('pack', context.stderr, formatCount);
        try {
          await writeFileAtomically(output!, async (sink) => {
            report = await executePack(plan, sink, ({ done, total, layer }) => progress.update(done, total, layer));
          });
        } finally {
          progress.stop();
        }
      }
      if (options.json) printJson(out, { ...report, written: dryRun ? null : output });
      else {
        if (options.verbose) print(out, ...parameterLines(out, report), '');
        if (!map) print(out, `arrays matched by --map ${report.map}`);
        print(out, ...reportLines(report), dryRun ? 'dry run: nothing was written' : `wrote ${output!}`);
      }
      return EXIT.ok;
    } finally {
      await source?.close();
      await endCopying?.();
    }
  },
});

/** What {@link advised} has to know of the command line. */
interface Given {
  net: string;
  from: string;
  map: string;
  skipMismatched: boolean;
  /** Blobs whose shapes are assumed. */
  assumed: readonly string[];
  source: WeightSource;
}

/** Adds to a refusal which options lead on. */
function advised<T>(given: Given, plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    const advice = optionAdvice(error, given);
    if (advice.length === 0) throw error;
    throw new NetspecError(error.reason, { ...error.details, hint: advice.join('; '), cause: error });
  }
}

function optionAdvice({ problems, report }: PackError, given: Given): string[] {
  const { net, from, map, skipMismatched, source } = given;
  const codes = new Set(problems.map(({ code }) => code));
  // No option helps where the source holds no model.
  const instead = report.usedSources === 0 ? sourceAdvice(source.list()) : undefined;
  if (instead !== undefined) return [instead];
  const layers = new Set(
    problems.flatMap(({ code, layer }) => (code === 'shape' && layer !== undefined ? [layer] : [])),
  );
  const entry = codes.has('missing') ? entryAdvice(source) : undefined;
  const advice = entry === undefined ? [] : [entry];
  if (codes.has('shape') && given.assumed.length > 0)
    advice.push(
      `the shape of ${shortList(given.assumed)} is only assumed: give it with --shape ${given.assumed[0]!}=1x3x5x5 and your sizes`,
    );
  if (codes.has('shape') && !skipMismatched)
    advice.push(`--skip-mismatched leaves out ${shortList([...layers], 'layers')} and packs the rest`);
  if (codes.has('missing') && entry === undefined && (map === 'auto' || report.usedSources === 0))
    advice.push(`netspec map ${net} --from ${from} > map.json proposes a name map, for --map map.json`);
  else if (codes.has('missing') && entry === undefined && codes.size === 1)
    advice.push('--allow-unfilled leaves layers to their fillers on purpose');
  if (codes.has('unused') && codes.size === 1) advice.push('--allow-unused leaves arrays out on purpose');
  return advice;
}

function shortList(names: readonly string[], what = ''): string {
  return names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more ${what}`.trimEnd() : '');
}

function parameterLines(out: Output, { filled, computed, shared }: PackReport): Line[] {
  const rows = [
    ...filled.map(({ layer, blob, shape, sources, operation }) => [
      layer,
      String(blob),
      shape.join('x'),
      sources.join(', ') + (operation ? ` (${operation})` : ''),
    ]),
    ...computed.map(({ layer, blob, shape, operation }) => [layer, String(blob), shape.join('x'), operation]),
    ...shared.map(({ layer, owner }) => [layer, '', '', `shares the parameters of ${owner}`]),
  ];
  return tableLines(
    out,
    ['layer', 'blob', 'shape', 'from'].map((title) => ({ title })),
    rows,
  );
}

/** The closing report: what was filled, from what, and what was left. */
function reportLines(report: PackReport): string[] {
  const { filled, computed, shared, unfilled, mismatched, unusedSources, ignoredSources, notes } = report;
  const { nonFinite = [], negativeVariances = [], outOfRange = [] } = report;
  const lines = [
    `parameters: ${filled.length} blobs filled from ${report.source}` +
      (computed.length > 0 ? `, ${computed.length} computed by their fillers` : '') +
      (shared.length > 0 ? `, ${shared.length} layers share those of others` : '') +
      `, ${unfilled.length} left unfilled`,
    `sources: ${report.usedSources} of ${report.sources} arrays used, ${unusedSources.length} unused` +
      (ignoredSources.length > 0 ? `, ${ignoredSources.length} of no use to a net` : ''),
    `${formatCount(report.parameters)} parameters, ${formatBytes(report.bytes)}`,
  ];
  for (const { layer, blob, lookedFor } of unfilled)
    lines.push(
      `unfilled: blob ${blob} of ${layer}${lookedFor.length > 0 ? `; looked for ${lookedFor.join(', ')}` : ''}`,
    );
  const leftOut = new Set(mismatched.map(({ layer }) => layer));
  if (leftOut.size > 0)
    lines.push(`${leftOut.size} layer${leftOut.size > 1 ? 's are' : ' is'} left out and will have its filler's values`);
  for (const { layer, type, blob, shape, reason, hint } of mismatched) {
    lines.push(`left out: ${layer} (${type}), blob ${blob} (${shape.join('x')}): ${reason}`);
    if (hint !== undefined) lines.push(`  hint: ${hint}`);
  }
  for (const { name, shape } of unusedSources) lines.push(`unused: ${name} ${shape.join('x')}`);
  for (const { layer, blob, count, first, sources } of nonFinite)
    lines.push(
      `warning: blob ${blob} of ${layer} has ${count} values that are not finite (${first}), from ${sources.join(', ')}`,
    );
  for (const { layer, count, of, source } of negativeVariances)
    lines.push(
      `warning: ${count} of ${of} variances of ${layer} are negative, from ${source}: its outputs will be NaN; ` +
        'are mean and variance exchanged?',
    );
  for (const { layer, blob, overflow } of outOfRange)
    if (overflow > 0)
      lines.push(`warning: blob ${blob} of ${layer}: ${overflow} beyond half precision (65504), now infinite`);
  const vanished = outOfRange.reduce((sum, { underflow }) => sum + underflow, 0);
  if (vanished > 0) lines.push(`note: ${vanished} too small for half precision (below 3e-8), now 0`);
  return [...lines, ...notes.map((note) => `note: ${note}`)];
}
