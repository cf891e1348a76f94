/** in-place: a layer before this one overwrote a blob that the model's module reads as it was. */
import { listed } from './edits.js';
import type { Hypothesis, Overwriter, PrototxtFix, Variant } from './hypothesis.js';

export const inPlace: Hypothesis = {
  id: 'in-place',
  title: 'an in-place layer changed what this layer reads',
  async *variants(suspect): AsyncGenerator<Variant> {
    for (const [bottom, blob] of (suspect.param.bottom ?? []).entries()) {
      const passed: Overwriter[] = [];
      for (const overwriter of await suspect.surroundings.overwriters(bottom)) {
        passed.unshift(overwriter);
        const names = listed(passed.map(({ name, type }) => `'${name}' (${type})`));
        const isKnown = passed.some(({ isInModel }) => isInModel);
        yield {
          label: `'${blob}' as it was before ${names}`,
          explanation:
            `the reference reads '${blob}' as it was before ${names} overwrote it in place. ` +
            (isKnown
              ? 'In Caffe every layer listed after an in-place layer reads what that left; it needs a top of its own.'
              : 'Nothing else reads what that left, and no reference says that the model has it.'),
          change: { bottoms: suspect.bottoms.map((value, i) => (i === bottom ? overwriter.before : value)) },
          culprit: overwriter,
          fix: isKnown ? withOwnTop(overwriter, blob) : withoutLayers(passed),
        };
      }
    }
  },
};

/** The layer writes a blob of its own, and those that want what it gives read that. */
function withOwnTop({ name, param, otherReaders }: Overwriter, blob: string): PrototxtFix {
  const moved = (names: readonly string[] = []) => names.map((each) => (each === blob ? name : each));
  return {
    place: 'prototxt',
    before: [param, ...otherReaders.map((reader) => reader.param)],
    after: [
      { ...param, top: moved(param.top) },
      ...otherReaders.map((reader) => ({ ...reader.param, bottom: moved(reader.param.bottom) })),
    ],
  };
}

function withoutLayers(layers: readonly Overwriter[]): PrototxtFix {
  return { place: 'prototxt', before: layers.map(({ param }) => param), after: [] };
}
