/** normalization-groups: a group normalization, ported as Reshape and BatchNorm or MVN, has another number of groups. */
import { resolve } from '../../proto/message.js';
import { product } from '../../shapes.js';
import { filled, type FloatTensor } from '../tensors.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';

/** PyTorch's default. */
const EPS = 1e-5;

export const normalizationGroups: Hypothesis = {
  id: 'normalization-groups',
  title: 'a group normalization has another number of groups',
  async *variants(suspect): AsyncGenerator<Variant> {
    const [x] = suspect.bottoms;
    const producer = await suspect.surroundings.producer(0);
    const image = producer?.bottoms[0]?.shape;
    if (!x || !image || image.length < 3 || producer.type !== 'Reshape' || !isOfThisInput(suspect)) return;
    const [images, channels] = [image[0]!, image[1]!];
    // MVN keeps images apart by itself; otherwise all groups of all images are rows of one.
    const isByImage = suspect.type === 'MVN' && images > 1 && x.shape[0] === images;
    const rows = isByImage ? images * x.shape[1]! : x.shape[1]!;
    const counts = Array.from({ length: channels }, (_, i) => channels - i).filter((count) => channels % count === 0);
    for (const groups of counts) {
      if (images * groups === rows) continue;
      const dim = isByImage ? [images, groups, -1, 1] : [1, images * groups, -1];
      const reshape = { ...producer.param, reshape_param: { shape: { dim } } };
      const size = product(image) / (images * groups);
      yield {
        label: `${groups} groups`,
        explanation:
          `the reference normalizes ${channels} channels in ${groups} groups` +
          `${groups === channels ? ' (InstanceNorm)' : ''}; '${producer.name}' makes ${rows / images} of them.`,
        change: { output: (y) => normalized(x, size, epsOf(suspect), y.shape) },
        fix: { place: 'prototxt', before: [producer.param], after: [reshape] },
        // Statistics of the input are used, whatever these are.
        values: suspect.type === 'BatchNorm' ? { [suspect.name]: () => unused(images * groups) } : {},
      };
    }
  },
};

/** Whether it normalizes by the statistics of what it reads, all of each row. */
function isOfThisInput({ type, param }: Suspect): boolean {
  if (type === 'BatchNorm') return param.batch_norm_param?.use_global_stats === false;
  const mvn = resolve('MVNParameter', param.mvn_param);
  return type === 'MVN' && mvn.normalize_variance && !mvn.across_channels;
}

function epsOf({ type, param }: Suspect): number {
  return type === 'BatchNorm' ? resolve('BatchNormParameter', param.batch_norm_param).eps : EPS;
}

/** Each run of `size` values with mean 0 and variance 1. */
function normalized({ data }: FloatTensor, size: number, eps: number, shape: readonly number[]): FloatTensor {
  const y = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += size) {
    const run = data.subarray(start, start + size);
    const mean = run.reduce((sum, v) => sum + v, 0) / size;
    const variance = run.reduce((sum, v) => sum + (v - mean) ** 2, 0) / size;
    const scale = 1 / Math.sqrt(variance + eps);
    run.forEach((v, i) => (y[start + i] = (v - mean) * scale));
  }
  return { shape, data: y };
}

function unused(rows: number): FloatTensor[] {
  return [filled([rows], 0), filled([rows], 1), filled([1], 1)];
}
