/**
 * Matrix products C = A * B on float32 rows, in units of work that threads share. Kernels take the address of a task, the
 * number of a unit and the number of the thread, which tells its scratch memory from the others'.
 *
 * A is packed where it is used, panel by panel. B is packed by the unit that uses it when units are some columns and all
 * rows of C; where there are too few columns for that, all of B is packed first (PackTask) and units are rows.
 */
import { imageElement } from './inline/im2col';
import { storeTransposed } from './inline/simd';
import {
  ADD,
  edgeTile,
  Epilogue,
  isPair,
  PANEL_ROWS,
  stepsOf,
  SUM_BLOCK,
  Tile,
  TILE_BYTES,
} from './inline/micro-kernel';
import { f32_tile_4x8__simd, f32_tile_6x8__simd } from './micro-kernel';
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
  /** ceil(n / 8) panels, `ldb` bytes apart, each k rows of 8 columns; or 0 when units pack what they need of `source`. */
  b: usize;
  ldb: usize;
  /** Address of a PackTask that says where B is. */
  source: usize;
  m: usize;
  n: usize;
  k: usize;
  /** 1 when what C holds is added to. */
  accumulate: u32;
  /** A unit is so many rows and columns (a multiple of 8) of C; units count down the rows first. */
  unitRows: usize;
  unitColumns: usize;
  /** Columns (a multiple of 8) that are finished before the next ones are begun. */
  blockColumns: usize;
  /** For each thread `scratchBytes`: a tile, a panel of A, and if it packs, the source's scratch and a block of B. */
  scratch: usize;
  scratchBytes: usize;
  /** Address of an Epilogue, or 0. */
  epilogue: usize;
}

const PANEL_BYTES: usize = PANEL_ROWS * SUM_BLOCK * 4;

/** Computes one unit of a product. No more than 256 products are summed before they are added to C. */
export function f32_product__simd(task: usize, unit: usize, worker: usize): void {
  const t = changetype<ProductTask>(task);
  const down = (t.m + t.unitRows - 1) / t.unitRows;
  const row0 = (unit % down) * t.unitRows;
  const row1 = min(row0 + t.unitRows, t.m);
  const column0 = (unit / down) * t.unitColumns;
  const column1 = min(column0 + t.unitColumns, t.n);
  const scratch = t.scratch + worker * t.scratchBytes;
  const packed = scratch + TILE_BYTES + PANEL_BYTES;
  const parts = max((t.k + SUM_BLOCK - 1) / SUM_BLOCK, 1);
  const tile = changetype<Tile>(scratch);
  tile.ldc = t.ldc;
  if (t.epilogue) {
    tile.residual = changetype<Epilogue>(t.epilogue).residual;
    tile.slope = changetype<Epilogue>(t.epilogue).slope;
  }
  for (let left = column0; left < column1; left += t.blockColumns) {
    const right = min(left + t.blockColumns, column1);
    for (let part: usize = 0; part < parts; part++) {
      const k0 = (t.k * part) / parts;
      const k1 = (t.k * (part + 1)) / parts;
      let b = t.b + (left >> 3) * t.ldb + (k0 << 5);
      let ldb = t.ldb;
      if (!t.b) {
        const lines = packed;
        b = lines + ((t.blockColumns + 16) << 2);
        // Not a multiple of a page: the panels are written side by side.
        ldb = ((k1 - k0) << 5) + 64;
        packBlock(changetype<PackTask>(t.source), b, ldb, k0, k1, left, right, lines);
      }
      tile.steps = (part > 0 || t.accumulate ? ADD : 0) | (part == parts - 1 ? stepsOf(t.epilogue) : 0);
      multiplyBlock(t, scratch, row0, row1, left, right, k0, k1, b, ldb);
    }
  }
}

/** Multiplies rows of A by a block of packed B: 12 rows, in two tiles, or 4 at a time. */
function multiplyBlock(
  t: ProductTask,
  tile: usize,
  row0: usize,
  row1: usize,
  left: usize,
  right: usize,
  k0: usize,
  k1: usize,
  b: usize,
  ldb: usize,
): void {
  const a = tile + TILE_BYTES;
  const k = k1 - k0;
  for (let row = row0; row < row1;) {
    const from = t.a + row * t.lda + (k0 << 2);
    const valid = row1 - row;
    const pair = isPair(valid);
    const step: usize = pair ? 48 : 16;
    packRows(a, step, from, t.lda, valid, k);
    if (pair) {
      packRows(a + 16, step, from + 4 * t.lda, t.lda, valid - 4, k);
      packRows(a + 32, step, from + 8 * t.lda, t.lda, valid - 8, k);
      // One after the other: twelve rows of C side by side would be on too many pages.
      multiplyRows(t, tile, 6, row, left, right, a, step, b, ldb, k, 6);
      multiplyRows(t, tile, 6, row + 6, left, right, a + 24, step, b, ldb, k, min(valid - 6, 6));
    } else multiplyRows(t, tile, 4, row, left, right, a, step, b, ldb, k, min(valid, 4));
    row += pair ? 12 : 4;
  }
}

