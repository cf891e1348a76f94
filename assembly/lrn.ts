/**
 * Local response normalization, as Caffe's LRNLayer: each element is divided by a power of k + a * (the sum of squares
 * in a window around it). The powers 1/2, 3/4 and 1 are made of square roots, others by powf.
 *
 * Caffe lets the sum over channels glide: it adds the square that enters the window and takes away the one that
 * leaves. Here each window is summed anew, which leaves no rounding errors of large squares behind.
 */
import { madd } from './inline/simd';

/** s^-beta. */
function inversePower(s: v128, beta: f32): v128 {
  const one = f32x4.splat(1);
  if (beta == 0.75) {
    const root = f32x4.sqrt(s);
    return f32x4.div(one, f32x4.mul(root, f32x4.sqrt(root)));
  }
  if (beta == 0.5) return f32x4.div(one, f32x4.sqrt(s));
  if (beta == 1) return f32x4.div(one, s);
  let p = f32x4.splat(Mathf.pow(f32x4.extract_lane(s, 0), -beta));
  p = f32x4.replace_lane(p, 1, Mathf.pow(f32x4.extract_lane(s, 1), -beta));
  p = f32x4.replace_lane(p, 2, Mathf.pow(f32x4.extract_lane(s, 2), -beta));
  return f32x4.replace_lane(p, 3, Mathf.pow(f32x4.extract_lane(s, 3), -beta));
}

/**
 * Across channels: y = x * (k + a * sum)^-beta, the sum being over `size` (odd) channels around each. A unit is up to
 * four neighbouring pixels of an image; each image has ceil(pixels / 4). `scratch` takes (channels + size - 1) * 16
 * bytes. With y = x the result is (k + a * sum)^(-2 beta): Caffe writes the power over the input and then multiplies
 * it with itself.
 */
export function f32_lrn_across__simd(
  y: usize,
  x: usize,
  channels: usize,
  pixels: usize,
  size: usize,
  a: f32,
  beta: f32,
  k: f32,
  scratch: usize,
  begin: usize,
  end: usize,
): void {
  const groups = (pixels + 3) >> 2;
  const step = pixels << 2;
  const squares = scratch + ((size >> 1) << 4);
  const squaresEnd = squares + (channels << 4);
  const window = size << 4;
  memory.fill(scratch, 0, squares - scratch);
  memory.fill(squaresEnd, 0, squares - scratch);
  const factor = f32x4.splat(a);
  const constant = f32x4.splat(k);
  for (let unit = begin; unit < end; unit++) {
    const first = (unit % groups) << 2;
    let at = ((unit / groups) * channels * pixels + first) << 2;
    if (first + 4 <= pixels) {
      for (let to = squares, from = x + at; to < squaresEnd; to += 16, from += step) {
        const v = v128.load(from);
        v128.store(to, f32x4.mul(v, v));
      }
      for (let from = scratch; from < scratch + (channels << 4); from += 16, at += step) {
        let s = constant;
        for (let j: usize = 0; j < window; j += 16) s = madd(factor, v128.load(from + j), s);
        // x is read after y is written: where they are the same place, Caffe squares the power.
        v128.store(y + at, inversePower(s, beta));
        v128.store(y + at, f32x4.mul(v128.load(y + at), v128.load(x + at)));
      }
    } else {
      const lanes = (pixels - first) << 2;
      for (let to = squares, from = x + at; to < squaresEnd; to += 16, from += step)
        for (let j: usize = 0; j < lanes; j += 4) store<f32>(to + j, load<f32>(from + j) * load<f32>(from + j));
      for (let from = scratch; from < scratch + (channels << 4); from += 16, at += step) {
        let s = constant;
        for (let j: usize = 0; j < window; j += 16) s = madd(factor, v128.load(from + j), s);
        let p = inversePower(s, beta);
        for (let j: usize = 0; j < lanes; j += 4) {
          store<f32>(y + at + j, f32x4.extract_lane(p, 0));
          store<f32>(y + at + j, load<f32>(y + at + j) * load<f32>(x + at + j));
          p = v128.shuffle<f32>(p, p, 1, 2, 3, 0);
        }
      }
    }
  }
}

