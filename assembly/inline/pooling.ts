/** One plane of pooling, of which the kernels in ../pooling.ts are the special cases. */

/** Where the numbers of a geometry block lie; see ../pooling.ts. */
const HEIGHT: usize = 0;
const WIDTH: usize = 4;
const POOLED_HEIGHT: usize = 8;
const POOLED_WIDTH: usize = 12;
const KERNEL_H: usize = 16;
const KERNEL_W: usize = 20;
const STRIDE_H: usize = 24;
const STRIDE_W: usize = 28;
const PAD_H: usize = 32;
const PAD_W: usize = 36;

/** The elements 0, stride, 2 stride and 3 stride from p on, for stride 1 or 2. */
// @ts-ignore: decorator
@inline
function loadSpaced(p: usize, byTwo: bool): v128 {
  if (byTwo) return v128.shuffle<f32>(v128.load(p), v128.load(p, 12), 0, 2, 5, 7);
  return v128.load(p);
}

/** One more value in each lane of a maximum or a sum. */
// @ts-ignore: decorator
@inline
function take(sum: v128, v: v128, isMax: bool): v128 {
  return isMax ? f32x4.pmax(sum, v) : f32x4.add(sum, v);
}

/**
 * Outputs [first, beyond) of a row, four at a time, the last four overlapping those before them. Their windows lie
 * within the plane's columns. xRow is the plane's column 0 in the windows' first row within the plane, of `rows`.
 */
// @ts-ignore: decorator
@inline
function vectorWindows(
  yRow: usize,
  xRow: usize,
  first: i32,
  beyond: i32,
  rowBytes: usize,
  rows: i32,
  columns: i32,
  padW: i32,
  area: i32,
  isMax: bool,
  byTwo: bool,
): void {
  const areas = f32x4.splat(<f32>area);
  for (let pw = first; ; ) {
    let p = xRow + (<usize>((byTwo ? pw << 1 : pw) - padW) << 2);
    let sum = f32x4.splat(isMax ? -f32.MAX_VALUE : 0);
    for (let h = 0; h < rows; h++, p += rowBytes) {
      // The usual sizes are worth being unrolled: a loop this short costs more than what is in it.
      if (columns == 3) {
        sum = take(sum, loadSpaced(p, byTwo), isMax);
        sum = take(sum, loadSpaced(p + 4, byTwo), isMax);
        sum = take(sum, loadSpaced(p + 8, byTwo), isMax);
      } else if (columns == 2) {
        sum = take(sum, loadSpaced(p, byTwo), isMax);
        sum = take(sum, loadSpaced(p + 4, byTwo), isMax);
      } else {
        for (let q = p, last = p + ((<usize>columns) << 2); q < last; q += 4)
          sum = take(sum, loadSpaced(q, byTwo), isMax);
      }
    }
    v128.store(yRow + ((<usize>pw) << 2), isMax ? sum : f32x4.div(sum, areas));
    pw += 4;
    if (pw >= beyond) return;
    pw = min(pw, beyond - 4);
  }
}

/**
 * Pools the plane at x into the one at y. The outputs of a row are computed four at a time where their windows lie
 * within the plane and their stride is 1 or 2, else one by one.
 */
