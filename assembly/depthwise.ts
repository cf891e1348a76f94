/**
 * Convolution and deconvolution of single channels in two dimensions: each result depends on one channel only, as where
 * `group` is the number of channels. A matrix product would have rows of a few numbers there.
 *
 * Both first copy a channel so that what the kernel positions of neighbouring results read lies side by side: with its
 * padding, and for a stride of s columns in s parts, of which part q holds columns q, q + s, q + 2s …
 * The geometry is described in inline/im2col.ts.
 */
import { dilation, imageSize, kernelSize, lastAxis, outputSize, padding, stride } from './inline/im2col';
import { copyStrided, storeFirst, zero } from './inline/memory';
import { madd } from './inline/simd';

/** ⌊a / b⌋ for b > 0. */
function floorDivide(a: i32, b: i32): i32 {
  return a >= 0 ? a / b : -((b - 1 - a) / b);
}

function roundUp4(n: i32): i32 {
  return (n + 3) & ~3;
}

/**
 * Convolves channels: result o … is channel o / multiplier with kernel o.
 *   y, x        results and channels, one after another
 *   w           a kernel for each result
 *   bias        address of a number for each result, or 0 for none
 *   scratch     kernel positions + rows of the plane * stride * columns of a part, floats; see fillPlane
 *   begin, end  which results to compute; y, x, w and bias are those of result 0
 */
export function f32_depthwise__simd(
  y: usize,
  x: usize,
  w: usize,
  bias: usize,
  geometry: usize,
  scratch: usize,
  multiplier: usize,
  begin: usize,
  end: usize,
): void {
  const ax = lastAxis(geometry);
  const ay = ax - 32;
  const taps: usize = kernelSize(ay) * kernelSize(ax);
  const height = outputSize(ay);
  const width = outputSize(ax);
  const parts = stride(ax);
  const rows = (height - 1) * stride(ay) + (kernelSize(ay) - 1) * dilation(ay) + 1;
  const columns = roundUp4(width) + ((kernelSize(ax) - 1) * dilation(ax)) / parts;
  const rowBytes: usize = (parts * columns) << 2;
  const plane = scratch + (taps << 2);
  // Where each kernel position reads, relative to where the first does.
  let offset = scratch;
  for (let ky = 0; ky < kernelSize(ay); ky++) {
    for (let kx = 0; kx < kernelSize(ax); kx++, offset += 4) {
      const at = kx * dilation(ax);
      store<u32>(offset, ky * dilation(ay) * rowBytes + (((at % parts) * columns + at / parts) << 2));
    }
  }
  for (let o = begin; o < end; o++) {
    if (o == begin || o % multiplier == 0)
      fillPlane(plane, x + (((o / multiplier) * imageSize(ay) * imageSize(ax)) << 2), ay, ax, rows, columns);
    const kernel = w + ((o * taps) << 2);
    const start = f32x4.splat(bias ? load<f32>(bias + (o << 2)) : 0);
    let to = y + ((o * height * width) << 2);
    for (let oy = 0; oy < height; oy++) {
      let from = plane + oy * stride(ay) * rowBytes;
      let n: usize = width;
      for (; n >= 16; n -= 16, from += 64, to += 64) {
        let a = f32x4.splat(0);
        let b = f32x4.splat(0);
        let c = f32x4.splat(0);
        let d = f32x4.splat(0);
        for (let t: usize = 0; t < taps << 2; t += 4) {
          const p = from + load<u32>(scratch + t);
          const s = v128.load32_splat(kernel + t);
          a = madd(s, v128.load(p), a);
          b = madd(s, v128.load(p, 16), b);
          c = madd(s, v128.load(p, 32), c);
          d = madd(s, v128.load(p, 48), d);
        }
        v128.store(to, f32x4.add(a, start));
        v128.store(to, f32x4.add(b, start), 16);
        v128.store(to, f32x4.add(c, start), 32);
        v128.store(to, f32x4.add(d, start), 48);
      }
      if (n >= 8) {
        let a = f32x4.splat(0);
        let b = f32x4.splat(0);
        for (let t: usize = 0; t < taps << 2; t += 4) {
          const p = from + load<u32>(scratch + t);
          const s = v128.load32_splat(kernel + t);
          a = madd(s, v128.load(p), a);
          b = madd(s, v128.load(p, 16), b);
        }
        v128.store(to, f32x4.add(a, start));
        v128.store(to, f32x4.add(b, start), 16);
        n -= 8;
        from += 32;
        to += 32;
      }
      while (n > 0) {
        let a = f32x4.splat(0);
        for (let t: usize = 0; t < taps << 2; t += 4)
          a = madd(v128.load32_splat(kernel + t), v128.load(from + load<u32>(scratch + t)), a);
        a = f32x4.add(a, start);
        const part = min<usize>(n, 4);
        storeFirst(to, a, a, part);
        n -= part;
        from += 16;
        to += part << 2;
      }
    }
  }
}

