/** reshape-dims: a Reshape without a reference gives its values another shape than the model. */
import { sameShape, withoutOnes } from '../../shapes.js';
import { edited, prototxtEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const reshapeDims: Hypothesis = {
  id: 'reshape-dims',
  title: 'a Reshape without a reference gives another shape than the model',
  *variants({ type, param, reference, output, wanted }): Generator<Variant> {
    // One with a reference is for reference-shape.
    if (type !== 'Reshape' || reference || output.data.length !== wanted.data.length) return;
    if (sameShape(withoutOnes(output.shape), withoutOnes(wanted.shape))) return;
    const dim = [...wanted.shape];
    const changed = { ...param, reshape_param: edited(param.reshape_param, ['axis', 'num_axes'], { shape: { dim } }) };
    yield {
      label: `${dim.join('x')} for ${output.shape.join('x')}`,
      explanation: `this Reshape gives ${output.shape.join('x')}; the reference of what follows has the values as ${dim.join('x')}.`,
      change: { param: changed },
      fix: prototxtEdit({ param }, changed),
    };
  },
};
