/** mvn: a normalization of each image adds eps elsewhere, or normalizes over other values. */
import type { LayerParameter } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { filled, mapped, type FloatTensor } from '../tensors.js';
import { edited, prototxtEdit, rounded } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';

/** What is added to variances: by PyTorch, TensorFlow, and authors. */
const UNDER_ROOT = [1e-5, 1e-3, 1e-6, 1e-8, 1e-12, 0];
/** What is added to deviations: by Caffe, and authors. */
const AFTER_ROOT = [1e-9, 1e-5, 1e-10, 1e-8, 1e-6, 1e-3];

export const mvn: Hypothesis = {
  id: 'mvn',
  title: 'a normalization of each image adds another eps, under the root or after it, or is over other values',
  async *variants(suspect): AsyncGenerator<Variant> {
    const [x] = suspect.bottoms;
    if (suspect.type !== 'MVN' || !x) return;
    const given = suspect.param.mvn_param;
    const { eps, across_channels, normalize_variance } = resolve('MVNParameter', given);
    const withParam = (fields: Partial<NonNullable<LayerParameter['mvn_param']>>): LayerParameter => ({
      ...suspect.param,
      mvn_param: edited(given, [], fields),
    });
    for (const fields of [{ normalize_variance: !normalize_variance }, { across_channels: !across_channels }]) {
      const param = withParam(fields);
      const label = Object.entries(fields).map(([key, value]) => `${key}: ${value}`)[0]!;
      yield {
        label,
        explanation: `the reference normalizes with ${label}.`,
        change: { param },
        fix: prototxtEdit(suspect, param),
      };
    }
    for (const across of [across_channels, !across_channels]) {
      const otherwise = across === across_channels ? '' : `, with across_channels: ${across}`;
      for (const value of AFTER_ROOT) {
        const isSame = across === across_channels && Math.abs(value - eps) <= 1e-3 * eps;
        if (isSame) continue;
        const param = withParam({
          eps: value,
          normalize_variance: true,
          ...(across !== across_channels && { across_channels: across }),
        });
        yield {
          label: `eps: ${rounded(value)}${otherwise}`,
          explanation: `the reference adds ${rounded(value)} to the deviation, after the root; this layer adds ${rounded(eps)}${otherwise}.`,
          change: { param },
          fix: prototxtEdit(suspect, param),
        };
      }
      const centred = await suspect.run({ param: withParam({ normalize_variance: false, across_channels: across }) });
      const variances = variancesOf(centred, across);
      const normalized = (eps: number) => mapped(centred, (v, i) => v / Math.sqrt(variances.of(i) + eps));
      const fitted = across === across_channels ? await fittedEps(suspect, normalized) : undefined;
      for (const value of [...UNDER_ROOT, ...(fitted === undefined ? [] : [fitted])]) {
        const port = byBatchNorm(suspect, value, across);
        yield {
          label: `eps: ${rounded(value)} under the root${otherwise}`,
          explanation:
            `the reference adds ${rounded(value)} to the variance, under the root, as InstanceNorm2d and GroupNorm do; MVN adds ` +
            `${rounded(eps)} to the deviation, after the root${otherwise}. The exact port is a BatchNorm with ` +
            `use_global_stats: false and eps: ${rounded(value)}` +
            (port.after.length > 1
              ? ', between two Reshapes that give each image, or each of its channels, a channel.'
              : '.'),
          change: { output: () => normalized(value) },
          ...(!UNDER_ROOT.includes(value) && { fitted: 'few' }),
          fix: prototxtEdit(suspect, ...port.after),
          values: port.values,
        };
      }
    }
  },
};

/** Powers of ten between which an eps is looked for, and how often the interval is made smaller. */
const EPS_RANGE = [-7, 1] as const;
const EPS_STEPS = 24;

/** The eps that brings the failing layer nearest to its reference, to three digits, by golden section over its logarithm. */
async function fittedEps(suspect: Suspect, normalized: (eps: number) => FloatTensor): Promise<number | undefined> {
  const { wanted } = suspect;
  const errorAt = async (power: number): Promise<number> => {
    const { data } = await suspect.resultOf(normalized(10 ** power));
    if (data.length !== wanted.data.length) return NaN;
    return data.reduce((sum, v, i) => sum + (v - wanted.data[i]!) ** 2, 0);
  };
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high]: [number, number] = [...EPS_RANGE];
  let [a, b] = [high - golden * (high - low), low + golden * (high - low)];
  let [atA, atB] = [await errorAt(a), await errorAt(b)];
  for (let step = 0; step < EPS_STEPS; step++) {
    if (Number.isNaN(atA) || Number.isNaN(atB)) return undefined;
    if (atA <= atB) {
      [high, b, atB] = [b, a, atA];
      a = high - golden * (high - low);
      atA = await errorAt(a);
    } else {
      [low, a, atA] = [a, b, atB];
      b = low + golden * (high - low);
      atB = await errorAt(b);
    }
  }
  const eps = Number((10 ** ((low + high) / 2)).toPrecision(3));
  return eps > 2 * 10 ** EPS_RANGE[0] && eps < 0.5 * 10 ** EPS_RANGE[1] ? eps : undefined;
}

/** The variance that the value at an index is normalized by. */
function variancesOf({ shape, data }: FloatTensor, across: boolean): { of: (i: number) => number } {
  const [batch = 1, channels = 1] = shape;
  const n = data.length / (batch * (across ? 1 : channels));
  const sums = new Float64Array(data.length / n);
  data.forEach((v, i) => (sums[Math.floor(i / n)]! += (v * v) / n));
  return { of: (i) => sums[Math.floor(i / n)]! };
}

/** A BatchNorm that normalizes by the statistics of what it reads; each image, or each of its channels, as a channel of one. */
function byBatchNorm(
  { name, param, bottoms }: Suspect,
  eps: number,
  across: boolean,
): { after: LayerParameter[]; values: NonNullable<Variant['values']> } {
  const { shape } = bottoms[0]!;
  const [batch = 1, channels = 1] = shape;
  const count = across ? batch : batch * channels;
  const [bottom = ''] = param.bottom ?? [];
  const [top = ''] = param.top ?? [];
  const rest = edited(param, ['mvn_param'], {});
  const values = [filled([count], 0), filled([count], 0), filled([1], 0)];
  const norm: LayerParameter = { ...rest, type: 'BatchNorm', batch_norm_param: { use_global_stats: false, eps } };
  if (count === channels && !across) return { after: [norm], values: { [name]: () => values } };
  const [apart, normalized] = [`${name}_apart`, `${name}_normalized`];
  const reshape = (layer: LayerParameter, dim: readonly number[]): LayerParameter => ({
    ...layer,
    type: 'Reshape',
    reshape_param: { shape: { dim: [...dim] } },
  });
  return {
    after: [
      reshape({ ...rest, bottom: [bottom], top: [apart] }, [1, count, -1]),
      { ...norm, name: normalized, bottom: [apart], top: [normalized] },
      reshape({ name: `${name}_together`, bottom: [normalized], top: [top] }, shape),
    ],
    values: { [normalized]: () => values },
  };
}
