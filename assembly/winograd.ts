/**
 * Winograd convolution F(4x4, 3x3): kernels of 3 x 3 with stride 1, computed in tiles of 4 x 4 results, each from 6 x 6 of
 * the image, with 36 multiplications for every 144. (Lavin and Gray, "Fast Algorithms for Convolutional Neural
 * Networks", 2015.) The interpolation points are 0, 1, -1, 1/2, -2 and infinity: with 2 in the place of 1/2 the largest
 * error is two to three times as large.
 *
 * For each of the 36 places of a transformed tile, results are a matrix product of transformed kernels (outputs x channels)
 * and transformed image (channels x tiles). Kernels are transformed where they are used, block by block of outputs: that
 * takes a fiftieth of the time of the products, and less memory traffic than reading back transformed ones, which are four
 * times as large.
 */
import { storeTransposed } from './inline/simd';
import { ADD, Epilogue, rowValue, SUM_BLOCK, Tile, TILE_BYTES } from './inline/tile';
import {
  isWhole,
  Patch,
  PATCH_BYTES,
  transformInput,
  transformKernel,
  transformKernelApart,
  transformProducts,
  transposeEnd,
  WinogradTask,
  writeRow,
} from './inline/winograd';
import { f32_tile_4x8__simd, f32_tile_6x8__simd } from './tile';

/** 36 vectors of work space for the transforms: each thread has its own at the start of its scratch memory. */
const WORK_BYTES: usize = 36 * 16;

/**
 * Transforms the image: one unit is some channels of all tiles. Numbers outside the image are 0.
 */
export function f32_winograd_input__simd(task: usize, unit: usize, worker: usize): void {
  const t = changetype<WinogradTask>(task);
  const begin = unit * t.unitChannels;
  const end = min(begin + t.unitChannels, t.channels);
  const work = t.scratch + worker * t.scratchBytes;
  const panelBytes = t.channels << 5;
  for (let i: usize = 0; i < t.tiles; i += 4) {
    const first = t.patches + i * PATCH_BYTES;
    const p0 = changetype<Patch>(first);
    const p1 = changetype<Patch>(first + PATCH_BYTES);
    const p2 = changetype<Patch>(first + 2 * PATCH_BYTES);
    const p3 = changetype<Patch>(first + 3 * PATCH_BYTES);
    const whole = isWhole(p0) && isWhole(p1) && isWhole(p2) && isWhole(p3);
    let to = t.v + (i >> 3) * panelBytes + ((i & 4) << 2) + (begin << 5);
    for (let channel = begin; channel < end; channel++, to += 32) {
      if (whole) {
        let a = p0.x + channel * p0.xChannel;
        let b = p1.x + channel * p1.xChannel;
        let c = p2.x + channel * p2.xChannel;
        let d = p3.x + channel * p3.xChannel;
        for (let row = work; row < work + WORK_BYTES; row += 96) {
          storeTransposed(row, 16, v128.load(a), v128.load(b), v128.load(c), v128.load(d));
          transposeEnd(row, v128.load(a, 8), v128.load(b, 8), v128.load(c, 8), v128.load(d, 8));
          a += p0.xRow;
          b += p1.xRow;
          c += p2.xRow;
          d += p3.xRow;
        }
      } else {
        memory.fill(work, 0, WORK_BYTES);
        gather(work, p0, channel);
        gather(work + 4, p1, channel);
        gather(work + 8, p2, channel);
        gather(work + 12, p3, channel);
      }
      for (let column: usize = 0; column < 96; column += 16) transformInput(work + column, 96);
      let out = to;
      for (let row = work; row < work + WORK_BYTES; row += 96) {
        transformInput(row, 16);
        v128.store(out, v128.load(row));
        out += t.vPlace;
        v128.store(out, v128.load(row, 16));
        out += t.vPlace;
        v128.store(out, v128.load(row, 32));
        out += t.vPlace;
        v128.store(out, v128.load(row, 48));
        out += t.vPlace;
        v128.store(out, v128.load(row, 64));
        out += t.vPlace;
        v128.store(out, v128.load(row, 80));
        out += t.vPlace;
      }
    }
  }
}

