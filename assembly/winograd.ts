/**
 * Winograd convolution F(4x4, 3x3): kernels of 3 x 3 with stride 1, computed in tiles of 4 x 4 results, each from 6 x 6 of
 * the image, with 36 multiplications for every 144. (Lavin and Gray, "Fast Algorithms for Convolutional Neural
 * Networks", 2015.) The interpolation points are 0, 1, -1, 1/2, -2 and infinity: with 2 in the place of 1/2 the largest
 * error is two to three times as large.
 *
 * For each of the 36 places of a transformed tile, results are a matrix product of transformed kernels (outputs x channels)
 * and transformed image (channels x tiles). There are two ways to cut the work, for what of it fits the caches:
 *   by outputs  the image is transformed first; a unit transforms the kernels of some outputs and multiplies all tiles
 *   by tiles    kernels are transformed first; a unit transforms some tiles and multiplies them for all outputs
 */
import { ADD, Epilogue, isPair, PANEL_ROWS, rowValue, SUM_BLOCK, Tile, TILE_BYTES } from './inline/micro-kernel';
import {
  Patch,
  PATCH_BYTES,
  transformKernelPanel,
  transformPatches,
  transformProducts,
  WinogradImage,
  WinogradTask,
  WORK_BYTES,
  writeRows,
} from './inline/winograd';
import { f32_tile_4x8__simd, f32_tile_6x8__simd } from './micro-kernel';

/** How many parts the channels are summed in, and where one begins. */
function partsOf(t: WinogradTask): usize {
  return (t.channels + SUM_BLOCK - 1) / SUM_BLOCK;
}

function partBegin(t: WinogradTask, part: usize): usize {
  return (t.channels * part) / partsOf(t);
}

/**
 * Describes the tiles first … first + count of images that follow one another, row by row; those beyond the last, up to a
 * multiple of 8, repeat it.
 */
export function winograd_patches__scalar(to: usize, images: usize, first: i32, count: i32): void {
  let image = changetype<WinogradImage>(images);
  while (first >= image.down * image.across) {
    first -= image.down * image.across;
    images += offsetof<WinogradImage>();
    image = changetype<WinogradImage>(images);
  }
  let i = first / image.across;
  let j = first % image.across;
  for (let n = 0; n < count; n++, to += PATCH_BYTES) {
    describe(changetype<Patch>(to), image, i, j);
    if (++j < image.across) continue;
    j = 0;
    if (++i < image.down) continue;
    i = 0;
    images += offsetof<WinogradImage>();
    image = changetype<WinogradImage>(images);
  }
  for (; count & 7; count++, to += PATCH_BYTES) memory.copy(to, to - PATCH_BYTES, PATCH_BYTES);
}

/** Describes tile (i, j) of an image. */
function describe(p: Patch, image: WinogradImage, i: i32, j: i32): void {
  const top = i * 4 - image.top;
  const left = j * 4 - image.left;
  p.x = image.x + top * image.xRow + (left << 2);
  p.xRow = image.xRow;
  p.xChannel = image.xChannel;
  p.row0 = min(max(-top, 0), 6);
  p.row1 = max(min(image.height - top, 6), p.row0);
  const column0 = min(max(-left, 0), 6);
  const column1 = max(min(image.width - left, 6), column0);
  // With no column inside, no row is to be read.
  if (column0 == column1) p.row1 = p.row0;
  p.whole = u32(p.row0 == 0 && p.row1 == 6 && column0 == 0 && column1 == 6);
  const masks = changetype<usize>(p) + PATCH_BYTES - 32;
  for (let column = 0; column < 6; column++) {
    const mask = column >= column0 && column < column1 ? -1 : 0;
    if (column < 4) store<i32>(masks + (column << 2), mask);
    if (column > 1) store<i32>(masks + (column << 2), mask, 8);
  }
  const at = i * 4 * image.yRow + (j << 4);
  p.y = image.y + at;
  p.yRow = image.yRow;
  p.yChannel = image.yChannel;
  p.rows = min(image.rows - i * 4, 4);
  p.columns = min(image.columns - j * 4, 4);
  p.residual = image.residual ? image.residual + at : 0;
}

