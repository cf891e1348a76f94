/** changes: what a fault does to a port, or to the model that it is held against. */
import * as t from '../../support/torch64.js';
import type { Array32 } from '../planted.js';
import type { Otherwise } from './model.js';
import type { Port } from './port.js';

export interface ModelFault {
  net: string;
  fault: string;
  /** What the model does that the port does not. */
  otherwise?: Otherwise;
  /** What is changed in the right port. */
  spoil?: (port: Port) => void;
  /** A layer of the module that is wrong. */
  layer: string;
  /** The causes that say it; none where nothing may be claimed. */
  causes: readonly string[];
  /** No edit can mend it. */
  unmendable?: boolean;
}

/** Replaces text in a layer of the prototxt, or the whole layer. */
export const edit =
  (layer: string, from: string | RegExp, to: string) =>
  (port: Port): void => {
    const lines = port.prototxt.split('\n');
    const at = lines.findIndex((line) => line.startsWith(`layer { name: "${layer}" `));
    const changed = lines[at]!.replace(from, to);
    if (changed === lines[at]) throw new Error(`nothing was changed in ${layer}`);
    lines[at] = changed;
    port.prototxt = lines.join('\n');
  };
export const all =
  (...spoils: ((port: Port) => void)[]) =>
  (port: Port): void => {
    for (const spoil of spoils) spoil(port);
  };
export const values =
  (layer: string, blob: number, change: (x: Array32, all: readonly Array32[]) => Array32) =>
  (port: Port): void => {
    port.blobs[layer] = port.blobs[layer]!.map((each, i, blobs) => (i === blob ? change(each, blobs) : each));
  };
export const exchanged =
  (a: readonly [string, number], b: readonly [string, number]) =>
  (port: Port): void => {
    const kept = port.blobs[a[0]]![a[1]]!;
    port.blobs[a[0]] = port.blobs[a[0]]!.with(a[1], port.blobs[b[0]]![b[1]]!);
    port.blobs[b[0]] = port.blobs[b[0]]!.with(b[1], kept);
  };
export const fed =
  (input: string, change: (x: Array32) => Array32) =>
  (port: Port): void => {
    port.inputs[input] = change(port.inputs[input]!);
  };
export const to64 = ({ shape, data }: Array32) => t.tensor(shape, data);
export const to32 = ({ shape, data }: t.T64): Array32 => ({ shape, data: Float32Array.from(data) });
/** The axes of an array in another order, read as an array of the shape it had. */
export const axes =
  (order: readonly number[]) =>
  (x: Array32): Array32 => ({ ...to32(t.permute(to64(x), order)), shape: x.shape });
export const each =
  (f: (v: number, i: number) => number) =>
  (x: Array32): Array32 => ({ shape: x.shape, data: x.data.map(f) });
export const reversedValues = (x: Array32): Array32 => ({ shape: x.shape, data: x.data.slice().reverse() });
/** Blocks of the first axis in another order. */
export const blocks =
  (order: readonly number[]) =>
  (x: Array32): Array32 => {
    const size = x.shape[0]! / order.length;
    return to32(
      t.cat(
        order.map((g) => t.narrow(to64(x), 0, g * size, (g + 1) * size)),
        0,
      ),
    );
  };
export const channelsReversed = (x: Array32, axis = 1): Array32 =>
  to32(
    t.cat(
      Array.from({ length: x.shape[axis]! }, (_, i) =>
        t.narrow(to64(x), axis, x.shape[axis]! - 1 - i, x.shape[axis]! - i),
      ),
      axis,
    ),
  );
export const swish = (name: string, blob: string, port: Port) => {
  port.prototxt = port.prototxt
    .split('\n')
    .filter((line) => !line.startsWith(`layer { name: "${name}_`))
    .map((line) =>
      line.startsWith(`layer { name: "${name}" `)
        ? `layer { name: "${name}" type: "Swish" bottom: "${blob}" top: "${name}" }`
        : line,
    )
    .join('\n');
};
/** [begin, end) padded by reflection along rows and columns. */
export const reflected = (x: t.T64, p: number): t.T64 => {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const mirror = (i: number, size: number) => (i < 0 ? -i : i >= size ? 2 * size - 2 - i : i);
  const [oh, ow] = [h + 2 * p, w + 2 * p];
  return t.map({ shape: [n, c, oh, ow], data: new Float64Array(n * c * oh * ow) }, (_, i) => {
    const [row, column] = [mirror((Math.floor(i / ow) % oh) - p, h), mirror((i % ow) - p, w)];
    return x.data[(Math.floor(i / (oh * ow)) * h + row) * w + column]!;
  });
};
export const replicated = (x: t.T64, p: number): t.T64 => {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const clip = (i: number, size: number) => Math.min(Math.max(i, 0), size - 1);
  const [oh, ow] = [h + 2 * p, w + 2 * p];
  return t.map({ shape: [n, c, oh, ow], data: new Float64Array(n * c * oh * ow) }, (_, i) => {
    const [row, column] = [clip((Math.floor(i / ow) % oh) - p, h), clip((i % ow) - p, w)];
    return x.data[(Math.floor(i / (oh * ow)) * h + row) * w + column]!;
  });
};
export const erf = (v: number): number => {
  // The series converges for all that a small net gives.
  let [term, sum] = [v, v];
  for (let n = 1; n < 80; n++) {
    term *= -(v * v) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
};
export const gelu = (x: t.T64) => t.map(x, (v) => 0.5 * v * (1 + erf(v / Math.SQRT2)));
