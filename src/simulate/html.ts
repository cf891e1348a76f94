/** html: a simulation as one HTML page without scripts: tables, the error over depth, and how the values of each blob are spread. */
import { checkArguments, fields, LIST, OPTIONS } from '../arguments.js';
import { formatFigure } from '../compare/figures.js';
import { escapeMarkup } from '../draw/markup.js';
import { STYLE } from '../verify/html/style.js';
import { coarseHistogram, formatDecibels, simulationLines } from './report.js';
import type { SimulatedRange, SimulationReport } from './result.js';

const WIDTH = 960;
const HEIGHT = 260;
const MARGIN = { left: 50, right: 12, top: 14, bottom: 28 };
/** Decibels of the vertical axis; what is exact lies at its upper end. */
const MOST = 100;

/** What {@link simulationPage} shows besides the report. */
export interface SimulationPageOptions {
  /** Lines of the page's head: what the net, the weights and the samples were. */
  facts?: Readonly<Record<string, string>>;
}

/**
 * The page of a simulation.
 * @returns text of an `.html` file that needs no network and no other file
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * net.blobs.get('data')!.data.set((await readNpyFile('x.npy')).data);
 * const page = simulationPage(await simulate(net, { format: 'int8' }));
 * page.startsWith('<!doctype html>'); // → true
 */
export function simulationPage(report: SimulationReport, options: SimulationPageOptions = {}): string {
  checkArguments('simulationPage()', {
    report: [report, fields('a report, such as simulate() gives', { layers: LIST, ranges: LIST, warnings: LIST })],
    options: [options, OPTIONS],
  });
  const { facts = {} } = options;
  const list = Object.entries({ ...facts, settings: report.settings, samples: String(report.samples) })
    .map(([name, value]) => `<div><dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(value)}</dd></div>`)
    .join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeMarkup(`${report.format}: ${facts.net ?? 'net'}`)} – netspec verify --simulate</title>
<style>
${STYLE}
.spreads { display: grid; grid-template-columns: repeat(auto-fill, minmax(270px, 1fr)); gap: 14px; }
.spread { border: 1px solid var(--line); border-radius: 8px; padding: 8px 10px; }
.bound { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 4 3; }
</style>
</head>
<body>
<header>
<h1>netspec verify --simulate</h1>
<p class="verdict ${report.warnings.length === 0 ? 'good' : 'bad'}">${escapeMarkup(report.format)}: SQNR of the outputs ${formatDecibels(report.sqnr)} dB</p>
<dl class="facts">${list}</dl>
</header>
<main>
<section aria-labelledby="summary-title">
<h2 id="summary-title">Summary</h2>
${simulationLines({ ...report, sensitivity: undefined })
  .filter((line) => line !== '')
  .map((line) => `<p>${escapeMarkup(line.trim())}</p>`)
  .join('\n')}
</section>
<section aria-labelledby="depth-title">
<h2 id="depth-title">Error over depth</h2>
<div class="scroll">${depthPlot(report)}</div>
</section>
${sensitivityTable(report)}
<section aria-labelledby="layers-title">
<h2 id="layers-title">All layers</h2>
<div class="tall" tabindex="0">${layersTable(report)}</div>
</section>
<section aria-labelledby="values-title">
<h2 id="values-title">Values</h2>
<p class="remark">How the values of each blob are spread over the calibration samples. The height is the square root of the count. Broken lines are the ends of the chosen range.</p>
<div class="spreads">
${report.ranges.map(spread).join('\n')}
</div>
</section>
</main>
</body>
</html>
`;
}

/** SQNR of each layer, in network order. */
function depthPlot({ layers }: SimulationReport): string {
  const across = WIDTH - MARGIN.left - MARGIN.right;
  const down = HEIGHT - MARGIN.top - MARGIN.bottom;
  const x = (i: number): number =>
    round(MARGIN.left + (layers.length > 1 ? (i / (layers.length - 1)) * across : across / 2));
  const y = (sqnr: number): number =>
    round(MARGIN.top + (1 - Math.min(MOST, Math.max(0, Number.isNaN(sqnr) ? 0 : sqnr)) / MOST) * down);
  const grid = [0, 20, 40, 60, 80, 100].map(
    (level) =>
      `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(level)}" y2="${y(level)}"/>` +
      `<text class="tick" x="${MARGIN.left - 8}" y="${y(level) + 4}" text-anchor="end">${level}</text>`,
  );
  const dots = layers.map(
    ({ name, error }, i) =>
      `<g class="dot agrees" transform="translate(${x(i)},${y(error.sqnr)})"><circle r="2.6"/>` +
      `<title>${escapeMarkup(`${name}: ${formatDecibels(error.sqnr)} dB`)}</title></g>`,
  );
  return `<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="SQNR of ${layers.length} layers in network order">
${grid.join('\n')}
<text class="axis" x="${WIDTH - MARGIN.right}" y="${HEIGHT - 8}" text-anchor="end">SQNR in dB against the float net; layers in network order</text>
<polyline class="line" points="${layers.map(({ error }, i) => `${x(i)},${y(error.sqnr)}`).join(' ')}"/>
${dots.join('\n')}
</svg>`;
}

