/**
 * Matrix products as layers need them: cut into blocks that fit the caches, and into units that threads share.
 */
import type { Arena } from '../runtime/arena.js';
import { runRange } from '../runtime/range.js';
import { Job } from '../runtime/team.js';
import { apart, EPILOGUE_BYTES, writeEpilogue, writeWords, type RowEpilogue } from './task.js';

/** Width of a panel of packed B, height of one of packed A. */
const PANEL = 8;
const PANEL_ROWS = 4;
/** Packed B that exists at a time: what a third-level cache holds. */
const PACKED_BYTES = 8 * 1024 * 1024;
/** Rows of A in a unit: packed, 256 products deep, they are 64 KB, which a second-level cache holds beside a panel of B. */
const UNIT_ROWS = 64;
/** Columns that are packed in one unit. */
const PACK_COLUMNS = 256;
/** Fewer columns than this in a unit would not pay for packing A. */
const LEAST_COLUMNS = 64;
/** Units for each thread that make up for one of them being slower. */
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
/** Work space of the kernel, before the packed rows. */
const SUMS_BYTES = 128;

/** How a product is cut. */
function cut(m: number, n: number, k: number, threads: number) {
  const panelBytes = apart(k * PANEL * 4);
  const most = Math.max(Math.floor(PACKED_BYTES / panelBytes), PACK_COLUMNS / PANEL);
  const panels = Math.ceil(n / PANEL);
  /** Columns that are packed at a time: as few blocks as there must be, and all of about the same width. */
  const columns = Math.ceil(panels / Math.ceil(panels / most)) * PANEL;
  const down = Math.ceil(m / UNIT_ROWS);
  const unitRows = Math.ceil(Math.ceil(m / down) / PANEL_ROWS) * PANEL_ROWS;
  const across =
    threads === 1 ? 1 : Math.max(1, Math.min(Math.ceil((threads * UNITS_PER_THREAD) / down), columns / LEAST_COLUMNS));
  const unitColumns = Math.ceil(columns / across / PANEL) * PANEL;
  return { panelBytes, columns, unitRows, unitColumns };
}

/** Bytes of scratch that {@link multiply} needs. */
export function multiplyScratch({ threads }: Arena, m: number, n: number, k: number): number {
  const { panelBytes, columns, unitRows } = cut(m, n, k, threads);
  return (
    2 * TASK_BYTES +
    EPILOGUE_BYTES +
    (columns / PANEL) * panelBytes +
    threads * (SUMS_BYTES + (unitRows * k + PACK_COLUMNS + 16) * 4)
  );
}

/** Computes a product. `scratch` is 64-byte aligned. */
export function multiply(arena: Arena, scratch: number, product: Product): void {
  const { c, ldc, a, lda, b, m, n, k, epilogue, accumulate = false } = product;
  const { panelBytes, columns, unitRows, unitColumns } = cut(m, n, k, arena.threads);
  const productTask = scratch + TASK_BYTES;
  const epiloguePtr = productTask + TASK_BYTES;
  const packed = epiloguePtr + EPILOGUE_BYTES;
  const rows = packed + (columns / PANEL) * panelBytes;
  const rowBytes = SUMS_BYTES + unitRows * k * 4;
  const lines = rows + arena.threads * rowBytes;
  const lineBytes = (PACK_COLUMNS + 16) * 4;
  if (epilogue) writeEpilogue(arena, epiloguePtr, epilogue, c);
  for (let n0 = 0; n0 < n; n0 += columns) {
    const width = Math.min(columns, n - n0);
    const [lds, geometry] = b.kind === 'columns' ? [0, b.geometry] : [b.lds, 0];
    writeWords(arena, scratch, [
      ...[packed, panelBytes, KINDS[b.kind], b.from, lds, geometry],
      ...[k, n0, width, PACK_COLUMNS, lines, lineBytes],
    ]);
    arena.run(Job.pack, scratch, Math.ceil(width / PACK_COLUMNS), width * k);
    writeWords(arena, productTask, [
      ...[c + n0 * 4, ldc, a, lda, packed, panelBytes, m, width, k, accumulate ? 1 : 0],
      ...[unitRows, unitColumns, rows, rowBytes, epilogue ? epiloguePtr : 0],
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
    runRange(arena, 'f32_dot_4__simd', [y, ldy, x, ldx, w, ldx, bias, batch, k], n, { cost: batch * k });
    return;
  }
  if (bias) arena.kernels.f32_repeat__simd(y, bias, n, 0, batch);
  multiply(arena, scratch, {
    ...{ c: y, ldc: ldy, a: x, lda: ldx, m: batch, n, k, accumulate: bias !== 0 },
    b: { kind: 'transposed', from: w, lds: ldx },
  });
}
