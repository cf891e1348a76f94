/** softmax-temperature: a softmax of the scores times one number: a temperature, or an attention's 1 / √d. */
import { resolve } from '../../proto/message.js';
import { product } from '../../shapes.js';
import { mapped, type FloatTensor } from '../tensors.js';
import { rounded } from './edits.js';
import type { Hypothesis, PrototxtFix, Suspect, Variant } from './hypothesis.js';

/** Differences between scores that there must be for one number through them to say something. */
const LEAST_DIFFERENCES = 3;

export const softmaxTemperature: Hypothesis = {
  id: 'softmax-temperature',
  title: 'a softmax is of the scores times one number: a temperature, or 1 / √d',
  *variants(suspect): Generator<Variant> {
    const [x] = suspect.bottoms;
    const { reference } = suspect;
    if (suspect.type !== 'Softmax' || !x || reference?.data.length !== x.data.length) return;
    const given = resolve('SoftmaxParameter', suspect.param.softmax_param).axis;
    const fitted = factorOf(x, reference, given < 0 ? given + x.shape.length : given);
    if (fitted === undefined || !(fitted > 1e-3 && fitted < 1e3) || Math.abs(fitted - 1) < 1e-3) return;
    // A factor of a person's is short; where it does not agree, the fitted one may.
    for (const factor of new Set([Number(fitted.toPrecision(3)), Number(fitted.toPrecision(7))])) {
      yield {
        label: `scores times ${rounded(factor)}`,
        explanation:
          `the reference is the softmax of the scores times ${rounded(factor)}: the model divides them by a temperature of ` +
          `${rounded(1 / factor)}, or scales an attention, and the port does not.`,
        change: { bottoms: () => [mapped(x, (v) => v * factor), ...suspect.bottoms.slice(1)] },
        fitted: 'few',
        fix: fixOf(suspect, factor),
      };
    }
  },
};

/**
 * The factor by which logarithms of probabilities differ as the scores do: least squares over what is left of both without
 * their mean along the axis, which a softmax forgets. Undefined where too few probabilities have a logarithm.
 */
function factorOf(x: FloatTensor, reference: FloatTensor, axis: number): number | undefined {
  const [outer, count, inner] = [product(x.shape, 0, axis), x.shape[axis] ?? 1, product(x.shape, axis + 1)];
  let [xx, xy, differences] = [0, 0, 0];
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      const places = Array.from({ length: count }, (_, c) => (o * count + c) * inner + i).filter(
        (at) => reference.data[at]! > 1e-30,
      );
      const logarithms = places.map((at) => Math.log(reference.data[at]!));
      const [meanX, meanY] = [mean(places.map((at) => x.data[at]!)), mean(logarithms)];
      places.forEach((at, k) => {
        xx += (x.data[at]! - meanX) ** 2;
        xy += (x.data[at]! - meanX) * (logarithms[k]! - meanY);
      });
      differences += Math.max(places.length - 1, 0);
    }
  return differences < LEAST_DIFFERENCES || xx === 0 ? undefined : xy / xx;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A Power in front. */
function fixOf({ name, param }: Suspect, scale: number): PrototxtFix {
  const scaled = `${name}_scores`;
  const [bottom = ''] = param.bottom ?? [];
  const power = { name: scaled, type: 'Power', bottom: [bottom], top: [scaled], power_param: { scale } };
  return { place: 'prototxt', before: [param], after: [power, { ...param, bottom: [scaled] }] };
}
