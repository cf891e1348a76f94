/** index-origin: identifiers are counted from 1 where the table of an Embed begins with 0, or the other way round. */
import { canonicalName } from '../../weights/name-index.js';
import { mapped } from '../tensors.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const indexOrigin: Hypothesis = {
  id: 'index-origin',
  title: 'identifiers are counted from 1 where the table begins with 0, or the other way round',
  async *variants({ type, bottoms, surroundings, param }): AsyncGenerator<Variant> {
    const [ids] = bottoms;
    const blob = surroundings.readsInput(0);
    if (type !== 'Embed' || !ids || blob === undefined) return;
    const rows = param.embed_param?.input_dim ?? 0;
    const inputs = await surroundings.inputs();
    const culprit = inputs.find((each) => each.blob === blob)?.producer;
    for (const step of [-1, 1]) {
      if (ids.data.some((id) => id + step < 0 || id + step >= rows)) continue;
      const moved = mapped(ids, (id) => id + step);
      const code = `${blob} ${step < 0 ? '-' : '+'} 1`;
      const save = (expression: string) => `np.save('${canonicalName(blob)}.npy', ${expression})`;
      yield {
        label: code,
        explanation:
          step < 0
            ? `the reference is that of '${blob}' less 1: the identifiers are counted from 1, and the first row of the table is 0.`
            : `the reference is that of '${blob}' plus 1: row 0 of the table is kept for something else, such as padding.`,
        change: { bottoms: [moved, ...bottoms.slice(1)] },
        ...(culprit && { culprit }),
        inputs: { [blob]: () => moved },
        fix: { place: 'input', file: 'what is fed', before: [save(blob)], after: [save(code)] },
      };
    }
  },
};
