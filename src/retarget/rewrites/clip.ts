/** clip: Clip and ReLU6 → ReLU6 or Clip where the target has it, else ReLU and Power: min(y, b) = b − max(b − y, 0). */
import { settingsOf } from '../../layers/shared/fork-settings.js';
import { isRefused, type Rewrite } from '../rewrite.js';

/** Names of the same layer, 0 to 6. */
const RELU6 = ['ReLU6', 'Relu6'];

export const clip: Rewrite = {
  name: 'clip',
  doc: 'ReLU6 or Clip where the target has it, else ReLU, Power (-1, bound), ReLU, Power (-1, bound), in the place of Clip and ReLU6',
  apply: (marked, work) => {
    const { step } = marked;
    const { type = '', clip_param: param } = step.layer;
    const isClip = type === 'Clip';
    if (!isRefused(marked) || !(isClip || RELU6.includes(type))) return false;
    // A slope below 0 is a field of some forks' ReLU6.
    const settings = settingsOf<{ negative_slope: number }>(step.layer, 'relu6_param');
    if (settings.negative_slope) return false;
    const [min, max] = isClip ? [param?.min, param?.max] : [0, 6];
    if (min === undefined || max === undefined) return false;
    const own = min === 0 && max === 6 ? RELU6.find((each) => work.takes(each)) : undefined;
    if (own !== undefined) {
      work.become(step, { type: own }, step.bottoms);
      return true;
    }
    if (work.takes('Clip')) {
      work.become(step, { type: 'Clip', clip_param: { min, max } }, step.bottoms);
      return true;
    }
    if (!work.takesAll('ReLU', 'Power') || !work.giveOwnTop(step)) return false;
    const { shape } = step.bottoms[0]!;
    const power = (scale: number, shift: number) => ({ type: 'Power', power_param: { scale, shift } });
    const from0 = min === 0 ? step.bottoms[0]! : work.before(step, 'from_min', power(1, -min), step.bottoms, shape);
    const lower = work.before(step, 'lower', { type: 'ReLU' }, [from0], shape);
    const rest = work.before(step, 'rest', power(-1, max - min), [lower], shape);
    const upper = work.before(step, 'upper', { type: 'ReLU' }, [rest], shape);
    work.become(step, power(-1, max), [upper]);
    return true;
  },
};
