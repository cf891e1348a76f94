/**
 * batch-norm-arrays: the arrays of a normalization are in each other's place, or what stands for its variance is something
 * else. Of a BatchNorm these are mean and variance; with the Scale behind it gamma and beta too.
 */
import { resolve } from '../../proto/message.js';
import { channelsOf, eachByChannel, mapped, type FloatTensor } from '../tensors.js';
import { listed, packingEdit } from './edits.js';
import type { Hypothesis, Producer, ScriptFix, Suspect, Variant } from './hypothesis.js';

export const batchNormArrays: Hypothesis = {
  id: 'batch-norm-arrays',
  title: "a normalization's arrays are in each other's place, or a deviation stands for a variance",
  async *variants(suspect): AsyncGenerator<Variant> {
    if (suspect.type === 'BatchNorm') yield* ofStatistics(suspect);
    else if (suspect.type === 'Scale') yield* ofPair(suspect, await suspect.surroundings.producer(0));
  },
};

/** A BatchNorm's mean and variance, with the factor divided out. */
interface Statistics {
  mean: FloatTensor;
  variance: FloatTensor;
  factor: FloatTensor;
}

function statisticsOf([mean, variance, factor]: readonly FloatTensor[]): Statistics | undefined {
  const divisor = factor?.data[0];
  if (!mean || !variance || !factor || !divisor) return undefined;
  const divided = (tensor: FloatTensor) => (divisor === 1 ? tensor : mapped(tensor, (v) => v / divisor));
  return { mean: divided(mean), variance: divided(variance), factor };
}

/** The blobs that hold these statistics. */
function blobsOf({ factor }: Statistics, mean: FloatTensor, variance: FloatTensor): FloatTensor[] {
  return [mean, variance].map((t) => mapped(t, (v) => v * factor.data[0]!)).concat(factor);
}

async function* ofStatistics(suspect: Suspect): AsyncGenerator<Variant> {
  const statistics = statisticsOf(suspect.blobs);
  if (!statistics) return;
  const { mean, variance } = statistics;
  const note = negativeNote(suspect.name, variance);
  const variant = (
    label: string,
    explanation: string,
    arrays: { mean?: [expression: string, values: FloatTensor]; variance?: [expression: string, values: FloatTensor] },
    fitted?: Variant['fitted'],
  ): Variant => ({
    label,
    explanation: explanation + note,
    change: { blobs: () => blobsOf(statistics, arrays.mean?.[1] ?? mean, arrays.variance?.[1] ?? variance) },
    fitted,
    fix: joined([
      ...(arrays.mean ? [packingEdit(suspect, 'running_mean', 'running_mean', arrays.mean[0])] : []),
      ...(arrays.variance ? [packingEdit(suspect, 'running_var', 'running_var', arrays.variance[0])] : []),
    ]),
  });
  const exchanged = `mean and variance of '${suspect.name}' are exchanged: the reference agrees when each takes the other's place.`;
  if (mean.data.every((v) => v >= 0)) {
    yield variant('mean and variance exchanged', exchanged, {
      mean: ['running_var', variance],
      variance: ['running_mean', mean],
    });
    const signed = await signedMeans(suspect, statistics);
    if (signed) {
      const signs = [...signed.data].map((v) => (v < 0 ? '-1' : '1')).join(', ');
      yield variant(
        'mean and variance exchanged, signs lost',
        `${exchanged} The means have lost their signs too.`,
        { mean: [`np.abs(running_var) * np.array([${signs}])`, signed], variance: ['running_mean', mean] },
        'few',
      );
    }
  }
  if (variance.data.some((v) => v < 0)) return;
  const { eps } = resolve('BatchNormParameter', suspect.param.batch_norm_param);
  const instead = (what: string) => `what stands for the variances of '${suspect.name}' is ${what}.`;
  yield variant('deviations for variances', instead('the standard deviation: its square is the variance'), {
    variance: ['running_var ** 2', mapped(variance, (v) => v * v)],
  });
  yield variant('reciprocal deviations for variances', instead('the reciprocal of the standard deviation'), {
    variance: [`1 / running_var ** 2 - ${eps}`, mapped(variance, (v) => 1 / (v * v) - eps)],
  });
}

