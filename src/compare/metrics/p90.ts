/** p90: see shared/quantile.ts. */
import { errorQuantile } from './shared/quantile.js';

export const metric = errorQuantile('p90', 0.9);
