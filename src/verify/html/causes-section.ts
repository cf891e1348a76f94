/** causes-section: what explains the difference and how it is mended, and what else was tried. */
import { escapeMarkup } from '../../draw/markup.js';
import type { Cause, FixPlace, Trial } from '../diagnosis.js';
import { formatFigure } from '../../compare/figures.js';
import { capitalized } from './status.js';
import type { VerifyReport } from '../result.js';

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

/** The section's HTML; empty when nothing was tried. */
export function causesSection({ causes, tried, diagnosed }: VerifyReport): string {
  if (tried.length === 0) return '';
  const where = diagnosed ? ` at <a href="#" data-layer="${diagnosed.index}">${escapeMarkup(diagnosed.label)}</a>` : '';
  const answer =
    causes.length > 0
      ? causes.map(causeCard).join('\n')
      : `<p>None of the ${tried.length} changes tried${where} makes it agree.</p>`;
  return `<section aria-labelledby="causes-title">
<h2 id="causes-title">${causes.length > 1 ? 'What explains it, best first' : 'What explains it'}</h2>
${answer}
<details><summary>${tried.length} changes tried${where}</summary>
<div class="scroll"><table><thead><tr><th scope="col">change</th><th scope="col">layer</th><th scope="col">hypothesis</th>
<th scope="col">outcome</th><th scope="col" class="figure">max rel</th><th scope="col" class="figure">outside</th></tr></thead>
<tbody>${tried.map(trialRow).join('\n')}</tbody></table></div></details>
</section>`;
}

function causeCard(cause: Cause, i: number): string {
  const { id, label, layer, type, explanation, fix, fixPlace, comparison } = cause;
  return `<article class="cause"><h3><span class="rank">${i + 1}</span> ${escapeMarkup(`${id} at ${layer} (${type}): ${label}`)}</h3>
<p>${escapeMarkup(capitalized(explanation))}</p>
<p class="remark">With this change max rel is ${formatFigure(comparison.maxRel)}, within the tolerance.</p>
<p>To mend it, ${PLACES[fixPlace]}:</p>
<pre class="diff" tabindex="0">${fix.split('\n').map(diffLine).join('\n')}</pre></article>`;
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
