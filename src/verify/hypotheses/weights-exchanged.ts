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
  },
};

function hasShapesOf(other: Parameters, { blobs }: Suspect): boolean {
  return other.blobs.length === blobs.length && other.blobs.every(({ shape }, i) => sameShape(shape, blobs[i]!.shape));
}

/** Of two layers with the same weights only biases could have been exchanged: that a bias is wrong says less. */
function hasWeightsOf({ blobs: [weights] }: Parameters, { blobs: [own] }: Suspect): boolean {
  return weights!.data.every((value, i) => value === own!.data[i]);
}
