/**
 * Writes protobuf's wire format by hand, for files that our own writer would not make: unpacked, split, unknown, wrong.
 */

/** A varint; negative numbers are not needed here. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

/** Field `number` as a varint. */
export function int(number: number, value: number): number[] {
  return [...varint(number * 8), ...varint(value)];
}

/** Field `number` as length-delimited bytes: a string, a message or a packed run. */
export function bytes(number: number, payload: string | Iterable<number>): number[] {
  const content = typeof payload === 'string' ? [...new TextEncoder().encode(payload)] : [...payload];
  return [...varint(number * 8 + 2), ...varint(content.length), ...content];
}

/** Field `number` as one float with its own tag. */
export function float(number: number, value: number): number[] {
  return [...varint(number * 8 + 5), ...floats([value])];
}

/** Field `number` as one double with its own tag. */
export function double(number: number, value: number): number[] {
  return [...varint(number * 8 + 1), ...doubles([value])];
}

/** The bytes of floats, little-endian. */
export function floats(values: number[]): number[] {
  return [...new Uint8Array(Float32Array.from(values).buffer)];
}

/** The bytes of doubles, little-endian. */
export function doubles(values: number[]): number[] {
  return [...new Uint8Array(Float64Array.from(values).buffer)];
}

/** Field `number` as a group around `content`. */
export function group(number: number, content: number[]): number[] {
  return [...varint(number * 8 + 3), ...content, ...varint(number * 8 + 4)];
}

/** Numbers of fields in BVLC's caffe.proto that the tests write by hand. */
export const net = { name: 1, layers: 2, layer: 100 } as const;
export const layer = { name: 1, type: 2, blobs: 7, phase: 10 } as const;
export const v1Layer = { layer: 1, name: 4, type: 5, blobs: 6 } as const;
export const v0Layer = { name: 1, type: 2, blobs: 50 } as const;
export const blob = { num: 1, channels: 2, height: 3, width: 4, data: 5, diff: 6, shape: 7, doubleData: 8 } as const;

/** A BlobShape within a BlobProto. */
export function shape(...dim: number[]): number[] {
  return bytes(blob.shape, bytes(1, dim.flatMap(varint)));
}
