/**
 * How Scale and Bias apply a small blob to a large one: it spans the bottom's axes from `axis` on and is repeated
 * along all others.
 */
import { NetspecError } from '../../errors.js';
import type { Blob } from '../../engine/blob.js';
import { shapeString } from '../../shapes.js';
import { axisOf } from './axis.js';

/** Products of the bottom's dimensions before, within and after the axes that are spanned. */
export interface Span {
  outer: number;
  size: number;
  inner: number;
}

/**
 * Shape of a learned blob that spans `numAxes` axes of `bottom` from `axis` on; -1 stands for all of them.
 * @param what 'scale' or 'bias', for the messages
 * @throws NetspecError when there are fewer axes than that.
 */
export function learnedShape(what: string, bottom: Blob, axis: number, numAxes: number): readonly number[] {
  const start = axisOf(bottom, axis, `${what}_param.axis`);
  const field = `${what}_param.num_axes`;
  if (numAxes < -1)
    throw new NetspecError(
      `num_axes must be non-negative, or -1 to extend to the end of bottom[0], got num_axes: ${numAxes}`,
      { field },
    );
  if (numAxes >= 0 && start + numAxes > bottom.numAxes) throw pastTheEnd(what, bottom, start, numAxes, field);
  return bottom.shape.slice(start, numAxes === -1 ? undefined : start + numAxes);
}

/**
 * Lays `small` over `bottom`. A blob without axes is a scalar and fits anywhere.
 * @throws NetspecError when `small` does not have the dimensions of the axes that it spans.
 */
export function spanOf(what: string, bottom: Blob, small: Blob, axis: number): Span {
  const start = small.numAxes === 0 ? 0 : axisOf(bottom, axis, `${what}_param.axis`);
  const end = start + small.numAxes;
  if (end > bottom.numAxes)
    throw pastTheEnd(what, bottom, start, small.numAxes, `${what}_param.axis`, gateHint(bottom, small));
  for (let i = 0; i < small.numAxes; i++)
    if (bottom.shape[start + i] !== small.shape[i])
      throw new NetspecError(
        `dimension mismatch between bottom[0]->shape(${start + i}) and ${what}->shape(${i}): ` +
          `${bottom.shape[start + i]!} vs. ${small.shape[i]!}, bottom[0] is ${shapeString(bottom.shape)}, ` +
          `${what} is ${shapeString(small.shape)}`,
        {
          field: `${what}_param.axis`,
          hint: gateHint(bottom, small) ?? `the ${what} must equal bottom[0]'s dimensions from axis ${start} on`,
        },
      );
  return { outer: bottom.countOf(0, start), size: small.count, inner: bottom.countOf(end) };
}

/** What to do about one value for each channel that still has axes of 1 behind it, as squeeze-and-excitation makes it. */
function gateHint({ shape }: Blob, { shape: gate }: Blob): string | undefined {
  const isGate =
    gate.length > 2 && gate[0] === shape[0] && gate[1] === shape[1] && gate.slice(2).every((dim) => dim === 1);
  return isGate ? 'put a Flatten (or Reshape { dim: 0 dim: -1 }) before the second bottom, and set axis: 0' : undefined;
}

function pastTheEnd(
  what: string,
  bottom: Blob,
  axis: number,
  numAxes: number,
  field: string,
  hint = `axis + the ${what}'s number of axes may be at most ${bottom.numAxes}`,
): NetspecError {
  return new NetspecError(
    `${what} blob's shape extends past bottom[0]'s shape when applied starting with bottom[0] axis = ${axis}: ` +
      `${numAxes} axes wanted, bottom[0] is ${shapeString(bottom.shape)}`,
    { field, hint },
  );
}
