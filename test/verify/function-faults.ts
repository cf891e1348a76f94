/** function-faults: faults of activations, joins and recurrent layers, to be planted. */
import { seededRandom } from '../../src/engine/random.js';
import { filled, mapped, range, taken } from '../../src/verify/tensors.js';
import { after, conv, layer, STEM } from './fault-layers.js';
import { noise, type Array32, type Fault } from './planted.js';

const act = (type: string, rest = '', top = 'act') => layer('act', type, 'conv', rest, top);
/** Large enough for what begins at 3 and ends at 6. */
const large = (blobs: Record<string, Array32[]>) => {
  blobs.conv![0] = mapped(blobs.conv![0]!, (v) => v * 5);
};
const activation = (fault: string, right: string, wrong: string, change: Partial<Fault> = {}): Fault => ({
  fault,
  right: STEM + act(right) + after('act'),
  wrong: STEM + act(wrong) + after('act'),
  weights: large,
  ...{ first: 'act', cause: 'activation' },
  ...change,
});
const BRANCHES =
  conv('left', 'data', 'num_output: 3 kernel_size: 1') + conv('right', 'data', 'num_output: 3 kernel_size: 1');
const joined = (settings: string) => BRANCHES + layer('sum', 'Eltwise', 'left right', settings) + after('sum');

const LSTM = layer('lstm', 'LSTM', 'data cont', 'recurrent_param { num_output: 4 bias_filler { type: "uniform" } }');
const lstm = {
  shape: [14, 2, 5],
  others: { cont: { right: mapped(filled([14, 2], 1), (_, i) => (i < 2 ? 0 : 1)) } },
  right: LSTM + layer('fc', 'InnerProduct', 'lstm', 'inner_product_param { num_output: 3 axis: 2 }'),
  weights: (blobs: Record<string, Array32[]>) => {
    blobs.lstm = blobs.lstm!.map(({ shape }, i) => noise(shape, 40 + i));
  },
  ...{ first: 'lstm', cause: 'recurrent' },
};
/** Gates i f o g as PyTorch has them, i f g o. */
const likePyTorch = (blob: Array32) =>
  taken(
    blob,
    0,
    [0, 1, 3, 2].flatMap((gate) => range(4).map((i) => 4 * gate + i)),
  );

export const FUNCTION_FAULTS: readonly Fault[] = [
  activation('ReLU6 ported as ReLU', 'ReLU6', 'ReLU'),
  activation('Hardswish ported as SiLU', 'HardSwish', 'Swish'),
  activation('Hardsigmoid ported as Sigmoid', 'HSigmoid', 'Sigmoid'),
  activation('Mish ported as SiLU', 'Mish', 'Swish'),
  activation('ELU ported as ReLU', 'ELU', 'ReLU'),
  activation('Softplus ported as ReLU, without a reference', 'BNLL', 'ReLU', {
    unchecked: ['act'],
    ...{ first: 'after', layer: 'act' },
  }),
  {
    fault: 'Hardswish ported as a Swish in place',
    right: STEM + act('HardSwish', '', 'conv') + after('conv'),
    wrong: STEM + act('Swish', '', 'conv') + after('conv'),
    weights: large,
    ...{ first: 'act', cause: 'activation' },
  },
  {
    fault: 'GELU ported as SiLU',
    right: STEM + act('Swish') + after('act'),
    weights: large,
    references: (references) => {
      // The identity on the reference of the convolution, by the error function's series.
      references.act = mapped(references.conv!, (v) => (v * (1 + erf(v / Math.SQRT2))) / 2);
      delete references.after;
    },
    ...{ first: 'act', cause: 'activation' },
  },
  {
    fault: 'an activation where the model has none',
    right: STEM + after('conv'),
    wrong: STEM + act('Sigmoid') + after('act'),
    ...{ first: 'after', cause: 'activation', layer: 'act' },
  },
  {
    fault: 'a functional ReLU between two convolutions is missing',
    right: STEM + act('ReLU') + after('act'),
    wrong: STEM + after('conv'),
    unchecked: ['act'],
    ...{ first: 'after', cause: 'missing-activation' },
  },
  {
    fault: 'a Sigmoid behind the layer is missing',
    right: STEM + act('Sigmoid'),
    wrong: STEM,
    references: (references) => {
      references.conv = references.act!;
      delete references.act;
    },
    ...{ first: 'conv', cause: 'missing-activation' },
  },
  {
    fault: 'one slope for all channels, ported as one for each',
    right: STEM + act('PReLU', 'prelu_param { channel_shared: true }') + after('act'),
    wrong: STEM + act('PReLU') + after('act'),
    spoil: (blobs) => {
      blobs.act = [noise([6], 9)];
    },
    ...{ first: 'act', cause: 'prelu-slope' },
  },
  {
    fault: 'Dropout was active',
    right: STEM + act('Dropout') + after('act'),
    references: (references) => {
      const random = seededRandom(5);
      references.act = mapped(references.act!, (v) => (random() < 0.5 ? 0 : 2 * v));
      delete references.after;
    },
    ...{ first: 'act', cause: 'dropout-active' },
  },
  {
    fault: 'a sum for a product',
    right: joined('eltwise_param { operation: PROD }'),
    wrong: joined(''),
    ...{ first: 'sum', cause: 'eltwise' },
  },
  {
    fault: 'a difference whose sides are exchanged',
    right: joined('eltwise_param { coeff: 1 coeff: -1 }'),
    wrong: joined('eltwise_param { coeff: -1 coeff: 1 }'),
    unchecked: ['sum'],
    ...{ first: 'after', cause: 'eltwise', layer: 'sum' },
  },
  {
    fault: 'a factor for all channels is missing',
    right: STEM + layer('act', 'Power', 'conv', 'power_param { scale: 0.37 }'),
    wrong: STEM,
    references: (references) => {
      references.conv = references.act!;
      delete references.act;
    },
    ...{ first: 'conv', cause: 'factor' },
  },
  {
    fault: "an LSTM's gates in the order of PyTorch",
    ...lstm,
    spoil: (blobs) => {
      blobs.lstm = blobs.lstm!.map(likePyTorch);
    },
  },
  {
    fault: "an LSTM's gates in the order of PyTorch, and one of two biases",
    ...lstm,
    spoil: (blobs) => {
      blobs.lstm = blobs.lstm!.map(likePyTorch);
      blobs.lstm[1] = mapped(blobs.lstm[1]!, (v, i) => v - noise([16], 77).data[i]!);
    },
  },
  {
    fault: 'an LSTM that is told to begin anew at each step',
    ...lstm,
    others: { cont: { ...lstm.others.cont, wrong: filled([14, 2], 0) } },
  },
  {
    fault: 'the second direction of a bidirectional LSTM runs forward',
    ...lstm,
    right:
      layer('turned', 'Reverse', 'data') +
      layer('raw', 'LSTM', 'turned cont', 'recurrent_param { num_output: 4 }') +
      layer('lstm', 'Reverse', 'raw'),
    wrong: LSTM,
    weights: (blobs) => {
      blobs.raw = blobs.raw!.map(({ shape }, i) => noise(shape, 40 + i));
    },
    spoil: (blobs) => {
      blobs.lstm = blobs.raw!;
    },
    unchecked: ['turned', 'raw'],
  },
];

/** The error function by its series, good to float64's rounding for the values here. */
function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let [sum, term] = [x, x];
  for (let n = 1; n < 120; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
