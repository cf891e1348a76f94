/** factor: the reference is the layer's result times one number, or plus one. */
import { mapped, type FloatTensor } from '../tensors.js';
import { edited, prototxtEdit, rounded } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';
import { agreesOn, NEAR } from './near.js';

/** Values that there must be for a line through them to say something: one through the origin, and any. */
const LEAST_VALUES = [4, 8] as const;

export const factor: Hypothesis = {
  id: 'factor',
  title: 'the reference is the result times one number, or plus one',
  *variants(suspect): Generator<Variant> {
    const { reference, output, bottoms } = suspect;
    if (reference?.data.length !== output.data.length || bottoms.length === 0) return;
    for (const line of linesThrough(output, reference)) {
      const { slope, offset } = line;
      const isNone = Math.abs(slope - 1) < 1e-4 && Math.abs(offset) < 1e-6;
      if (output.data.length < LEAST_VALUES[offset === 0 ? 0 : 1]) continue;
      if (isNone || !Number.isFinite(slope) || Math.abs(slope) < 1e-6) continue;
      if (!agreesOn(output, (v) => v * slope + offset, reference, NEAR)) continue;
      const times = Math.abs(slope - 1) < 1e-4 ? '' : `times ${rounded(slope)}`;
      const plus = offset === 0 ? '' : `plus ${rounded(offset)}`;
      const what = [times, plus].filter((each) => each !== '').join(' ');
      yield {
        label: what,
        explanation:
          `the reference is this layer's result ${what}, the same in all channels: the model multiplies or adds a number ` +
          'that the port lacks, or has once too often.',
        change: { output: (y) => mapped(y, (v) => v * slope + offset) },
        fitted: 'few',
        fix: fixOf(suspect, slope, offset),
      };
    }
  },
};

/** A Power behind the layer; the layer itself where it is one. */
function fixOf({ name, type, param }: Suspect, scale: number, shift: number): Variant['fix'] {
  const settings = (scaled: number, shifted: number) => ({
    ...(scaled !== 1 && { scale: Number(scaled.toPrecision(7)) }),
    ...(shifted !== 0 && { shift: Number(shifted.toPrecision(7)) }),
  });
  const given = param.power_param;
  if (type === 'Power' && (given?.power ?? 1) === 1) {
    const power_param = edited(
      given,
      ['scale', 'shift'],
      settings((given?.scale ?? 1) * scale, (given?.shift ?? 0) * scale + shift),
    );
    return prototxtEdit({ param }, { ...param, power_param });
  }
  const [top = ''] = param.top ?? [];
  return prototxtEdit({ param }, param, {
    ...{ name: `${name}_factor`, type: 'Power', bottom: [top], top: [top], power_param: settings(scale, shift) },
  });
}

/** The line through the origin, then that with an offset. */
function linesThrough({ data }: FloatTensor, reference: FloatTensor): { slope: number; offset: number }[] {
  const n = data.length;
  let [x, y, xx, xy] = [0, 0, 0, 0];
  data.forEach((v, i) => {
    const r = reference.data[i]!;
    x += v;
    y += r;
    xx += v * v;
    xy += v * r;
  });
  const slope = (xy - (x * y) / n) / (xx - (x * x) / n);
  return [
    { slope: xy / xx, offset: 0 },
    { slope, offset: (y - slope * x) / n },
  ];
}
