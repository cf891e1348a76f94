/**
 * Matrix products C = A * B on float32 rows, in units of work that threads share: first B is packed (PackTask), then
 * blocks of C are computed (ProductTask). Both kernels take the address of a task, the number of a unit and the number of
 * the thread, which tells its scratch memory from the others'.
 */
import { storeTransposed } from './inline/simd';
import { Epilogue, SUM_BLOCK, tile } from './inline/tile';
import { f32_pack_im2col_8__simd, f32_pack_panels_8__simd, f32_pack_panels_transposed_8__simd } from './pack';

/** C = A * B, or C += A * B, then the epilogue. */
@unmanaged
export class ProductTask {
  /** m rows of n, `ldc` bytes apart. */
  c: usize;
  ldc: usize;
  /** m rows of k, `lda` bytes apart. */
  a: usize;
  lda: usize;
  /** ceil(n / 8) panels, `ldb` bytes apart, each k rows of 8 columns. */
  b: usize;
  ldb: usize;
  m: usize;
  n: usize;
  k: usize;
  /** 1 when what C holds is added to. */
  accumulate: u32;
  /** A unit is so many rows (a multiple of 4) and columns (a multiple of 8) of C; units count down the rows first. */
  unitRows: usize;
  unitColumns: usize;
  /** For each thread `scratchBytes`: 32 floats and unitRows x k. */
  scratch: usize;
  scratchBytes: usize;
  /** Address of an Epilogue, or 0. */
  epilogue: usize;
}

/** Computes one unit of a product. No more than 256 products are summed before they are added to C. */
export function f32_product__simd(task: usize, unit: usize, worker: usize): void {
  const t = changetype<ProductTask>(task);
  const down = (t.m + t.unitRows - 1) / t.unitRows;
  const row0 = (unit % down) * t.unitRows;
  const row1 = min(row0 + t.unitRows, t.m);
  const column0 = (unit / down) * t.unitColumns;
  const column1 = min(column0 + t.unitColumns, t.n);
  const sums = t.scratch + worker * t.scratchBytes;
  const packed = sums + 128;
  const rows = row1 - row0;
  const parts = max((t.k + SUM_BLOCK - 1) / SUM_BLOCK, 1);
  const rowBytes = ((rows + 3) & ~3) << 2;
  for (let part: usize = 0; part < parts; part++) {
    const k0 = (t.k * part) / parts;
    packRows(packed + k0 * rowBytes, t.a + row0 * t.lda + (k0 << 2), t.lda, rows, (t.k * (part + 1)) / parts - k0);
  }
  // So few columns at a time that what is summed of C stays in the caches from one part to the next.
  for (let left = column0; left < column1; left += COLUMNS) {
    const right = min(left + COLUMNS, column1);
    for (let part: usize = 0; part < parts; part++) {
      const k0 = (t.k * part) / parts;
      const depth = (t.k * (part + 1)) / parts - k0;
      const first = part == 0 && !t.accumulate;
      const epilogue = part == parts - 1 ? t.epilogue : 0;
      let panel = t.b + (left >> 3) * t.ldb + (k0 << 5);
      for (let column = left; column < right; column += 8, panel += t.ldb) {
        let a = packed + k0 * rowBytes;
        let o0 = t.c + row0 * t.ldc + (column << 2);
        for (let row = row0; row < row1; row += 4, a += depth << 4, o0 += t.ldc << 2) {
          const o1 = row + 1 < row1 ? o0 + t.ldc : o0;
          const o2 = row + 2 < row1 ? o1 + t.ldc : o1;
          const o3 = row + 3 < row1 ? o2 + t.ldc : o2;
          tile(sums, o0, o1, o2, o3, a, panel, depth, right - column, first, epilogue, row);
        }
      }
    }
  }
}

/** Columns of C that are finished before the next ones are begun. */
const COLUMNS: usize = 96;

