/** ReduceMean: the mean over axes. */
import { addUp, reduction } from './shared/reduce.js';
export const reduceMean = reduction({
  type: 'ReduceMean',
  caffe: 'Pooling AVE over (2, 3), Reduction over trailing axes, else Convolution by ones',
  axesSince: 18,
  reduce: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  emit: (c, x, axes) => addUp(c, x, axes, 'MEAN'),
});