/** Exchanged, and the mean lost its signs on the way, as by np.abs: the reference tells each of them. */
async function signedMeans(suspect: Suspect, statistics: Statistics): Promise<FloatTensor | undefined> {
  const { mean, variance } = statistics;
  const { wanted } = suspect;
  const errorsWith = async (sign: number): Promise<Float64Array | undefined> => {
    const blobs = blobsOf(
      statistics,
      mapped(variance, (v) => sign * Math.abs(v)),
      mean,
    );
    const { shape, data } = await suspect.resultOf(await suspect.run({ blobs: () => blobs }));
    if (data.length !== wanted.data.length || channelsOf(shape).count !== mean.data.length) return undefined;
    const errors = new Float64Array(mean.data.length);
    eachByChannel(shape, (i, c) => {
      errors[c]! += (data[i]! - wanted.data[i]!) ** 2;
    });
    return errors;
  };
  const [plus, minus] = [await errorsWith(1), await errorsWith(-1)];
  if (!plus || !minus) return undefined;
  const signed = mapped(variance, (v, c) => (minus[c]! < plus[c]! ? -Math.abs(v) : Math.abs(v)));
  return signed.data.every((v, c) => v === variance.data[c]) ? undefined : signed;
}

const NAMES = ['mean', 'variance', 'gamma', 'beta'] as const;
const TENSORS = ['running_mean', 'running_var', 'weight', 'bias'] as const;

/** The arrays of a pair of layers, or of a Scale that stands alone, in another order. */
function* ofPair(suspect: Suspect, producer: Producer | undefined): Generator<Variant> {
  const [gamma, beta] = suspect.blobs;
  if (!gamma || suspect.bottoms.length > 1) return;
  const statistics = producer?.type === 'BatchNorm' ? statisticsOf(producer.blobs) : undefined;
  const arrays = [statistics?.mean, statistics?.variance, gamma, beta];
  for (const order of ORDERS) {
    // What only a BatchNorm holds is put to the test there.
    if (order[2] === 2 && order[3] === 3) continue;
    const moved = NAMES.map((_, i) => i).filter((i) => order[i] !== i);
    if (moved.some((i) => arrays[i]?.data.length !== gamma.data.length)) continue;
    const given = arrays.map((array, i) => arrays[order[i]!] ?? array);
    if (given[1]?.data.some((v) => v < 0)) continue;
    const isOfBoth = moved.some((i) => i < 2);
    const statisticsBlobs = isOfBoth ? blobsOf(statistics!, given[0]!, given[1]!) : undefined;
    const scale = given.slice(2).flatMap((array) => array ?? []);
    const of = isOfBoth ? `'${producer!.name}' and '${suspect.name}'` : `'${suspect.name}'`;
    const edits = moved.map((i) =>
      packingEdit(i < 2 ? producer! : suspect, TENSORS[i]!, TENSORS[i]!, TENSORS[order[i]!]!),
    );
    const label =
      moved.length === 2
        ? `${listed(moved.map((i) => NAMES[i]!))} exchanged`
        : moved.map((i) => `${NAMES[i]!}: ${NAMES[order[i]!]!}`).join(', ');
    yield {
      label,
      explanation:
        (moved.length === 2
          ? `${listed(moved.map((i) => NAMES[i]!))} of ${of} are exchanged: the reference agrees when each takes the other's place.`
          : `the arrays of ${of} are in another order: ${listed(moved.map((i) => `what is the ${NAMES[order[i]!]!} here is the ${NAMES[i]!}`))}.`) +
        (statistics ? negativeNote(producer!.name, statistics.variance) : ''),
      change: { blobs: () => scale, ...(statisticsBlobs && { bottoms: [producer!.run(statisticsBlobs)] }) },
      fix: joined(edits),
      values: {
        [suspect.name]: () => scale,
        ...(statisticsBlobs && { [producer!.name]: () => statisticsBlobs }),
      },
    };
  }
}

/** All orders of four arrays, those that exchange two first. */
const ORDERS: readonly (readonly number[])[] = permutations([0, 1, 2, 3])
  .filter((order) => order.some((from, i) => from !== i))
  .sort((a, b) => movedBy(a) - movedBy(b));

function movedBy(order: readonly number[]): number {
  return order.filter((from, i) => from !== i).length;
}

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first) => permutations(items.filter((each) => each !== first)).map((rest) => [first, ...rest]));
}

function joined(edits: readonly ScriptFix[]): ScriptFix {
  const [first] = edits as [ScriptFix, ...ScriptFix[]];
  return { ...first, before: edits.flatMap(({ before }) => before), after: edits.flatMap(({ after }) => after) };
}

function negativeNote(layer: string, { data }: FloatTensor): string {
  const { length } = data.filter((v) => v < 0);
  if (length === 0) return '';
  return ` ${length} of the ${data.length} variances of '${layer}' ${length === 1 ? 'is' : 'are'} negative, and their root is no number.`;
}
