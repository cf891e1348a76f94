/**
 * The kernels of matrix products, packing, im2col and single-channel convolution against their scalar twins: sizes
 * below, at and above the tile, odd distances of rows, parts of the work, in both variants.
 */
import { describe, test } from '@jest/globals';
import { ROUNDING } from '../support/close.js';
import { compareTwins, variants, type Bench } from '../support/kernel-table.js';

interface Row {
  name: string;
  run: (bench: Bench) => void;
  /** How far the twins may be apart; they must agree exactly where nothing is computed. */
  tolerance: number;
}

/**
 * Products of numbers below 1, summed in two orders: each of the n roundings of either is below 2^-24 · n. That the worst
 * case happens every time is out of the question for long sums: their errors add up as a walk does, 1029 of them of sums
 * below 100 to 2e-4.
 */
const sums = (n: number): number => Math.min(2 * n * n * ROUNDING, 2e-4);

const around = (tile: number): number[] => [1, tile - 1, tile, tile + 1, 3 * tile + 1];

/** Writes the task of a kernel that threads share: words, of which `floats` are floats. */
const task = (bench: Bench, words: readonly number[], floats: Readonly<Record<number, number>> = {}): number => {
  const bits = new Int32Array(Float32Array.from(Object.values(floats)).buffer);
  const all = [...words];
  Object.keys(floats).forEach((at, i) => (all[Number(at)] = bits[i]!));
  return bench.integers(all);
};

/** Tiles of 6 and of 4 rows, with each step of finishing alone and all of them. */
function* tileRows(): Generator<Row> {
  for (const rows of [6, 4] as const)
    for (const k of [0, 1, 2, 3, 4, 5, 8, 257])
      for (const steps of k === 5 ? [0, 1, 2, 4, 8, 16, 31] : [0, 31])
        yield {
          name: `f32_tile_${rows}x8 k ${k} steps ${steps}`,
          tolerance: sums(k + 4),
          run: (bench) => {
            const { kernels, isa, input, output, scratch } = bench;
            const [lda, ldc] = [rows + 2, 11];
            const [a, b] = [input(lda * k), input(8 * k)];
            const [scale, shift, residual] = [input(rows), input(rows), input(rows * ldc)];
            const c = output(rows * ldc);
            const tile = scratch(640);
            const words = new Int32Array([ldc * 4, steps, scale, shift, residual - c]);
            bench.write(tile, words);
            bench.write(tile + 20, new Float32Array([0.25]));
            kernels[`f32_tile_${rows}x8__${isa}`](tile, c, a, lda * 4, b, k);
          },
        };
}

function* productRows(): Generator<Row> {
  for (const m of [...around(4), 7, 8, 9, 12, 16, 23])
    for (const n of [...around(8), 97])
      // Up to 256 products are summed at a time.
      for (const k of m === 5 && n === 9 ? [255, 256, 257, 515] : [1, 2, 3, 4, 5, 8, 19])
        for (const accumulate of [0, 1])
          for (const finish of [0, 1])
            for (const source of ['packed', 'rows', 'transposed'] as const)
              yield {
                name: `f32_product m ${m} n ${n} k ${k} ${accumulate ? 'add' : 'write'} ${finish ? 'epilogue' : ''} ${source}`,
                tolerance: sums(k + 4),
                run: (bench) => {
                  const { kernels, isa, input, output, scratch } = bench;
                  const [lda, ldb, ldc] = [k + 3, k * 8 + 5, n + 1];
                  const [unitRows, unitColumns, blockColumns] = [source === 'packed' ? 16 : m, 32, 24];
                  const a = input(m * lda);
                  const b = source === 'packed' ? input(Math.ceil(n / 8) * ldb) : 0;
                  const [kind, lds] = source === 'transposed' ? [1, k + 2] : [0, n + 2];
                  const matrix = task(bench, [kind, input(k * lds + n * lds), lds * 4, 0]);
                  const [scale, shift, residual] = [input(m), input(m), input(m * ldc)];
                  const c = output(m * ldc);
                  const epilogue = finish && task(bench, [scale, shift, residual - c, 1, 1], { 5: 0.25 });
                  const run = kernels[`f32_product__${isa}`];
                  const panel = 12 * 256;
                  const block = blockColumns + 16 + (blockColumns / 8) * (Math.min(k, 256) * 8 + 16);
                  const of = task(bench, [
                    ...[c, ldc * 4, a, lda * 4, b, ldb * 4, matrix, m, n, k, accumulate],
                    ...[unitRows, unitColumns, blockColumns, scratch(640 + (panel + block) * 4), 0, epilogue],
                  ]);
                  const units = Math.ceil(m / unitRows) * Math.ceil(n / unitColumns);
                  for (let unit = 0; unit < units; unit++) run(of, unit, 0);
                },
              };
}

