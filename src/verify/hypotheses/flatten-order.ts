/** flatten-order: an inner product reads a flattened image, whose values stand in another order. */
import { product, sameShape } from '../../shapes.js';
import { reshaped, transpose, type FloatTensor } from '../tensors.js';
import { packingEdit, referenceEdit } from './edits.js';
import type { Hypothesis, PrototxtFix, Suspect, Variant } from './hypothesis.js';

export const flattenOrder: Hypothesis = {
  id: 'flatten-order',
  title: 'an image is flattened in another order: channels last',
  async *variants(suspect): AsyncGenerator<Variant> {
    if (suspect.type === 'InnerProduct') {
      const [weights, ...others] = suspect.blobs;
      const { transpose: isTransposed = false } = suspect.param.inner_product_param ?? {};
      const image = (await suspect.surroundings.formerShapes(0)).find(isImage);
      if (!weights || !image || isTransposed || product(image, 1) !== weights.shape[1]) return;
      const [, c, h, w] = image as [number, number, number, number];
      const outputs = weights.shape[0]!;
      yield {
        label: `${h} x ${w} x ${c} for ${c} x ${h} x ${w}`,
        explanation:
          `the columns of the weights are for an image flattened as height, width, channels (${h} x ${w} x ${c}), as ` +
          `TensorFlow has it; Caffe flattens channels, height, width (${c} x ${h} x ${w}).`,
        change: {
          blobs: () => [
            reshaped(transpose(reshaped(weights, [outputs, h, w, c]), [0, 3, 1, 2]), weights.shape),
            ...others,
          ],
        },
        fix: packingEdit(
          suspect,
          'weight',
          'w',
          `w.reshape(${outputs}, ${h}, ${w}, ${c}).transpose(0, 3, 1, 2).reshape(w.shape)`,
        ),
      };
      return;
    }
    const [x] = suspect.bottoms;
    if (suspect.facts.sharesValues !== true || !x || !isImage(x.shape) || sameShape(x.shape, suspect.output.shape))
      return;
    const isJoined = suspect.surroundings.readers().some(({ type }) => type === 'Concat');
    const lastly = (y: FloatTensor): FloatTensor => reshaped(transpose(x, [0, 2, 3, 1]), y.shape);
    yield {
      label: 'channels last',
      explanation:
        'the reference is flattened as height, width, channels; Caffe flattens channels, height, width. ' +
        (isJoined
          ? "A detector's scores and boxes are permuted before they are flattened."
          : 'The weights of the inner product after it must be for that order too.'),
      change: { output: lastly },
      fix: isJoined
        ? permuteBefore(suspect)
        : referenceEdit(suspect, 'x.reshape(len(x), -1)', 'x.transpose(0, 3, 1, 2).reshape(len(x), -1)'),
    };
  },
};

/** A Permute to height, width, channels in front. */
function permuteBefore({ name, param }: Suspect): PrototxtFix {
  const permuted = `${name}_permuted`;
  const permute = {
    ...{ name: permuted, type: 'Permute', bottom: param.bottom, top: [permuted] },
    permute_param: { order: [0, 2, 3, 1] },
  };
  return { place: 'prototxt', before: [param], after: [permute, { ...param, bottom: [permuted] }] };
}

/** Four axes, more than one channel and more than one pixel: only then is there an order to mistake. */
function isImage(shape: readonly number[]): boolean {
  return shape.length === 4 && shape[1]! > 1 && shape[2]! * shape[3]! > 1;
}
