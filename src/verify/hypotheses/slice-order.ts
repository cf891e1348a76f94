/** slice-order: a layer reads one part of what a Slice makes where the model reads another. */
import { sameShape } from '../../shapes.js';
import { prototxtEdit } from './edits.js';
import type { Hypothesis, PrototxtFix, Sibling, Suspect, Variant } from './hypothesis.js';

export const sliceOrder: Hypothesis = {
  id: 'slice-order',
  title: 'the tops of a Slice stand in another order',
  async *variants(suspect): AsyncGenerator<Variant> {
    if (suspect.type === 'Slice' && suspect.reference) {
      const own = suspect.param.top!;
      for (const { blob, value } of await suspect.surroundings.ownTops()) {
        if (!sameShape(value.shape, suspect.output.shape) || value.data === suspect.output.data) continue;
        const at = own.find((_, i) => i === suspect.top)!;
        if (blob === at) continue;
        yield {
          label: `'${blob}' for '${at}'`,
          explanation: `the reference of '${at}' is what this Slice gives as '${blob}': the parts stand in another order.`,
          change: { output: () => value },
          fix: exchanged(suspect.param, at, blob),
        };
      }
      return;
    }
    for (const [i, blob] of (suspect.param.bottom ?? []).entries())
      for (const other of await suspect.surroundings.siblings(i)) {
        if (!sameShape(other.value.shape, suspect.bottoms[i]!.shape)) continue;
        yield {
          label: `'${other.blob}' for '${blob}'`,
          explanation:
            `the reference reads what the Slice '${other.producer.name}' gives as '${other.blob}'; this layer reads ` +
            `'${blob}', another part of it.`,
          change: { bottoms: suspect.bottoms.map((value, k) => (k === i ? other.value : value)) },
          culprit: other.producer,
          fix: fixOf(suspect, i, blob, other),
        };
      }
    yield* ofTwoBottoms(suspect);
  },
};

/** Of a layer that reads two of the tops: each stands where the other should. */
async function* ofTwoBottoms({ param, bottoms, surroundings }: Suspect): AsyncGenerator<Variant> {
  const names = param.bottom ?? [];
  for (const [i, blob] of names.entries())
    for (const { blob: other, producer, othersAgree } of await surroundings.siblings(i)) {
      const k = names.indexOf(other, i + 1);
      // Where another layer agrees with the tops as they are, this layer alone reads them in another order.
      if (k < 0 || othersAgree || !sameShape(bottoms[i]!.shape, bottoms[k]!.shape)) continue;
      yield {
        label: `'${blob}' and '${other}' exchanged`,
        explanation: `the reference reads '${other}' where this layer reads '${blob}', and the reverse: the Slice '${producer.name}' gives its parts in another order.`,
        change: { bottoms: bottoms.map((value, at) => (at === i ? bottoms[k]! : at === k ? bottoms[i]! : value)) },
        culprit: producer,
        fix: exchanged(producer.param, blob, other),
      };
    }
}

/** The tops change places; where that would spoil a layer that agrees, this one alone reads the other. */
function fixOf(
  { param }: Suspect,
  index: number,
  blob: string,
  { blob: other, producer, othersAgree }: Sibling,
): PrototxtFix {
  if (!othersAgree) return exchanged(producer.param, blob, other);
  const bottom = param.bottom!.map((name, k) => (k === index ? other : name));
  return prototxtEdit({ param }, { ...param, bottom });
}

function exchanged(slice: Suspect['param'], a: string, b: string): PrototxtFix {
  const top = slice.top!.map((name) => (name === a ? b : name === b ? a : name));
  return prototxtEdit({ param: slice }, { ...slice, top });
}
