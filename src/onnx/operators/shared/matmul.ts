/** Matrix products: by a constant on either side, and of two values that are both computed. */
import { asFloat32 } from '../../../weights/elements.js';
import { product } from '../../../shapes.js';
import type { Blob, Weights } from '../../emit/builder.js';
import { weights } from '../../emit/builder.js';
import type { EmitContext } from '../../emit/emit-context.js';
import type { Numbers } from '../../schema/data-types.js';
import type { Tensor } from '../../schema/model.js';
import { broadcastShape, expandBlob } from './broadcast.js';
import { mix, reshape, tile } from './layers.js';
import { transpose, transposeNumbers } from './transpose.js';

/** Products of the last two axes, the axes before them broadcast. */
export function matmulNumbers(a: Tensor, b: Tensor, shape: readonly number[]): Float64Array {
  const [x, y] = [a.shape.length === 1 ? [1, ...a.shape] : a.shape, b.shape.length === 1 ? [...b.shape, 1] : b.shape];
  const [m, k, n] = [x.at(-2)!, x.at(-1)!, y.at(-1)!];
  const batch = broadcastShape(x.slice(0, -2), y.slice(0, -2));
  const out = new Float64Array(product(shape));
  const strides = (own: readonly number[]): number[] => {
    const dims = [...batch.map(() => 1), ...own].slice(-batch.length || own.length + 1);
    return batch.map((_, axis) => (dims[axis] === 1 ? 0 : product(dims, axis + 1)));
  };
  const [sa, sb] = [strides(x.slice(0, -2)), strides(y.slice(0, -2))];
  const count = product(batch);
  for (let i = 0; i < count; i++) {
    let [ia, ib, left] = [0, 0, i];
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      const at = left % batch[axis]!;
      left = (left - at) / batch[axis]!;
      ia += at * sa[axis]!;
      ib += at * sb[axis]!;
    }
    for (let r = 0; r < m; r++)
      for (let p = 0; p < k; p++) {
        const value = a.data[ia * m * k + r * k + p]!;
        const [from, to] = [ib * k * n + p * n, i * m * n + r * n];
        for (let q = 0; q < n; q++) out[to + q]! += value * b.data[from + q]!;
      }
  }
  return out;
}

export function matmulShape(a: readonly number[], b: readonly number[]): number[] | undefined {
  const x = a.length === 1 ? [1, ...a] : a;
  const y = b.length === 1 ? [...b, 1] : b;
  if (x.length < 2 || y.length < 2 || x.at(-1) !== y.at(-2)) return undefined;
  const batch = broadcastShape(x.slice(0, -2), y.slice(0, -2));
  return [...batch, ...(a.length === 1 ? [] : [x.at(-2)!]), ...(b.length === 1 ? [] : [y.at(-1)!])];
}

/** x · matrix over the last axis, as an InnerProduct; `matrix` is (inputs, outputs), or its transpose. */
export function timesMatrix(
  c: EmitContext,
  x: Blob,
  matrix: { data: Numbers; inputs: number; outputs: number; transposed: boolean; factor?: number },
  terms?: Numbers,
  role?: string,
): Blob {
  const { data, inputs, outputs, transposed, factor = 1 } = matrix;
  const axis = x.shape.length - 1;
  // InnerProduct has an axis before the one that it takes.
  const from = axis === 0 ? reshape(c, x, [1, inputs]) : x;
  const fields = {
    num_output: outputs,
    ...(!terms && { bias_term: false }),
    ...(from.shape.length > 2 && { axis: from.shape.length - 1 }),
  };
  const values = (): Float32Array => {
    const rows = transposed ? data : transposeNumbers(data, [inputs, outputs], [1, 0]);
    if (factor !== 1) return Float32Array.from(rows, (value) => value * factor);
    return asFloat32(rows);
  };
  const w: Weights = { shape: [outputs, inputs], values };
  const y = c.layer('InnerProduct', [from], fields, [...from.shape.slice(0, -1), outputs], {
    blobs: [w, ...(terms ? [weights([outputs], terms)] : [])],
    role,
  });
  return axis === 0 ? reshape(c, y, [outputs]) : y;
}

/** So many floats at a time are a product's worth without asking. */
const SMALL_PRODUCT = 2 ** 16;

/** a (…, M, K) · b (…, K, N), both computed and of at least two axes: every product by itself, then sums over K. */
export function multiplyComputed(c: EmitContext, a: Blob, b: Blob): Blob {
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape.at(-1)!;
  const count = product(batch);
  if (c.target.has('MatMul')) {
    const rank = Math.max(a.shape.length, b.shape.length);
    const [left, right] = [a, b].map((each) => expandBlob(c, each, [...batch, ...each.shape.slice(-2)])) as [
      Blob,
      Blob,
    ];
    return c.layer('MatMul', [left, right], {}, [...batch, m, n].slice(-rank));
  }
  const floats = count * m * k * n;
  c.heavy(
    `a product of two computed matrices, ${m}x${k} and ${k}x${n}${count > 1 ? `, ${count} times` : ''}: ` +
      `two blobs of ${floats} floats`,
    floats <= SMALL_PRODUCT,
  );
  const left = reshape(c, expandBlob(c, a, [...batch, m, k]), [count, m, k]);
  const right = reshape(c, expandBlob(c, b, [...batch, k, n]), [count, 1, k, n]);
  const grown = tile(c, right, 1, m);
  const products = c.layer('Scale', [grown, left], { axis: 0 }, grown.shape, { role: 'products' });
  const lines = reshape(c, products, [count * m, k, 1, n]);
  const sums = mix(c, lines, 1, () => new Float32Array(k).fill(1), { role: 'sums' });
  return reshape(c, sums, [...batch, m, n]);
}

/** The blob with its last two axes exchanged. */
export function swapLast(c: EmitContext, x: Blob): Blob {
  const n = x.shape.length;
  const perm = x.shape.map((_, axis) => axis);
  return transpose(c, x, [...perm.slice(0, n - 2), n - 1, n - 2]);
}
