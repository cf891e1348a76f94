/** dropout-active: values of the reference are 0 at random places and enlarged elsewhere: Dropout was active. */
import { median, mapped, type FloatTensor } from '../tensors.js';
import { referenceEdit, rounded } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

/** Values of either kind that there must be for the pattern to be no chance. */
const LEAST_OF_EACH = 2;

export const dropoutActive: Hypothesis = {
  id: 'dropout-active',
  title: 'Dropout was active when the reference was saved',
  *variants(suspect): Generator<Variant> {
    const { reference, output: y, param, type } = suspect;
    if (type !== 'Dropout' || reference?.data.length !== y.data.length) return;
    const scale = enlargement(y, reference);
    if (scale === undefined) return;
    const ratio = 1 - 1 / scale;
    const dropped = reference.data.filter((v, i) => v === 0 && y.data[i] !== 0).length;
    yield {
      label: `zeros at random, the rest times ${rounded(scale)}`,
      explanation:
        `the reference is 0 at ${dropped} places where this layer's value is not, and ${rounded(scale)} times the value ` +
        `elsewhere: a Dropout with ratio ${rounded(ratio)} was active. The model was not in eval() when its outputs were saved; ` +
        `'${param.name ?? ''}' is right.`,
      change: { output: (value) => mapped(value, (v, i) => (reference.data[i] === 0 ? 0 : v * scale)) },
      // A place for each value is more than any other explanation takes.
      fitted: 'several per channel',
      fix: referenceEdit(suspect, 'y', 'y', 'after model.eval()'),
      isOfModel: true,
    };
  },
};

/** By how much what is left is larger; undefined where the values are not those of a Dropout. */
function enlargement({ data }: FloatTensor, reference: FloatTensor): number | undefined {
  const ratios: number[] = [];
  let dropped = 0;
  data.forEach((v, i) => {
    if (v === 0) return;
    if (reference.data[i] === 0) dropped++;
    else ratios.push(reference.data[i]! / v);
  });
  const scale = median(ratios);
  const isKept = ratios.every((ratio) => Math.abs(ratio - scale) < 1e-3 * scale);
  return dropped >= LEAST_OF_EACH && ratios.length >= LEAST_OF_EACH && isKept && scale > 1 ? scale : undefined;
}
