/** reference-shape: the reference has the same values in the same order under another shape, as a flatten gives. */
import { sameShape, withoutOnes } from '../../shapes.js';
import { reshaped } from '../tensors.js';
import { prototxtEdit, referenceEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const referenceShape: Hypothesis = {
  id: 'reference-shape',
  title: 'the reference has the same values under another shape (a flatten)',
  *variants(suspect): Generator<Variant> {
    const { reference, output, param } = suspect;
    if (reference?.data.length !== output.data.length) return;
    if (sameShape(withoutOnes(reference.shape), withoutOnes(output.shape))) return;
    const [is, wanted] = [output.shape.join('x'), reference.shape.join('x')];
    const reshapes = suspect.facts.sharesValues === true && suspect.bottoms.length === 1;
    const shape = { dim: [...reference.shape] };
    const changed = { ...param, type: 'Reshape', reshape_param: { shape } };
    delete changed.flatten_param;
    yield {
      label: `${wanted} for ${is}`,
      explanation:
        `the reference has the values of this layer in the same order, but as ${wanted} where the layer gives ${is}. ` +
        (reshapes
          ? 'This layer gives them another shape than the model.'
          : 'It was saved behind a flatten or view of the model; the layers of Caffe that read it may need a Reshape there.'),
      change: { reference: (r) => reshaped(r, output.shape) },
      fix: reshapes
        ? prototxtEdit(suspect, changed)
        : referenceEdit(suspect, 'y', `y.reshape(${output.shape.join(', ')})`),
    };
  },
};
