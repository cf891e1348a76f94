/**
 * Matrix products as layers need them: cut into blocks that fit the caches, each packed and multiplied by kernels.
 */
import type { Kernels } from '../runtime/kernels.js';

/** Rows of B in a block: a panel of 8 columns and 4 rows of A, 24 KB, fit a first-level cache. */
const BLOCK_K = 512;
/** Columns of B in a block: 512 x 256 floats are half a megabyte, which a second-level cache holds. */
const BLOCK_N = 256;
/** Rows of A that are read again and again against the columns of a block: 128 KB. */
const BLOCK_M = 64;
/** Width of a panel of packed B. */
const PANEL = 8;
/** Panels that lie a multiple of 4 KiB apart would share cache lines. */
const PANEL_GAP = 64;

/** C = A · B + bias. Addresses and distances of rows are in bytes. */
export interface Product {
  /** m rows of n. */
  c: number;
  ldc: number;
  /** m rows of k. */
  a: number;
  lda: number;
  m: number;
  n: number;
  k: number;
  /** One number for each row of C, or 0 for none. */
  bias?: number;
  /** Add to what C holds, instead of writing it. */
  accumulate?: boolean;
  /** Packs rows k0 … k1, columns n0 … n1 of B into panels of 8 columns from `to` on, `ldb` bytes apart. */
  pack: (to: number, ldb: number, k0: number, k1: number, n0: number, n1: number) => void;
}

/** Bytes of scratch that {@link multiply} needs. */
export function multiplyScratch(n: number, k: number): number {
  return panels(Math.min(n, BLOCK_N)) * panelBytes(Math.min(k, BLOCK_K));
}

/** Largest number of columns that {@link Product.pack} is asked for at once. */
export function packedColumns(n: number): number {
  return panels(Math.min(n, BLOCK_N)) * PANEL;
}

/** Computes a product. */
export function multiply(kernels: Kernels, scratch: number, product: Product): void {
  const { c, ldc, a, lda, m, n, k, bias = 0, accumulate = false, pack } = product;
  for (let n0 = 0; n0 < n; n0 += BLOCK_N) {
    const n1 = Math.min(n0 + BLOCK_N, n);
    // Once even if there is nothing to sum: the bias is to be written.
    for (let k0 = 0; k0 === 0 || k0 < k; k0 += BLOCK_K) {
      const k1 = Math.min(k0 + BLOCK_K, k);
      const ldb = panelBytes(k1 - k0);
      pack(scratch, ldb, k0, k1, n0, n1);
      const first = k0 === 0 && !accumulate ? 1 : 0;
      for (let m0 = 0; m0 < m; m0 += BLOCK_M) {
        const rows = Math.min(BLOCK_M, m - m0);
        const out = c + m0 * ldc + n0 * 4;
        const left = a + m0 * lda + k0 * 4;
        const start = bias && bias + m0 * 4;
        kernels.f32_gemm_4x8__simd(out, ldc, left, lda, scratch, ldb, start, first, rows, n1 - n0, k1 - k0);
      }
    }
  }
}

function panels(n: number): number {
  return Math.ceil(n / PANEL);
}

function panelBytes(k: number): number {
  return k * PANEL * 4 + PANEL_GAP;
}

/** Fewer rows of X than this are multiplied in place; from here on packing W pays. */
const PACKED_ROWS = 8;

/** Y = X · Wᵀ + bias: y has `batch` rows of n, x as many of k, w n rows of k. Addresses; rows follow one another. */
export interface Projection {
  y: number;
  x: number;
  w: number;
  /** n numbers, or 0 for none. */
  bias: number;
  batch: number;
  n: number;
  k: number;
}

/** Bytes of scratch that {@link project} needs. */
export function projectScratch({ batch, n, k }: Pick<Projection, 'batch' | 'n' | 'k'>): number {
  return batch < PACKED_ROWS ? 0 : multiplyScratch(n, k);
}

/** Computes a projection. */
export function project(kernels: Kernels, scratch: number, { y, x, w, bias, batch, n, k }: Projection): void {
  const [ldx, ldy] = [k * 4, n * 4];
  if (batch < PACKED_ROWS) {
    kernels.f32_dot_4__simd(y, ldy, x, ldx, w, ldx, bias, batch, k, 0, n);
    return;
  }
  if (bias) kernels.f32_repeat__simd(y, bias, n, 0, batch);
  multiply(kernels, scratch, {
    ...{ c: y, ldc: ldy, a: x, lda: ldx, m: batch, n, k, accumulate: bias !== 0 },
    pack: (to, ldb, k0, k1, n0, n1) => {
      kernels.f32_pack_panels_transposed_8__simd(to, ldb, w + n0 * ldx + k0 * 4, ldx, k1 - k0, n1 - n0);
    },
  });
}
