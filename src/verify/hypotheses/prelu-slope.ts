/** prelu-slope: a PReLU has one slope for all channels where the layer has one for each, or other slopes. */
import { resolve } from '../../proto/message.js';
import { channelsOf, eachByChannel, mapped, median, type FloatTensor } from '../tensors.js';
import { edited, packingEdit, prototxtEdit, rounded } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';

export const preluSlope: Hypothesis = {
  id: 'prelu-slope',
  title: 'a PReLU has one slope for all channels, or other slopes',
  *variants(suspect): Generator<Variant> {
    const [slopes] = suspect.blobs;
    if (suspect.type !== 'PReLU' || !slopes) return;
    const { channel_shared: isShared } = resolve('PReLUParameter', suspect.param.prelu_param);
    const withShared = (channel_shared: boolean) => {
      const prelu_param = edited(suspect.param.prelu_param, ['channel_shared'], {
        ...(channel_shared && { channel_shared }),
      });
      return edited(suspect.param, ['prelu_param'], Object.keys(prelu_param).length > 0 ? { prelu_param } : {});
    };
    const shared = withShared(true);
    if (!isShared && slopes.data.length > 1) {
      const one = { shape: [], data: slopes.data.slice(0, 1) };
      yield {
        label: 'the first slope for all channels',
        explanation: 'the reference has one slope for all channels (nn.PReLU()), which is the first of this layer.',
        change: { param: shared, blobs: () => [one] },
        fix: prototxtEdit(suspect, shared),
      };
    }
    const fitted = fittedSlopes(suspect);
    if (!fitted) return;
    const { values, common } = fitted;
    if (common !== undefined)
      yield {
        label: `channel_shared: true, slope ${rounded(common)}`,
        explanation:
          `below zero the reference has the slope ${rounded(common)} in all channels: nn.PReLU() with one slope` +
          (isShared ? `, this layer ${rounded(slopes.data[0]!)}.` : ', where this layer has one for each channel.'),
        change: { param: shared, blobs: () => [{ shape: [], data: Float32Array.of(common) }] },
        fitted: 'few',
        fix: isShared
          ? packingEdit(suspect, 'weight', 'weight', `np.array([${rounded(common)}])`)
          : prototxtEdit(suspect, shared),
      };
    const each = withShared(false);
    yield {
      label: 'other slopes',
      explanation: isShared
        ? 'below zero the reference has a slope for each channel, this layer one for all.'
        : "below zero the reference's slopes are others than those that this layer holds.",
      change: { param: each, blobs: () => [values] },
      fitted: 'one per channel',
      fix: isShared
        ? prototxtEdit(suspect, each)
        : packingEdit(suspect, 'weight', 'weight', `np.array([${[...values.data].map(rounded).join(', ')}])`),
    };
  },
};

/** The slope below zero of each channel, and that of all where it is one. */
function fittedSlopes({
  bottoms,
  reference,
}: Suspect): { values: FloatTensor; common: number | undefined } | undefined {
  const [x] = bottoms as [FloatTensor];
  if (reference?.data.length !== x.data.length) return undefined;
  const { count } = channelsOf(x.shape);
  const [xy, xx] = [new Float64Array(count), new Float64Array(count)];
  eachByChannel(x.shape, (i, c) => {
    if (x.data[i]! >= 0) return;
    xy[c]! += x.data[i]! * reference.data[i]!;
    xx[c]! += x.data[i]! ** 2;
  });
  const seen = [...xy].flatMap((v, c) => (xx[c]! > 0 ? [v / xx[c]!] : []));
  if (seen.length === 0) return undefined;
  const middle = median(seen);
  const isOne = seen.every((slope) => Math.abs(slope - middle) <= 1e-3 * Math.max(Math.abs(middle), 1e-2));
  const values = mapped({ shape: [count], data: new Float32Array(count) }, (_, c) =>
    xx[c]! > 0 ? xy[c]! / xx[c]! : middle,
  );
  return { values, common: isOne ? Number(middle.toPrecision(6)) : undefined };
}
