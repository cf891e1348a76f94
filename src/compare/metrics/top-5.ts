/** top-5: see shared/top-k.ts. */
import { topK } from './shared/top-k.js';

export const metric = topK(5);
