/** scale-axis: a Scale or Bias lies along another axis, which happens to be as long. */
import { resolve } from '../../proto/message.js';
import { sameShape } from '../../shapes.js';
import { range } from '../tensors.js';
import { edited, prototxtEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const scaleAxis: Hypothesis = {
  id: 'scale-axis',
  title: 'a Scale or Bias lies along another axis',
  *variants(suspect): Generator<Variant> {
    const key = suspect.type === 'Scale' ? 'scale_param' : suspect.type === 'Bias' ? 'bias_param' : undefined;
    const [x, second] = suspect.bottoms;
    const small = second ?? suspect.blobs[0];
    if (!key || !x || !small || small.shape.length === 0) return;
    const given = resolve('ScaleParameter', suspect.param[key]).axis;
    const current = given < 0 ? given + x.shape.length : given;
    for (const axis of range(x.shape.length)) {
      if (axis === current || !sameShape(x.shape.slice(axis, axis + small.shape.length), small.shape)) continue;
      const param = { ...suspect.param, [key]: edited(suspect.param[key], [], { axis }) };
      yield {
        label: `axis: ${axis}`,
        explanation: `the reference lays the ${suspect.type === 'Scale' ? 'factors' : 'offsets'} along axis ${axis}, this layer along axis ${current}; both are ${x.shape[axis]!} long.`,
        change: { param },
        fix: prototxtEdit(suspect, param),
      };
    }
  },
};
