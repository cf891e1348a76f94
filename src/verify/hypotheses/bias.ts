/** bias: a bias is missing, or one too many. */
import type { LayerParameter } from '../../generated/messages.js';
import type { BiasTerm } from '../../layers/facts.js';
import { channelsOf, eachByChannel, filled, mapped, reshaped } from '../tensors.js';
import { edited, packingEdit, prototxtEdit } from './edits.js';
import { asChannels, channelAxisOf, onLines } from './fit.js';
import type { Fix, Hypothesis, Suspect, Variant } from './hypothesis.js';

/** Values that a channel must have for their common difference to say something; fewer of a bias of zeros, which says it too. */
const LEAST_VALUES = 4;
const LEAST_OF_ZEROS = 2;

export const bias: Hypothesis = {
  id: 'bias',
  title: 'the bias is missing, or the reference has none',
  *variants(suspect): Generator<Variant> {
    const { reference, output, blobs } = suspect;
    const { biasTerm } = suspect.facts;
    // A Bias holds nothing else.
    const isBias = suspect.type === 'Bias' && blobs.length === 1;
    if (!biasTerm && !isBias) return;
    const ownBias = blobs.length > 1 || isBias ? blobs.at(-1)! : undefined;
    if (biasTerm && ownBias?.data.some((v) => v !== 0))
      yield {
        label: 'no bias',
        explanation: 'the reference has no bias, this layer adds one.',
        change: { blobs: () => [...blobs.slice(0, -1), filled(ownBias.shape, 0)] },
        fix: prototxtEdit(suspect, withBias(suspect.param, biasTerm, false)),
        values: { [suspect.name]: () => blobs.slice(0, -1) },
      };
    if (!reference || reference.data.length !== output.data.length) return;
    const wide = asChannels(output, channelAxisOf(suspect));
    const { outer, count, inner } = channelsOf(wide.shape);
    const isOfZeros = ownBias?.data.every((v) => v === 0) === true;
    if (outer * inner < (isOfZeros ? LEAST_OF_ZEROS : LEAST_VALUES)) return;
    const offsets = new Float64Array(count);
    eachByChannel(wide.shape, (i, c) => {
      offsets[c]! += (reference.data[i]! - output.data[i]!) / (outer * inner);
    });
    const result = reshaped(onLines(wide, { slopes: new Float64Array(count).fill(1), offsets }), output.shape);
    yield {
      label: ownBias ? 'another bias' : 'a bias',
      explanation: ownBias
        ? 'the reference is off by one number for each channel: it has another bias than the one that was packed.'
        : 'the reference is off by one number for each channel, as a bias is: this layer has none.',
      change: { output: () => result },
      fitted: 'one per channel',
      fix: biasTerm ? fixOf(suspect, biasTerm, ownBias !== undefined) : fixOfBlob(suspect),
      values: {
        [suspect.name]: () => [
          ...(ownBias ? blobs.slice(0, -1) : blobs),
          mapped(ownBias ?? filled([count], 0), (v, c) => v + offsets[c]!),
        ],
      },
    };
  },
};

function withBias(param: LayerParameter, { param: key }: BiasTerm, bias_term: boolean): LayerParameter {
  return { ...param, [key]: edited(param[key], [], { bias_term }) };
}

function fixOf(suspect: Suspect, biasTerm: BiasTerm, hasBias: boolean): Fix {
  const { param: key, byDefault } = biasTerm;
  if (hasBias) return fixOfBlob(suspect);
  if (!byDefault) return prototxtEdit(suspect, withBias(suspect.param, biasTerm, true));
  return prototxtEdit(suspect, { ...suspect.param, [key]: edited(suspect.param[key], ['bias_term'], {}) });
}

function fixOfBlob(suspect: Suspect): Fix {
  return packingEdit(suspect, 'bias', 'np.zeros(…)', 'bias');
}
