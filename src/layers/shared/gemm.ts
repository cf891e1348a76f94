/**
 * Matrix products for layers: cut into blocks that fit the caches, and into units that threads share.
 */
import type { Arena } from '../../engine/arena.js';
import { parallelFor } from '../../engine/parallel-for.js';
import { Job } from '../../engine/thread-pool.js';
import {
  apart,
  EPILOGUE_BYTES,
  putWords,
  roundUp,
  SUM_BLOCK,
  TILE_BYTES,
  writeEpilogue,
  viewsOf,
  type RowEpilogue,
} from './task.js';

/** Width of a panel of packed B. */
const PANEL = 8;
/** Bytes of packed B that a unit reads for each panel of A. They fit a second-level cache, beside other data. */
const BLOCK_BYTES = 192 * 1024;
/** Columns of a block. With fewer, packing A costs too much; with more, too many pages of C are in use. */
const LEAST_COLUMNS = 96;
const MOST_COLUMNS = 512;
/**
 * Bytes of packed B that exist at a time, when all of it is packed before it is used. They fit a third-level cache.
 */
const PACKED_BYTES = 8 * 1024 * 1024;
/** Rows of A in a unit when B is packed before: all panels of 12 but one. */
const UNIT_ROWS = 64;
/** Columns that are packed in one unit. */
const PACK_COLUMNS = 256;
/** Units for each thread: with several, a slower thread does fewer. */
const UNITS_PER_THREAD = 4;

/** Where the right-hand matrix of a product is, as the kernels number it. */
export type Matrix =
  /** k rows of n, `lds` bytes apart. */
  | { kind: 'rows'; from: number; lds: number }
  /** The transpose of n rows of k, `lds` bytes apart. */
  | { kind: 'transposed'; from: number; lds: number }
  /** The column matrix of a convolution: `from` are the channels of an image, `geometry` is that of inline/im2col.ts. */
  | { kind: 'columns'; from: number; geometry: number };

const KINDS = { rows: 0, transposed: 1, columns: 2 } as const;

/** C = A · B, then the epilogue. Addresses and distances of rows are in bytes. */
export interface Product {
  /** m rows of n. */
  c: number;
  ldc: number;
  /** m rows of k. */
  a: number;
  lda: number;
  b: Matrix;
  m: number;
  n: number;
  k: number;
  epilogue?: RowEpilogue;
  /** Add to what C holds, instead of writing it. */
  accumulate?: boolean;
}

const TASK_BYTES = 128;
/** A panel of A. */
const PANEL_BYTES = 12 * SUM_BLOCK * 4;

/** How a product is cut. */
interface Cut {
  /** Whether units pack the columns of B that they use; otherwise all of B is packed first. */
  fused: boolean;
  /** Bytes from one panel to the next when B is packed first, and columns that are packed at a time. */
  panelBytes: number;
  columns: number;
  unitRows: number;
  unitColumns: number;
  blockColumns: number;
  /** Scratch of each thread. */
  threadBytes: number;
}

/** The last cut: the product that the scratch was asked for follows at once. */
let last: { m: number; n: number; k: number; threads: number; cut: Cut } | undefined;

function cut(m: number, n: number, k: number, threads: number): Cut {
  if (last?.m === m && last.n === n && last.k === k && last.threads === threads) return last.cut;
  const made = cutOf(m, n, k, threads);
  last = { m, n, k, threads, cut: made };
  return made;
}

function cutOf(m: number, n: number, k: number, threads: number): Cut {
  const depth = Math.max(Math.min(k, SUM_BLOCK), 1);
  const most = Math.min(Math.max(Math.floor(BLOCK_BYTES / 4 / depth / PANEL) * PANEL, LEAST_COLUMNS), MOST_COLUMNS);
  const enough = threads === 1 || m <= UNIT_ROWS ? PANEL : LEAST_COLUMNS;
  const blocks = Math.max(Math.ceil(n / most), Math.min(threads * UNITS_PER_THREAD, Math.floor(n / enough)));
  // Each thread gets as many as the others.
  const blockColumns = roundUp(n / roundUp(blocks, threads), PANEL);
  const lines = (blockColumns + 16) * 4;
  if (threads === 1 || m <= UNIT_ROWS || blocks >= threads * 2) {
    const threadBytes = TILE_BYTES + PANEL_BYTES + lines + (blockColumns / PANEL) * (depth * PANEL * 4 + 64);
    return {
      fused: true,
      panelBytes: 0,
      columns: n,
      unitRows: m,
      unitColumns: blockColumns,
      blockColumns,
      threadBytes,
    };
  }
  const panelBytes = apart(k * PANEL * 4);
  const panels = Math.ceil(n / PANEL);
  const packed = Math.max(Math.floor(PACKED_BYTES / panelBytes), PACK_COLUMNS / PANEL);
  /** As few blocks as there must be, and all of about the same width. */
  const columns = Math.ceil(panels / Math.ceil(panels / packed)) * PANEL;
  return {
    ...{ fused: false, panelBytes, columns, unitRows: UNIT_ROWS, unitColumns: columns },
    blockColumns: roundUp(columns / Math.ceil(columns / most), PANEL),
    threadBytes: TILE_BYTES + PANEL_BYTES,
  };
}

