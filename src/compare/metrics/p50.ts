/** p50: see shared/quantile.ts. */
import { errorQuantile } from './shared/quantile.js';

export const metric = errorQuantile('p50', 0.5);
