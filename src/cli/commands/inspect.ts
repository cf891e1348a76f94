/** netspec inspect: layers, blob shapes, parameters, multiply-accumulates and memory of a prototxt or a caffemodel. */
import { NetspecError } from '../../errors.js';
import type { NetParameter } from '../../generated/messages.js';
import type { CaffemodelReader } from '../../proto/caffemodel-reader.js';
import { isOfKind, readHead, wrongKind, type FileHead } from '../../proto/file-kinds/index.js';
import type { RandomAccess } from '../../proto/random-access.js';
import type { Schema } from '../../proto/schema.js';
import { product } from '../../shapes.js';
import type { Net, NetOptions } from '../../runtime/net.js';
import type { ValueStatistics } from '../../weights/statistics.js';
import { defineCommand, EXIT, UsageError, type CommandContext } from '../shared/command.js';
import { csvLines } from '../shared/csv.js';
import { errorLines } from '../shared/error-lines.js';
import { netFrom, openNet, readNet, withoutBlobs } from '../shared/net-file.js';
import { netState, STATE_OPTIONS, type StateOptions } from '../shared/net-options.js';
import { print, printJson, type Line, type Output } from '../shared/print.js';
import { createProgress } from '../shared/progress.js';
import { openNetLines } from '../shared/stepped-over.js';
import { netOfSolver, readSolver, solverJson, solverRows } from '../shared/solver.js';
import { formatBytes, formatCount, tableLines } from '../shared/table.js';

interface LayerFacts {
  name: string;
  type: string;
  /** A shape is null where it is not known: behind layers that are not run here. */
  tops: { name: string; shape: readonly number[] | null }[];
  params: (readonly number[])[];
  parameters: number;
  macs: number;
  /** With --stats, of each parameter blob. */
  stats?: (ValueStatistics | { problem: string })[];
}

interface Facts {
  layers: LayerFacts[];
  /** What all blobs take; undefined when the net could not be built. */
  blobBytes?: number;
}

export const command = defineCommand({
  name: 'inspect',
  describe: 'show layers, shapes, parameters, work and memory of a prototxt or a caffemodel; the settings of a solver',
  usage: 'FILE',
  positionals: { file: { type: 'string', required: true, describe: 'prototxt or caffemodel, of a net, or a solver' } },
  options: {
    stats: {
      type: 'boolean',
      describe: 'minimum, maximum, mean, standard deviation and number of NaNs of each parameter blob',
    },
    follow: { type: 'boolean', describe: 'of a solver, inspect its net: that of --phase, where it has two' },
    strict: {
      type: 'boolean',
      describe: 'refuse a net with layers that are not run here, or with inputs that are missing',
    },
    csv: { type: 'boolean', describe: 'print as CSV' },
    json: { type: 'boolean', describe: 'print as JSON' },
    ...STATE_OPTIONS,
  },
  run: async ({ file, stats, strict, follow, csv, json, ...state }, context) => {
    if (csv && json) throw new UsageError('--csv and --json are two forms of the same: choose one');
    const { stdout, stderr } = context;
    const options = { ...(await netState(state)), file, ...toleranceOf(strict) };
    const { source, isBinary, isSolver } = await openNet(file);
    let facts: Facts;
    try {
      if (isBinary) facts = await factsOfFile(source, { ...options, stats }, context);
      else if (isSolver && !follow) {
        if (stats) throw new NetspecError('a solver holds no values for --stats', { file });
        await showSolver(source, { schema: options.schema, csv, json }, stdout);
        return EXIT.ok;
      } else if (isSolver) {
        const of = netOfSolver(await readSolver(source, options), file, options.phase);
        const what = 'file' in of ? of.file : 'the one within it';
        print(stderr, `note: the net of ${file} is ${what}`);
        if (stats) throw noValues('file' in of ? of.file : file);
        facts =
          'file' in of
            ? await factsOfPrototxt(of.file, state, strict, context)
            : await factsOfMessage(of.net, options, context);
      } else {
        if (stats) throw noValues(file, await readHead(source));
        facts = await factsOfMessage((await netFrom(source, options)).net, options, context);
      }
    } finally {
      await source.close();
    }
    const { layers, blobBytes } = facts;
    const total = {
      layers: layers.length,
      parameters: layers.reduce((sum, layer) => sum + layer.parameters, 0),
      macs: layers.reduce((sum, layer) => sum + layer.macs, 0),
      blobBytes,
    };
    if (json) printJson(stdout, { layers, total });
    else if (csv) print(stdout, ...(stats ? statsCsv(layers) : layersCsv(layers)));
    else print(stdout, ...(stats ? statsTable(stdout, layers) : layersTable(stdout, layers)), '', totalLine(total));
    return EXIT.ok;
  },
});

