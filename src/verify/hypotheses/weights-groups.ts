/** weights-groups: a grouped convolution whose groups' weights stand in another order. */
import { compare } from '../../compare/compare.js';
import { channelsOf, range, taken, transpose, reshaped, type FloatTensor } from '../tensors.js';
import { packingEdit } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';

/** Groups up to which the order is worked out; each costs a run of the layer. */
const MOST_GROUPS = 16;

export const weightsGroups: Hypothesis = {
  id: 'weights-groups',
  title: "the groups' weights are in another order",
  async *variants(suspect): AsyncGenerator<Variant> {
    const [weights] = suspect.blobs;
    const { groups = 1 } = suspect.facts.weights?.(suspect.param) ?? {};
    if (!weights || groups === 1 || weights.shape[0]! % groups !== 0) return;
    const rows = weights.shape[0]!;
    const perGroup = rows / groups;
    const permute = (blob: FloatTensor, groupOrder: readonly number[]) => {
      const size = blob.shape[0]! / groups;
      return taken(
        blob,
        0,
        groupOrder.flatMap((g) => range(size).map((i) => g * size + i)),
      );
    };
    // The biases may have been permuted with the weights, or not.
    const moving = suspect.blobs.length > 1 ? [suspect.blobs.length, 1] : [1];
    for (const blobs of moving) {
      const order = await orderOfGroups(suspect, groups, blobs);
      for (const each of [order, range(groups).reverse()].filter((found) => found !== undefined)) {
        const list = `[${each.join(', ')}]`;
        const only = moving.length > 1 && blobs === 1 ? ', not of the biases' : '';
        yield {
          label: `groups ${list}${only}`,
          explanation: `the weights of the ${groups} groups are in another order${only}: where group i stands, the reference has group ${list}[i].`,
          change: { blobs: () => suspect.blobs.map((blob, i) => (i < blobs ? permute(blob, each) : blob)) },
          fix: packingEdit(suspect, 'weight', 'w', `w.reshape(${groups}, ${perGroup}, -1)[${list}].reshape(w.shape)`),
        };
      }
    }
    if (perGroup === 1) return;
    const interleaved = (blob: FloatTensor): FloatTensor => {
      const { shape } = blob;
      const size = shape[0]! / groups;
      return reshaped(transpose(reshaped(blob, [size, groups, blob.data.length / shape[0]!]), [1, 0, 2]), shape);
    };
    yield {
      label: 'outputs of the groups interleaved',
      explanation: `the weights hold the first output of each of the ${groups} groups, then the second of each: Caffe wants all outputs of a group together.`,
      change: { blobs: () => suspect.blobs.map(interleaved) },
      fix: packingEdit(suspect, 'weight', 'w', `w.reshape(${perGroup}, ${groups}, -1).swapaxes(0, 1).reshape(w.shape)`),
    };
  },
};

/** Which group's weights give each group of the reference: found by running all groups at all places. */
async function orderOfGroups(suspect: Suspect, groups: number, blobs: number): Promise<number[] | undefined> {
  const { reference, output } = suspect;
  if (!reference || groups > MOST_GROUPS || reference.data.length !== output.data.length) return undefined;
  const { outer, count, inner } = channelsOf(output.shape);
  const size = (count / groups) * inner;
  const order = new Array<number | undefined>(groups);
  for (let shift = 0; shift < groups; shift++) {
    const from = range(groups).map((g) => (g + shift) % groups);
    const { data } = await suspect.run({
      blobs: () =>
        suspect.blobs.map((blob, i) => {
          if (i >= blobs) return blob;
          const rows = blob.shape[0]! / groups;
          return taken(
            blob,
            0,
            from.flatMap((g) => range(rows).map((i) => g * rows + i)),
          );
        }),
    });
    for (let g = 0; g < groups; g++) {
      const agrees = range(outer).every((o) => {
        const start = (o * groups + g) * size;
        const [a, b] = [data.subarray(start, start + size), reference.data.subarray(start, start + size)];
        return compare(a, b, { rtol: 1e-3, atol: 0 }).maxRel < 1e-4;
      });
      if (agrees) order[g] ??= from[g];
    }
  }
  const found = order.filter((g) => g !== undefined);
  return found.length === groups && found.some((g, i) => g !== i) ? found : undefined;
}
