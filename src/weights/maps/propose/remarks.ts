/** What a person should know of a proposed map: what is unsure, what is open, what does not fit. */
import { formatShape } from '../../../proto/blob-proto.js';
import { formatProblem } from '../../packing/problems.js';
import type { MapProposal, ProposedMatch } from './proposal.js';

/** Of each kind so many lines are printed. */
const MOST_LINES = 50;

/** Remarks on a proposal for a person, a line each. */
export function proposalRemarks(proposal: MapProposal): string[] {
  const { matches, unfilled, unused, problems, misfits, leftNormalizations } = proposal;
  const count = (by: ProposedMatch['by']) => matches.filter((match) => match.by === by).length;
  return [
    `matched: ${matches.length}, of which ${count('name')} by name, ${count('shape')} by shape alone, ` +
      `${count('pattern')} by pattern, ${count('unsure')} unsure`,
    ...upTo(
      matches
        .filter(({ by }) => by === 'unsure')
        .map(
          ({ layers, module, alternatives }) =>
            `unsure: ${layers.join(', ')} ← ${module}; it could also be ${shortList(alternatives)}`,
        ),
    ),
    ...upTo(unfilled.map(({ layer, blob, shape }) => `unfilled: blob ${blob} of ${layer} (${formatShape(shape)})`)),
    ...upTo(
      misfits.map((problem) => [
        `does not fit: ${formatProblem(problem)}`,
        ...(problem.hint === undefined ? [] : [`  hint: ${problem.hint}`]),
      ]),
    ),
    ...upTo(unused.map(({ name, shape }) => `unused: ${name} (${formatShape(shape)})`)),
    ...upTo(
      leftNormalizations.map(
        ({ layer, module }) =>
          `the model has a normalization behind ${layer} (${module}), and the net has none: remove bias_term: false from ` +
          'the layer, so that it can be folded in, or add BatchNorm and Scale',
      ),
    ),
    ...upTo(problems.map(({ layer, message }) => `problem: ${layer === undefined ? '' : `${layer}: `}${message}`)),
  ];
}

/** Remarks of one kind, each of one line or of several. */
function upTo(remarks: readonly (string | readonly string[])[]): string[] {
  const lines = remarks.slice(0, MOST_LINES).flat();
  if (remarks.length <= MOST_LINES) return lines;
  const [first = ''] = lines;
  return [...lines, `${first.slice(0, first.indexOf(':'))}: … and ${remarks.length - MOST_LINES} more`];
}

function shortList(names: readonly string[]): string {
  return names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
}
