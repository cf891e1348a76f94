/**
 * Transpositions. BVLC's Caffe has no layer for them. Two neighbouring blocks of axes change places by Slice, Reshape and
 * Concat where one of the blocks is short, else by one Im2col whose kernel spans a block: its window positions become
 * channels, in front of what was before them.
 */
import { product, sameShape } from '../../../shapes.js';
import type { Blob } from '../../emit/builder.js';
import type { EmitContext } from '../../emit/emit-context.js';
import type { Numbers } from '../../schema/data-types.js';
import { concat, reshape, slice } from './layers.js';

/** Values in the order of transposed axes. */
export function transposeNumbers(data: Numbers, shape: readonly number[], perm: readonly number[]): Numbers {
  const out = new (data.constructor as Float64ArrayConstructor)(data.length);
  const dims = perm.map((axis) => shape[axis]!);
  const strides = perm.map((axis) => product(shape, axis + 1));
  const index = new Array<number>(dims.length).fill(0);
  for (let i = 0, at = 0; i < out.length; i++) {
    out[i] = data[at]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      at -= strides[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/** A transposition without axes of one, neighbours that stay neighbours taken as one axis. */
export function simplify(shape: readonly number[], perm: readonly number[]): { shape: number[]; perm: number[] } {
  const order = perm.filter((axis) => shape[axis] !== 1);
  const groups: number[][] = [];
  for (const axis of order) {
    const last = groups[groups.length - 1];
    const previous = last?.[last.length - 1];
    if (last && previous !== undefined && nextAxis(shape, previous) === axis) last.push(axis);
    else groups.push([axis]);
  }
  const byPlace = groups.map((group, i) => ({ first: group[0]!, i })).sort((a, b) => a.first - b.first);
  const rankOf = new Map(byPlace.map(({ i }, place) => [i, place]));
  return {
    shape: byPlace.map(({ i }) => product(groups[i]!.map((axis) => shape[axis]!))),
    perm: groups.map((_, i) => rankOf.get(i)!),
  };
}

/** The next axis that is not of one. */
function nextAxis(shape: readonly number[], axis: number): number {
  let next = axis + 1;
  while (next < shape.length && shape[next] === 1) next++;
  return next;
}

/** Exchange of the blocks of axes [a, b) and [b, c). */
interface Exchange {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** Block exchanges that make up a permutation; few axes, so the shortest way is searched. */
function exchanges(shape: readonly number[], perm: readonly number[]): Exchange[] {
  const n = perm.length;
  const goal = perm.join();
  const start = perm.toSorted((x, y) => x - y);
  const best = new Map<string, { cost: number; path: Exchange[]; order: number[] }>();
  best.set(start.join(), { cost: 0, path: [], order: start });
  const open = [start.join()];
  while (open.length > 0) {
    open.sort((x, y) => best.get(x)!.cost - best.get(y)!.cost);
    const key = open.shift()!;
    const { cost, path, order } = best.get(key)!;
    if (key === goal) return path;
    for (let a = 0; a < n; a++)
      for (let b = a + 1; b < n; b++)
        for (let c = b + 1; c <= n; c++) {
          const next = [...order.slice(0, a), ...order.slice(b, c), ...order.slice(a, b), ...order.slice(c)];
          const sizes = [order.slice(a, b), order.slice(b, c)].map((axes) => product(axes.map((axis) => shape[axis]!)));
          const total = cost + 3 + Math.min(...sizes, LONGEST_SLICED);
          const known = best.get(next.join());
          if (known && known.cost <= total) continue;
          best.set(next.join(), { cost: total, path: [...path, { a, b, c }], order: next });
          if (!open.includes(next.join())) open.push(next.join());
        }
  }
  return [];
}

/** Blocks of up to so many elements are sliced one by one. */
const LONGEST_SLICED = 8;
/** Searching for the shortest way takes long with more axes than ONNX's models ever move. */
const MOST_AXES = 6;

/** The blob with its axes in the order of `perm`. */
export function transpose(c: EmitContext, x: Blob, perm: readonly number[], role?: string): Blob {
  const result = perm.map((axis) => x.shape[axis]!);
  const simple = simplify(x.shape, perm);
  if (simple.perm.every((axis, i) => axis === i)) return reshape(c, x, result, role);
  // The chips' layers take at most four axes; more may be fewer where neighbours stay together.
  const isSmall = x.shape.length <= 4;
  const from = isSmall ? x : reshape(c, x, simple.shape);
  const order = isSmall ? [...perm] : [...simple.perm];
  if (order.length <= 4) {
    const permuted = order.map((axis) => from.shape[axis]!);
    const isToLast = c.target.has('Permute.to_nhwc') && order.join() === '0,2,3,1';
    if (c.target.has('Permute') || isToLast)
      return reshape(c, c.layer('Permute', [from], { order }, permuted, { role }), result);
    if (c.target.has('Transpose'))
      return reshape(c, c.layer('Transpose', [from], { dim: order }, permuted, { role }), result);
  }
  const steps = simple.perm.length <= MOST_AXES ? exchanges(simple.shape, simple.perm) : insertion(simple.perm);
  let blob = reshape(c, x, simple.shape);
  let dims = simple.shape;
  for (const { a, b, c: end } of steps) {
    const [outer, first, second, inner] = [
      product(dims, 0, a),
      product(dims, a, b),
      product(dims, b, end),
      product(dims, end),
    ] as const;
    blob = exchange(c, blob, [outer, first, second, inner]);
    dims = [...dims.slice(0, a), ...dims.slice(b, end), ...dims.slice(a, b), ...dims.slice(end)];
  }
  return sameShape(blob.shape, result) ? blob : reshape(c, blob, result, role);
}

/** Moves one axis at a time to its place. */
function insertion(perm: readonly number[]): Exchange[] {
  const order = perm.toSorted((x, y) => x - y);
  return perm.flatMap((axis, place) => {
    const at = order.indexOf(axis);
    if (at === place) return [];
    order.splice(at, 1);
    order.splice(place, 0, axis);
    return [{ a: place, b: at, c: at + 1 }];
  });
}

/** (O, A, B, I) → (O, B, A, I) */
function exchange(c: EmitContext, x: Blob, dims: readonly [number, number, number, number]): Blob {
  const [outer, first, second, inner] = dims;
  const swapped = [outer, second, first, inner];
  if (first === 1 || second === 1) return reshape(c, x, swapped);
  const short = Math.min(first, second);
  if (short > LONGEST_SLICED) {
    c.heavy(`transposition by Im2col, of blocks of ${first} and ${second} elements`, true);
    const image = reshape(c, x, [outer, 1, first, second * inner]);
    const fields = { kernel_h: 1, kernel_w: second, ...(inner > 1 && { dilation: [1, inner] }) };
    return reshape(
      c,
      c.layer('Im2col', [image], fields, [outer, second, first, inner], { role: 'transpose' }),
      swapped,
    );
  }
  if (short > 4) c.heavy(`transposition by Slice, Reshape and Concat: ${short} slices`, true);
  const whole = reshape(c, x, [outer, first, second, inner]);
  const points = Array.from({ length: short - 1 }, (_, i) => i + 1);
  // Parts of the shorter block, each of which lies in the result as it is.
  if (first <= second) {
    const parts = slice(c, whole, 1, points).map((part) => reshape(c, part, [outer, second, 1, inner], 'part'));
    return concat(c, parts, 2, 'transpose');
  }
  const parts = slice(c, whole, 2, points).map((part) => reshape(c, part, [outer, 1, first, inner], 'part'));
  return concat(c, parts, 1, 'transpose');
}
