/** input-exchange: two inputs of one shape are fed in each other's place. */
import { sameShape } from '../../shapes.js';
import { canonicalName } from '../../weights/name-index.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const inputExchange: Hypothesis = {
  id: 'input-exchange',
  title: "two inputs of one shape are fed in each other's place",
  async *variants(suspect): AsyncGenerator<Variant> {
    const inputs = await suspect.surroundings.inputs();
    const pairs = inputs.flatMap((a, i) => inputs.slice(i + 1).map((b) => [a, b] as const));
    for (const [a, b] of pairs) {
      if (!sameShape(a.value.shape, b.value.shape)) continue;
      const reads = (bottom: number) => suspect.surroundings.readsInput(bottom);
      if (!suspect.bottoms.some((_, k) => [a.blob, b.blob].includes(reads(k) ?? ''))) continue;
      const exchanged = suspect.bottoms.map((value, k) =>
        reads(k) === a.blob ? b.value : reads(k) === b.blob ? a.value : value,
      );
      const file = (blob: string): string => `${canonicalName(blob)}.npy`;
      yield {
        label: `'${a.blob}' and '${b.blob}' exchanged`,
        explanation: `the reference's '${a.blob}' is what is fed as '${b.blob}' here, and the other way round: two inputs of one shape are exchanged.`,
        change: { bottoms: exchanged },
        culprit: a.producer,
        inputs: { [a.blob]: () => b.value, [b.blob]: () => a.value },
        fix: {
          place: 'input',
          file: 'what is fed',
          before: [`np.save('${file(a.blob)}', ${a.blob})`, `np.save('${file(b.blob)}', ${b.blob})`],
          after: [`np.save('${file(a.blob)}', ${b.blob})`, `np.save('${file(b.blob)}', ${a.blob})`],
        },
      };
    }
  },
};