function* dotRows(): Generator<Row> {
  for (const n of around(4))
    for (const k of [0, 1, 3, 4, 5, 1024, 1029])
      for (const batch of [1, 2])
        for (const biased of [false, true])
          yield {
            name: `f32_dot_4 n ${n} k ${k} batch ${batch} ${biased ? 'bias' : ''}`,
            tolerance: sums(k + 1),
            run: ({ kernels, isa, input, output }) => {
              const [ldx, ldw, ldy] = [k + 1, k + 2, n + 2];
              const [x, w, bias, y] = [input(batch * ldx), input(n * ldw), input(n), output(batch * ldy)];
              const dot = kernels[`f32_dot_4__${isa}`];
              const middle = n >> 1;
              for (const [begin, end] of [
                [0, middle],
                [middle, n],
              ] as const)
                dot(y, ldy * 4, x, ldx * 4, w, ldw * 4, biased ? bias : 0, batch, k, begin, end);
            },
          };
}

function* packRows(): Generator<Row> {
  for (const k of [1, 3, 4, 5, 9])
    for (const n of around(8)) {
      const panels = Math.ceil(n / 8);
      yield {
        name: `f32_pack_panels_8 k ${k} n ${n}`,
        tolerance: 0,
        run: ({ kernels, isa, input, output }) => {
          const [lds, ldb] = [n + 3, k * 8 + 4];
          kernels[`f32_pack_panels_8__${isa}`](output(panels * ldb), ldb * 4, input(k * lds), lds * 4, k, n);
        },
      };
      yield {
        name: `f32_pack_panels_transposed_8 k ${k} n ${n}`,
        tolerance: 0,
        run: ({ kernels, isa, input, output }) => {
          const [lds, ldb] = [k + 3, k * 8 + 4];
          kernels[`f32_pack_panels_transposed_8__${isa}`](output(panels * ldb), ldb * 4, input(n * lds), lds * 4, k, n);
        },
      };
      yield {
        name: `f32_transpose_4x4 ${k} x ${n}`,
        tolerance: 0,
        run: ({ kernels, isa, input, output }) => {
          const [lds, ldt] = [n + 1, k + 2];
          kernels[`f32_transpose_4x4__${isa}`](output(n * ldt), ldt * 4, input(k * lds), lds * 4, k, n);
        },
      };
    }
}

function* vectorRows(): Generator<Row> {
  for (const n of [0, 1, 3, 4, 5, 8, 9]) {
    yield {
      name: `f32_axpy ${n}`,
      tolerance: sums(2),
      run: ({ kernels, isa, input, output }) => kernels[`f32_axpy__${isa}`](output(n), input(n), 0.7, n),
    };
    yield {
      name: `f32_fill ${n}`,
      tolerance: 0,
      run: ({ kernels, isa, output }) => kernels[`f32_fill__${isa}`](output(n), 0.7, n),
    };
    yield {
      name: `f32_fill_rows ${n}`,
      tolerance: 0,
      run: ({ kernels, isa, input, output }) => kernels[`f32_fill_rows__${isa}`](output(5 * n), input(5), n, 1, 4),
    };
    yield {
      name: `f32_fill_rows with 0 ${n}`,
      tolerance: 0,
      run: ({ kernels, isa, output }) => kernels[`f32_fill_rows__${isa}`](output(5 * n), 0, n, 1, 4),
    };
    yield {
      name: `f32_repeat ${n}`,
      tolerance: 0,
      run: ({ kernels, isa, input, output }) => kernels[`f32_repeat__${isa}`](output(5 * n), input(n), n, 1, 4),
    };
  }
}

interface Axis {
  image: number;
  kernel: number;
  stride: number;
  pad: number;
  dilation: number;
}

/** Windows over two axes; the rows get the same window with another stride. */
const WINDOWS: readonly (Axis & { name: string })[] = [
  { name: 'plain', image: 12, kernel: 3, stride: 1, pad: 0, dilation: 1 },
  { name: 'padded', image: 19, kernel: 3, stride: 1, pad: 1, dilation: 1 },
  { name: 'stride 2', image: 21, kernel: 3, stride: 2, pad: 1, dilation: 1 },
  { name: 'stride 3, dilated', image: 25, kernel: 4, stride: 3, pad: 2, dilation: 2 },
  { name: 'padded by more than the kernel', image: 3, kernel: 2, stride: 2, pad: 5, dilation: 1 },
  { name: 'wide', image: 70, kernel: 5, stride: 1, pad: 2, dilation: 1 },
];

