/** input-channel-order: the image is RGB where the reference's was BGR, or the other way round. */
import { reversed } from '../tensors.js';
import { inputEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';
import { KNOWN_MEANS, borderOf, imageFedBy, meanText, ordersOf, repainted } from './image-input.js';

export const inputChannelOrder: Hypothesis = {
  id: 'input-channel-order',
  title: "the input is RGB where the reference's was BGR, or the other way round",
  *variants(suspect): Generator<Variant> {
    const image = imageFedBy(suspect);
    if (image?.shape[1] !== 3) return;
    const swapped = reversed(image, 1);
    yield {
      label: 'channels reversed',
      explanation:
        'the reference was made with the three colours in the other order: RGB for BGR, or BGR for RGB. If the input is ' +
        'right, the first layer has the weights of the other order.',
      change: { output: () => swapped },
      fix: inputEdit(suspect, [], ['x = x[:, ::-1]']),
    };
    // The mean stays where it is when only the image is turned round.
    const border = borderOf(image);
    for (const known of KNOWN_MEANS)
      for (const { name, mean } of ordersOf(known, 3)) {
        if (mean[0] === mean[2]) continue;
        yield {
          label: `image reversed, mean ${meanText(mean)}${name} not`,
          explanation:
            `the mean ${meanText(mean)}${name} was subtracted from an image whose three colours were in the other order ` +
            'than in the reference.',
          change: {
            output: () => repainted(swapped, (v, c, inside) => (inside ? v + mean[2 - c]! - mean[c]! : v), border),
          },
          fix: inputEdit(suspect, ['x -= mean'], ['x = x[:, ::-1]', 'x -= mean']),
        };
      }
  },
};
