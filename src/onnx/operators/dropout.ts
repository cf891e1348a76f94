/** Dropout: outside of training, a second name for a value. */
import { reshaped } from './shared/reshaped.js';

export const dropout = reshaped('Dropout', 'leaves no layer; in training mode it is refused', (c) => c.shape(0));