/** Copies a channel, padded, into `rows` rows of parts of `columns` each. */
function fillPlane(plane: usize, from: usize, ay: usize, ax: usize, rows: i32, columns: i32): void {
  const parts = stride(ax);
  const width = imageSize(ax);
  for (let row = 0; row < rows; row++) {
    const iy = row - padding(ay);
    const isInside = <u32>iy < <u32>imageSize(ay);
    const source = from + ((iy * width) << 2);
    for (let part = 0; part < parts; part++, plane += columns << 2) {
      // Column j of this part is image column part + parts * j - padding.
      let first = padding(ax) > part ? (padding(ax) - part + parts - 1) / parts : 0;
      let stop = floorDivide(width - 1 + padding(ax) - part, parts) + 1;
      first = min(first, columns);
      stop = isInside ? max(min(stop, columns), first) : first;
      zero(plane, first);
      const start = part + parts * first - padding(ax);
      copyStrided(plane + (first << 2), source + (start << 2), parts << 2, stop - first);
      zero(plane + (stop << 2), columns - stop);
    }
  }
}

/** Scalar twin of f32_depthwise__simd; needs no scratch. */
export function f32_depthwise__scalar(
  y: usize,
  x: usize,
  w: usize,
  bias: usize,
  geometry: usize,
  scratch: usize,
  multiplier: usize,
  begin: usize,
  end: usize,
): void {
  const ax = lastAxis(geometry);
  const ay = ax - 32;
  const plane: usize = imageSize(ay) * imageSize(ax);
  for (let o = begin; o < end; o++) {
    for (let oy = 0; oy < outputSize(ay); oy++) {
      for (let ox = 0; ox < outputSize(ax); ox++) {
        let sum: f32 = 0;
        for (let ky = 0; ky < kernelSize(ay); ky++) {
          for (let kx = 0; kx < kernelSize(ax); kx++) {
            const iy = oy * stride(ay) + ky * dilation(ay) - padding(ay);
            const ix = ox * stride(ax) + kx * dilation(ax) - padding(ax);
            if (<u32>iy >= <u32>imageSize(ay) || <u32>ix >= <u32>imageSize(ax)) continue;
            const k: usize = (o * kernelSize(ay) + ky) * kernelSize(ax) + kx;
            sum += load<f32>(w + (k << 2)) * load<f32>(x + (((o / multiplier) * plane + iy * imageSize(ax) + ix) << 2));
          }
        }
        const at: usize = (o * outputSize(ay) + oy) * outputSize(ax) + ox;
        store<f32>(y + (at << 2), sum + (bias ? load<f32>(bias + (o << 2)) : 0));
      }
    }
  }
}

/** Columns left of the channel's own, and in all, of the plane that f32_depthwise_transposed__simd reads. */
function transposedLeft(ax: usize): i32 {
  return max(0, -floorDivide(padding(ax) - (kernelSize(ax) - 1) * dilation(ax), stride(ax)));
}
function transposedColumns(ax: usize): i32 {
  const results = roundUp4((imageSize(ax) + stride(ax) - 1) / stride(ax));
  const right = floorDivide(stride(ax) - 1 + padding(ax), stride(ax));
  return transposedLeft(ax) + max(outputSize(ax), results + right);
}

/**
 * Deconvolves channels: result o is channel o / multiplier, spread by kernel o. The geometry is that of the convolution
 * that leads from the result back to the channel: its image is the result.
 * Arguments as those of f32_depthwise__simd.
 *   scratch  floats: two for each kernel row; for each column of the stride one, two for each kernel column and the
 *            result columns it gets, rounded up to 4; the plane
 */