/** @param head of the file, which may be no prototxt at all */
function noValues(file: string, head?: FileHead): NetspecError {
  const wrong = head && !isOfKind('prototxt', head) ? wrongKind(head, 'caffemodel', true) : undefined;
  if (wrong) return wrong.within({ file });
  return new NetspecError('a prototxt holds no values for --stats', { file, hint: 'inspect the caffemodel' });
}

async function showSolver(
  source: RandomAccess,
  { schema, csv, json }: { schema?: Schema; csv: boolean; json: boolean },
  stdout: CommandContext['stdout'],
): Promise<void> {
  const solver = await readSolver(source, { schema });
  const rows = await solverRows(solver, schema);
  if (json) printJson(stdout, { solver: solverJson(solver, schema) });
  else if (csv) print(stdout, ...csvLines(['field', 'value'], rows));
  else print(stdout, ...tableLines(stdout, [{ title: 'solver' }, { title: 'value' }], rows));
}

/** What is done about layers that are not run here, and about inputs that are missing. */
function toleranceOf(strict: boolean): Pick<NetOptions, 'stepOver' | 'openInputs'> {
  return { stepOver: strict ? 'refuse' : 'open', openInputs: !strict };
}

async function factsOfPrototxt(
  file: string,
  state: StateOptions,
  strict: boolean,
  context: CommandContext,
): Promise<Facts> {
  const { net, options } = await readNet(file, state);
  return factsOfMessage(net, { ...options, ...toleranceOf(strict) }, context);
}

async function factsOfMessage(param: NetParameter, options: NetOptions, { stderr }: CommandContext): Promise<Facts> {
  const { Net } = await import('../../runtime/net.js');
  const net = await Net.load(param, { ...options, shapesOnly: true });
  try {
    print(stderr, ...openNetLines(net));
    return factsOfNet(net);
  } finally {
    net.dispose();
  }
}

/** The net that a caffemodel describes, with the parameters that it holds. */
async function factsOfFile(
  source: RandomAccess,
  { stats, ...options }: Omit<NetOptions, 'weights'> & { stats: boolean },
  { stderr }: CommandContext,
): Promise<Facts> {
  const [{ CaffemodelReader }, { upgradeNet }, { Net }] = await Promise.all([
    import('../../proto/caffemodel-reader.js'),
    import('../../proto/upgrade.js'),
    import('../../runtime/net.js'),
  ]);
  const reader = await CaffemodelReader.open(source, options);
  const stored = new Map(reader.layers.map(({ name, blobs }) => [name, blobs.map(({ shape }) => shape)]));
  let facts: Facts;
  try {
    const net = await Net.load(upgradeNet(withoutBlobs(reader.net)), {
      ...options,
      shapesOnly: true,
      paramShapes: stored,
    });
    print(stderr, ...openNetLines(net));
    facts = factsOfNet(net);
    net.dispose();
    for (const layer of facts.layers) setParams(layer, stored.get(layer.name) ?? []);
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    // A training net's data layers, or a fork's layers: its weights can be listed all the same.
    const note = `note: only the weights are listed, as the net in ${source.name!} cannot be built: `;
    print(stderr, ...errorLines(error, note));
    facts = {
      layers: reader.layers.map(({ name, type }) => {
        const layer = { name, type, tops: [], params: [], parameters: 0, macs: 0 };
        setParams(layer, stored.get(name) ?? []);
        return layer;
      }),
    };
  }
  if (stats) await addStatistics(facts, reader, source, stderr);
  return facts;
}

/** Reads every blob once, a piece at a time where its values lie side by side. */
async function addStatistics(
  facts: Facts,
  reader: CaffemodelReader,
  source: RandomAccess,
  stderr: CommandContext['stderr'],
): Promise<void> {
  const [{ Statistics }, { floatPieces }] = await Promise.all([
    import('../../weights/statistics.js'),
    import('../../weights/float-pieces.js'),
  ]);
  const byName = new Map(facts.layers.map((layer) => [layer.name, layer]));
  const progress = await createProgress('inspect', stderr);
  try {
    for (const [i, { name, blobs }] of reader.layers.entries()) {
      const layer = byName.get(name);
      if (!layer || blobs.length === 0) continue;
      layer.stats = [];
      for (const j of blobs.keys()) {
        const statistics = new Statistics();
        try {
          const place = reader.floatsAt(i, j);
          if (!place) statistics.add(await reader.readBlob(i, j));
          else for await (const piece of floatPieces({ access: source, ...place })) statistics.add(piece);
          layer.stats.push(statistics.result);
        } catch (error) {
          if (!(error instanceof NetspecError)) throw error;
          layer.stats.push({ problem: error.reason });
        }
      }
      progress.update(i + 1, reader.layers.length, name);
    }
  } finally {
    progress.stop();
  }
}