function sensitivityTable({ sensitivity, format }: SimulationReport): string {
  if (!sensitivity) return '';
  const rows = sensitivity
    .map(
      ({ name, type, sqnr }) =>
        `<tr><td>${escapeMarkup(name)}</td><td>${escapeMarkup(type)}</td><td class="figure">${formatDecibels(sqnr)}</td></tr>`,
    )
    .join('\n');
  return `<section aria-labelledby="sensitivity-title">
<h2 id="sensitivity-title">Sensitivity</h2>
<p class="remark">What each layer alone in ${format} does to the outputs: the SQNR of the output that suffers most.</p>
<div class="tall" tabindex="0"><table><thead><tr><th>layer</th><th>type</th><th class="figure">SQNR dB</th></tr></thead><tbody>
${rows}
</tbody></table></div>
</section>`;
}

function layersTable({ layers }: SimulationReport): string {
  const rows = layers.map(
    ({ name, type, top, shape, precision, error }) =>
      `<tr><td>${escapeMarkup(name)}</td><td>${escapeMarkup(type)}</td><td>${escapeMarkup(top)}</td><td>${shape.join('x')}</td><td>${precision}</td>` +
      [formatDecibels(error.sqnr), error.cosine.toFixed(6), formatFigure(error.maxAbs), formatFigure(error.maxRel)]
        .map((figure) => `<td class="figure">${figure}</td>`)
        .join('') +
      '</tr>',
  );
  const head = ['layer', 'type', 'top', 'shape', 'in'].map((title) => `<th>${title}</th>`).join('');
  const figures = ['SQNR dB', 'cosine', 'max abs', 'max rel']
    .map((title) => `<th class="figure">${title}</th>`)
    .join('');
  return `<table><thead><tr>${head}${figures}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table>`;
}

/** One blob: bars of its counts, and the range that the integers hold. */
function spread({ blob, layer, seen, histogram, range, quantizer, clamped }: SimulatedRange): string {
  const { from, to, counts } = coarseHistogram(histogram);
  const [width, height] = [250, 90];
  const low = Math.min(from, range?.min ?? from);
  const high = Math.max(to, range?.max ?? to);
  const x = (value: number): number => round(high > low ? ((value - low) / (high - low)) * width : width / 2);
  const most = Math.sqrt(Math.max(1, ...counts));
  const step = (to - from) / Math.max(1, counts.length);
  const bars = counts.map((count, i) => {
    if (count === 0) return '';
    const tall = round((Math.sqrt(count) / most) * (height - 6));
    const at = x(from + i * step);
    return `<rect class="bar" x="${at}" y="${round(height - tall)}" width="${round(Math.max(0.5, x(from + (i + 1) * step) - at))}" height="${tall}"/>`;
  });
  const bounds = range
    ? [range.min, range.max]
        .map((end) => `<line class="bound" x1="${x(end)}" x2="${x(end)}" y1="0" y2="${height}"/>`)
        .join('')
    : '';
  const scale = quantizer
    ? `; scale ${formatFigure(quantizer.scale)}, zero point ${quantizer.zeroPoint}${clamped ? `, ${formatFigure(100 * clamped)} % clamped` : ''}`
    : '';
  const words = `${formatFigure(seen.min)} … ${formatFigure(seen.max)}${scale}`;
  return `<figure class="spread"><svg class="histogram" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeMarkup(`${blob}: ${words}`)}">${bars.join('')}<line class="base" x1="0" x2="${width}" y1="${height - 0.5}" y2="${height - 0.5}"/>${bounds}</svg>
<figcaption><b>${escapeMarkup(blob)}</b> of ${escapeMarkup(layer)}: ${escapeMarkup(words)}</figcaption></figure>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
