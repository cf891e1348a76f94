/** causes-section: what explains the difference and how it is mended, and what else was tried. */
import { escapeMarkup } from '../../draw/markup.js';
import type { Cause, FixPlace, Trial } from '../diagnosis.js';
import { formatFigure } from '../../compare/figures.js';
import { capitalized } from './status.js';
import { isolatedLine } from '../report.js';
import type { Point, VerifyReport } from '../result.js';

const PLACES: Readonly<Record<FixPlace, string>> = {
  prototxt: 'in the prototxt',
  packing: 'in what is packed',
  input: 'in what the net is fed',
  reference: 'in how the reference is saved',
};

const OUTCOMES: Readonly<Record<Trial['outcome'], string>> = {
  matches: '✓ agrees',
  differs: '✗ differs',
  refused: '– not possible',
  'not run': '· not run',
};

/** The section's HTML; empty when no cause was looked for. It says what the terminal's report says, layer by layer. */
export function causesSection(report: VerifyReport): string {
  const { points, causes, tried } = report;
  if (points.length === 0) return '';
  const isolated = isolatedLine(report);
  return `<section aria-labelledby="causes-title">
<h2 id="causes-title">What explains it</h2>
${isolated === undefined ? '' : `<p>${escapeMarkup(capitalized(isolated))}</p>`}
${points.map((point) => pointOf(point, causes)).join('\n')}
<details><summary>${tried.length} changes tried</summary>
<div class="scroll"><table><thead><tr><th scope="col">change</th><th scope="col">layer</th><th scope="col">hypothesis</th>
<th scope="col">outcome</th><th scope="col" class="figure">max rel</th><th scope="col" class="figure">outside</th></tr></thead>
<tbody>${tried.map(trialRow).join('\n')}</tbody></table></div></details>
</section>`;
}

/** What was found at one layer. */
function pointOf({ result, tried, causes, mendedBy, remarks = [] }: Point, all: readonly Cause[]): string {
  if (causes.length > 0) return causes.map((cause) => causeCard(cause, all.indexOf(cause))).join('\n');
  const at = `<a href="#" data-layer="${result.index}">${escapeMarkup(result.label)}</a>`;
  if (mendedBy)
    return `<p>${at} agrees with the same edit, ${escapeMarkup(`${mendedBy.id} at ${mendedBy.layer}`)}.</p>`;
  const seen = remarks.map((remark) => ` ${escapeMarkup(capitalized(remark))}.`).join('');
  return `<p>None of the ${tried.length} changes tried at ${at} makes it agree.${seen}</p>`;
}

function causeCard(cause: Cause, i: number): string {
  const { remark, fix, fixPlace, numbers, comparison, alternatives } = cause;
  const edit = fix === '' ? '' : `<p>To mend it, ${PLACES[fixPlace]}:</p>\n${code(fix)}`;
  const made = numbers === undefined ? '' : `<p>Its numbers, for pack-weights:</p>\n${code(numbers)}`;
  const others = alternatives
    .map(
      (other) =>
        `<p>Or ${escapeMarkup(`${titleOf(other)}: ${other.explanation}`)}</p>\n${other.fix === '' ? '' : code(other.fix)}`,
    )
    .join('');
  return `<article class="cause"><h3><span class="rank">${i + 1}</span> ${escapeMarkup(titleOf(cause))}</h3>
<p>${escapeMarkup(capitalized(cause.explanation))}</p>
<p class="remark">With this change max rel is ${formatFigure(comparison.maxRel)}, within the tolerance.</p>
${remark === undefined ? '' : `<p class="remark">${escapeMarkup(capitalized(remark))}.</p>`}${edit}${made}${others}</article>`;
}

function titleOf({ id, label, layer, type }: Cause): string {
  return `${id} at ${layer} (${type}): ${label}`;
}

function code(text: string): string {
  return `<pre class="diff" tabindex="0">${text.split('\n').map(diffLine).join('\n')}</pre>`;
}

function diffLine(line: string): string {
  const isHead = /^(---|\+\+\+) /.test(line);
  const kind = isHead ? undefined : line.startsWith('+') ? 'ins' : line.startsWith('-') ? 'del' : undefined;
  return kind ? `<${kind}>${escapeMarkup(line)}</${kind}>` : escapeMarkup(line);
}

function trialRow({ id, layer, label, outcome, comparison, sampled }: Trial): string {
  const cells = [label, layer, id, OUTCOMES[outcome]].map((text) => `<td>${escapeMarkup(text)}</td>`);
  const figures = comparison
    ? [
        formatFigure(comparison.maxRel) + (sampled ? ' *' : ''),
        `${comparison.outside} of ${comparison.count}${sampled ? ' *' : ''}`,
      ]
    : ['', ''];
  const title = sampled ? ' title="of some of the channels only"' : '';
  return `<tr>${cells.join('')}${figures.map((figure) => `<td class="figure"${title}>${figure}</td>`).join('')}</tr>`;
}
