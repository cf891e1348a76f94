/** worse: when a measure is worse than it was. Threads and instruction sets round otherwise, which is no regression. */
/** How much of an error may come or go with rounding, where it is larger than rounding alone. */
const MARGIN = 1.1;
/** What algorithms may differ by, relative to a layer's largest value: that much is allowed of the fastest convolution. */
const NOISE = 1e-5;
/** The same in decibels. */
const MARGIN_DB = 20 * Math.log10(MARGIN);
const NOISE_DB = -20 * Math.log10(NOISE);

/** For errors in the values' own unit. */
export function grewByScale(now: number, before: number, scale: number): boolean {
  return isAbove(now, before, NOISE * scale);
}

/** For errors relative to the layer. */
export function grew(now: number, before: number): boolean {
  return isAbove(now, before, NOISE);
}

/** For counts. */
export function grewAtAll(now: number, before: number): boolean {
  return isAbove(now, before, 0, 1);
}

/** For parts of a whole, of which 1 is the best. */
export function fell(now: number, before: number): boolean {
  return isAbove(1 - now, 1 - before, NOISE);
}

/** For decibels. */
export function fellByDecibels(now: number, before: number): boolean {
  if (Number.isNaN(now)) return !Number.isNaN(before);
  return now < NOISE_DB && !(now >= before - MARGIN_DB);
}

function isAbove(now: number, before: number, floor: number, margin = MARGIN): boolean {
  if (Number.isNaN(now)) return !Number.isNaN(before);
  return now > floor && !(now <= before * margin);
}