function factsOfNet(net: Net): Facts {
  const { unshaped } = net;
  const layers = net.layers.map((layer, index) => {
    const facts: LayerFacts = {
      name: layer.name,
      type: layer.type,
      tops: net
        .topNamesOf(index)
        .map((name) => ({ name, shape: unshaped.has(name) ? null : net.blobs.get(name)!.shape })),
      params: [],
      parameters: 0,
      macs: net.bottomNamesOf(index).some((name) => unshaped.has(name)) ? 0 : net.macsOf(index),
    };
    setParams(
      facts,
      layer.blobs.map(({ shape }) => shape),
    );
    return facts;
  });
  return { layers, blobBytes: bytesOfBlobs(net) };
}

function setParams(layer: LayerFacts, shapes: readonly (readonly number[])[]): void {
  layer.params = [...shapes];
  layer.parameters = shapes.reduce((sum, shape) => sum + product(shape), 0);
}

/** What all blobs take when each has memory of its own, as in Caffe; in-place layers add none. */
function bytesOfBlobs(net: Net): number {
  return [...net.blobs.values()].reduce((sum, blob) => sum + (blob.storage === blob ? blob.count * 4 : 0), 0);
}

const shapeText = (shape: readonly number[] | null): string => (shape ? shape.join('x') || 'scalar' : '?');
const shapesText = (shapes: readonly (readonly number[] | null)[]): string => shapes.map(shapeText).join(' ');
const topsText = ({ tops }: LayerFacts): string => shapesText(tops.map(({ shape }) => shape));

function layersTable(out: Output, layers: readonly LayerFacts[]): Line[] {
  const columns = [
    { title: 'layer' },
    { title: 'type' },
    { title: 'top shapes' },
    { title: 'parameter blobs' },
    { title: 'parameters', align: 'right' as const },
    { title: 'MACs', align: 'right' as const },
  ];
  const rows = layers.map((layer) => [
    layer.name,
    layer.type,
    topsText(layer),
    shapesText(layer.params),
    layer.parameters ? formatCount(layer.parameters) : '',
    layer.macs ? formatCount(layer.macs) : '',
  ]);
  return tableLines(out, columns, rows);
}

function layersCsv(layers: readonly LayerFacts[]): Line[] {
  const titles = ['layer', 'type', 'tops', 'top shapes', 'parameter blobs', 'parameters', 'macs'];
  const rows = layers.map((layer) => [
    layer.name,
    layer.type,
    layer.tops.map(({ name }) => name).join(' '),
    topsText(layer),
    shapesText(layer.params),
    layer.parameters,
    layer.macs,
  ]);
  return csvLines(titles, rows);
}

const FIGURES = ['min', 'max', 'mean', 'std', 'nan', 'infinite'] as const;

/** One row for each parameter blob: layer, type, index, shape, figures; or the problem in place of the figures. */
function statsRows(layers: readonly LayerFacts[], figure: (value: number | null) => string): string[][] {
  return layers.flatMap(({ name, type, params, stats = [] }) =>
    stats.map((blob, i) => [
      name,
      type,
      String(i),
      shapeText(params[i]!),
      ...('problem' in blob ? [blob.problem, '', '', '', '', ''] : FIGURES.map((key) => figure(blob[key]))),
    ]),
  );
}

function statsTable(out: Output, layers: readonly LayerFacts[]): Line[] {
  const columns = [
    ...['layer', 'type', 'blob', 'shape'].map((title) => ({ title })),
    ...FIGURES.map((title) => ({ title, align: 'right' as const })),
  ];
  const rows = statsRows(layers, (value) => (value === null ? '-' : String(Number(value.toPrecision(4)))));
  return tableLines(out, columns, rows);
}

function statsCsv(layers: readonly LayerFacts[]): Line[] {
  const rows = statsRows(layers, (value) => (value === null ? '' : String(value)));
  return csvLines(['layer', 'type', 'blob', 'shape', ...FIGURES], rows);
}

function totalLine(total: { layers: number; parameters: number; macs: number; blobBytes?: number }): string {
  const { layers, parameters, macs, blobBytes } = total;
  return (
    `${layers} layers, ${formatCount(parameters)} parameters (${formatBytes(parameters * 4)})` +
    (blobBytes === undefined
      ? ''
      : `, ${formatCount(macs)} multiply-accumulates a pass, ${formatBytes(blobBytes)} of blobs`)
  );
}
