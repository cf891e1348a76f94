/**
 * html-report: a verify result as one HTML page that needs nothing else: no network, no other file. Everything that
 * comes from a net's file is escaped, and the page's policy lets no script run but its own.
 */
import { NET, OPTIONS, REPORT, checkArguments } from '../../arguments.js';
import { graphOfNet } from '../../draw/graph.js';
import { escapeMarkup } from '../../draw/markup.js';
import type { Net } from '../../runtime/net.js';
import { layerCount, summaryLines } from '../report.js';
import type { LayerResult, VerifyReport } from '../result.js';
import { causesSection } from './causes-section.js';
import { graphView } from './graph-view.js';
import { growthPlot } from './growth-plot.js';
import { pageData, scriptJson } from './layer-data.js';
import { layersTable } from './layers-table.js';
import type { LayerSamples } from './samples.js';
import { SCRIPT } from './script/index.js';
import { MARKS, MEANINGS, capitalized, resultsByLayer, verdictOf, type Verdict } from './status.js';
import { STYLE } from './style.js';
import { valuesSection } from './values-section.js';

/** What {@link htmlReport} shows besides the report. */
export interface HtmlReportOptions {
  /** What `onCompared` of `verify` collected; without it the page has no histograms. */
  samples?: LayerSamples;
  /** Lines of the page's head: what the net, the weights, the references were. */
  facts?: Readonly<Record<string, string>>;
}

/**
 * The page of a report. It shows the net coloured by error, each layer's figures and the error over depth; of the failing
 * layer the values, the worst channels and the changes tried there.
 * @param net the net that was verified, for its graph; its values are not looked at
 * @returns text of an `.html` file: less than 1 MB for 276 layers
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * net.blobs.get('data')!.data.set((await readNpyFile('x.npy')).data);
 * const references = await openWeights('references.npz');
 * const samples = new LayerSamples();
 * const report = await verify(net, { references, map: blobMap(net), onCompared: samples.observe });
 * const page = await htmlReport(net, report, { samples });
 * page.startsWith('<!doctype html>'); // → true
 */
export async function htmlReport(net: Net, report: VerifyReport, options: HtmlReportOptions = {}): Promise<string> {
  checkArguments('htmlReport()', { net: [net, NET], report: [report, REPORT], options: [options, OPTIONS] });
  const { samples, facts = {} } = options;
  const graph = graphOfNet(net);
  const results = resultsByLayer(report.layers);
  const first = report.firstDivergence;
  const data = scriptJson(pageData(graph, results, first, samples));
  const title = `${report.ok ? 'agrees' : 'differs'}: ${facts.net ?? (net.name || 'net')}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; script-src 'sha256-${await sha256(SCRIPT)}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeMarkup(title)} – netspec verify</title>
<style>
${STYLE}
</style>
</head>
<body>
<header>
<h1>netspec verify</h1>
${verdictBanner(report)}
<dl class="facts">${factsList(report, facts)}</dl>
</header>
<main>
${firstFailure(report)}
${causesSection(report)}
<section aria-labelledby="graph-title">
<h2 id="graph-title">The net</h2>
${toolbar(first)}
<div class="split">
<div id="viewport">${await graphView(graph, results, first)}</div>
<aside id="details" aria-live="polite"><p class="remark">Choose a layer: click it, or go through the net with the arrow keys.</p></aside>
</div>
${legend(report.layers)}
</section>
<section aria-labelledby="growth-title">
<h2 id="growth-title">Error over depth</h2>
<div class="scroll">${growthPlot(report)}</div>
</section>
${valuesSection(report)}
<section aria-labelledby="layers-title">
<h2 id="layers-title">All layers</h2>
<p class="filters"><label>Only names or types with <input id="filter" type="search" placeholder="conv"></label>
<label><input id="failures" type="checkbox"> only those that differ</label> <span id="shown" class="remark" role="status"></span></p>
<div class="tall" tabindex="0">${layersTable(report.layers)}</div>
</section>
</main>
<script type="application/json" id="data">${data}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function verdictBanner(report: VerifyReport): string {
  const compared = report.layers.filter(({ reference }) => reference !== undefined);
  const failing = layerCount(compared.filter(({ status }) => status !== 'agrees'));
  const all = layerCount(compared);
  if (!report.firstDivergence)
    return `<p class="verdict good"><span class="mark">✓</span> Every matched layer agrees: ${all} of ${all}</p>`;
  const { label, type, index } = report.firstDivergence;
  return (
    `<p class="verdict bad"><span class="mark">✗</span> ${failing} of ${all} compared layers differ, the first: ` +
    `<a href="#" data-layer="${index}">${escapeMarkup(label)}</a> (${escapeMarkup(type)})</p>`
  );
}

function factsList(report: VerifyReport, facts: Readonly<Record<string, string>>): string {
  const { tolerance, algorithm, matched, references, map } = report;
  const all = {
    ...facts,
    references: `${facts.references ? `${facts.references}, ` : ''}${matched} of ${references} matched${map ? ` by map ${map}` : ''}`,
    tolerance: `rtol ${tolerance.rtol}, atol ${tolerance.atol}`,
    algorithm,
  };
  return Object.entries(all)
    .map(([name, value]) => `<div><dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(value)}</dd></div>`)
    .join('');
}

/** The closing lines of the terminal's report, the first of which stands in the head already. */
function firstFailure(report: VerifyReport): string {
  const lines = summaryLines(report).slice(1);
  // Which references were not used matters less here than what failed.
  if (report.unusedReferences.length > 0) lines.push(...lines.splice(0, 1));
  if (report.ok && lines.length <= 1) return '';
  return `<section aria-labelledby="first-title">
<h2 id="first-title">${report.ok ? 'Remarks' : 'First failure'}</h2>
${lines.map((line) => `<p>${escapeMarkup(capitalized(line))}</p>`).join('\n')}
</section>`;
}

function toolbar(first: LayerResult | undefined): string {
  return `<div class="toolbar" role="toolbar" aria-label="The drawing">
<label class="search">Find <input id="search" type="search" placeholder="layer or type  ( / )" aria-describedby="found"></label><span id="found" class="remark" role="status"></span>
<span class="buttons">${first ? `<button type="button" data-layer="${first.index}">✗ first failure</button>` : ''}
<button type="button" id="zoom-out" aria-label="smaller">−</button><button type="button" id="zoom-in" aria-label="larger">+</button><button type="button" id="zoom-one">100 %</button><button type="button" id="zoom-fit">whole net</button></span>
</div>`;
}

function legend(layers: readonly LayerResult[]): string {
  const seen = new Set<Verdict>([...layers.map(verdictOf), 'unchecked']);
  const verdicts = (Object.keys(MARKS) as Verdict[]).filter((verdict) => seen.has(verdict));
  const levels = [
    ['ok1', 'max rel ≤ 1e-6'],
    ['ok2', '≤ 1e-5'],
    ['ok3', 'more, within the tolerance'],
    ['bad1', 'outside it, ≤ 0.01'],
    ['bad2', '≤ 0.1'],
    ['bad3', 'more'],
  ];
  return `<p class="legend">${verdicts.map((verdict) => `<span><b class="mark ${verdict}">${MARKS[verdict]}</b> ${MEANINGS[verdict]}</span>`).join(' ')}</p>
<p class="legend">${levels.map(([level, text]) => `<span><i class="swatch ${level!}"></i> ${text!}</span>`).join(' ')}</p>`;
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
