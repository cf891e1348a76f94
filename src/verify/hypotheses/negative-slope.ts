/** negative-slope: values below zero are multiplied by another number. */
import { resolve } from '../../proto/message.js';
import { channelsOf, eachByChannel, mapped } from '../tensors.js';
import { edited, prototxtEdit, rounded } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';

/** PyTorch's LeakyReLU has 0.01, darknet's 0.1, TensorFlow's 0.2, PReLU starts at 0.25. */
const COMMON = [0, 0.01, 0.1, 0.2, 0.25, 0.3];

export const negativeSlope: Hypothesis = {
  id: 'negative-slope',
  title: 'a rectifier has another slope below zero',
  *variants(suspect): Generator<Variant> {
    if (suspect.type !== 'ReLU') return;
    const current = resolve('ReLUParameter', suspect.param.relu_param).negative_slope;
    const isOther = (slope: number) => Math.abs(slope - current) > 1e-4;
    const common = COMMON.filter(isOther);
    const fit = fittedSlope(suspect);
    const fitted =
      fit !== undefined && isOther(fit) && common.every((each) => Math.abs(each - fit) > 1e-3) ? [fit] : [];
    for (const slope of [...common, ...fitted]) {
      const relu_param = edited(suspect.param.relu_param, ['negative_slope'], {
        ...(slope !== 0 && { negative_slope: slope }),
      });
      const param = edited(suspect.param, ['relu_param'], Object.keys(relu_param).length > 0 ? { relu_param } : {});
      yield {
        label: `negative_slope: ${rounded(slope)}`,
        explanation: `below zero the reference has slope ${rounded(slope)}, this layer ${rounded(current)}.`,
        change: { param },
        fitted: fitted.includes(slope) ? 'few' : 'none',
        fix: prototxtEdit(suspect, param),
      };
    }
    yield* slopeOfEachChannel(suspect);
  },
};

/** The slope through all values below zero; 1 would be no rectifier at all. */
function fittedSlope({ bottoms, reference }: Suspect): number | undefined {
  const x = bottoms[0]!;
  if (reference?.data.length !== x.data.length) return undefined;
  let [xy, xx] = [0, 0];
  x.data.forEach((v, i) => {
    if (v >= 0) return;
    xy += v * reference.data[i]!;
    xx += v * v;
  });
  const slope = xy / xx;
  return Number.isFinite(slope) && Math.abs(slope - 1) > 1e-3 ? Number(slope.toPrecision(4)) : undefined;
}

function* slopeOfEachChannel(suspect: Suspect): Generator<Variant> {
  const { bottoms, reference, param } = suspect;
  const x = bottoms[0]!;
  const { count, outer, inner } = channelsOf(x.shape);
  if (reference?.data.length !== x.data.length || count < 2 || outer * inner < 8) return;
  const [xy, xx] = [new Float64Array(count), new Float64Array(count)];
  eachByChannel(x.shape, (i, c) => {
    if (x.data[i]! >= 0) return;
    xy[c]! += x.data[i]! * reference.data[i]!;
    xx[c]! += x.data[i]! ** 2;
  });
  const slopes = xy.map((v, c) => (xx[c]! > 0 ? v / xx[c]! : 0));
  // Slopes of 1 everywhere are no rectifier at all.
  if (slopes.every((slope, c) => xx[c] === 0 || Math.abs(slope - 1) < 1e-3)) return;
  const channel = new Int32Array(x.data.length);
  eachByChannel(x.shape, (i, c) => {
    channel[i] = c;
  });
  const result = mapped(x, (v, i) => (v >= 0 ? v : v * slopes[channel[i]!]!));
  yield {
    label: 'a slope for each channel',
    explanation: 'below zero the reference has a slope for each channel: it is a PReLU.',
    change: { output: () => result },
    fitted: 'one per channel',
    fix: prototxtEdit(suspect, edited({ ...param, type: 'PReLU' }, ['relu_param'], {})),
    values: { [suspect.name]: () => [{ shape: [count], data: Float32Array.from(slopes) }] },
  };
}