export function f32_depthwise_transposed__simd(
  y: usize,
  x: usize,
  w: usize,
  bias: usize,
  geometry: usize,
  scratch: usize,
  multiplier: usize,
  begin: usize,
  end: usize,
): void {
  const ax = lastAxis(geometry);
  const ay = ax - 32;
  const taps: usize = kernelSize(ay) * kernelSize(ax);
  const height = imageSize(ay);
  const width = imageSize(ax);
  const parts = stride(ax);
  const left = transposedLeft(ax);
  const columns = transposedColumns(ax);
  const partColumns = roundUp4((width + parts - 1) / parts);
  // Result column parts * j + q is met by the kernel columns kx for which q + padding - kx * dilation is a multiple of
  // the stride; kx then reads channel column j + that quotient. For each q: how many, and for each its byte offsets in
  // the kernel's row and in the plane's row.
  const across = scratch;
  const acrossBytes: usize = (1 + 2 * kernelSize(ax)) << 2;
  for (let q = 0; q < parts; q++) {
    const list = across + q * acrossBytes;
    let item = list + 4;
    for (let kx = 0; kx < kernelSize(ax); kx++) {
      const u = q + padding(ax) - kx * dilation(ax);
      if (u % parts != 0) continue;
      store<u32>(item, kx << 2);
      store<u32>(item, (left + u / parts) << 2, 4);
      item += 8;
    }
    store<u32>(list, item);
  }
  // For each result row: the kernel rows that meet it, as addresses in the kernel and in the plane.
  const down = across + parts * acrossBytes;
  const row = down + ((2 * kernelSize(ay)) << 2);
  const plane = row + ((parts * partColumns) << 2);
  for (let o = begin; o < end; o++) {
    if (o == begin || o % multiplier == 0) {
      let from = x + (((o / multiplier) * outputSize(ay) * outputSize(ax)) << 2);
      let to = plane;
      for (let iy = 0; iy < outputSize(ay); iy++, from += outputSize(ax) << 2, to += columns << 2) {
        zero(to, left);
        copyStrided(to + (left << 2), from, 4, outputSize(ax));
        zero(to + ((left + outputSize(ax)) << 2), columns - left - outputSize(ax));
      }
    }
    const kernel = w + ((o * taps) << 2);
    const start = f32x4.splat(bias ? load<f32>(bias + (o << 2)) : 0);
    let to = y + ((o * height * width) << 2);
    for (let oy = 0; oy < height; oy++, to += width << 2) {
      let downEnd = down;
      for (let ky = 0; ky < kernelSize(ay); ky++) {
        const u = oy + padding(ay) - ky * dilation(ay);
        if (u < 0 || u % stride(ay) != 0 || u / stride(ay) >= outputSize(ay)) continue;
        store<usize>(downEnd, kernel + ((ky * kernelSize(ax)) << 2));
        store<usize>(downEnd, plane + (((u / stride(ay)) * columns) << 2), 4);
        downEnd += 8;
      }
      for (let q = 0; q < parts; q++) {
        const list = across + q * acrossBytes;
        const listEnd: usize = load<u32>(list);
        const part = row + ((q * partColumns) << 2);
        const partEnd = part + (partColumns << 2);
        for (let p = part; p < partEnd; p += 16) v128.store(p, start);
        for (let d = down; d < downEnd; d += 8) {
          const weights = load<usize>(d);
          const values = load<usize>(d, 4);
          for (let item = list + 4; item < listEnd; item += 8) {
            const s = v128.load32_splat(weights + load<u32>(item));
            let v = values + load<u32>(item, 4);
            for (let p = part; p < partEnd; p += 16, v += 16) v128.store(p, madd(s, v128.load(v), v128.load(p)));
          }
        }
      }
      interleave(to, row, width, parts, partColumns);
    }
  }
}

/** Writes n numbers that stand in `parts` rows of `columns`: row q holds every parts-th from the q-th on. */
function interleave(to: usize, from: usize, n: i32, parts: i32, columns: i32): void {
  let i = 0;
  if (parts == 1) {
    copyStrided(to, from, 4, n);
    return;
  }
  if (parts == 2) {
    const other = columns << 2;
    for (; i + 8 <= n; i += 8, from += 16) {
      const a = v128.load(from);
      const b = v128.load(from + other);
      v128.store(to + (i << 2), v128.shuffle<f32>(a, b, 0, 4, 1, 5));
      v128.store(to + (i << 2), v128.shuffle<f32>(a, b, 2, 6, 3, 7), 16);
    }
    for (; i < n; i += 2, from += 4) {
      store<f32>(to + (i << 2), load<f32>(from));
      if (i + 1 < n) store<f32>(to + (i << 2), load<f32>(from + other), 4);
    }
    return;
  }
  for (let q = 0; q < parts; q++, from += columns << 2)
    for (let j = 0, k = q; k < n; j++, k += parts) store<f32>(to + (k << 2), load<f32>(from + (j << 2)));
}

/** Scalar twin of f32_depthwise_transposed__simd; needs no scratch. */
export function f32_depthwise_transposed__scalar(
  y: usize,
  x: usize,
  w: usize,
  bias: usize,
  geometry: usize,
  scratch: usize,
  multiplier: usize,
  begin: usize,
  end: usize,
): void {
  const ax = lastAxis(geometry);
  const ay = ax - 32;
  const plane: usize = imageSize(ay) * imageSize(ax);
  for (let o = begin; o < end; o++) {
    const to = y + ((o * plane) << 2);
    for (let i: usize = 0; i < plane; i++) store<f32>(to + (i << 2), bias ? load<f32>(bias + (o << 2)) : 0);
    for (let oy = 0; oy < outputSize(ay); oy++) {
      for (let ox = 0; ox < outputSize(ax); ox++) {
        const value = load<f32>(x + ((((o / multiplier) * outputSize(ay) + oy) * outputSize(ax) + ox) << 2));
        for (let ky = 0; ky < kernelSize(ay); ky++) {
          for (let kx = 0; kx < kernelSize(ax); kx++) {
            const iy = oy * stride(ay) + ky * dilation(ay) - padding(ay);
            const ix = ox * stride(ax) + kx * dilation(ax) - padding(ax);
            if (<u32>iy >= <u32>imageSize(ay) || <u32>ix >= <u32>imageSize(ax)) continue;
            const at = to + ((iy * imageSize(ax) + ix) << 2);
            const k: usize = (o * kernelSize(ay) + ky) * kernelSize(ax) + kx;
            store<f32>(at, load<f32>(at) + value * load<f32>(w + (k << 2)));
          }
        }
      }
    }
  }
}