function geometry(x: Axis): { words: number[]; image: number; output: number; taps: number; columns: number } {
  const y = { ...x, image: 7, stride: 2 };
  const outputOf = (a: Axis): number =>
    Math.trunc((a.image + 2 * a.pad - a.dilation * (a.kernel - 1) - 1) / a.stride) + 1;
  const words = (a: Axis): number[] => [a.image, outputOf(a), a.kernel, a.stride, a.pad, a.dilation, 0, 0];
  return {
    words: [...[2, 0, 0, 0, 0, 0, 0, 0], ...words(y), ...words(x)],
    image: y.image * x.image,
    output: outputOf(y) * outputOf(x),
    taps: y.kernel * x.kernel,
    columns: outputOf(x),
  };
}

function* windowRows(): Generator<Row> {
  for (const window of WINDOWS) {
    const { words, image, output: n, taps } = geometry(window);
    const rows = 3 * taps;
    yield {
      name: `f32_im2col ${window.name}`,
      tolerance: 0,
      run: ({ kernels, isa, input, output, integers }) =>
        kernels[`f32_im2col__${isa}`](output((rows - 2) * n), input(3 * image), integers(words), n, 1, rows - 1),
    };
    yield {
      name: `f32_col2im ${window.name}`,
      // At most `taps` sums for a pixel, in the same order.
      tolerance: 0,
      run: ({ kernels, isa, input, output, integers }) =>
        kernels[`f32_col2im__${isa}`](output(3 * image), input(rows * n), integers(words), n, 1, 3),
    };
    for (const [n0, n1] of [
      [0, n],
      [3, n - 2],
    ] as const)
      yield {
        name: `f32_pack_im2col_8 ${window.name}, columns ${n0} to ${n1}`,
        tolerance: 0,
        run: ({ kernels, isa, input, output, integers, scratch }) => {
          const [begin, end] = [2, rows - 3];
          const ldb = (end - begin) * 32 + 12;
          const to = output((Math.ceil((n1 - n0) / 8) * ldb) / 4);
          const [from, shape] = [input(3 * image), integers(words)];
          kernels[`f32_pack_im2col_8__${isa}`](to, ldb, from, shape, scratch((n1 - n0 + 8) * 4), n0, n1, begin, end);
        },
      };
    for (const multiplier of [1, 2])
      for (const biased of [false, true]) {
        const results = 3 * multiplier;
        yield {
          name: `f32_depthwise ${window.name}, ${multiplier} each ${biased ? 'bias' : ''}`,
          tolerance: sums(taps + 1),
          run: ({ kernels, isa, input, output, integers, scratch }) => {
            const [x, w, bias, y] = [input(3 * image), input(results * taps), input(results), output(results * n)];
            const convolve = kernels[`f32_depthwise__${isa}`];
            const [shape, work] = [integers(words), scratch(100_000)];
            convolve(y, x, w, biased ? bias : 0, shape, work, multiplier, 0, 1);
            convolve(y, x, w, biased ? bias : 0, shape, work, multiplier, 1, results);
          },
        };
        yield {
          name: `f32_depthwise_transposed ${window.name}, ${multiplier} each ${biased ? 'bias' : ''}`,
          tolerance: sums(taps + 1),
          run: ({ kernels, isa, input, output, integers, scratch }) => {
            const [x, w, bias, y] = [input(3 * n), input(results * taps), input(results), output(results * image)];
            const spread = kernels[`f32_depthwise_transposed__${isa}`];
            const [shape, work] = [integers(words), scratch(100_000)];
            spread(y, x, w, biased ? bias : 0, shape, work, multiplier, 0, 1);
            spread(y, x, w, biased ? bias : 0, shape, work, multiplier, 1, results);
          },
        };
      }
  }
}

describe.each(variants)('%s', (variant) => {
  test.each([
    ['f32_tile', tileRows],
    ['f32_product', productRows],
    ['f32_dot', dotRows],
    ['packing', packRows],
    ['vectors', vectorRows],
    ['windows', windowRows],
  ] as const)('%s', async (_name, rows) => {
    for (const { name, run, tolerance } of rows())
      await compareTwins(variant, run, tolerance).catch((error: unknown) => {
        throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
      });
  });
});