// @ts-ignore: decorator
@inline
export function poolPlane(y: usize, x: usize, geometry: usize, isMax: bool, vectors: bool): void {
  const height = load<i32>(geometry, HEIGHT);
  const width = load<i32>(geometry, WIDTH);
  const pooledHeight = load<i32>(geometry, POOLED_HEIGHT);
  const pooledWidth = load<i32>(geometry, POOLED_WIDTH);
  const kernelH = load<i32>(geometry, KERNEL_H);
  const kernelW = load<i32>(geometry, KERNEL_W);
  const strideH = load<i32>(geometry, STRIDE_H);
  const strideW = load<i32>(geometry, STRIDE_W);
  const padH = load<i32>(geometry, PAD_H);
  const padW = load<i32>(geometry, PAD_W);
  const rowBytes = (<usize>width) << 2;

  // Outputs [first, beyond) of each row have windows within the plane's columns.
  let first = pooledWidth;
  let beyond = pooledWidth;
  if (vectors && strideW <= 2 && width + padW >= kernelW) {
    first = (padW + strideW - 1) / strideW;
    beyond = min((width + padW - kernelW) / strideW + 1, pooledWidth);
    if (beyond < first + 4) first = beyond = pooledWidth;
  }

  for (let ph = 0; ph < pooledHeight; ph++) {
    const hStart = ph * strideH - padH;
    const rowsCounted = min(hStart + kernelH, height + padH) - hStart;
    const top = max(hStart, 0);
    const bottom = min(hStart + kernelH, height);
    const yRow = y + (<usize>(ph * pooledWidth) << 2);

    for (let pw = 0; pw < pooledWidth; pw++) {
      if (pw == first) {
        const xRow = x + <usize>top * rowBytes;
        const rows = bottom - top;
        const area = rowsCounted * kernelW;
        if (strideW == 2) {
          if (kernelW == 3) vectorWindows(yRow, xRow, first, beyond, rowBytes, rows, 3, padW, area, isMax, true);
          else if (kernelW == 2) vectorWindows(yRow, xRow, first, beyond, rowBytes, rows, 2, padW, area, isMax, true);
          else vectorWindows(yRow, xRow, first, beyond, rowBytes, rows, kernelW, padW, area, isMax, true);
        } else if (kernelW == 3) vectorWindows(yRow, xRow, first, beyond, rowBytes, rows, 3, padW, area, isMax, false);
        else vectorWindows(yRow, xRow, first, beyond, rowBytes, rows, kernelW, padW, area, isMax, false);
        pw = beyond - 1;
        continue;
      }
      const wStart = pw * strideW - padW;
      const columnsCounted = min(wStart + kernelW, width + padW) - wStart;
      const left = max(wStart, 0);
      const right = min(wStart + kernelW, width);
      let value: f32 = isMax ? -f32.MAX_VALUE : 0;
      for (let h = top; h < bottom; h++) {
        const p = x + <usize>h * rowBytes;
        for (let w = left; w < right; w++) {
          const v = load<f32>(p + ((<usize>w) << 2));
          if (isMax) {
            if (v > value) value = v;
          } else value += v;
        }
      }
      if (!isMax) value /= <f32>(rowsCounted * columnsCounted);
      store<f32>(yRow + ((<usize>pw) << 2), value);
    }
  }
}

/** Max pooling of a plane that also tells where in the plane each maximum stands: -1 for none. */
// @ts-ignore: decorator
@inline
export function maxPlaneWithMask(y: usize, mask: usize, x: usize, geometry: usize): void {
  const height = load<i32>(geometry, HEIGHT);
  const width = load<i32>(geometry, WIDTH);
  const pooledHeight = load<i32>(geometry, POOLED_HEIGHT);
  const pooledWidth = load<i32>(geometry, POOLED_WIDTH);
  for (let ph = 0; ph < pooledHeight; ph++) {
    const hStart = ph * load<i32>(geometry, STRIDE_H) - load<i32>(geometry, PAD_H);
    const bottom = min(hStart + load<i32>(geometry, KERNEL_H), height);
    for (let pw = 0; pw < pooledWidth; pw++) {
      const wStart = pw * load<i32>(geometry, STRIDE_W) - load<i32>(geometry, PAD_W);
      const right = min(wStart + load<i32>(geometry, KERNEL_W), width);
      let value: f32 = -f32.MAX_VALUE;
      let at = -1;
      for (let h = max(hStart, 0); h < bottom; h++)
        for (let w = max(wStart, 0); w < right; w++) {
          const v = load<f32>(x + (<usize>(h * width + w) << 2));
          if (v > value) {
            value = v;
            at = h * width + w;
          }
        }
      const offset = <usize>(ph * pooledWidth + pw) << 2;
      store<f32>(y + offset, value);
      store<f32>(mask + offset, <f32>at);
    }
  }
}

/** Bytes of an input plane. */
// @ts-ignore: decorator
@inline
export function inputBytes(geometry: usize): usize {
  return <usize>(load<i32>(geometry, HEIGHT) * load<i32>(geometry, WIDTH)) << 2;
}

/** Bytes of an output plane. */
// @ts-ignore: decorator
@inline
export function outputBytes(geometry: usize): usize {
  return <usize>(load<i32>(geometry, POOLED_HEIGHT) * load<i32>(geometry, POOLED_WIDTH)) << 2;
}
