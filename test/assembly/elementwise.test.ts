/**
 * The kernels of activations, Eltwise and the channel-wise layers against their scalar twins: sizes below, at and above
 * the vector width, in two ranges, in place, at addresses that are only 4-byte aligned, in both variants.
 */
import { describe, expect, test } from '@jest/globals';
import '../../src/node/relaxed-simd.js';
import { detectVariant, type Kernels } from '../../src/engine/kernels.js';
import { createArena, type WasmArena } from '../../src/engine/wasm-arena.js';
import { expectClose, ROUNDING } from '../support/close.js';
import { uniform } from '../support/values.js';

const variants = detectVariant() === 'relaxed' ? (['simd', 'relaxed'] as const) : (['simd'] as const);
const sizes = [0, 1, 3, 4, 5, 7, 8, 9, 31];
const channels = 3;

/** Addresses of arrays: y to write, x to read, and four more of which the first values serve as parameters. */
interface Arrays {
  y: number;
  x: number;
  a: number;
  b: number;
}

interface Row {
  /** Name without `__simd` and `__scalar`. */
  name: string;
  run: (kernels: Kernels, isa: 'simd' | 'scalar', arrays: Arrays, size: number, begin: number, end: number) => void;
  /** Units of work for `size`; the arrays hold `size` elements, or `rows * size`. */
  rows?: number;
  /** How far the twins may differ, where fused multiply-add rounds once instead of twice. Values are below 2. */
  tolerance?: number;
}

const rows = 2 * channels;
const elementwise = (
  name: string,
  call: (kernels: Kernels, isa: 'simd' | 'scalar', arrays: Arrays, begin: number, end: number) => void,
  tolerance = 0,
): Row => ({
  name,
  run: (kernels, isa, arrays, _size, begin, end) => call(kernels, isa, arrays, begin, end),
  tolerance,
});

const TABLE: Row[] = [
  elementwise('f32_relu', (k, isa, { y, x }, b, e) => k[`f32_relu__${isa}`](y, x, 0.25, b, e)),
  elementwise('f32_clip', (k, isa, { y, x }, b, e) => k[`f32_clip__${isa}`](y, x, -0.5, 0.75, b, e)),
  elementwise('f32_threshold', (k, isa, { y, x }, b, e) => k[`f32_threshold__${isa}`](y, x, 0.5, b, e)),
  elementwise('f32_abs', (k, isa, { y, x }, b, e) => k[`f32_abs__${isa}`](y, x, b, e)),
  elementwise('f32_affine', (k, isa, { y, x }, b, e) => k[`f32_affine__${isa}`](y, x, 1.5, 0.3, b, e)),
  elementwise('f32_sigmoid', (k, isa, { y, x }, b, e) => k[`f32_sigmoid__${isa}`](y, x, b, e)),
  elementwise('f32_swish', (k, isa, { y, x }, b, e) => k[`f32_swish__${isa}`](y, x, 1.5, b, e)),
  elementwise('f32_tanh', (k, isa, { y, x }, b, e) => k[`f32_tanh__${isa}`](y, x, b, e)),
  elementwise('f32_elu', (k, isa, { y, x }, b, e) => k[`f32_elu__${isa}`](y, x, 0.3, b, e)),
  elementwise('f32_exp', (k, isa, { y, x }, b, e) => k[`f32_exp__${isa}`](y, x, 0.7, 1.3, b, e)),
  elementwise('f32_mul', (k, isa, { y, x, a }, b, e) => k[`f32_mul__${isa}`](y, x, a, b, e)),
  elementwise('f32_max', (k, isa, { y, x, a }, b, e) => k[`f32_max__${isa}`](y, x, a, b, e)),
  elementwise(
    'f32_sum',
    (k, isa, { y, x, a }, b, e) => k[`f32_sum__${isa}`](y, x, 0.7, a, -1.3, b, e),
    // A product below 2.6 that is not rounded before it is added.
    4 * ROUNDING,
  ),
  {
    name: 'f32_scale_rows',
    rows,
    run: (k, isa, { y, x, a, b }, size, begin, end) =>
      k[`f32_scale_rows__${isa}`](y, x, a, b, channels, size, begin, end),
  },
  {
    name: 'f32_scale_rows without a bias',
    rows,
    run: (k, isa, { y, x, a }, size, begin, end) => k[`f32_scale_rows__${isa}`](y, x, a, 0, channels, size, begin, end),
  },
  {
    name: 'f32_scale_rows without a scale',
    rows,
    run: (k, isa, { y, x, b }, size, begin, end) => k[`f32_scale_rows__${isa}`](y, x, 0, b, channels, size, begin, end),
  },
  {
    name: 'f32_scale_columns',
    rows,
    run: (k, isa, { y, x, a, b }, size, begin, end) => k[`f32_scale_columns__${isa}`](y, x, a, b, size, begin, end),
  },
  {
    name: 'f32_scale_columns without a bias',
    rows,
    run: (k, isa, { y, x, a }, size, begin, end) => k[`f32_scale_columns__${isa}`](y, x, a, 0, size, begin, end),
  },
  {
    name: 'f32_scale_columns without a scale',
    rows,
    run: (k, isa, { y, x, b }, size, begin, end) => k[`f32_scale_columns__${isa}`](y, x, 0, b, size, begin, end),
  },
  {
    name: 'f32_normalize_rows',
    rows,
    run: (k, isa, { y, x, a, b }, size, begin, end) =>
      k[`f32_normalize_rows__${isa}`](y, x, a, b, channels, size, begin, end),
  },
  {
    name: 'f32_prelu_rows',
    rows,
    run: (k, isa, { y, x, a }, size, begin, end) => k[`f32_prelu_rows__${isa}`](y, x, a, channels, size, begin, end),
  },
];