/** Puts what of a patch lies in the image into one lane of the work space. */
function gather(lane: usize, p: Patch, channel: usize): void {
  for (let row = p.row0; row < p.row1; row++) {
    const from = p.x + channel * p.xChannel + row * p.xRow;
    const to = lane + row * 96;
    for (let column = p.column0; column < p.column1; column++)
      store<f32>(to + (column << 4), load<f32>(from + (column << 2)));
  }
}

/**
 * Transforms the kernels of outputs `begin` to `end`, channels c0 to c1, into panels of 6 and 4 outputs: for each place, one
 * panel after another, each (c1 - c0) rows of so many outputs. Outputs beyond the last repeat it.
 */
function transformKernels(
  t: WinogradTask,
  u: usize,
  work: usize,
  begin: usize,
  end: usize,
  c0: usize,
  c1: usize,
): void {
  const outputBytes = (c1 - c0) << 2;
  for (let o = begin; o < end;) {
    const to = u + (o - begin) * outputBytes;
    if (end - o > 8) {
      const second = to + 6 * outputBytes;
      transformFour(t, work, o, end, c0, c1, to, to + 8, 24);
      transformFour(t, work, o + 4, end, c0, c1, to + 16, second, 24);
      transformFour(t, work, o + 8, end, c0, c1, second + 8, second + 16, 24);
      o += 12;
    } else {
      transformFour(t, work, o, end, c0, c1, to, to + 8, 16);
      o += 4;
    }
  }
}

/** Transforms four outputs' kernels: two go to `low`, two to `high`, channels `step` bytes apart. */
function transformFour(
  t: WinogradTask,
  work: usize,
  o: usize,
  end: usize,
  c0: usize,
  c1: usize,
  low: usize,
  high: usize,
  step: usize,
): void {
  const outputBytes = t.channels * 36;
  const first = t.weights + c0 * 36;
  let w0 = first + min(o, end - 1) * outputBytes;
  let w1 = first + min(o + 1, end - 1) * outputBytes;
  let w2 = first + min(o + 2, end - 1) * outputBytes;
  let w3 = first + min(o + 3, end - 1) * outputBytes;
  const half = work + 144;
  const adjacent = high == low + 8;
  for (let channel = c0; channel < c1; channel++, low += step, high += step) {
    storeTransposed(work, 16, v128.load(w0), v128.load(w1), v128.load(w2), v128.load(w3));
    storeTransposed(work + 64, 16, v128.load(w0, 16), v128.load(w1, 16), v128.load(w2, 16), v128.load(w3, 16));
    let g8 = v128.load32_zero(w0, 32);
    g8 = v128.load_lane<f32>(w1, g8, 1, 32);
    g8 = v128.load_lane<f32>(w2, g8, 2, 32);
    g8 = v128.load_lane<f32>(w3, g8, 3, 32);
    v128.store(work, g8, 128);
    // Columns first: rows 0 … 5 of each of three columns, then along each row.
    transformKernel(half, 48, v128.load(work), v128.load(work, 48), v128.load(work, 96));
    transformKernel(half + 16, 48, v128.load(work, 16), v128.load(work, 64), v128.load(work, 112));
    transformKernel(half + 32, 48, v128.load(work, 32), v128.load(work, 80), v128.load(work, 128));
    if (adjacent) {
      let place = low;
      for (let row = half; row < half + 288; row += 48, place += 6 * t.uPlace)
        transformKernel(place, t.uPlace, v128.load(row), v128.load(row, 16), v128.load(row, 32));
    } else {
      let place = low;
      const apart = high - low;
      for (let row = half; row < half + 288; row += 48, place += 6 * t.uPlace)
        transformKernelApart(place, apart, t.uPlace, v128.load(row), v128.load(row, 16), v128.load(row, 32));
    }
    w0 += 36;
    w1 += 36;
    w2 += 36;
    w3 += 36;
  }
}

