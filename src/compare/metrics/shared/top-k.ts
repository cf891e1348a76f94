/** top-k: whether a classifier's best classes are the reference's, for each image. */
import { product } from '../../../shapes.js';
import { fell } from './worse.js';
import type { Metric } from '../metric.js';

/** The mean part of the k best classes that both sides have; of outputs with one score a class. */
export function topK(k: number): Metric {
  return {
    name: `top-${k}`,
    title: `top-${k}`,
    describe:
      k === 1
        ? 'part of the images whose best class is the same; of outputs of classifiers'
        : `mean part of the ${k} best classes that both sides have; of outputs of classifiers`,
    better: 'larger',
    measure: ({ actual, reference, shape, isOutput }) => {
      const classes = shape[1] ?? 0;
      if (!isOutput || shape.length < 2 || product(shape, 2) !== 1 || classes <= k) return undefined;
      const rows = reference.length / classes;
      let common = 0;
      for (let row = 0; row < rows; row++) {
        const wanted = new Set(best(reference, row * classes, classes, k));
        for (const index of best(actual, row * classes, classes, k)) if (wanted.has(index)) common++;
      }
      return common / (rows * k);
    },
    isWorse: fell,
  };
}

/** Of equal scores the first, as numpy's stable argsort of the negated scores; NaN comes last. */
function best(scores: ArrayLike<number>, start: number, count: number, k: number): number[] {
  const score = (i: number): number => {
    const value = scores[start + i]!;
    return Number.isNaN(value) ? -Infinity : value;
  };
  return Array.from({ length: count }, (_, i) => i)
    .sort((a, b) => compareNumbers(score(b), score(a)) || a - b)
    .slice(0, k);
}

function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
