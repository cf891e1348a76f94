/**
 * baseline: the figures of a verification, kept to be compared with later ones: a regression is a layer that got worse. Ports
 * to 8 bits never agree with their references, and yet should not get worse unseen.
 */
import { OBJECT, TEXT, checkArguments, fields, type ArgumentKind } from '../../arguments.js';
import { formatFigure } from '../../compare/figures.js';
import { METRICS } from '../../compare/metrics/index.js';
import { NetspecError, valueText } from '../../errors.js';
import { parseRuleJson } from '../../weights/maps/rule-file.js';
import type { LayerResult, LayerStatus } from '../result.js';

/** What was known of one layer. */
export interface BaselineLayer {
  /** What reports call it. */
  layer: string;
  status: LayerStatus;
  /** Largest magnitude in the reference; absent where the shapes differ. */
  referenceMax?: number;
  /** Measures by their names: max-abs, max-rel and cosine, and those that were asked for. */
  measures: Readonly<Record<string, number>>;
}

/** What {@link baselineOf} gives: layers by the names of their references. */
export interface Baseline {
  kind: 'netspec-baseline';
  layers: Readonly<Record<string, BaselineLayer>>;
}

/** What became of a baseline. */
export interface BaselineComparison {
  /** Layers that got worse, with what did: `max-rel was 1.2e-3, is 4.5e-2`. */
  worse: { layer: string; what: string }[];
  /** Layers that were compared, and are not any more. */
  missing: string[];
  /** Layers that were not compared then. */
  added: string[];
  /** True when nothing got worse and nothing is missing. */
  ok: boolean;
}

const KIND = 'netspec-baseline';

const LAYERS: ArgumentKind = {
  expected: 'the layers of a report, such as verify() gives',
  accepts: (value) => Array.isArray(value) && value.every((each) => isObject(each) && typeof each.label === 'string'),
};
const BASELINE = fields('a baseline, such as baselineOf() gives', { layers: OBJECT });

/**
 * The figures of a report's layers.
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * net.blobs.get('data')!.data.set((await readNpyFile('x.npy')).data);
 * const { layers } = await verify(net, { references: await openWeights('references.npz'), map: blobMap(net) });
 * compareWithBaseline(layers, baselineOf(layers)).ok; // → true
 */
export function baselineOf(layers: readonly LayerResult[]): Baseline {
  checkArguments('baselineOf()', { layers: [layers, LAYERS] });
  return { kind: KIND, layers: Object.fromEntries(named(layers)) };
}

/**
 * Compares a report's layers with those of an earlier report.
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * net.blobs.get('data')!.data.set((await readNpyFile('x.npy')).data);
 * const { layers } = await verify(net, { references: await openWeights('references.npz'), map: blobMap(net) });
 * const later = compareWithBaseline([], baselineOf(layers));
 * later.ok; // → false
 * later.missing.length; // → 4
 */
export function compareWithBaseline(layers: readonly LayerResult[], before: Baseline): BaselineComparison {
  checkArguments('compareWithBaseline()', { layers: [layers, LAYERS], before: [before, BASELINE] });
  const now = named(layers);
  const known = new Map(Object.entries(before.layers));
  const worse = [...now].flatMap(([reference, entry]) => {
    const old = known.get(reference);
    const what = old ? changes(entry, old) : [];
    return what.length > 0 ? [{ layer: entry.layer, what: what.join('; ') }] : [];
  });
  const missing = [...known].filter(([reference]) => !now.has(reference)).map(([, { layer }]) => layer);
  const added = [...now].filter(([reference]) => !known.has(reference)).map(([, { layer }]) => layer);
  return { worse, missing, added, ok: worse.length === 0 && missing.length === 0 };
}

/**
 * A baseline as a file holds it: figures that are not finite are words.
 * @example
 * formatBaseline(baselineOf([])).length; // → 49
 */
export function formatBaseline(baseline: Baseline): string {
  checkArguments('formatBaseline()', { baseline: [baseline, BASELINE] });
  const text = JSON.stringify(
    baseline,
    (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value),
    2,
  );
  return `${text}\n`;
}

/**
 * Reads what {@link formatBaseline} wrote.
 * @throws NetspecError for anything else.
 * @example
 * parseBaseline('{ "kind": "netspec-baseline", "layers": {} }').layers; // → {}
 */
export function parseBaseline(text: string, file?: string): Baseline {
  checkArguments('parseBaseline()', { text: [text, TEXT] });
  const value = parseRuleJson(text, file);
  if (!isObject(value) || value.kind !== KIND || !isObject(value.layers))
    throw new NetspecError('is no baseline', { file, hint: 'netspec verify --save-baseline FILE writes one' });
  const layers = Object.entries(value.layers).map(([name, entry]) => {
    const layer = layerOf(entry);
    if (!layer) throw new NetspecError(`layers: ${name}: expected figures, got ${valueText(entry)}`, { file });
    return [name, layer] as const;
  });
  return { kind: KIND, layers: Object.fromEntries(layers) };
}

function named(layers: readonly LayerResult[]): Map<string, BaselineLayer> {
  const entries = new Map<string, BaselineLayer>();
  for (const { label, reference, status, comparison, measures = {} } of layers) {
    if (reference === undefined || status === 'stepped over') continue;
    entries.set(reference, {
      ...{ layer: label, status },
      ...(comparison && { referenceMax: comparison.referenceMax }),
      measures: {
        ...(comparison && {
          'max-abs': comparison.maxAbs,
          'max-rel': comparison.maxRel,
          cosine: comparison.cosine,
        }),
        ...measures,
      },
    });
  }
  return entries;
}

function changes(now: BaselineLayer, before: BaselineLayer): string[] {
  const found = before.status === 'agrees' && now.status !== 'agrees' ? [`agreed, now ${now.status}`] : [];
  if (before.status !== 'shape differs' && now.status === 'shape differs')
    return found.length > 0 ? found : ['the shape differs now'];
  for (const { name, isWorse } of METRICS) {
    const [value, old] = [now.measures[name], before.measures[name]];
    if (value === undefined || old === undefined || !isWorse?.(value, old, now.referenceMax ?? 0)) continue;
    found.push(`${name} was ${formatFigure(old)}, is ${formatFigure(value)}`);
  }
  return found;
}

const STATUSES: readonly string[] = ['agrees', 'diverges', 'shape differs'] satisfies LayerStatus[];
const WORDS: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity };

function layerOf(entry: unknown): BaselineLayer | undefined {
  if (!isObject(entry) || !isObject(entry.measures)) return undefined;
  const { layer, status, referenceMax } = entry;
  const measures = Object.entries(entry.measures).map(([name, value]) => [name, figureOf(value)] as const);
  const isRead = measures.every((each): each is readonly [string, number] => each[1] !== undefined);
  if (!isRead || typeof layer !== 'string' || typeof status !== 'string' || !STATUSES.includes(status))
    return undefined;
  const scale = figureOf(referenceMax);
  return {
    ...{ layer, status: status as LayerStatus },
    ...(scale !== undefined && { referenceMax: scale }),
    measures: Object.fromEntries(measures),
  };
}

function figureOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && Object.hasOwn(WORDS, value) ? WORDS[value] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
