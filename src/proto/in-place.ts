/** Whether a layer works in place, as its bottoms and tops say. */
import type { LayerParameter } from '../generated/messages.js';

/** Whether a top of a layer is a blob that it reads. */
export function isInPlace({ bottom = [], top = [] }: LayerParameter, index = 0): boolean {
  return top[index] !== undefined && bottom.includes(top[index]);
}
