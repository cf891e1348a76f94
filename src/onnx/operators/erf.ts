/** Erf: the error function. */
import { unary } from './shared/elementwise.js';
import { emitErf, erfOf } from './shared/erf.js';

export const erf = unary({
  type: 'Erf',
  caffe: 'AbsVal, Power, Exp, Eltwise: Abramowitz and Stegun 7.1.26',
  grade: 'approximate',
  notes: 'error 1.5e-7; only where approximations are accepted',
  f: () => erfOf,
  emit: (c, x) => {
    c.approximate('erf by formula 7.1.26 of Abramowitz and Stegun', '1.5e-7');
    return emitErf(c, x);
  },
});
