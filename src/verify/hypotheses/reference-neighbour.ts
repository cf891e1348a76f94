/** reference-neighbour: the reference is the output of the layer before or after this one. */
import { sameShape, withoutOnes } from '../../shapes.js';
import { referenceEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const referenceNeighbour: Hypothesis = {
  id: 'reference-neighbour',
  title: 'the output of the next or of the previous layer was saved under this name',
  async *variants(suspect): AsyncGenerator<Variant> {
    const { reference, output, surroundings } = suspect;
    if (!reference || suspect.bottoms.length === 0) return;
    const fits = (shape: readonly number[]) => sameShape(withoutOnes(shape), withoutOnes(reference.shape));
    for (const { name, type, output: later } of surroundings.continuations(output)) {
      if (!fits(later.shape)) continue;
      yield {
        label: `after '${name}' (${type})`,
        explanation:
          `the reference is what '${name}' (${type}) makes of this layer's output: it was saved one layer late, or a ` +
          'module with inplace=True overwrote the tensor before it was saved.',
        change: { output: () => later },
        fix: referenceEdit(suspect, 'y', 'y_before', 'y.clone() in the forward hook, before the next module runs'),
      };
    }
    for (const [i, value] of suspect.bottoms.entries()) {
      if (!fits(value.shape)) continue;
      const producer = await surroundings.producer(i);
      const from = producer
        ? `'${producer.name}' (${producer.type})`
        : `the input '${suspect.param.bottom?.[i] ?? ''}'`;
      yield {
        label: `before this layer: ${from}`,
        explanation: `the reference is what this layer reads, from ${from}: it was saved one layer early, or the model does nothing here.`,
        change: { output: () => value },
        fix: referenceEdit(suspect, 'x', 'y', 'the output of the module, not its input'),
      };
      for (const [j, earlier] of (producer?.bottoms ?? []).entries()) {
        if (!fits(earlier.shape)) continue;
        yield {
          label: `two layers before: bottom ${j} of ${from}`,
          explanation: `the reference is what ${from} reads: it was saved two layers early.`,
          change: { output: () => earlier },
          fix: referenceEdit(suspect, 'x', 'y', 'the output of the module itself'),
        };
      }
    }
  },
};