/** Bytes of scratch that {@link multiply} needs. */
export function multiplyScratch({ threads }: Arena, m: number, n: number, k: number): number {
  const { fused, panelBytes, columns, threadBytes } = cut(m, n, k, threads);
  const packed = fused ? 0 : (columns / PANEL) * panelBytes + threads * (PACK_COLUMNS + 16) * 4;
  return 2 * TASK_BYTES + EPILOGUE_BYTES + threads * roundUp(threadBytes, 64) + packed;
}

/** Computes a product. `scratch` is 64-byte aligned. */
export function multiply(arena: Arena, scratch: number, product: Product): void {
  const { c, ldc, a, lda, b, m, n, k, epilogue, accumulate = false } = product;
  const pieces = cut(m, n, k, arena.threads);
  const { fused, panelBytes, columns, unitRows, unitColumns, blockColumns } = pieces;
  const threadBytes = roundUp(pieces.threadBytes, 64);
  const productTask = scratch + TASK_BYTES;
  const epiloguePtr = productTask + TASK_BYTES;
  const threadsPtr = epiloguePtr + EPILOGUE_BYTES;
  const lines = threadsPtr + arena.threads * threadBytes;
  const lineBytes = (PACK_COLUMNS + 16) * 4;
  const packed = lines + arena.threads * lineBytes;
  const kind = KINDS[b.kind];
  const lds = b.kind === 'columns' ? 0 : b.lds;
  const geometry = b.kind === 'columns' ? b.geometry : 0;
  const views = viewsOf(arena);
  if (epilogue) writeEpilogue(views, epiloguePtr, epilogue, c);
  for (let n0 = 0; n0 < n; n0 += columns) {
    const width = Math.min(columns, n - n0);
    putWords(views, scratch, [kind, b.from, lds, geometry]);
    if (!fused) {
      putWords(views, scratch + 16, [packed, panelBytes, k, n0, width, PACK_COLUMNS, lines, lineBytes]);
      arena.run(Job.pack, scratch, Math.ceil(width / PACK_COLUMNS), width * k);
    }
    const task = [c + n0 * 4, ldc, a, lda, fused ? 0 : packed, panelBytes, scratch, m, width, k, accumulate ? 1 : 0];
    putWords(views, productTask, task);
    putWords(views, productTask + task.length * 4, [
      unitRows,
      unitColumns,
      blockColumns,
      threadsPtr,
      threadBytes,
      epilogue ? epiloguePtr : 0,
    ]);
    const units = Math.ceil(m / unitRows) * Math.ceil(width / unitColumns);
    arena.run(Job.product, productTask, units, m * width * k);
  }
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
export function projectScratch(arena: Arena, { batch, n, k }: Pick<Projection, 'batch' | 'n' | 'k'>): number {
  return batch < PACKED_ROWS ? 0 : multiplyScratch(arena, batch, n, k);
}

/** Computes a projection. */
export function project(arena: Arena, scratch: number, { y, x, w, bias, batch, n, k }: Projection): void {
  const [ldx, ldy] = [k * 4, n * 4];
  if (batch < PACKED_ROWS) {
    parallelFor(arena, 'f32_dot_4__simd', [y, ldy, x, ldx, w, ldx, bias, batch, k], n, { cost: batch * k });
    return;
  }
  if (bias) arena.kernels.f32_repeat__simd(y, bias, n, 0, batch);
  multiply(arena, scratch, {
    ...{ c: y, ldc: ldy, a: x, lda: ldx, m: batch, n, k, accumulate: bias !== 0 },
    b: { kind: 'transposed', from: w, lds: ldx },
  });
}
