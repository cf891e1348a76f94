/** Resizing as layers. */
import { product } from '../../../shapes.js';
import type { Blob } from '../../emit/builder.js';
import { weights } from '../../emit/builder.js';
import type { EmitContext } from '../../emit/emit-context.js';
import { mix, reshape, scale, tile } from './layers.js';
import { isIdentity, isRepetition, selection, type ResizeRule } from './resample.js';
import { select } from './select.js';

/** One axis that changes. */
export interface AxisMap {
  readonly axis: number;
  readonly size: number;
  readonly output: number;
  /** (output, size) */
  readonly matrix: Float64Array;
}

export function emitResize(c: EmitContext, x: Blob, maps: readonly AxisMap[], rule: ResizeRule): Blob {
  const changed = maps.filter(({ matrix, size }) => !isIdentity(matrix, size));
  if (changed.length === 0) return x;
  const isPlane = x.shape.length === 4 && changed.every(({ axis }) => axis >= 2);
  if (isPlane) {
    const times = [2, 3].map((axis) => {
      const map = changed.find((each) => each.axis === axis);
      return map ? map.output / map.size : 1;
    });
    const isRepeated = changed.every(({ matrix, size, output }) => isRepetition(matrix, size, output / size));
    if (isRepeated) return repeat(c, x, times as [number, number]);
    const isAligned = rule.mode === 'linear' && rule.coordinates === 'align_corners' && !rule.antialias;
    if (isAligned && c.target.has('Interp')) {
      const [height, width] = [2, 3].map(
        (axis) => changed.find((each) => each.axis === axis)?.output ?? x.shape[axis]!,
      );
      return c.layer('Interp', [x], { height, width }, [...x.shape.slice(0, 2), height!, width!], { role: 'resize' });
    }
    const isBilinear =
      rule.mode === 'linear' &&
      rule.coordinates === 'half_pixel' &&
      times.every((factor) => Number.isInteger(factor) && factor >= 2) &&
      times[0] === times[1] &&
      changed.every(({ size }) => size > 1);
    if (isBilinear) return bilinear(c, x, times[0]!);
  }
  let y = x;
  for (const map of changed) y = alongAxis(c, y, map);
  return y;
}

/** Every pixel repeated. */
function repeat(c: EmitContext, x: Blob, [h, w]: readonly [number, number]): Blob {
  const channels = x.shape[1]!;
  const shape = [x.shape[0]!, channels, x.shape[2]! * h, x.shape[3]! * w];
  if (h === w && c.target.has('Upsample')) return c.layer('Upsample', [x], { scale: h }, shape);
  if (h === w && c.target.has('UpsampleDarknet')) return c.layer('UpsampleDarknet', [x], { stride: h }, shape);
  const fields = {
    num_output: channels,
    ...(h === w ? { kernel_size: h, stride: h } : { kernel_h: h, kernel_w: w, stride_h: h, stride_w: w }),
    ...(channels > 1 && { group: channels }),
    bias_term: false,
  };
  const ones = { shape: [channels, 1, h, w], values: () => new Float32Array(channels * h * w).fill(1) };
  return c.layer('Deconvolution', [x], fields, shape, { blobs: [ones], role: 'upsample' });
}

/** Caffe's bilinear filler as weights, and a map that makes up for what is missing at the border. */
function bilinear(c: EmitContext, x: Blob, factor: number): Blob {
  const channels = x.shape[1]!;
  const kernel = 2 * factor - (factor % 2);
  const pad = Math.ceil((factor - 1) / 2);
  const line = Float64Array.from({ length: kernel }, (_, i) => {
    const f = Math.ceil(kernel / 2);
    const center = (2 * f - 1 - (f % 2)) / (2 * f);
    return 1 - Math.abs(i / f - center);
  });
  const [h, w] = [x.shape[2]! * factor, x.shape[3]! * factor];
  const fields = {
    num_output: channels,
    kernel_size: kernel,
    stride: factor,
    ...(pad > 0 && { pad }),
    ...(channels > 1 && { group: channels }),
    bias_term: false,
  };
  const values = (): Float32Array => {
    const plane = [...line].flatMap((a) => [...line].map((b) => a * b));
    return Float32Array.from({ length: channels * kernel * kernel }, (_, i) => plane[i % plane.length]!);
  };
  const y = c.layer('Deconvolution', [x], fields, [x.shape[0]!, channels, h, w], {
    blobs: [{ shape: [channels, 1, kernel, kernel], values }],
    role: 'bilinear',
  });
  const sums = [x.shape[2]!, x.shape[3]!].map((size) => {
    const sum = new Float64Array(size * factor);
    for (let i = 0; i < size; i++)
      for (let k = 0; k < kernel; k++) {
        const at = i * factor + k - pad;
        if (at >= 0 && at < sum.length) sum[at]! += line[k]!;
      }
    return sum;
  }) as [Float64Array, Float64Array];
  const map = Float64Array.from({ length: h * w }, (_, i) => 1 / (sums[0][Math.floor(i / w)]! * sums[1][i % w]!));
  if (map.every((value) => Math.abs(value - 1) < 1e-12)) return y;
  return scale(c, y, 2, [h, w], map, undefined, 'border');
}

/** A linear map along one axis. */
function alongAxis(c: EmitContext, x: Blob, { axis, size, output, matrix }: AxisMap): Blob {
  if (size === 1) return tile(c, x, axis, output);
  const indices = selection(matrix, size);
  if (indices && output <= size) return select(c, x, axis, indices);
  const [outer, inner] = [product(x.shape, 0, axis), product(x.shape, axis + 1)];
  const shape = x.shape.with(axis, output);
  const values = (): Float32Array => Float32Array.from(matrix);
  if (inner === 1) {
    const flat = reshape(c, x, [outer, size]);
    const y = c.layer('InnerProduct', [flat], { num_output: output, bias_term: false }, [outer, output], {
      blobs: [weights([output, size], values())],
      role: 'resize',
    });
    return reshape(c, y, shape);
  }
  const flat = reshape(c, x, [outer, size, 1, inner]);
  return reshape(c, mix(c, flat, output, values, { role: 'resize' }), shape);
}
