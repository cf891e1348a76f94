/**
 * batch-norm-fold: the reference is the layer's result times a factor plus an offset for each channel. That is all that is
 * said of it: many faults look so, and each that can be told has a hypothesis of its own.
 */
import { factsOf } from '../../layers/registry.js';
import { outputChannels } from '../../layers/shared/weight-layout.js';
import type { LayerParameter } from '../../generated/messages.js';
import { mapped, reshaped, type FloatTensor } from '../tensors.js';
import { bothEdits, edited, listed, packingEdit, prototxtEdit } from './edits.js';
import { asChannels, channelAxisOf, linesByChannel, onLines, type Lines } from './fit.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';
import { roundingOf } from './weights-rounded.js';

export const batchNormFold: Hypothesis = {
  id: 'batch-norm-fold',
  title: 'a factor and an offset for each channel, as of a batch normalization, make the layer agree',
  async *variants(suspect): AsyncGenerator<Variant> {
    const { reference, output, type, facts } = suspect;
    // A Scale and a BatchNorm have words and edits of their own below; the others have weights to fold into.
    if (!reference || !(type === 'Scale' || type === 'BatchNorm' || facts.weights)) return;
    // A Scale by 0 says nothing of what it should be; its input does.
    const axis = channelAxisOf(suspect);
    const from = asChannels(type === 'Scale' ? suspect.bottoms[0]! : output, axis);
    const lines = reference.data.length === from.data.length ? linesByChannel(from, reference) : undefined;
    // Where they are all but those of the blobs, the weights were rounded: see weights-rounded.
    if (!lines || (type === 'Scale' && roundingOf(suspect, lines) !== undefined)) return;
    const producer = await suspect.surroundings.producer(0);
    // Behind a normalization by the image's own statistics the factors are those of this image only.
    const isOfImage =
      producer?.type === 'MVN' ||
      (producer?.type === 'BatchNorm' && producer.param.batch_norm_param?.use_global_stats === false);
    const isOne = type === 'Scale' && isNeutral(suspect.blobs);
    if (type === 'Scale' && isOfImage && suspect.bottoms[0]!.shape[0] === 1 && !isOne) return;
    if (isWithoutOffsets(suspect, lines, reference)) yield ofFactors(suspect, lines);
    const result = reshaped(onLines(from, lines), output.shape);
    yield {
      label: 'a factor and an offset for each channel',
      explanation: explain(suspect, lines, producer?.param),
      change: { output: () => result },
      fitted: 'several per channel',
      ...mendOf(suspect, lines),
    };
  },
};

/** Whether a Scale that adds nothing needs only other factors. */
function isWithoutOffsets({ type, param, bottoms }: Suspect, { offsets }: Lines, { data }: FloatTensor): boolean {
  if (type !== 'Scale' || bottoms.length > 1 || param.scale_param?.bias_term === true) return false;
  const size = data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return offsets.every((v) => Math.abs(v) <= 1e-5 * size);
}

function ofFactors(suspect: Suspect, { slopes }: Lines): Variant {
  const { name, blobs } = suspect;
  const values = vector(slopes);
  return {
    label: 'other factors',
    explanation:
      'another factor for each channel makes it agree' +
      (isNeutral(blobs)
        ? ', and this layer holds 1 for all of them. It may be that the factors of the model were not packed.'
        : '; the factors that were packed are not those of the model.'),
    change: { blobs: () => [values] },
    fitted: 'one per channel',
    fix: packingEdit(suspect, 'weight', 'weight', `np.array(${listOf(slopes)})`),
    values: { [name]: () => [values] },
  };
}

/** Factors of 1 and offsets of 0: what fillers leave where nothing was packed. */
function isNeutral([factors, offsets]: readonly FloatTensor[]): boolean {
  return factors?.data.every((v) => v === 1) === true && (offsets?.data.every((v) => v === 0) ?? true);
}