/** Takes memory for `count` values and one more, at an address that is a multiple of 4 and not of 16. */
function place(arena: WasmArena, values: ArrayLike<number>): number {
  const ptr = arena.allocate(values.length * 4 + 16) + 4;
  view(arena, ptr, values.length).set(values);
  return ptr;
}

function view(arena: WasmArena, ptr: number, count: number): Float32Array {
  return new Float32Array(arena.buffer, ptr, count);
}

const GUARD = 77;

describe.each(variants)('%s', (variant) => {
  test.each(TABLE)('$name', async ({ run, rows: rowCount, tolerance = 0 }) => {
    const arena = await createArena({ variant });
    try {
      for (const size of sizes) {
        const count = size * (rowCount ?? 1);
        const units = rowCount ?? size;
        const values = uniform([count], size, 'x').data;
        // NaN and infinities go the same way through both.
        values.set([NaN, Infinity, -Infinity, -0].slice(0, Math.max(count - 1, 0)), Math.min(1, count));
        const [x, a, b] = [
          values,
          ...['a', 'b'].map((key) => uniform([Math.max(count, channels)], size, key).data),
        ].map((array) => place(arena, array)) as [number, number, number];
        const guarded = [...new Array<number>(count).fill(5), GUARD];
        const [plain, vector, inPlace] = [guarded, guarded, [...values, GUARD]].map((array) => place(arena, array)) as [
          number,
          number,
          number,
        ];
        run(arena.kernels, 'scalar', { y: plain, x, a, b }, size, 0, units);
        const half = Math.trunc(units / 2);
        run(arena.kernels, 'simd', { y: vector, x, a, b }, size, half, units);
        // Nothing before the range is touched.
        const before = half * (rowCount ? size : 1);
        expect(view(arena, vector, before)).toEqual(new Float32Array(before).fill(5));
        run(arena.kernels, 'simd', { y: vector, x, a, b }, size, 0, half);
        run(arena.kernels, 'simd', { y: inPlace, x: inPlace, a, b }, size, 0, units);
        const expected = view(arena, plain, count + 1);
        expectClose(view(arena, vector, count + 1), expected, tolerance);
        expectClose(view(arena, inPlace, count + 1), expected, tolerance);
      }
    } finally {
      arena.dispose();
    }
  });

  test.each([0, 4, 12, 64, 68, 400])('copy_rows of %d bytes', async (bytes) => {
    const arena = await createArena({ variant });
    try {
      const values = uniform([400], bytes, 'x').data;
      const x = place(arena, values);
      const y = place(arena, new Float32Array(400));
      arena.kernels.copy_rows__scalar(y, bytes + 8, x, bytes + 4, bytes, 1, 3);
      const expected = new Float32Array(400);
      for (const row of [1, 2])
        expected.set(
          values.subarray((row * (bytes + 4)) / 4, (row * (bytes + 4) + bytes) / 4),
          (row * (bytes + 8)) / 4,
        );
      expect(view(arena, y, 400)).toEqual(expected);
    } finally {
      arena.dispose();
    }
  });
});

describe('transcendental functions', () => {
  /** The float32 values that a double lies between are 2^-23 of it apart. */
  const ulp = (v: number): number => Math.max(2 ** (Math.floor(Math.log2(Math.abs(v))) - 23), 2 ** -149);

  test.each<[string, (k: Kernels, y: number, x: number, n: number) => void, (x: number) => number, number, number]>([
    ['exp', (k, y, x, n) => k.f32_exp__simd(y, x, 1, 1, 0, n), Math.exp, -103, 88.7],
    ['tanh', (k, y, x, n) => k.f32_tanh__simd(y, x, 0, n), Math.tanh, -12, 12],
    ['tanh near 0', (k, y, x, n) => k.f32_tanh__simd(y, x, 0, n), Math.tanh, -0.001, 0.001],
    ['sigmoid', (k, y, x, n) => k.f32_sigmoid__simd(y, x, 0, n), (x) => 1 / (1 + Math.exp(-x)), -21, 88],
  ])('%s errs by less than 3 ulp', async (_name, run, f, low, high) => {
    const arena = await createArena();
    try {
      const n = 20_000;
      const values = Float32Array.from({ length: n }, (_, i) => low + ((high - low) * i) / (n - 1));
      const [x, y] = [place(arena, values), place(arena, values)];
      run(arena.kernels, y, x, n);
      const result = view(arena, y, n);
      let worst = 0;
      for (let i = 0; i < n; i++) worst = Math.max(worst, Math.abs(result[i]! - f(values[i]!)) / ulp(f(values[i]!)));
      expect(worst).toBeLessThan(3);
    } finally {
      arena.dispose();
    }
  });
});
