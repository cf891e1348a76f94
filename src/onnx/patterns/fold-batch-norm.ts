/** A BatchNormalization after a convolution or product that nothing else reads: folded into its weights, in double precision. */
import { product } from '../../shapes.js';
import { affineOf } from '../operators/batch-normalization.js';
import type { DataType, Numbers } from '../schema/data-types.js';
import type { Tensor } from '../schema/model.js';
import { isOp, line, madeBy } from './match.js';
import type { Pattern } from './pattern.js';

export const foldBatchNorm: Pattern = {
  name: 'batch normalization',
  doc: 'folded into the Conv, ConvTranspose or Gemm before it, where nothing else reads that; unless normalizations are kept',
  apply(context) {
    const { graph, values, node, options } = context;
    if (options.keepBatchNorm || !isOp(node, 'BatchNormalization')) return;
    if (node.attributes.int('training_mode', 0) !== 0 || node.outputs.slice(1).some((output) => output !== '')) return;
    const before = madeBy(context, node.inputs[0], 'Conv', 'ConvTranspose', 'Gemm');
    if (!before || !graph.onlyReader(node.inputs[0]!, node)) return;
    const [x = '', weight = '', bias = ''] = before.inputs;
    const w = values.constant(weight);
    const b = bias === '' ? undefined : values.constant(bias);
    const [gamma, beta, mean, variance] = node.inputs.slice(1, 5).map((name) => values.constant(name));
    if (!w || (bias !== '' && !b) || !gamma || !beta || !mean || !variance) return;
    const { factors, terms } = affineOf(gamma, beta, mean, variance, node.attributes.float('epsilon', 1e-5));
    const outputs = factors.length;
    // Where the outputs lie among the weights: axis 0 of a convolution, axis 1 in each group of a transposed one.
    const group = before.attributes.int('group', 1);
    const isGemm = before.op === 'Gemm';
    const isTransposed = before.op === 'ConvTranspose';
    if (isGemm && b && b.data.length !== outputs) return;
    const kernel = product(w.shape, 2);
    const isByColumn = isGemm && before.attributes.int('transB', 0) === 0;
    const [inputs, per] = w.shape as [number, number];
    const run = isByColumn ? 1 : isTransposed ? kernel : product(w.shape, 1);
    const outputOf = (block: number): number => {
      if (isByColumn) return block % per;
      if (!isTransposed) return block;
      return Math.floor(Math.floor(block / per) / (inputs / group)) * per + (block % per);
    };
    const counted = isGemm
      ? w.shape[before.attributes.int('transB', 0) ? 0 : 1]
      : isTransposed
        ? w.shape[1]! * group
        : w.shape[0];
    if (counted !== outputs) return;
    const beta2 = isGemm ? before.attributes.float('beta', 1) : 1;
    const shift = terms.map(
      (term, i) => (term + (b ? beta2 * b.data[i]! * factors[i]! : 0)) / (isGemm && beta2 !== 0 ? beta2 : 1),
    );
    if (isGemm && beta2 === 0) return;
    const folded = { shape: w.shape, type: 'float' as const, read: () => timesFactors(w.data, run, outputOf, factors) };
    const operands = [
      x,
      graph.addConstant(lazyTensor(folded), graph.freshName(weight)),
      graph.addConstant(line(shift), graph.freshName(`${weight}_bias`)),
    ];
    const { op, domain, opset, attributes, name } = before;
    node.name = name;
    graph.rewrite(node, { op, domain, opset, inputs: operands, attributes });
  },
};

/** Runs of values, each times the factor of the output that it belongs to. */
function timesFactors(
  data: Numbers,
  run: number,
  outputOf: (block: number) => number,
  factors: Float64Array,
): Float32Array {
  const out = new Float32Array(data.length);
  for (let block = 0, at = 0; at < data.length; block++) {
    const factor = factors[outputOf(block)]!;
    for (const end = at + run; at < end; at++) out[at] = data[at]! * factor;
  }
  return out;
}

/** Values that are computed whenever they are asked for: all folded weights of a model at once would be as much as its file. */
function lazyTensor({ shape, type, read }: { shape: readonly number[]; type: DataType; read: () => Numbers }): Tensor {
  return {
    shape,
    type,
    get data() {
      return read();
    },
  };
}