/** Tiles in a unit of f32_winograd_input__simd. */
const INPUT_TILES: usize = 32;

/** Transforms the image: one unit is a part of the channels of some tiles. */
export function f32_winograd_input__simd(task: usize, unit: usize, worker: usize): void {
  const t = changetype<WinogradTask>(task);
  const part = unit % partsOf(t);
  const begin = (unit / partsOf(t)) * INPUT_TILES;
  const c0 = partBegin(t, part);
  const panelBytes = t.channels << 5;
  const to = t.v + (begin >> 3) * panelBytes + (c0 << 5);
  transformTiles(
    t,
    t.scratch + worker * t.scratchBytes,
    begin,
    min(begin + INPUT_TILES, t.tiles),
    c0,
    partBegin(t, part + 1),
    to,
    panelBytes,
  );
}

/**
 * Transforms channels c0 to c1 of some tiles, into panels of eight. Channel by channel: an image's channel is on pages of its
 * own, and the tiles of a row share its lines.
 */
function transformTiles(
  t: WinogradTask,
  work: usize,
  begin: usize,
  end: usize,
  c0: usize,
  c1: usize,
  to: usize,
  panelBytes: usize,
): void {
  const vPlace = t.vPlace;
  const first = t.patches + begin * PATCH_BYTES;
  const last = t.patches + end * PATCH_BYTES;
  for (let channel = c0; channel < c1; channel++, to += 32) {
    let panel = to;
    for (let patches = first; patches < last; patches += 8 * PATCH_BYTES, panel += panelBytes) {
      transformPatches(patches, work, channel, panel, vPlace);
      transformPatches(patches + 4 * PATCH_BYTES, work, channel, panel + 16, vPlace);
    }
  }
}

/** Transforms the kernels of all channels, where units are tiles: one unit is 12 outputs. */
export function f32_winograd_kernels__simd(task: usize, unit: usize, worker: usize): void {
  const t = changetype<WinogradTask>(task);
  const begin = unit * PANEL_ROWS;
  const end = min(begin + PANEL_ROWS, t.outputs);
  const work = t.scratch + worker * t.scratchBytes;
  for (let part: usize = 0; part < partsOf(t); part++) {
    const c0 = partBegin(t, part);
    const c1 = partBegin(t, part + 1);
    transformKernels(t, t.u + ((c0 * t.uOutputs) << 2) + ((begin * (c1 - c0)) << 2), work, begin, end, c0, c1);
  }
}

/**
 * Transforms the kernels of outputs `begin` to `end`, channels c0 to c1, into panels of 12 and 4 outputs: for each place, one
 * panel after another, each (c1 - c0) rows of so many outputs. Outputs beyond the last repeat it.
 */
function transformKernels(
  t: WinogradTask,
  to: usize,
  work: usize,
  begin: usize,
  end: usize,
  c0: usize,
  c1: usize,
): void {
  const outputBytes = (c1 - c0) << 2;
  for (let o = begin; o < end;) {
    const rows: usize = isPair(end - o) ? PANEL_ROWS : 4;
    transformKernelPanel(t, work, o, rows, end, c0, c1, to);
    o += rows;
    to += rows * outputBytes;
  }
}

/** Computes some outputs of all tiles from the transformed image. */
export function f32_winograd_outputs__simd(task: usize, unit: usize, worker: usize): void {
  const t = changetype<WinogradTask>(task);
  const begin = unit * t.unitOutputs;
  const end = min(begin + t.unitOutputs, t.outputs);
  const work = t.scratch + worker * t.scratchBytes;
  const u = work + WORK_BYTES + TILE_BYTES;
  const m = u + 36 * t.uPlace;
  const panelBytes = t.channels << 5;
  for (let part: usize = 0; part < partsOf(t); part++) {
    const c0 = partBegin(t, part);
    const c1 = partBegin(t, part + 1);
    transformKernels(t, u, work, begin, end, c0, c1);
    multiplyPart(
      t,
      work + WORK_BYTES,
      u,
      t.v + (c0 << 5),
      t.vPlace,
      panelBytes,
      m,
      t.tiles,
      end - begin,
      c1 - c0,
      part > 0,
    );
  }
  writeResults(t, work, m, 0, t.tiles, begin, end);
}

