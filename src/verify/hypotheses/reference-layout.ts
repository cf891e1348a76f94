/** reference-layout: the reference has its axes in another order: channels last. */
import { sameShape, withoutOnes } from '../../shapes.js';
import { transpose } from '../tensors.js';
import { referenceEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

/** Ways that a reference lies, and how its axes come to channels, height, width. */
const LAYOUTS: Readonly<Record<number, readonly { name: string; axes: readonly number[] }[]>> = {
  2: [{ name: 'transposed', axes: [1, 0] }],
  3: [
    { name: 'height, width, channels', axes: [2, 0, 1] },
    { name: 'sequence first', axes: [1, 0, 2] },
  ],
  4: [
    { name: 'NHWC: channels last', axes: [0, 3, 1, 2] },
    { name: 'NCWH: width before height', axes: [0, 1, 3, 2] },
  ],
};

export const referenceLayout: Hypothesis = {
  id: 'reference-layout',
  title: 'the reference has its axes in another order (NHWC)',
  *variants(suspect): Generator<Variant> {
    const { reference, output } = suspect;
    // The axes of a Permute are for permute-order.
    if (!reference || suspect.type === 'Permute') return;
    const { shape } = reference;
    for (const { name, axes } of LAYOUTS[shape.length] ?? []) {
      const becomes = axes.map((axis) => shape[axis]!);
      if (!sameShape(withoutOnes(becomes), withoutOnes(output.shape))) continue;
      yield {
        label: name,
        explanation: `the reference is ${name} (${shape.join('x')}); Caffe's blob is ${output.shape.join('x')}.`,
        change: { reference: (r) => transpose(r, axes) },
        fix: referenceEdit(suspect, 'y', `y.transpose(${axes.join(', ')})`),
      };
    }
  },
};
