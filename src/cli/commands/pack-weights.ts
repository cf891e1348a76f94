/** netspec pack-weights: fills a net's parameters from PyTorch's arrays and writes the caffemodel, whole or not at all. */
import type { PackReport } from '../../weights/index.js';
import { defineCommand, EXIT, UsageError } from '../shared/command.js';
import { readNetAndShapes } from '../shared/load-net.js';
import { NET_POSITIONAL, STATE_OPTIONS } from '../shared/net-options.js';
import { print, printJson, reportStream } from '../shared/print.js';
import { createProgress } from '../shared/progress.js';
import { formatBytes, formatCount, tableLines } from '../shared/table.js';
import { WEIGHTS_HELP } from '../shared/weights-help.js';

export const command = defineCommand({
  name: 'pack-weights',
  describe: "fill a net's parameters from PyTorch weights and write a caffemodel",
  usage: 'NET --from SOURCE -o W',
  positionals: NET_POSITIONAL,
  options: {
    from: { type: 'string', required: true, describe: WEIGHTS_HELP },
    map: {
      type: 'string',
      default: 'maskrcnn-benchmark',
      describe: 'identity, maskrcnn-benchmark, torchvision-resnet, or a rule file: how parameters find their arrays',
    },
    output: { type: 'string', alias: 'o', describe: 'caffemodel to write' },
    dryRun: { type: 'boolean', describe: 'check and report, write nothing' },
    allowUnused: { type: 'boolean', describe: 'do not refuse arrays that no parameter wants' },
    allowUnfilled: { type: 'boolean', describe: 'do not refuse parameters without an array' },
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
    const { planPack } = await import('../../weights/plan.js');
    const { executePack } = await import('../../weights/pack.js');
    if (!options.dryRun) expectCopying(options.from);
    const map = await loadNameMap(options.map);
    const { net, shapes, schema } = await readNetAndShapes(options);
    const source = await openWeights(options.from, { schema });
    try {
      const { allowUnused, allowUnfilled, dryRun, output } = options;
      const plan = planPack({ net, shapes, source, map, schema, allowUnused, allowUnfilled });
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
        if (options.verbose) print(out, ...parameterLines(report), '');
        print(out, ...reportLines(report), dryRun ? 'dry run: nothing was written' : `wrote ${output!}`);
      }
      return EXIT.ok;
    } finally {
      await source.close();
    }
  },
});

function parameterLines({ filled, computed, shared }: PackReport): string[] {
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
    ['layer', 'blob', 'shape', 'from'].map((title) => ({ title })),
    rows,
  );
}

/** The closing report: what was filled, from what, and what was left. */
function reportLines(report: PackReport): string[] {
  const { filled, computed, shared, unfilled, unusedSources, ignoredSources, notes, nonFinite = [] } = report;
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
  for (const { name, shape } of unusedSources) lines.push(`unused: ${name} ${shape.join('x')}`);
  for (const { layer, blob, count, first, sources } of nonFinite)
    lines.push(
      `warning: blob ${blob} of ${layer} has ${count} values that are not finite (${first}), from ${sources.join(', ')}`,
    );
  return [...lines, ...notes.map((note) => `note: ${note}`)];
}