/** What was seen, and what may be behind it; nothing of which is told from the others here. */
function explain(suspect: Suspect, lines: Lines, producer: LayerParameter | undefined): string {
  const { type, surroundings, blobs } = suspect;
  const behind = surroundings.readers().map((reader) => reader.type);
  const isTraining = 'the model was in train() and used the statistics of the batch (call model.eval())';
  const otherArrays = "the arrays that were packed are not this layer's";
  if (type === 'Scale') {
    if (isNeutral(blobs))
      return (
        'a factor and an offset for each channel make it agree, and this layer holds 1 and 0 for all of them. It may be that ' +
        'gamma and beta of the model were not packed.'
      );
    const isAlone = !(producer && factsOf(producer)?.normalizes);
    // Statistics that were folded in change no sign: a deviation is positive.
    const keepsSigns = blobs[0]?.data.every((v, c) => v * lines.slopes[c]! > 0);
    const causes = isAlone
      ? [
          ...(keepsSigns ? ['the running statistics were not folded into weight and bias'] : []),
          isTraining,
          otherArrays,
        ]
      : ['the statistics of the normalization before it differ from those of the model, or ' + isTraining, otherArrays];
    return `a factor and an offset for each channel make it agree, and they are not those that this layer holds. ${mayBe(causes)}`;
  }
  if (type === 'BatchNorm')
    return (
      "the reference is this layer's result times a factor plus an offset for each channel" +
      (behind.includes('Scale')
        ? `. ${mayBe(['its statistics differ from those of the model', isTraining])}`
        : ", and no Scale stands behind it. Caffe's BatchNorm only normalizes: the weight and bias (gamma and beta) of the " +
          'module belong into a Scale layer after it.')
    );
  return (
    "the reference is this layer's result times a factor plus an offset for each channel. " +
    mayBe([
      behind.some((reader) => reader === 'BatchNorm' || reader === 'Scale')
        ? 'the normalization behind it was folded into the weights already, or other weights were packed'
        : 'the reference has a normalization in it that was not folded into the weights',
    ])
  );
}

function mayBe(causes: readonly string[]): string {
  return causes.length === 1 ? `It may be that ${causes[0]!}.` : `One of these may be behind it: ${listed(causes)}.`;
}

/** The layer with these factors and offsets in it, or with a Scale behind it. */
function mendOf(suspect: Suspect, lines: Lines): Pick<Variant, 'fix' | 'values' | 'numbers'> {
  const { name, type, param, blobs, facts } = suspect;
  const [top = ''] = param.top ?? [];
  const factors = vector(lines.slopes);
  const offsets = vector(lines.offsets);
  if (type === 'Scale') {
    const scale_param = edited(param.scale_param, [], { bias_term: true });
    const values = { [name]: () => [factors, offsets] };
    if (param.scale_param?.bias_term) {
      const fix = packingEdit(suspect, 'weight', 'weight', `np.array(${listOf(lines.slopes)})`);
      const bias = packingEdit(suspect, 'bias', 'bias', `np.array(${listOf(lines.offsets)})`);
      return { fix: bothEdits(fix, bias), values };
    }
    return { fix: prototxtEdit(suspect, { ...param, scale_param }), values };
  }
  const layout = facts.weights?.(param);
  if (layout && blobs.length > 1) {
    const channel = outputChannels(layout, blobs[0]!.shape);
    const shape = layout.inputsFirst ? '1, -1, 1, 1' : '-1, *[1] * (w.ndim - 1)';
    const fix = bothEdits(
      packingEdit(suspect, 'weight', 'w', `w * factor.reshape(${shape})`),
      packingEdit(suspect, 'bias', 'b', 'b * factor + offset'),
    );
    const given = [`factor = np.array(${listOf(lines.slopes)})`, `offset = np.array(${listOf(lines.offsets)})`];
    return {
      fix: { ...fix, after: [...given, ...fix.after] },
      values: {
        [name]: () => [
          mapped(blobs[0]!, (w, i) => w * lines.slopes[channel(i)]!),
          mapped(blobs[1]!, (b, c) => b * lines.slopes[c]! + lines.offsets[c]!),
        ],
      },
    };
  }
  const scale: LayerParameter = {
    name: `${name}_scale`,
    type: 'Scale',
    bottom: [top],
    top: [top],
    scale_param: { bias_term: true },
  };
  return { fix: prototxtEdit(suspect, param, scale), values: { [`${name}_scale`]: () => [factors, offsets] } };
}

function vector(values: Float64Array): FloatTensor {
  return { shape: [values.length], data: Float32Array.from(values) };
}

function listOf(values: Float64Array): string {
  return `[${[...values].map((value) => Number(value.toPrecision(7))).join(', ')}]`;
}
