/** log-exp-power: a Log, Exp or Power is of another line through what it reads, or has another base or power. */
import { resolve } from '../../proto/message.js';
import type { LayerParameter } from '../../generated/messages.js';
import { mapped, type FloatTensor } from '../tensors.js';
import { edited, prototxtEdit, rounded } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';
import { agreesOn, NEAR } from './near.js';

/** Values that there must be for a line through them to say something. */
const LEAST_VALUES = 8;

/** A line that is this near to a number of few digits has that number. */
const DIGITS = 3;

/** What a layer computes of a line: `f(shift + scale x)`. */
interface Outer {
  readonly f: (line: number) => number;
  readonly inverse: (value: number) => number;
  /** How the layer says it. */
  readonly words: string;
  readonly param: (scale: number, shift: number) => LayerParameter;
}

export const logExpPower: Hypothesis = {
  id: 'log-exp-power',
  title: 'a Log, Exp or Power has another base, power, scale or shift',
  *variants(suspect): Generator<Variant> {
    const [x] = suspect.bottoms;
    const { reference } = suspect;
    if (!x || !reference || reference.data.length !== x.data.length || x.data.length < LEAST_VALUES) return;
    for (const { f, inverse, words, param } of outersOf(suspect)) {
      const line = lineOf(x, mapped(reference, inverse));
      if (!line) continue;
      for (const { scale, shift } of [rounding(line), line]) {
        if (!agreesOn(x, (v) => f(shift + scale * v), reference, NEAR)) continue;
        const label = `${words}scale: ${rounded(scale)}, shift: ${rounded(shift)}`;
        const changed = param(scale, shift);
        yield {
          label,
          explanation: `the reference is what ${suspect.type} gives with ${label}.`,
          change: { param: changed },
          fitted: 'few',
          fix: prototxtEdit(suspect, changed),
        };
        break;
      }
    }
  },
};

function* outersOf({ type, param }: Suspect): Generator<Outer> {
  const line = (scale: number, shift: number) => ({ ...(scale !== 1 && { scale }), ...(shift !== 0 && { shift }) });
  if (type === 'Log') {
    const { base: own } = resolve('LogParameter', param.log_param);
    for (const base of new Set([own, -1, 2, 10])) {
      const log = base === -1 ? 1 : Math.log(base);
      yield {
        f: (v) => Math.log(v) / log,
        inverse: (v) => Math.exp(v * log),
        words: base === own ? '' : `base: ${base}, `,
        param: (scale, shift) => ({
          ...param,
          log_param: edited(param.log_param, ['base', 'scale', 'shift'], {
            ...(base !== -1 && { base }),
            ...line(scale, shift),
          }),
        }),
      };
    }
  } else if (type === 'Exp') {
    const { base } = resolve('ExpParameter', param.exp_param);
    const log = base === -1 ? 1 : Math.log(base);
    yield {
      f: (v) => Math.exp(v * log),
      inverse: (v) => Math.log(v) / log,
      words: '',
      param: (scale, shift) => ({
        ...param,
        exp_param: edited(param.exp_param, ['scale', 'shift'], line(scale, shift)),
      }),
    };
  } else if (type === 'Power') {
    const { power: own } = resolve('PowerParameter', param.power_param);
    // Of the first power, factor says it.
    for (const power of new Set([own, 2, 0.5, -1, -0.5, 3].filter((each) => each !== 1)))
      yield {
        f: (v) => Math.pow(v, power),
        inverse: (v) => Math.sign(v) * Math.pow(Math.abs(v), 1 / power),
        words: power === own ? '' : `power: ${power}, `,
        param: (scale, shift) => ({
          ...param,
          power_param: edited(param.power_param, ['power', 'scale', 'shift'], { power, ...line(scale, shift) }),
        }),
      };
  }
}

interface Line {
  scale: number;
  shift: number;
}

/** By least squares; undefined where no line goes through. */
function lineOf({ data }: FloatTensor, wanted: FloatTensor): Line | undefined {
  const n = data.length;
  const mean = (values: Float32Array): number => values.reduce((sum, v) => sum + v, 0) / n;
  const [meanX, meanY] = [mean(data), mean(wanted.data)];
  let [xx, xy] = [0, 0];
  data.forEach((v, i) => {
    xx += (v - meanX) ** 2;
    xy += (v - meanX) * (wanted.data[i]! - meanY);
  });
  const scale = xy / xx;
  return Number.isFinite(scale) && scale !== 0 ? { scale, shift: meanY - scale * meanX } : undefined;
}

/** The numbers of few digits that an author would have written. */
function rounding({ scale, shift }: Line): Line {
  const near = (v: number) => Number(v.toPrecision(DIGITS));
  return { scale: near(scale), shift: Math.abs(shift) < 1e-5 * Math.abs(scale) ? 0 : near(shift) };
}
