/** ArgMax: the place of the largest along an axis. */
import { argument } from './shared/arg.js';

export const argMax = argument('ArgMax', 1);
