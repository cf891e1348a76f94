/** rounding: `round_mode` where it does not matter, and FLOOR → Caffe's own pooling, whose last row and column are cut off. */
import { PoolingParameter_RoundMode as RoundMode } from '../../generated/messages.js';
import { writtenSetting } from '../../layers/shared/window.js';
import { derive } from '../../proto/derive.js';
import { resolve } from '../../proto/message.js';
import type { Value } from '../../optimize/work.js';
import type { Rewrite } from '../rewrite.js';

const STEMS = ['kernel', 'stride', 'pad'] as const;

/** Output size of Caffe's pooling, which rounds up. */
function roundedUp(size: number, kernel: number, stride: number, pad: number, isPadded: boolean): number {
  const out = Math.ceil((size + 2 * pad - kernel) / stride) + 1;
  return isPadded && (out - 1) * stride >= size + pad ? out - 1 : out;
}

export const rounding: Rewrite = {
  name: 'rounding',
  doc: 'no round_mode; where FLOOR makes a difference, ceil_mode: false or Slice and Silence, which take the last row and column away',
  apply: ({ step, problem }, work) => {
    const { pooling_param: given } = step.layer;
    if (problem.field !== 'pooling_param.round_mode' || !given) return false;
    const param = resolve('PoolingParameter', given);
    const plain = derive(given, { round_mode: undefined });
    const [x, y] = [step.bottoms[0]!.shape, step.tops[0]!.shape];
    const side = (axis: 2 | 3): number => {
      if (given.global_pooling) return 1;
      const [kernel, stride, pad] = STEMS.map((stem) => writtenSetting(given, stem)[axis - 2]!) as [
        number,
        number,
        number,
      ];
      const isPadded = (given.pad ?? 0) > 0 || (given.pad_h ?? 0) > 0 || (given.pad_w ?? 0) > 0;
      return roundedUp(x[axis]!, kernel, stride, pad, isPadded);
    };
    const wanted = [y[2]!, y[3]!] as const;
    const whole = [side(2), side(3)] as const;
    if (param.round_mode === RoundMode.CEIL || (whole[0] === wanted[0] && whole[1] === wanted[1])) {
      step.layer = derive(step.layer, { pooling_param: plain });
      return true;
    }
    if (work.target.extraFields?.fields.includes('pooling_param.ceil_mode')) {
      // Not derived: the fork that the net was read as may lack the field.
      step.layer = { ...step.layer, pooling_param: { ...plain, ceil_mode: false } };
      work.hasForkLayers = true;
      return true;
    }
    if (step.tops.length > 1 || !work.takesAll('Slice', 'Silence')) return false;
    const { type = 'Pooling' } = step.layer;
    let from = work.before(step, 'pool', { type, pooling_param: plain }, step.bottoms, [y[0]!, y[1]!, ...whole]);
    const cuts = ([0, 1] as const).filter((i) => whole[i] !== wanted[i]);
    const rest: Value[] = [];
    const shape = [...from.shape];
    const slice = (i: number) => ({ type: 'Slice', slice_param: { axis: i + 2, slice_point: [wanted[i]!] } });
    for (const [n, i] of cuts.entries()) {
      const cut = shape.with(i + 2, whole[i] - wanted[i]);
      shape[i + 2] = wanted[i];
      const isLast = n === cuts.length - 1;
      if (isLast) {
        const value: Value = { name: work.fresh(`${step.layer.name ?? ''}/rest`), shape: cut };
        work.become(step, slice(i), [from]);
        step.tops.push(value);
        rest.push(value);
      } else {
        const [kept, gone] = work.severalBefore(step, `cut_${i}`, slice(i), [from], [[...shape], cut]);
        from = kept!;
        rest.push(gone!);
      }
    }
    work.silence(step, rest);
    return true;
  },
};
