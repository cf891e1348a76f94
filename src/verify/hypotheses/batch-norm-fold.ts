/** batch-norm-fold: the reference is the layer's result times a factor plus an offset for each channel. */
import { edited, packingEdit, prototxtEdit } from './edits.js';
import { linesByChannel, onLines } from './fit.js';
import type { Fix, Hypothesis, Suspect, Variant } from './hypothesis.js';
import { roundingOf } from './weights-rounded.js';

export const batchNormFold: Hypothesis = {
  id: 'batch-norm-fold',
  title: 'a batch normalization, or part of it, is missing: a factor and an offset for each channel',
  *variants(suspect): Generator<Variant> {
    const { reference, output, type, facts } = suspect;
    if (!reference || !(facts.weights || ['Scale', 'BatchNorm'].includes(type))) return;
    // A Scale by 0 says nothing of what it should be; its input does.
    const from = type === 'Scale' ? suspect.bottoms[0]! : output;
    const lines = linesByChannel(from, reference);
    // Where they are all but those of the blobs, nothing is missing: see weights-rounded.
    if (!lines || (type === 'Scale' && roundingOf(suspect, lines) !== undefined)) return;
    const result = onLines(from, lines);
    yield {
      label: 'a factor and an offset for each channel',
      explanation: explain(type),
      change: { output: () => result },
      fitted: 'several per channel',
      fix: fixOf(suspect),
    };
  },
};

function explain(type: string): string {
  switch (type) {
    case 'Scale':
      return (
        'the reference is another factor and offset for each channel than the blobs hold: they are not those of the ' +
        'whole batch normalization. Packed as they are, its weight and bias lack running_mean and running_var.'
      );
    case 'BatchNorm':
      return (
        "the reference is this layer's result times a factor plus an offset for each channel: Caffe's BatchNorm only " +
        'normalizes, and the weight and bias (gamma and beta) are missing; they belong into a Scale layer after it.'
      );
    default:
      return (
        "the reference is this layer's result times a factor plus an offset for each channel: a batch normalization " +
        'that the reference includes is not folded into the weights.'
      );
  }
}

function fixOf(suspect: Suspect): Fix {
  const { name, type, param } = suspect;
  const [top = ''] = param.top ?? [];
  switch (type) {
    case 'Scale':
      return {
        place: 'packing',
        file: 'what is packed',
        before: [`np.save('${name}_weight.npy', weight)`, `np.save('${name}_bias.npy', bias)`],
        after: [
          'scale = weight / np.sqrt(running_var + eps)',
          `np.save('${name}_weight.npy', scale)`,
          `np.save('${name}_bias.npy', bias - running_mean * scale)`,
        ],
      };
    case 'BatchNorm': {
      const scale = {
        name: `${name}_scale`,
        type: 'Scale',
        bottom: [top],
        top: [top],
        scale_param: { bias_term: true },
      };
      return prototxtEdit(suspect, param, scale);
    }
    default:
      return suspect.blobs.length > 1
        ? packingEdit(suspect, 'weight', 'w', 'w * scale.reshape(-1, *[1] * (w.ndim - 1))')
        : prototxtEdit(suspect, param, {
            ...{ name: `${name}_scale`, type: 'Scale', bottom: [top], top: [top] },
            scale_param: edited(undefined, [], { bias_term: true }),
          });
  }
}
