/** layer-data: what the page's script knows of each layer, as JSON that can stand inside a script element. */
import { shapesOf } from '../../draw/draw.js';
import type { NetGraph } from '../../draw/graph.js';
import { formatFigure } from '../../compare/figures.js';
import type { Comparison } from '../../compare/compare.js';
import type { LayerResult } from '../result.js';
import { ERROR_BINS, type LayerSample, type LayerSamples } from './samples.js';
import { MARKS, sentenceOf, verdictOf, worstOf } from './status.js';

/** One layer, ready to be shown: the script formats nothing. */
export interface LayerData {
  index: number;
  name: string;
  type: string;
  settings: string;
  shapes: string;
  /** Of the top that is furthest off. */
  mark: string;
  /** What is known of its tops; one entry where it was not compared. */
  results: ResultData[];
}

/** How one top compares. */
export interface ResultData {
  /** Position among the layer's tops. */
  top: number;
  /** The blob's name, where the layer has several tops. */
  title?: string;
  mark: string;
  verdict: string;
  sentence: string;
  reference?: string;
  /** Rows of the figures: a title, the net's figure, and the one of the isolated pass where there is one. */
  figures: [string, string, string?][];
  sample?: Omit<LayerSample, 'counted' | 'count'> & { range: string; remark: string };
}

export interface PageData {
  layers: LayerData[];
  first: number | null;
  errorBins: readonly string[];
}

/** The data of a page. */
export function pageData(
  graph: NetGraph,
  results: ReadonlyMap<number, readonly LayerResult[]>,
  first: LayerResult | undefined,
  samples: LayerSamples | undefined,
): PageData {
  const layers = graph.nodes.map((node): LayerData => {
    const ofTops = results.get(node.index) ?? [];
    const worst = worstOf(ofTops);
    return {
      index: node.index,
      name: node.name,
      type: node.type,
      settings: node.settings,
      shapes: shapesOf(node),
      mark: MARKS[worst ? verdictOf(worst) : 'unchecked'],
      results: worst ? ofTops.map((result) => resultData(result, node.tops.length > 1, samples)) : [NOT_COMPUTED],
    };
  });
  return { layers, first: first?.index ?? null, errorBins: ERROR_BINS };
}

const NOT_COMPUTED: ResultData = {
  top: 0,
  mark: MARKS.unchecked,
  verdict: 'unchecked',
  sentence: 'is no layer that computes, and was not compared',
  figures: [],
};

function resultData(result: LayerResult, isOneOfSeveral: boolean, samples: LayerSamples | undefined): ResultData {
  const { index, topIndex, top, reference, comparison, isolated, shape } = result;
  const sample = samples?.get(index, topIndex);
  return {
    top: topIndex,
    title: isOneOfSeveral ? top : undefined,
    mark: MARKS[verdictOf(result)],
    verdict: verdictOf(result),
    sentence: sentenceOf(result),
    reference,
    figures: comparison ? figures(comparison, isolated?.comparison, shape) : [],
    sample: sample && sampleData(sample),
  };
}

function figures(
  net: Comparison,
  alone: Comparison | undefined,
  shape: readonly number[],
): [string, string, string?][] {
  const row = (title: string, of: (comparison: Comparison) => string): [string, string, string?] =>
    alone ? [title, of(net), of(alone)] : [title, of(net)];
  return [
    row('max abs', ({ maxAbs }) => formatFigure(maxAbs)),
    row('max rel', ({ maxRel }) => formatFigure(maxRel)),
    row('cosine', ({ cosine }) => (Number.isNaN(cosine) ? 'nan' : cosine.toFixed(6))),
    row('outside the tolerance', ({ outside, count }) => `${outside} of ${count}`),
    row('worst at', ({ maxAbs, worstIndex }) => (maxAbs === 0 ? '–' : coordinates(worstIndex, shape))),
    row("reference's largest", ({ referenceMax }) => formatFigure(referenceMax)),
  ];
}

/** `[0, 3, 17, 4]` of a flat index. */
function coordinates(index: number, shape: readonly number[]): string {
  const places: number[] = [];
  let rest = index;
  for (const dim of [...shape].reverse()) {
    places.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return `[${places.join(', ')}]`;
}

function sampleData({ counted, count, ...bins }: LayerSample): ResultData['sample'] {
  return {
    ...bins,
    range: `${formatFigure(bins.from)} to ${formatFigure(bins.to)}`,
    remark: counted < count ? `${counted} of ${count} values, evenly spread` : `all ${count} values`,
  };
}

/** JSON in which nothing can end the script element that it stands in. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
