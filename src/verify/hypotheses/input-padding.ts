/** input-padding: the image was padded before the mean was subtracted, so that its border is not zero. */
import { inputEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';
import { KNOWN_MEANS, borderOf, imageFedBy, meanText, ordersOf, repainted } from './image-input.js';

export const inputPadding: Hypothesis = {
  id: 'input-padding',
  title: "the input was padded before the mean was subtracted, or the reference's was",
  *variants(suspect): Generator<Variant> {
    const image = imageFedBy(suspect);
    const padded = image && borderOf(image);
    if (!image || !padded) return;
    const { height, width, border } = padded;
    const subtract = 'x -= mean';
    const pad = 'x = np.pad(x, …)';
    const where = `the border below row ${height} and right of column ${width}`;
    if (border.some((v) => v !== 0)) {
      yield {
        label: 'border of zeros',
        explanation:
          `${where} is ${meanText(border)}: the image was padded with zeros first, and the mean subtracted from them too. ` +
          'The reference was padded with zeros after the mean was subtracted.',
        change: { output: () => repainted(image, (v, _c, inside) => (inside ? v : 0), padded) },
        fix: inputEdit(suspect, [pad, subtract], [subtract, pad]),
      };
      return;
    }
    for (const known of KNOWN_MEANS)
      for (const { name, mean } of ordersOf(known, image.shape[1]!))
        yield {
          label: `border of minus ${meanText(mean)}${name}`,
          explanation:
            `${where} is zero; in the reference's input the mean ${meanText(mean)}${name} was subtracted from it too: it ` +
            'was padded before that.',
          change: { output: () => repainted(image, (v, c, inside) => (inside ? v : -mean[c]!), padded) },
          fix: inputEdit(suspect, [subtract, pad], [pad, subtract]),
        };
  },
};
