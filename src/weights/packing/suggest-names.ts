/** A tensor that nothing took may be the one that a blob lacks. */
import { NameIndex } from '../name-index.js';
import type { PackProblem } from './problems.js';

/** Comparisons of names that are worth the wait. A net whose every layer lacks its tensors is better told so. */
const MOST_COMPARED = 250_000;

/** Adds `did you mean …` to the problems of blobs that lack a tensor, as long as there are not too many of them. */
export function suggestNames(problems: readonly PackProblem[], unused: readonly string[]): void {
  const index = new NameIndex(unused.map((name) => ({ name, shape: [], dtype: '' })));
  let compared = 0;
  for (const problem of problems) {
    if (problem.code !== 'missing') continue;
    for (const wanted of problem.tensors?.toReversed() ?? []) {
      compared += unused.length;
      if (compared > MOST_COMPARED) return;
      const near = index.nearest(wanted);
      if (near === undefined) continue;
      problem.message += `; did you mean '${near}'?`;
      break;
    }
  }
}
