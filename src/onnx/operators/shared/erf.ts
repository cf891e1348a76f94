/** The error function: to double precision for references, and by Abramowitz and Stegun's formula 7.1.26 as layers. */
import type { Blob } from '../../emit/builder.js';
import type { EmitContext } from '../../emit/emit-context.js';
import { eltwise, neuron, power } from './layers.js';

/** erf to double precision: the series near 0, the continued fraction of erfc beyond. */
export function erfOf(x: number): number {
  const a = Math.abs(x);
  if (!(a < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  if (a < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && n < 200; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
}

/** 1 − (a1 t + … + a5 t⁵) exp(−x²) with t = 1 / (1 + p x), for x ≥ 0; off by 1.5e-7 at most. */
const P = 0.3275911;
const A = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429] as const;

/** erf(|x|). */
export function emitErfOfMagnitude(c: EmitContext, x: Blob): Blob {
  const a = neuron(c, 'AbsVal', x, {}, 'magnitude');
  const t = power(c, a, { scale: P, shift: 1, power: -1 }, 't');
  let sum = power(c, t, { scale: A[4], shift: A[3] }, 'horner1');
  for (const [i, coefficient] of [A[2], A[1], A[0]].entries())
    sum = power(
      c,
      eltwise(c, 'PROD', [sum, t], undefined, `horner${i + 2}_product`),
      { shift: coefficient },
      `horner${i + 2}`,
    );
  const polynomial = eltwise(c, 'PROD', [sum, t], undefined, 'polynomial');
  const decay = neuron(c, 'Exp', power(c, a, { power: 2 }, 'square'), { scale: -1 }, 'decay');
  return power(c, eltwise(c, 'PROD', [polynomial, decay], undefined, 'rest'), { scale: -1, shift: 1 }, 'erf_magnitude');
}

/** erf(x), odd: the sign of x times erf(|x|). */
export function emitErf(c: EmitContext, x: Blob): Blob {
  const positive = neuron(c, 'Threshold', x, {}, 'positive');
  const sign = power(c, positive, { scale: 2, shift: -1 }, 'sign');
  return eltwise(c, 'PROD', [emitErfOfMagnitude(c, x), sign]);
}
