/** Settings in few words, as pictures show them. */

/** `3x3/2 pad 1`: sizes along each axis, one for all where they are equal. */
export function windowText(
  kernel: readonly number[],
  stride: readonly number[],
  pad: readonly number[],
  more: readonly string[] = [],
): string {
  const [first] = kernel;
  const size = kernel.length === 1 ? `${first!}x${first!}` : kernel.join('x');
  const step = stride.some((s) => s !== 1) ? `/${joined(stride)}` : '';
  const padding = pad.some((p) => p !== 0) ? [`pad ${joined(pad)}`] : [];
  return [size + step, ...padding, ...more].join(' ');
}

/** One number where all are the same. */
export function joined(values: readonly number[]): string {
  return values.every((value) => value === values[0]) ? String(values[0]) : values.join('x');
}

/** The name of an enum's value; a value that has none, as a number. */
export function enumName(names: Readonly<Record<string, number | string>>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? String(value);
}
