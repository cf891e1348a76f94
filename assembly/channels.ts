/**
 * Layers with one factor, offset or statistic for each channel: Scale, Bias, BatchNorm, PReLU; and copies of rows.
 * Data are rows of `inner` contiguous elements, and row r belongs to channel r % channels. All take a range of rows,
 * [begin, end), last; y may be x.
 */

/** y = x * scale[c] + bias[c]. A scale or bias at address 0 is left out. */
export function f32_scale_rows__simd(
  y: usize,
  x: usize,
  scale: usize,
  bias: usize,
  channels: usize,
  inner: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = inner << 2;
  for (let r = begin; r < end; r++) {
    const c = (r % channels) << 2;
    const s: f32 = scale ? load<f32>(scale + c) : 1;
    const scales = f32x4.splat(s);
    let i = r * bytes;
    const last = i + bytes;
    const full = i + (bytes & ~15);
    if (bias) {
      const b = load<f32>(bias + c);
      const biases = f32x4.splat(b);
      for (; i < full; i += 16) v128.store(y + i, f32x4.add(f32x4.mul(v128.load(x + i), scales), biases));
      for (; i < last; i += 4) store<f32>(y + i, load<f32>(x + i) * s + b);
    } else {
      for (; i < full; i += 16) v128.store(y + i, f32x4.mul(v128.load(x + i), scales));
      for (; i < last; i += 4) store<f32>(y + i, load<f32>(x + i) * s);
    }
  }
}

/** Scalar twin of f32_scale_rows__simd. */
export function f32_scale_rows__scalar(
  y: usize,
  x: usize,
  scale: usize,
  bias: usize,
  channels: usize,
  inner: usize,
  begin: usize,
  end: usize,
): void {
  for (let i = begin * inner; i < end * inner; i++) {
    const c = ((i / inner) % channels) << 2;
    let v = load<f32>(x + (i << 2));
    if (scale) v *= load<f32>(scale + c);
    if (bias) v += load<f32>(bias + c);
    store<f32>(y + (i << 2), v);
  }
}

/**
 * y = x * scale[j] + bias[j], where j is the place within a row of `inner` elements: what f32_scale_rows__simd is for
 * rows of one element. A scale or bias at address 0 is left out.
 */
export function f32_scale_columns__simd(
  y: usize,
  x: usize,
  scale: usize,
  bias: usize,
  inner: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = inner << 2;
  const full = bytes & ~15;
  for (let r = begin; r < end; r++) {
    const xr = x + r * bytes;
    const yr = y + r * bytes;
    let i: usize = 0;
    for (; i < full; i += 16) {
      let v = v128.load(xr + i);
      if (scale) v = f32x4.mul(v, v128.load(scale + i));
      if (bias) v = f32x4.add(v, v128.load(bias + i));
      v128.store(yr + i, v);
    }
    for (; i < bytes; i += 4) {
      let v = load<f32>(xr + i);
      if (scale) v *= load<f32>(scale + i);
      if (bias) v += load<f32>(bias + i);
      store<f32>(yr + i, v);
    }
  }
}

/** Scalar twin of f32_scale_columns__simd. */
export function f32_scale_columns__scalar(
  y: usize,
  x: usize,
  scale: usize,
  bias: usize,
  inner: usize,
  begin: usize,
  end: usize,
): void {
  f32_scale_rows__scalar(y, x, scale, bias, inner, 1, begin * inner, end * inner);
}

/** y = (x - mean[c]) / deviation[c]: the second half of BatchNorm. */
export function f32_normalize_rows__simd(
  y: usize,
  x: usize,
  mean: usize,
  deviation: usize,
  channels: usize,
  inner: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = inner << 2;
  for (let r = begin; r < end; r++) {
    const c = (r % channels) << 2;
    const m = load<f32>(mean + c);
    const d = load<f32>(deviation + c);
    const means = f32x4.splat(m);
    const deviations = f32x4.splat(d);
    let i = r * bytes;
    const last = i + bytes;
    for (const full = i + (bytes & ~15); i < full; i += 16)
      v128.store(y + i, f32x4.div(f32x4.sub(v128.load(x + i), means), deviations));
    for (; i < last; i += 4) store<f32>(y + i, (load<f32>(x + i) - m) / d);
  }
}

/** Scalar twin of f32_normalize_rows__simd. */
export function f32_normalize_rows__scalar(
  y: usize,
  x: usize,
  mean: usize,
  deviation: usize,
  channels: usize,
  inner: usize,
  begin: usize,
  end: usize,
): void {
  for (let i = begin * inner; i < end * inner; i++) {
    const c = ((i / inner) % channels) << 2;
    store<f32>(y + (i << 2), (load<f32>(x + (i << 2)) - load<f32>(mean + c)) / load<f32>(deviation + c));
  }
}

/** y = max(x, 0) + slope[c] * min(x, 0): PReLU. */
export function f32_prelu_rows__simd(
  y: usize,
  x: usize,
  slope: usize,
  channels: usize,
  inner: usize,
  begin: usize,
  end: usize,
): void {
  const zero = f32x4.splat(0);
  const bytes = inner << 2;
  for (let r = begin; r < end; r++) {
    const c = (r % channels) << 2;
    const slopes = v128.load32_splat(slope + c);
    let i = r * bytes;
    const last = i + bytes;
    for (const full = i + (bytes & ~15); i < full; i += 16) {
      const v = v128.load(x + i);
      v128.store(y + i, f32x4.add(f32x4.pmax(v, zero), f32x4.mul(slopes, f32x4.pmin(v, zero))));
    }
    for (; i < last; i += 4) {
      const v = v128.load32_zero(x + i);
      v128.store_lane<f32>(y + i, f32x4.add(f32x4.pmax(v, zero), f32x4.mul(slopes, f32x4.pmin(v, zero))), 0);
    }
  }
}

/** Scalar twin of f32_prelu_rows__simd. */
export function f32_prelu_rows__scalar(
  y: usize,
  x: usize,
  slope: usize,
  channels: usize,
  inner: usize,
  begin: usize,
  end: usize,
): void {
  for (let i = begin * inner; i < end * inner; i++) {
    const v = load<f32>(x + (i << 2));
    const positive: f32 = v < 0 ? 0 : v;
    const negative: f32 = v > 0 ? 0 : v;
    store<f32>(y + (i << 2), positive + load<f32>(slope + (((i / inner) % channels) << 2)) * negative);
  }
}

/** Rows for which a bulk copy costs more than it saves. */
const SHORT_ROW: usize = 64;

/**
 * Copies rows of `bytes` bytes, a multiple of 4, that lie `yStride` and `xStride` bytes apart: Concat, Slice, Crop.
 */
export function copy_rows__scalar(
  y: usize,
  yStride: usize,
  x: usize,
  xStride: usize,
  bytes: usize,
  begin: usize,
  end: usize,
): void {
  for (let r = begin; r < end; r++) {
    const from = x + r * xStride;
    const to = y + r * yStride;
    if (bytes > SHORT_ROW) memory.copy(to, from, bytes);
    else for (let i: usize = 0; i < bytes; i += 4) store<u32>(to + i, load<u32>(from + i));
  }
}
