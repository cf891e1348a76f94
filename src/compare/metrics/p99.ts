/** p99: see shared/quantile.ts. */
import { errorQuantile } from './shared/quantile.js';

export const metric = errorQuantile('p99', 0.99);
