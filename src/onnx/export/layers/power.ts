/** Power: Mul, Add and Pow, as far as they change something. */
import { PowerLayer } from '../../../layers/power.js';
import { resolve } from '../../../proto/message.js';
import type { LayerExport } from '../layer-export.js';

export const power: LayerExport = {
  layers: [PowerLayer],
  becomes: 'Mul, Add and Pow, as far as they change something',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { power: exponent, scale, shift } = resolve('PowerParameter', param.power_param);
    // As in Caffe, the bottom is not looked at where it does not count: the result is finite whatever it is.
    if (Math.fround(exponent * scale) === 0)
      return [ops.expand(ops.scalar(exponent === 0 ? 1 : Math.pow(Math.fround(shift), exponent)), x!.shape)];
    const scaled = scale === 1 ? x! : ops.mul(x!, scale);
    const shifted = shift === 0 ? scaled : ops.add(scaled, shift);
    return [exponent === 1 ? shifted : ops.pow(shifted, exponent)];
  },
};
