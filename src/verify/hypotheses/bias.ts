/** bias: a bias is missing, or one too many. */
import type { LayerParameter } from '../../generated/messages.js';
import { channelsOf, eachByChannel, filled } from '../tensors.js';
import { edited, packingEdit, prototxtEdit } from './edits.js';
import { onLines } from './fit.js';
import type { Fix, Hypothesis, Suspect, Variant } from './hypothesis.js';

/** Values that a channel must have for their common difference to say something. */
const LEAST_VALUES = 4;

/** Parameter message of the types that can have a bias. */
const PARAMS = {
  Convolution: 'convolution_param',
  Deconvolution: 'convolution_param',
  InnerProduct: 'inner_product_param',
  Scale: 'scale_param',
} as const;

export const bias: Hypothesis = {
  id: 'bias',
  title: 'the bias is missing, or the reference has none',
  *variants(suspect): Generator<Variant> {
    const { reference, output, blobs } = suspect;
    const key = PARAMS[suspect.type as keyof typeof PARAMS] as (typeof PARAMS)[keyof typeof PARAMS] | undefined;
    if (!key) return;
    const ownBias = blobs.length > 1 ? blobs.at(-1)! : undefined;
    if (ownBias?.data.some((v) => v !== 0))
      yield {
        label: 'no bias',
        explanation: 'the reference has no bias, this layer adds one.',
        change: { blobs: () => [...blobs.slice(0, -1), filled(ownBias.shape, 0)] },
        fix: prototxtEdit(suspect, withBias(suspect.param, key, false)),
      };
    if (!reference || reference.data.length !== output.data.length) return;
    const { outer, count, inner } = channelsOf(output.shape);
    if (outer * inner < LEAST_VALUES) return;
    const offsets = new Float64Array(count);
    eachByChannel(output.shape, (i, c) => {
      offsets[c]! += (reference.data[i]! - output.data[i]!) / (outer * inner);
    });
    const result = onLines(output, { slopes: new Float64Array(count).fill(1), offsets });
    yield {
      label: ownBias ? 'another bias' : 'a bias',
      explanation: ownBias
        ? "the reference is off by one number for each channel: the bias is not the model's."
        : 'the reference is off by one number for each channel: its layer has a bias, this one has none.',
      change: { output: () => result },
      fitted: 2,
      fix: fixOf(suspect, key, ownBias !== undefined),
    };
  },
};

function withBias(
  param: LayerParameter,
  key: (typeof PARAMS)[keyof typeof PARAMS],
  bias_term: boolean,
): LayerParameter {
  return { ...param, [key]: edited(param[key], [], { bias_term }) };
}

function fixOf(suspect: Suspect, key: (typeof PARAMS)[keyof typeof PARAMS], hasBias: boolean): Fix {
  if (hasBias) return packingEdit(suspect, 'bias', 'np.zeros(…)', 'bias');
  // A Scale has a bias only when told so, the others unless told not to.
  if (suspect.type === 'Scale') return prototxtEdit(suspect, withBias(suspect.param, key, true));
  return prototxtEdit(suspect, { ...suspect.param, [key]: edited(suspect.param[key], ['bias_term'], {}) });
}
