/** Gelu: x · Φ(x), by the error function or by a hyperbolic tangent. */
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { mapTensor } from './shared/elementwise.js';
import { emitErfOfMagnitude, erfOf } from './shared/erf.js';
import { eltwise, neuron, power } from './shared/layers.js';

const isTanh = (c: NodeContext): boolean => c.attributes.string('approximate', 'none') === 'tanh';
const SQRT_2_PI = Math.sqrt(2 / Math.PI);

export const gelu: Operator = {
  type: 'Gelu',
  caffe:
    'AbsVal, Power, Exp, Eltwise: erf by Abramowitz and Stegun 7.1.26; the tanh form exactly, by Power, Eltwise, TanH',
  grade: 'approximate',
  notes: 'error 4.4e-7; only where approximations are accepted, but for the tanh form',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x]) => [
    mapTensor(
      x!,
      isTanh(c)
        ? (v) => 0.5 * v * (1 + Math.tanh(SQRT_2_PI * (v + 0.044715 * v ** 3)))
        : (v) => 0.5 * v * (1 + erfOf(v / Math.SQRT2)),
    ),
  ],
  emit: (c) => {
    const x = c.blob(0);
    const half = power(c, x, { scale: 0.5 }, 'half');
    if (isTanh(c)) {
      const cube = power(c, x, { power: 3 }, 'cube');
      const inner = eltwise(c, 'SUM', [x, cube], [SQRT_2_PI, SQRT_2_PI * 0.044715], 'inner');
      c.set(eltwise(c, 'PROD', [half, power(c, neuron(c, 'TanH', inner), { shift: 1 }, 'gate')]));
      return;
    }
    c.approximate('GELU, its erf by formula 7.1.26 of Abramowitz and Stegun', '4.4e-7');
    // x/2 + |x|/2 · erf(|x|/√2): even in the second part, so that no sign is needed.
    const magnitude = emitErfOfMagnitude(c, power(c, x, { scale: Math.SQRT1_2 }, 'scaled'));
    const halfMagnitude = neuron(c, 'AbsVal', half, {}, 'half_magnitude');
    c.set(eltwise(c, 'SUM', [half, eltwise(c, 'PROD', [halfMagnitude, magnitude], undefined, 'odd')]));
  },
};
