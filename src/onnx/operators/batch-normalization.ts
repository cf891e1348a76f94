/** BatchNormalization, outside of training. */
import { product } from '../../shapes.js';
import { weights } from '../emit/builder.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Tensor } from '../schema/model.js';
import type { Operator } from './operator.js';
import { scale } from './shared/layers.js';

/** Factor and term of each channel, in double precision. */
export function affineOf(
  gamma: Tensor,
  beta: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon: number,
): { factors: Float64Array; terms: Float64Array } {
  const factors = Float64Array.from(gamma.data, (value, i) => value / Math.sqrt(variance.data[i]! + epsilon));
  return { factors, terms: Float64Array.from(beta.data, (value, i) => value - mean.data[i]! * factors[i]!) };
}

function isTraining(c: NodeContext): boolean {
  return c.attributes.int('training_mode', 0) !== 0 || (c.node.outputs[1] ?? '') !== '';
}

/** Mean and variance of each channel over all else: what training uses. Standardized weights are computed by that. */
function statisticsOf({ shape, data, type }: Tensor): { mean: Tensor; variance: Tensor } {
  const [channels, inner] = [shape[1] ?? 1, product(shape, 2)];
  const count = data.length / channels;
  const channel = (i: number): number => Math.floor(i / inner) % channels;
  const [mean, variance] = [new Float64Array(channels), new Float64Array(channels)];
  data.forEach((value, i) => (mean[channel(i)]! += value / count));
  data.forEach((value, i) => (variance[channel(i)]! += (value - mean[channel(i)]!) ** 2 / count));
  return { mean: { shape: [channels], type, data: mean }, variance: { shape: [channels], type, data: variance } };
}

function checkInference(c: NodeContext): void {
  if (isTraining(c))
    throw new Refusal(
      "it is in training mode, where it uses the batch's own statistics",
      'export the model in evaluation mode: model.eval()',
    );
  if (c.opset < 9 && c.attributes.int('spatial', 1) === 0 && product(c.shape(0), 2) > 1)
    throw new Refusal('spatial is 0: statistics of their own for each position');
}

export const batchNormalization: Operator = {
  type: 'BatchNormalization',
  caffe: 'Scale {bias_term: true}; BatchNorm and Scale where normalizations are kept',
  grade: 'direct',
  notes: 'in training mode it is refused unless its input is constant',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x, gamma, beta, mean, variance]) => {
    if (!gamma || !beta || !mean || !variance) throw new Refusal('its factors, terms or statistics are missing');
    const own = isTraining(c) ? statisticsOf(x!) : { mean, variance };
    const { factors, terms } = affineOf(gamma, beta, own.mean, own.variance, c.attributes.float('epsilon', 1e-5));
    const [channels, inner] = [x!.shape[1] ?? 1, product(x!.shape, 2)];
    const data = Float64Array.from(x!.data, (value, i) => {
      const channel = Math.floor(i / inner) % channels;
      return value * factors[channel]! + terms[channel]!;
    });
    return [{ shape: x!.shape, type: x!.type, data }];
  },
  emit: (c) => {
    checkInference(c);
    const params = [1, 2, 3, 4].map((i) => c.constant(i));
    if (params.some((tensor) => !tensor)) throw new Refusal('its statistics are computed while the model runs');
    const [gamma, beta, mean, variance] = params as [Tensor, Tensor, Tensor, Tensor];
    const x = c.blob(0);
    const channels = x.shape[1]!;
    const epsilon = c.attributes.float('epsilon', 1e-5);
    if (params.some((tensor) => tensor!.data.length !== channels))
      throw new Refusal(`statistics for ${gamma.data.length} channels, the input has ${channels}`);
    if (!c.options.keepBatchNorm) {
      const { factors, terms } = affineOf(gamma, beta, mean, variance, epsilon);
      c.set(scale(c, x, 1, [channels], factors, terms));
      return;
    }
    const normal = c.layer('BatchNorm', [x], epsilon === Math.fround(1e-5) ? {} : { eps: epsilon }, x.shape, {
      blobs: [weights([channels], mean.data), weights([channels], variance.data), weights([1], [1])],
      role: 'bn',
    });
    c.set(scale(c, normal, 1, [channels], gamma.data, beta.data));
  },
};