/** Scalar twin of f32_lrn_across__simd. `scratch` takes channels * 4 bytes. */
export function f32_lrn_across__scalar(
  y: usize,
  x: usize,
  channels: usize,
  pixels: usize,
  size: usize,
  a: f32,
  beta: f32,
  k: f32,
  scratch: usize,
  begin: usize,
  end: usize,
): void {
  const groups = (pixels + 3) >> 2;
  const reach = <isize>(size >> 1);
  for (let unit = begin; unit < end; unit++) {
    const first = (unit % groups) << 2;
    for (let j = first; j < min<usize>(first + 4, pixels); j++) {
      const at = ((unit / groups) * channels * pixels + j) << 2;
      for (let c: usize = 0; c < channels; c++) store<f32>(scratch + (c << 2), load<f32>(x + at + ((c * pixels) << 2)));
      for (let c: usize = 0; c < channels; c++) {
        let s = k;
        const low = <usize>max<isize>(<isize>c - reach, 0);
        const high = min<usize>(c + <usize>reach + 1, channels);
        for (let i = low; i < high; i++) s += a * (load<f32>(scratch + (i << 2)) * load<f32>(scratch + (i << 2)));
        const place = at + ((c * pixels) << 2);
        store<f32>(y + place, Mathf.pow(s, -beta));
        store<f32>(y + place, load<f32>(y + place) * load<f32>(x + place));
      }
    }
  }
}

/**
 * Within channels: y = x * (1 + a * mean)^-beta, the mean being over a window of size x size (odd) pixels around each,
 * pixels beyond the border counting as 0. A unit is one plane. y may be x. `scratch` takes
 * (height + size - 1) * (width + size + 2) floats.
 */
export function f32_lrn_within__simd(
  y: usize,
  x: usize,
  height: usize,
  width: usize,
  size: usize,
  a: f32,
  beta: f32,
  scratch: usize,
  begin: usize,
  end: usize,
): void {
  // Rows have room for a last vector that is not full.
  const row = (width + size + 2) << 2;
  const pad = size >> 1;
  const bytes = (height + size - 1) * row;
  const inside = scratch + pad * row + (pad << 2);
  const window = size << 2;
  const count = f32x4.splat(<f32>(size * size));
  const factor = f32x4.splat(a);
  const one = f32x4.splat(1);
  memory.fill(scratch, 0, bytes);
  for (let plane = begin; plane < end; plane++) {
    const start = (plane * height * width) << 2;
    let from = x + start;
    for (let h: usize = 0; h < height; h++)
      for (let w: usize = 0; w < width; w++, from += 4) {
        const v = load<f32>(from);
        store<f32>(inside + h * row + (w << 2), v * v);
      }
    let at = start;
    for (let h: usize = 0; h < height; h++) {
      for (let w: usize = 0; w < width; w += 4) {
        let sum = f32x4.splat(0);
        const corner = scratch + h * row + (w << 2);
        for (let i = corner; i < corner + size * row; i += row)
          for (let j: usize = 0; j < window; j += 4) sum = f32x4.add(sum, v128.load(i + j));
        let p = inversePower(f32x4.add(f32x4.mul(factor, f32x4.div(sum, count)), one), beta);
        if (w + 4 <= width) {
          v128.store(y + at, f32x4.mul(v128.load(x + at), p));
          at += 16;
        } else
          for (const last = at + ((width - w) << 2); at < last; at += 4) {
            store<f32>(y + at, load<f32>(x + at) * f32x4.extract_lane(p, 0));
            p = v128.shuffle<f32>(p, p, 1, 2, 3, 0);
          }
      }
    }
  }
}

/** Scalar twin of f32_lrn_within__simd. `scratch` takes height * width floats. */
export function f32_lrn_within__scalar(
  y: usize,
  x: usize,
  height: usize,
  width: usize,
  size: usize,
  a: f32,
  beta: f32,
  scratch: usize,
  begin: usize,
  end: usize,
): void {
  const reach = <isize>(size >> 1);
  const bytes = (height * width) << 2;
  for (let plane = begin; plane < end; plane++) {
    memory.copy(scratch, x + plane * bytes, bytes);
    for (let h: usize = 0; h < height; h++)
      for (let w: usize = 0; w < width; w++) {
        let sum: f32 = 0;
        const top = <usize>max<isize>(<isize>h - reach, 0);
        const left = <usize>max<isize>(<isize>w - reach, 0);
        for (let i = top; i < min<usize>(h + <usize>reach + 1, height); i++)
          for (let j = left; j < min<usize>(w + <usize>reach + 1, width); j++) {
            const v = load<f32>(scratch + ((i * width + j) << 2));
            sum += v * v;
          }
        const place = plane * bytes + ((h * width + w) << 2);
        const v = load<f32>(scratch + ((h * width + w) << 2));
        store<f32>(y + place, v * Mathf.pow(a * (sum / <f32>(size * size)) + 1, -beta));
      }
  }
}