/** Multiplies a panel of 6 or 4 rows of A, of which `valid` exist, by a block of packed B. */
function multiplyRows(
  t: ProductTask,
  tile: usize,
  rows: usize,
  row: usize,
  left: usize,
  right: usize,
  a: usize,
  lda: usize,
  b: usize,
  ldb: usize,
  k: usize,
  valid: usize,
): void {
  if (t.epilogue) {
    const e = changetype<Epilogue>(t.epilogue);
    changetype<Tile>(tile).scale = e.scale + (row << 2);
    changetype<Tile>(tile).shift = e.shift + (row << 2);
  }
  let c = t.c + row * t.ldc + (left << 2);
  let column = left;
  const whole = valid == rows ? right & ~7 : left;
  if (rows == 6) for (; column < whole; column += 8, c += 32, b += ldb) f32_tile_6x8__simd(tile, c, a, lda, b, k);
  else for (; column < whole; column += 8, c += 32, b += ldb) f32_tile_4x8__simd(tile, c, a, lda, b, k);
  for (; column < right; column += 8, c += 32, b += ldb) edgeTile(rows, tile, c, a, lda, b, k, valid, right - column);
}

/**
 * Packs 4 rows of k numbers, `lda` bytes apart, into k rows of 4, `step` bytes apart. Only `valid` of them exist; those beyond
 * repeat the last.
 */
function packRows(to: usize, step: usize, from: usize, lda: usize, valid: usize, k: usize): void {
  let p0 = from;
  let p1 = valid > 1 ? p0 + lda : p0;
  let p2 = valid > 2 ? p1 + lda : p1;
  let p3 = valid > 3 ? p2 + lda : p2;
  for (; k >= 4; k -= 4, to += step << 2, p0 += 16, p1 += 16, p2 += 16, p3 += 16)
    storeTransposed(to, step, v128.load(p0), v128.load(p1), v128.load(p2), v128.load(p3));
  for (; k > 0; k--, to += step, p0 += 4, p1 += 4, p2 += 4, p3 += 4) {
    store<f32>(to, load<f32>(p0));
    store<f32>(to, load<f32>(p1), 4);
    store<f32>(to, load<f32>(p2), 8);
    store<f32>(to, load<f32>(p3), 12);
  }
}

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
      for (let p: usize = 0; p < t.k; p++) sum += load<f32>(t.a + i * t.lda + (p << 2)) * elementOfB(t, p, j);
      store<f32>(out, finished(sum, out, i, t.epilogue));
    }
}

function elementOfB(t: ProductTask, p: usize, j: usize): f32 {
  if (t.b) return load<f32>(t.b + (j >> 3) * t.ldb + (p << 5) + ((j & 7) << 2));
  const s = changetype<PackTask>(t.source);
  if (s.kind == ROWS) return load<f32>(s.from + p * s.lds + (j << 2));
  if (s.kind == TRANSPOSED) return load<f32>(s.from + j * s.lds + (p << 2));
  return imageElement(s.from, s.geometry, p, j);
}

function finished(x: f32, out: usize, row: usize, epilogue: usize): f32 {
  if (!epilogue) return x;
  const e = changetype<Epilogue>(epilogue);
  if (e.scale) x *= load<f32>(e.scale + (row << 2));
  if (e.shift) x += load<f32>(e.shift + (row << 2));
  if (e.hasResidual) x += load<f32>(out + e.residual);
  return e.rectify && x < 0 ? x * e.slope : x;
}

/** Where the matrix B of a product comes from, in {@link PackTask.kind}. */
const ROWS: u32 = 0;
const TRANSPOSED: u32 = 1;

/** A matrix B of k rows, to be packed into panels of 8 columns. */
@unmanaged
export class PackTask {
  /** 0: `from` are k rows, `lds` bytes apart. 1: n rows of k. 2: B is the column matrix of a convolution of `from`. */
  kind: u32;
  from: usize;
  lds: usize;
  /** For kind 2; see inline/im2col.ts. */
  geometry: usize;
  /** The rest is for f32_pack__simd. Panels, `ldb` bytes apart; the first one begins with column n0. */
  to: usize;
  ldb: usize;
  k: usize;
  n0: usize;
  n: usize;
  /** A unit is so many columns, a multiple of 8. */
  unitColumns: usize;
  /** For kind 2, for each thread `scratchBytes`: unitColumns + 16 floats. */
  scratch: usize;
  scratchBytes: usize;
}

/** Packs one unit. */
export function f32_pack__simd(task: usize, unit: usize, worker: usize): void {
  const t = changetype<PackTask>(task);
  const begin = unit * t.unitColumns;
  const column = t.n0 + begin;
  const end = column + min(t.unitColumns, t.n - begin);
  packBlock(t, t.to + (begin >> 3) * t.ldb, t.ldb, 0, t.k, column, end, t.scratch + worker * t.scratchBytes);
}

/** Packs rows k0 … k1, columns n0 … n1. `lines` are n1 - n0 + 16 floats of work space. */
function packBlock(t: PackTask, to: usize, ldb: usize, k0: usize, k1: usize, n0: usize, n1: usize, lines: usize): void {
  const from = t.from;
  if (t.kind == ROWS) f32_pack_panels_8__simd(to, ldb, from + k0 * t.lds + (n0 << 2), t.lds, k1 - k0, n1 - n0);
  else if (t.kind == TRANSPOSED)
    f32_pack_panels_transposed_8__simd(to, ldb, from + n0 * t.lds + (k0 << 2), t.lds, k1 - k0, n1 - n0);
  else f32_pack_im2col_8__simd(to, ldb, from, t.geometry, lines, n0, n1, k0, k1);
}
