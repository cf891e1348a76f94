/** batch-norm-factor: BatchNorm's third blob, by which Caffe divides means and variances. */
import { median, type FloatTensor } from '../tensors.js';
import { packingEdit, rounded } from './edits.js';
import { linesByChannel } from './fit.js';
import { resolve } from '../../proto/message.js';
import type { Fitted, Hypothesis, Suspect, Variant } from './hypothesis.js';

export const batchNormFactor: Hypothesis = {
  id: 'batch-norm-factor',
  title: "a batch normalization's third blob divides its statistics by the wrong factor",
  *variants(suspect): Generator<Variant> {
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
    const fitted = fittedFactor(suspect, variances);
    if (fitted !== undefined && Math.abs(fitted - 1) > 1e-3 && Math.abs(fitted - current) > 1e-3 * fitted)
      yield variant(fitted, 'few');
  },
};

function one({ shape }: FloatTensor, value: number): FloatTensor {
  return { shape, data: Float32Array.of(value) };
}

/** The factor that the slopes of the reference tell. */
function fittedFactor({ bottoms, reference, param }: Suspect, variances: FloatTensor): number | undefined {
  const lines = reference && linesByChannel(bottoms[0]!, reference);
  if (!lines) return undefined;
  const { eps } = resolve('BatchNormParameter', param.batch_norm_param);
  const factor = median([...lines.slopes].map((slope, c) => variances.data[c]! / (1 / slope ** 2 - eps)));
  return factor > 0 && Number.isFinite(factor) ? factor : undefined;
}