/** Scalar twin of f32_product__simd. */
export function f32_product__scalar(task: usize, unit: usize, _worker: usize): void {
  const t = changetype<ProductTask>(task);
  const down = (t.m + t.unitRows - 1) / t.unitRows;
  const row0 = (unit % down) * t.unitRows;
  const column0 = (unit / down) * t.unitColumns;
  for (let i = row0; i < min(row0 + t.unitRows, t.m); i++)
    for (let j = column0; j < min(column0 + t.unitColumns, t.n); j++) {
      const out = t.c + i * t.ldc + (j << 2);
      let sum: f32 = t.accumulate ? load<f32>(out) : 0;
      for (let p: usize = 0; p < t.k; p++)
        sum += load<f32>(t.a + i * t.lda + (p << 2)) * load<f32>(t.b + (j >> 3) * t.ldb + (p << 5) + ((j & 7) << 2));
      store<f32>(out, finished(sum, out, i, t.epilogue));
    }
}

function finished(x: f32, out: usize, row: usize, epilogue: usize): f32 {
  if (!epilogue) return x;
  const e = changetype<Epilogue>(epilogue);
  if (e.scale) x *= load<f32>(e.scale + (row << 2));
  if (e.shift) x += load<f32>(e.shift + (row << 2));
  if (e.hasResidual) x += load<f32>(out + e.residual);
  return e.rectify && x < 0 ? x * e.slope : x;
}

/**
 * Packs rows of k numbers, `lda` bytes apart, into panels of 4 rows: k times 4 numbers each. Rows beyond the last repeat
 * it.
 */
function packRows(to: usize, from: usize, lda: usize, rows: usize, k: usize): void {
  for (let i: usize = 0; i < rows; i += 4, from += lda << 2) {
    let p0 = from;
    let p1 = i + 1 < rows ? p0 + lda : p0;
    let p2 = i + 2 < rows ? p1 + lda : p1;
    let p3 = i + 3 < rows ? p2 + lda : p2;
    let left = k;
    for (; left >= 4; left -= 4, to += 64, p0 += 16, p1 += 16, p2 += 16, p3 += 16) {
      storeTransposed(to, 16, v128.load(p0), v128.load(p1), v128.load(p2), v128.load(p3));
    }
    for (; left > 0; left--, to += 16, p0 += 4, p1 += 4, p2 += 4, p3 += 4) {
      store<f32>(to, load<f32>(p0));
      store<f32>(to, load<f32>(p1), 4);
      store<f32>(to, load<f32>(p2), 8);
      store<f32>(to, load<f32>(p3), 12);
    }
  }
}

/** Where the matrix B of a product comes from, in {@link PackTask.kind}. */
const ROWS: u32 = 0;
const TRANSPOSED: u32 = 1;
const COLUMN_MATRIX: u32 = 2;

/** Packs k rows, columns n0 … n0 + n of B, into panels of 8 columns. */
@unmanaged
export class PackTask {
  /** Panels, `ldb` bytes apart; the first one begins with column n0. */
  to: usize;
  ldb: usize;
  /** 0: `from` are k rows, `lds` bytes apart. 1: n rows of k. 2: B is the column matrix of a convolution of `from`. */
  kind: u32;
  from: usize;
  lds: usize;
  /** For kind 2; see inline/im2col.ts. */
  geometry: usize;
  k: usize;
  n0: usize;
  n: usize;
  /** A unit is so many columns, a multiple of 8. */
  unitColumns: usize;
  /** For kind 2, for each thread `scratchBytes`: unitColumns + 4 floats. */
  scratch: usize;
  scratchBytes: usize;
}

/** Packs one unit. */
export function f32_pack__simd(task: usize, unit: usize, worker: usize): void {
  const t = changetype<PackTask>(task);
  const begin = unit * t.unitColumns;
  const n = min(t.unitColumns, t.n - begin);
  const column = t.n0 + begin;
  const to = t.to + (begin >> 3) * t.ldb;
  if (t.kind == ROWS) f32_pack_panels_8__simd(to, t.ldb, t.from + (column << 2), t.lds, t.k, n);
  else if (t.kind == TRANSPOSED) f32_pack_panels_transposed_8__simd(to, t.ldb, t.from + column * t.lds, t.lds, t.k, n);
  else {
    const scratch = t.scratch + worker * t.scratchBytes;
    f32_pack_im2col_8__simd(to, t.ldb, t.from, t.geometry, scratch, column, column + n, 0, t.k);
  }
}
