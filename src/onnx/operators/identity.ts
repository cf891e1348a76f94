/** Identity: a second name for a value. */
import { reshaped } from './shared/reshaped.js';

export const identityOperator = reshaped(
  'Identity',
  'leaves no layer unless it is between an input and an output',
  (c) => c.shape(0),
);
