/** near: a first look at whether a function of some values gives those of the reference. */
import type { FloatTensor } from '../tensors.js';

/** What an explanation may leave before it is looked at closely, relative to the largest value. */
export const NEAR = 1e-2;

/** Values that are looked at. */
const SAMPLE = 2048;

/** Whether a function of some values gives those of another tensor, as far as some of them tell. */
export function agreesOn(x: FloatTensor, f: (v: number) => number, { data }: FloatTensor, tolerance: number): boolean {
  if (data.length !== x.data.length) return false;
  const step = Math.max(1, Math.floor(data.length / SAMPLE));
  let [most, size] = [0, 0];
  for (let i = 0; i < data.length; i += step) {
    const difference = Math.abs(f(x.data[i]!) - data[i]!);
    // What is no number agrees with nothing.
    if (!(difference <= Infinity)) return false;
    most = Math.max(most, difference);
    size = Math.max(size, Math.abs(data[i]!));
  }
  return most <= tolerance * size;
}
