/** batch-norm-factor: BatchNorm's third blob, by which Caffe divides means and variances. */
import { resolve } from '../../proto/message.js';
import { sameShape } from '../../shapes.js';
import { median, type FloatTensor } from '../tensors.js';
import { packingEdit, rounded } from './edits.js';
import { linesByChannel } from './fit.js';
import type { Fitted, Hypothesis, Suspect, Variant } from './hypothesis.js';

export const batchNormFactor: Hypothesis = {
  id: 'batch-norm-factor',
  title: "a batch normalization's third blob divides its statistics by the wrong factor",
  async *variants(suspect): AsyncGenerator<Variant> {
    const [means, variances, divisor] = suspect.blobs;
    if (suspect.type !== 'BatchNorm' || !means || !variances || !divisor) return;
    const current = divisor.data[0]!;
    const variant = (factor: number, fitted: Fitted): Variant => ({
      label: `factor ${rounded(factor)}`,
      explanation:
        `the layer's third blob is ${rounded(current)}, and Caffe divides means and variances by it` +
        `${current === 0 ? ' (by 0: both become 0)' : ''}; the reference agrees with ${rounded(factor)}. Statistics from ` +
        'PyTorch are final: their factor is 1.',
      change: { blobs: () => [means, variances, one(divisor, factor)] },
      fitted,
      fix: packingEdit(suspect, '2', `np.array([${rounded(current)}])`, `np.array([${rounded(factor)}])`),
    });
    if (current !== 1) yield variant(1, 'none');
    const fitted = await fittedFactor(suspect, variances, current);
    if (fitted !== undefined && Math.abs(fitted - 1) > 1e-3 && Math.abs(fitted - current) > 1e-3 * fitted)
      yield variant(fitted, 'few');
  },
};

function one({ shape }: FloatTensor, value: number): FloatTensor {
  return { shape, data: Float32Array.of(value) };
}

/** The factor that the slopes of the reference tell; where there is none, those of what the layers behind make of this one. */
async function fittedFactor(suspect: Suspect, variances: FloatTensor, current: number): Promise<number | undefined> {
  const { bottoms, reference, output, param, wanted } = suspect;
  const { eps } = resolve('BatchNormParameter', param.batch_norm_param);
  const [from, to] = reference ? [bottoms[0]!, reference] : [await suspect.resultOf(output), wanted];
  if (!reference && !sameShape(from.shape, output.shape)) return undefined;
  const lines = linesByChannel(from, to);
  const present = (c: number) => 1 / Math.sqrt((current === 0 ? 0 : variances.data[c]! / current) + eps);
  const factor = median(
    [...(lines?.slopes ?? [])].map((slope, c) => {
      const wantedSlope = reference ? slope : slope * present(c);
      return variances.data[c]! / (1 / wantedSlope ** 2 - eps);
    }),
  );
  return factor > 0 && Number.isFinite(factor) ? Number(factor.toPrecision(4)) : undefined;
}
