/** batch-norm-eps: another number is added to the variances. */
import { resolve } from '../../proto/message.js';
import { median } from '../tensors.js';
import { edited, prototxtEdit, rounded } from './edits.js';
import { linesByChannel } from './fit.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';

/** What frameworks and authors add: Caffe and PyTorch 1e-5, TensorFlow and Inception 1e-3. */
const COMMON = [1e-5, 1e-3, 1e-4, 1e-6, 2e-5, 1e-8, 1e-12, 0];

export const batchNormEps: Hypothesis = {
  id: 'batch-norm-eps',
  title: 'a batch normalization adds another eps',
  async *variants(suspect): AsyncGenerator<Variant> {
    if (suspect.type !== 'BatchNorm') return;
    const current = resolve('BatchNormParameter', suspect.param.batch_norm_param).eps;
    const isOther = (eps: number) => Math.abs(eps - current) > 1e-3 * Math.max(eps, current);
    const common = COMMON.filter(isOther);
    const fitted = [await fittedEps(suspect, current)].filter(
      (eps) => eps !== undefined && isOther(eps) && common.every((each) => Math.abs(each - eps) > 0.01 * eps),
    );
    for (const eps of [...common, ...fitted] as number[]) {
      const batch_norm_param = edited(suspect.param.batch_norm_param, [], { eps });
      const param = { ...suspect.param, batch_norm_param };
      yield {
        label: `eps: ${rounded(eps)}`,
        explanation:
          `the reference adds eps ${rounded(eps)} to the variances, this layer ${rounded(current)}. PyTorch's default ` +
          "is 1e-5 as Caffe's, TensorFlow's 1e-3.",
        change: { param },
        fitted: common.includes(eps) ? 'none' : 'few',
        fix: prototxtEdit(suspect, param),
      };
    }
  },
};

/** The eps that the slopes of the reference tell, to two digits: of this layer's, or of one behind it that is linear in it. */
async function fittedEps(suspect: Suspect, current: number): Promise<number | undefined> {
  const { wanted, blobs, output } = suspect;
  const [, variances, divisor] = blobs;
  if (!variances || !divisor?.data[0]) return undefined;
  const lines = linesByChannel(await suspect.resultOf(output), wanted);
  if (lines?.slopes.length !== variances.data.length) return undefined;
  const eps = median(
    [...lines.slopes].map((slope, c) => {
      const variance = variances.data[c]! / divisor.data[0]!;
      return (variance + current) / slope ** 2 - variance;
    }),
  );
  return eps > 0 ? Number(eps.toPrecision(2)) : undefined;
}
