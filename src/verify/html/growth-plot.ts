/** growth-plot: the relative error of each compared layer over the depth of the net, on a logarithmic scale. */
import { escapeMarkup } from '../../draw/markup.js';
import { formatFigure } from '../../compare/figures.js';
import { layerCount } from '../report.js';
import type { LayerResult, VerifyReport } from '../result.js';
import { verdictOf } from './status.js';

const WIDTH = 960;
const HEIGHT = 300;
const MARGIN = { left: 58, right: 16, top: 26, bottom: 40 };
/** Decades of the vertical axis; errors beyond lie on its ends, exact agreement on the line below. */
const LEAST = -9;
const MOST = 1;

/** The plot as an SVG element; points have `data-layer`. */
export function growthPlot({ layers, firstDivergence }: VerifyReport): string {
  const compared = layers.filter(({ comparison }) => comparison);
  const across = WIDTH - MARGIN.left - MARGIN.right;
  const x = (i: number): number =>
    round(MARGIN.left + (compared.length > 1 ? (i / (compared.length - 1)) * across : across / 2));
  const y = (error: number): number => {
    const exponent = Number.isNaN(error) ? MOST : error === 0 ? LEAST - 1 : Math.log10(error);
    const clipped = Math.min(MOST, Math.max(error === 0 ? LEAST - 1 : LEAST, exponent));
    return round(MARGIN.top + ((MOST - clipped) / (MOST - LEAST + 1)) * (HEIGHT - MARGIN.top - MARGIN.bottom));
  };
  const grid = Array.from({ length: MOST - LEAST + 2 }, (_, i) => {
    const exponent = MOST - i;
    const exact = exponent < LEAST;
    const at = y(exact ? 0 : 10 ** exponent);
    return (
      `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}"/>` +
      `<text class="tick" x="${MARGIN.left - 8}" y="${at + 4}" text-anchor="end">${exact ? '0' : `1e${exponent}`}</text>`
    );
  });
  const first = compared.findIndex(({ index, top }) => index === firstDivergence?.index && top === firstDivergence.top);
  const alone = compared.map((layer, i) =>
    layer.isolated?.comparison ? aloneDot(x(i), y(layer.isolated.comparison.maxRel)) : '',
  );
  const line = compared.map(({ comparison }, i) => `${x(i)},${y(comparison!.maxRel)}`).join(' ');
  const hasAlone = alone.some((dot) => dot !== '');
  return `<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeMarkup(summary(compared, firstDivergence))}">
${grid.join('\n')}
<text class="axis" x="${MARGIN.left}" y="14">max rel: largest difference / largest value of the reference</text>
<text class="axis" x="${WIDTH - MARGIN.right}" y="${HEIGHT - 10}" text-anchor="end">compared layers, in network order: 1 to ${compared.length}</text>
${first < 0 ? '' : flag(x(first), y(3e-4), first)}
<polyline class="line" points="${line}"/>
${alone.join('')}
${compared.map((layer, i) => dot(x(i), y(layer.comparison!.maxRel), layer)).join('\n')}
<g transform="translate(${MARGIN.left},${HEIGHT - 14})">${legend(hasAlone)}</g>
</svg>`;
}

function summary(compared: readonly LayerResult[], first: LayerResult | undefined): string {
  const worst = compared.reduce((most, { comparison }) => Math.max(most, comparison!.maxRel), 0);
  const end = first ? `it passes the tolerance at ${first.label}` : 'it stays within the tolerance';
  return `Error over depth: max rel of ${layerCount(compared)} layers, ${formatFigure(worst)} at most; ${end}`;
}

/** Circles agree, crosses do not. */
function dot(x: number, y: number, layer: LayerResult): string {
  const { label, index, comparison } = layer;
  const failed = layer.status !== 'agrees';
  const shape = failed
    ? `<path d="M-4,-4L4,4M-4,4L4,-4"/><circle r="6" class="hit"/>`
    : `<circle r="2.6"/><circle r="6" class="hit"/>`;
  return (
    `<g class="dot ${failed ? verdictOf(layer) : 'agrees'}" data-layer="${index}" transform="translate(${x},${y})">${shape}` +
    `<title>${escapeMarkup(`${label}: max rel ${formatFigure(comparison!.maxRel)}`)}</title></g>`
  );
}

function aloneDot(x: number, y: number): string {
  return `<circle class="alone-dot" cx="${x}" cy="${y}" r="2.6"/>`;
}

/** Its words stand where few points do: between rounding and failure. */
function flag(x: number, y: number, i: number): string {
  const left = x > WIDTH * 0.75;
  return (
    `<line class="flag" x1="${x}" x2="${x}" y1="${MARGIN.top - 4}" y2="${HEIGHT - MARGIN.bottom}"/>` +
    `<text class="flag-text" x="${left ? x - 6 : x + 6}" y="${y}" text-anchor="${left ? 'end' : 'start'}">` +
    `first failure, layer ${i + 1}</text>`
  );
}

function legend(hasAlone: boolean): string {
  return (
    '<g class="dot agrees"><circle cx="4" cy="-4" r="2.6"/></g><text class="axis" x="12">agrees</text>' +
    '<g class="dot arises" transform="translate(66,-4)"><path d="M-4,-4L4,4M-4,4L4,-4"/></g><text class="axis" x="76">differs</text>' +
    (hasAlone
      ? '<circle class="alone-dot" cx="132" cy="-4" r="2.6"/><text class="axis" x="140">the same layer fed references</text>'
      : '')
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
