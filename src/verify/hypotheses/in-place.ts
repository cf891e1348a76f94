/** in-place: a layer before this one overwrote a blob that the model's module reads as it was. */
import { listed } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const inPlace: Hypothesis = {
  id: 'in-place',
  title: 'an in-place layer changed what this layer reads',
  async *variants(suspect): AsyncGenerator<Variant> {
    for (const [bottom, blob] of (suspect.param.bottom ?? []).entries()) {
      const passed: string[] = [];
      for (const overwriter of await suspect.surroundings.overwriters(bottom)) {
        passed.unshift(`'${overwriter.name}' (${overwriter.type})`);
        const { before, otherReaders, param } = overwriter;
        const own = overwriter.name;
        const moved = (names: readonly string[] = []) => names.map((name) => (name === blob ? own : name));
        yield {
          label: `'${blob}' as it was before ${listed(passed)}`,
          explanation:
            `the reference reads '${blob}' as it was before ${listed(passed)} overwrote it in place. In Caffe every layer ` +
            'listed after an in-place layer reads what that left; it needs a top of its own.',
          change: { bottoms: suspect.bottoms.map((value, i) => (i === bottom ? before : value)) },
          culprit: overwriter,
          fix: {
            place: 'prototxt',
            before: [param, ...otherReaders.map((reader) => reader.param)],
            after: [
              { ...param, top: moved(param.top) },
              ...otherReaders.map((reader) => ({ ...reader.param, bottom: moved(reader.param.bottom) })),
            ],
          },
        };
      }
    }
  },
};