/** Computes all outputs of some tiles from the transformed kernels. */
export function f32_winograd_tiles__simd(task: usize, unit: usize, worker: usize): void {
  const t = changetype<WinogradTask>(task);
  const begin = unit * t.unitTiles;
  const end = min(begin + t.unitTiles, t.tiles);
  const work = t.scratch + worker * t.scratchBytes;
  const v = work + WORK_BYTES + TILE_BYTES;
  const m = v + 36 * t.vPlace;
  for (let part: usize = 0; part < partsOf(t); part++) {
    const c0 = partBegin(t, part);
    const c1 = partBegin(t, part + 1);
    const panelBytes = (c1 - c0) << 5;
    transformTiles(t, work, begin, end, c0, c1, v, panelBytes);
    const u = t.u + ((c0 * t.uOutputs) << 2);
    multiplyPart(t, work + WORK_BYTES, u, v, t.vPlace, panelBytes, m, end - begin, t.outputs, c1 - c0, part > 0);
  }
  writeResults(t, work, m, begin, end, 0, t.outputs);
}

/** Products of all places for `outputs` outputs and `tiles` tiles: rows of M of so many tiles, rounded up to 8. */
function multiplyPart(
  t: WinogradTask,
  tile: usize,
  u: usize,
  v: usize,
  vPlace: usize,
  panelBytes: usize,
  m: usize,
  tiles: usize,
  outputs: usize,
  depth: usize,
  add: bool,
): void {
  const rowBytes = ((tiles + 7) & ~7) << 2;
  changetype<Tile>(tile).ldc = rowBytes;
  changetype<Tile>(tile).steps = add ? ADD : 0;
  const mPlace = t.mPlace;
  const uPlace = t.uPlace;
  for (let place = 0; place < 36; place++, u += uPlace, v += vPlace, m += mPlace) {
    let panel = v;
    for (let column: usize = 0; column < rowBytes; column += 32, panel += panelBytes) {
      let a = u;
      let out = m + column;
      let left: isize = outputs;
      for (; left > 0 && isPair(left); left -= PANEL_ROWS) {
        f32_tile_6x8__simd(tile, out, a, 48, panel, depth);
        f32_tile_6x8__simd(tile, out + 6 * rowBytes, a + 24, 48, panel, depth);
        a += 48 * depth;
        out += 12 * rowBytes;
      }
      for (; left > 0; left -= 4, a += depth << 4, out += rowBytes << 2)
        f32_tile_4x8__simd(tile, out, a, 16, panel, depth);
    }
  }
}

/** Transforms products back and writes the results of outputs o0 … o1 of some tiles. */
function writeResults(t: WinogradTask, work: usize, m: usize, begin: usize, end: usize, o0: usize, o1: usize): void {
  const rowBytes = ((end - begin + 7) & ~7) << 2;
  const e = changetype<Epilogue>(t.epilogue);
  const slope = f32x4.splat(e.slope);
  for (let o = o0; o < o1; o++, m += rowBytes) {
    const scale = rowValue(e.scale, o, 1);
    const shift = rowValue(e.shift, o, 0);
    let products = m;
    for (let i = begin; i < end; i += 4, products += 16) {
      // Columns first: rows 0 … 3 of each of six columns, 96 bytes a row; then along each row.
      let place = products;
      for (let column: usize = 0; column < 96; column += 16, place += t.mPlace)
        transformProducts(work + column, place, 6 * t.mPlace);
      writeRows(t, work, i, min(end - i, 4), o, scale, shift, e, slope);
    }
  }
}
