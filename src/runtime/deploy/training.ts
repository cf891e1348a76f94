/** Which layers of a net only training needs, and which of their bottoms are labels. */
import type { TrainingFacts } from '../../layers/facts.js';
import { factsOf } from '../../layers/registry.js';
import type { LayerParameter } from '../../generated/messages.js';

/** Types of forks that nobody here knows more of. */
const LOSS = /loss(ohem)?$/i;
const MEASURE = /accuracy|evaluat/i;

/** What is known of a layer of training; undefined for one that a net for deployment has as well. */
export function trainingOf(layer: LayerParameter): TrainingFacts | undefined {
  const { type = '', bottom = [] } = layer;
  // Old nets gave labels to the Softmax.
  if (type === 'Softmax' && bottom.length > 1) return { labels: [1], becomes: 'Softmax' };
  const facts = factsOf(layer);
  if (facts) return facts.training;
  if (MEASURE.test(type)) return { labels: [1], measures: true };
  return LOSS.test(type) ? { labels: bottom.slice(1).map((_, i) => i + 1) } : undefined;
}

/** What to do with such a layer where the labels are missing. */
export function trainingHint({ type = '' }: LayerParameter, { becomes, measures }: TrainingFacts): string {
  if (type === 'Softmax')
    return 'labels belong to training, and so does a second bottom of Softmax; in a net for deployment it has one bottom';
  const compares = `${type} compares with labels and belongs to training`;
  const instead = becomes ? `write ${becomes} with one bottom in its place, or leave it out` : 'leave it out';
  return `${compares}${measures ? ' and testing' : ''}; in a net for deployment ${instead}`;
}
