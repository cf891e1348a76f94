/** softmax-axis: probabilities along another axis, or their logarithms. */
import { resolve } from '../../proto/message.js';
import { mapped, range } from '../tensors.js';
import { edited, prototxtEdit, referenceEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const softmaxAxis: Hypothesis = {
  id: 'softmax-axis',
  title: 'a softmax runs along another axis, or the reference is its logarithm',
  *variants(suspect): Generator<Variant> {
    const [x] = suspect.bottoms;
    if (suspect.type !== 'Softmax' || !x) return;
    const given = resolve('SoftmaxParameter', suspect.param.softmax_param).axis;
    const current = given < 0 ? given + x.shape.length : given;
    for (const axis of range(x.shape.length).reverse()) {
      if (axis === current || x.shape[axis] === 1) continue;
      const param = { ...suspect.param, softmax_param: edited(suspect.param.softmax_param, [], { axis }) };
      yield {
        label: `axis: ${axis}`,
        explanation: `the reference's probabilities add up to 1 along axis ${axis}, this layer's along axis ${current}.`,
        change: { param },
        fix: prototxtEdit(suspect, param),
      };
    }
    if (!suspect.reference) return;
    yield {
      label: 'logarithm',
      explanation: 'the reference is a log_softmax: the logarithm of what Caffe gives.',
      change: { reference: (r) => mapped(r, Math.exp) },
      fix: referenceEdit(suspect, 'y', 'np.exp(y)'),
    };
  },
};
