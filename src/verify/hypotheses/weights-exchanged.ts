/** weights-exchanged: a layer has the weights of another layer of the net, whose shapes are the same. */
import { sameShape } from '../../shapes.js';
import type { Hypothesis, Parameters, Suspect, Variant } from './hypothesis.js';

/** Layers whose weights are tried, the nearest: in a deep net many have the same shapes. */
const MOST_TRIED = 12;

export const weightsExchanged: Hypothesis = {
  id: 'weights-exchanged',
  title: 'a layer has the weights of another layer',
  *variants(suspect): Generator<Variant> {
    const { name, type, blobs } = suspect;
    if (blobs.length === 0) return;
    const others = suspect.surroundings
      .parameters()
      .filter((other) => other.type === type && hasShapesOf(other, suspect) && !hasWeightsOf(other, suspect))
      .slice(0, MOST_TRIED);
    for (const other of others) {
      const save = (of: string) => blobs.map((_, i) => `np.save('${name}_blob${i}.npy', blobs['${of}'][${i}])`);
      yield {
        label: `the weights of ${other.name}`,
        explanation: `with the weights of '${other.name}' this layer agrees: those of the two layers were exchanged, or one was packed twice.`,
        change: { blobs: () => other.blobs },
        fix: { place: 'packing', file: 'what is packed', before: save(name), after: save(other.name) },
      };
    }
    yield* ofOneBlob(suspect);
  },
};

/** One blob behind the first that is another layer's, while the weights are right. */
function* ofOneBlob({ name, type, blobs, surroundings }: Suspect): Generator<Variant> {
  for (const i of blobs.keys()) {
    const own = blobs[i]!;
    // Of one number throughout, it is no layer's: it was left out.
    if (i === 0 || own.data.every((v) => v === own.data[0])) continue;
    const others = surroundings
      .parameters()
      .filter((other) => other.type === type && other.blobs[i] && sameShape(other.blobs[i].shape, own.shape))
      .filter((other) => other.blobs[i]!.data.some((v, at) => v !== own.data[at]))
      .slice(0, MOST_TRIED);
    for (const other of others) {
      const save = (of: string) => [`np.save('${name}_blob${i}.npy', blobs['${of}'][${i}])`];
      yield {
        label: `blob ${i} of ${other.name}`,
        explanation:
          `with blob ${i} of '${other.name}' this layer agrees, and its other blobs are right: the two layers' were exchanged, or ` +
          'one was packed twice.',
        change: { blobs: () => blobs.with(i, other.blobs[i]!) },
        fix: { place: 'packing', file: 'what is packed', before: save(name), after: save(other.name) },
      };
    }
  }
}

function hasShapesOf(other: Parameters, { blobs }: Suspect): boolean {
  return other.blobs.length === blobs.length && other.blobs.every(({ shape }, i) => sameShape(shape, blobs[i]!.shape));
}

/** Of two layers with the same weights only biases could have been exchanged: that a bias is wrong says less. */
function hasWeightsOf({ blobs: [weights] }: Parameters, { blobs: [own] }: Suspect): boolean {
  return weights!.data.every((value, i) => value === own!.data[i]);
}
