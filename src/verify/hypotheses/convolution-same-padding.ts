/** convolution-same-padding: a convolution pads more on one side than on the other. Caffe pads both alike. */
import { resolve } from '../../proto/message.js';
import { windowOf, type WindowAxis } from '../../layers/shared/window.js';
import { prototxtEdit } from './edits.js';
import { grown, grownConvolution, type GrownAxis } from './grown-kernel.js';
import type { Hypothesis, Variant } from './hypothesis.js';
import { samePaddings } from './uneven-padding.js';

export const convolutionSamePadding: Hypothesis = {
  id: 'convolution-same-padding',
  title: "a convolution pads more on one side than on the other (TensorFlow's SAME)",
  *variants(suspect): Generator<Variant> {
    const [x] = suspect.bottoms;
    const given = suspect.param.convolution_param ?? {};
    const layout = suspect.facts.weights?.(suspect.param);
    if (!layout || layout.inputsFirst || !suspect.param.convolution_param || x?.shape.length !== 4) return;
    if (suspect.blobs.length === 0 || resolve('ConvolutionParameter', given).axis !== 1) return;
    const window = windowOf(given, 2) as [WindowAxis, WindowAxis];
    const wanted =
      suspect.reference && suspect.reference.shape.length > 1 ? suspect.reference.shape.slice(-2) : undefined;
    for (const { label, words, sides } of samePaddings(x.shape.slice(2), window, wanted)) {
      const axes = window.map((axis, i) => grownConvolution(axis, sides[i]!));
      if (!axes.every((axis) => axis !== undefined)) continue;
      const { param, blobs, numbers } = grown(suspect, window, axes as unknown as [GrownAxis, GrownAxis]);
      const own = [...new Set(window.map(({ pad }) => pad))].join(' and ');
      yield {
        label,
        explanation:
          `the reference pads ${words}; Caffe pads both sides alike, this layer by ${own}. A kernel with zeros at one end ` +
          'and more padding does the same.',
        change: { param, blobs },
        fix: prototxtEdit(suspect, param),
        ...(numbers && { numbers }),
      };
    }
  },
};
