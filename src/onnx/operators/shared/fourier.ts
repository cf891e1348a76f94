/** The matrices of discrete Fourier transforms. */

export interface FourierMatrix {
  /** Elements that are transformed. */
  readonly inputs: number;
  /** Elements that the transform is of: those beyond `inputs` are 0. */
  readonly length: number;
  /** The first so many. */
  readonly frequencies: number;
  /** Whether elements have an imaginary part, which stands behind the real one. */
  readonly isComplex?: boolean;
  readonly isInverse?: boolean;
  /** A factor for each element. */
  readonly window?: ArrayLike<number>;
}

/** (frequencies, 2, inputs, 1 or 2): what each part of each element adds to the real and the imaginary part of each frequency. */
export function fourierMatrix({
  inputs,
  length,
  frequencies,
  isComplex = false,
  isInverse = false,
  window,
}: FourierMatrix): Float64Array {
  const parts = isComplex ? 2 : 1;
  const matrix = new Float64Array(frequencies * 2 * inputs * parts);
  let at = 0;
  for (let k = 0; k < frequencies; k++)
    for (const isImaginary of [false, true])
      for (let n = 0; n < inputs; n++) {
        // Without the whole turns of k n, which would cost the angle's last digits.
        const angle = ((isInverse ? 2 : -2) * Math.PI * ((k * n) % length)) / length;
        const factor = (window?.[n] ?? 1) / (isInverse ? length : 1);
        const [cos, sin] = [factor * Math.cos(angle), factor * Math.sin(angle)];
        matrix[at++] = isImaginary ? sin : cos;
        if (isComplex) matrix[at++] = isImaginary ? cos : -sin;
      }
  return matrix;
}
