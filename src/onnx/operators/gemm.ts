/** Gemm: alpha A · B + beta C. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Tensor } from '../schema/model.js';
import type { Operator } from './operator.js';
import { plus, plusConstant } from './shared/arithmetic.js';
import { broadcastShape, expandNumbers } from './shared/broadcast.js';
import { mixAxis, power } from './shared/layers.js';
import { matmulNumbers, multiplyComputed, swapLast, timesMatrix } from './shared/matmul.js';
import { transposeNumbers } from './shared/transpose.js';

function sizes(c: NodeContext): { m: number; k: number; n: number; transA: boolean; transB: boolean } {
  const [a, b] = [c.shape(0), c.shape(1)];
  if (a.length !== 2 || b.length !== 2)
    throw new Refusal(`expected matrices, got shapes ${a.join('x')} and ${b.join('x')}`);
  const [transA, transB] = [c.attributes.int('transA', 0) !== 0, c.attributes.int('transB', 0) !== 0];
  const [m, k] = transA ? [a[1]!, a[0]!] : [a[0]!, a[1]!];
  const [inner, n] = transB ? [b[1]!, b[0]!] : [b[0]!, b[1]!];
  if (k !== inner) throw new Refusal(`${m}x${k} by ${inner}x${n}: the inner sizes differ`);
  return { m, k, n, transA, transB };
}

function turned(x: Tensor, transposed: boolean): Tensor {
  if (!transposed) return x;
  return { ...x, shape: [x.shape[1]!, x.shape[0]!], data: transposeNumbers(x.data, x.shape, [1, 0]) };
}

export const gemm: Operator = {
  type: 'Gemm',
  caffe: 'InnerProduct; with the constant on the left, Convolution',
  grade: 'direct',
  notes: 'two computed matrices: Tile, Scale and a Convolution by ones (heavy)',
  infer: (c) => {
    const { m, n } = sizes(c);
    if (c.has(2) && broadcastShape([m, n], c.shape(2)).join() !== [m, n].join())
      throw new Refusal(`C of shape ${c.shape(2).join('x')} does not broadcast to ${m}x${n}`);
    return [{ type: c.type(0), shape: [m, n] }];
  },
  evaluate: (c, [a, b, bias]) => {
    const { m, n, transA, transB } = sizes(c);
    const [alpha, beta] = [c.attributes.float('alpha', 1), c.attributes.float('beta', 1)];
    const data = matmulNumbers(turned(a!, transA), turned(b!, transB), [m, n]);
    const terms = bias && expandNumbers(bias.data, bias.shape, [m, n]);
    data.forEach((value, i) => (data[i] = alpha * value + (terms ? beta * terms[i]! : 0)));
    return [{ shape: [m, n], type: a!.type, data }];
  },
  emit: (c) => {
    const { m, k, n, transA, transB } = sizes(c);
    const [alpha, beta] = [c.attributes.float('alpha', 1), c.attributes.float('beta', 1)];
    const [a, b, bias] = [c.constant(0), c.constant(1), c.constant(2)];
    const isRow = bias && (bias.shape.length < 2 || bias.shape[0] === 1);
    const terms = isRow ? Float64Array.from(expandNumbers(bias.data, bias.shape, [1, n]), (v) => beta * v) : undefined;
    if (b) {
      const x = transA ? swapLast(c, c.blob(0)) : c.blob(0);
      const y = timesMatrix(c, x, { data: b.data, inputs: k, outputs: n, transposed: transB, factor: alpha }, terms);
      c.set(isRow ? y : addBias(y));
      return;
    }
    let y;
    if (a) {
      const x = transB ? swapLast(c, c.blob(1)) : c.blob(1);
      const matrix = turned(a, transA);
      y = mixAxis(c, x, 0, m, () => Float32Array.from(matrix.data, (value) => alpha * value));
    } else {
      const [x, w] = [transA ? swapLast(c, c.blob(0)) : c.blob(0), transB ? swapLast(c, c.blob(1)) : c.blob(1)];
      y = power(c, multiplyComputed(c, x, w), { scale: alpha });
    }
    c.set(addBias(y));

    function addBias(sum: ReturnType<typeof c.blob>): ReturnType<typeof c.blob> {
      if (!c.has(2) || beta === 0) return sum;
      if (bias) return plusConstant(c, sum, bias, (v) => beta * v);
      return plus(c, sum, power(c, c.blob(2), { scale: beta }), [m, n]);
    }
  },
};