/** Computes some outputs of all tiles from the transformed image. */
export function f32_winograd_product__simd(task: usize, unit: usize, worker: usize): void {
  const t = changetype<WinogradTask>(task);
  const begin = unit * t.unitOutputs;
  const end = min(begin + t.unitOutputs, t.outputs);
  const work = t.scratch + worker * t.scratchBytes;
  const tile = work + WORK_BYTES;
  const u = tile + TILE_BYTES;
  const m = u + 36 * t.uPlace;

  const tiles = (t.tiles + 7) & ~7;
  const rowBytes = tiles << 2;
  const panelBytes = t.channels << 5;
  const parts = (t.channels + SUM_BLOCK - 1) / SUM_BLOCK;
  changetype<Tile>(tile).ldc = rowBytes;
  for (let part: usize = 0; part < parts; part++) {
    const c0 = (t.channels * part) / parts;
    const c1 = (t.channels * (part + 1)) / parts;
    const depth = c1 - c0;
    transformKernels(t, u, work, begin, end, c0, c1);
    changetype<Tile>(tile).steps = part > 0 ? ADD : 0;
    for (let place: usize = 0; place < 36; place++) {
      let panel = t.v + place * t.vPlace + (c0 << 5);
      const products = m + place * t.mPlace;
      for (let column: usize = 0; column < tiles; column += 8, panel += panelBytes) {
        let a = u + place * t.uPlace;
        let out = products + (column << 2);
        let o = begin;
        for (; end - o > 8 && o < end; o += 12) {
          f32_tile_6x8__simd(tile, out, a, panel, depth);
          f32_tile_6x8__simd(tile, out + 6 * rowBytes, a + 24 * depth, panel, depth);
          a += 48 * depth;
          out += 12 * rowBytes;
        }
        for (; o < end; o += 4, a += depth << 4, out += rowBytes << 2) f32_tile_4x8__simd(tile, out, a, panel, depth);
      }
    }
  }
  for (let o = begin; o < end; o++) {
    const products = m + (o - begin) * rowBytes;
    for (let i: usize = 0; i < t.tiles; i += 4) writeTiles(t, work, products + (i << 2), i, o);
  }
}

/** Transforms the products of four tiles back and writes the results of output o. */
function writeTiles(t: WinogradTask, work: usize, products: usize, first: usize, o: usize): void {
  // Columns first: rows 0 … 3 of each of six columns, 96 bytes a row; then along each row.
  for (let column: usize = 0; column < 6; column++)
    transformProducts(work + (column << 4), 96, products + column * t.mPlace, 6 * t.mPlace);
  const e = changetype<Epilogue>(t.epilogue);
  const scale = rowValue(e.scale, o, 1);
  const shift = rowValue(e.shift, o, 0);
  const slope = f32x4.splat(e.slope);
  for (let row = 0; row < 4; row++) {
    const at = work + row * 96;
    transformProducts(at, 16, at, 16);
    const r0 = v128.load(at);
    const r1 = v128.load(at, 16);
    const r2 = v128.load(at, 32);
    const r3 = v128.load(at, 48);
    const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const b = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const c = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    writeRow(t, first, row, o, v128.shuffle<f32>(a, b, 0, 1, 4, 5), scale, shift, e, slope);
    writeRow(t, first + 1, row, o, v128.shuffle<f32>(a, b, 2, 3, 6, 7), scale, shift, e, slope);
    writeRow(t, first + 2, row, o, v128.shuffle<f32>(c, d, 0, 1, 4, 5), scale, shift, e, slope);
    writeRow(t, first + 3, row, o, v128.shuffle<f32>(c, d, 2, 3, 6, 7), scale, shift, e, slope);
  }
}
