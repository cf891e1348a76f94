/** ArgMin: the place of the smallest along an axis. */
import { argument } from './shared/arg.js';

export const argMin = argument('ArgMin', -1);
