/** crnn: a state_dict of meijieru's model fills it without a map, and its LSTMs run over the columns in both directions. */
import { describe, expect, test } from '@jest/globals';
import { crnn } from '../../src/nets/crnn.js';
import { fromTensors, nameMap, Net, packWeights, toBytes } from '../../src/node.js';
import type { Tensor } from '../../src/weights/source.js';

const [HIDDEN, CLASSES, STEPS] = [3, 4, 6];
const options = { inputSize: [32, 20] as const, hidden: HIDDEN, classes: CLASSES };

/** Numbers that look random, small enough for logits that differ. */
const random = (seed: number) => (i: number) => Math.sin(12.9898 * (i + 1) + 78.233 * seed) / 4;

/** Shapes of the tensors of meijieru's CRNN(32, 1, 4, 3), by name. */
function stateDict(): Record<string, Tensor> {
  const shapes: Record<string, number[]> = {};
  let channels = 1;
  for (const [i, out] of [64, 128, 256, 256, 512, 512, 512].entries()) {
    const kernel = i === 6 ? 2 : 3;
    shapes[`cnn.conv${i}.weight`] = [out, channels, kernel, kernel];
    shapes[`cnn.conv${i}.bias`] = [out];
    if ([2, 4, 6].includes(i))
      for (const part of ['weight', 'bias', 'running_mean', 'running_var']) shapes[`cnn.batchnorm${i}.${part}`] = [out];
    channels = out;
  }
  for (const [rnn, inputs, outputs] of [
    [0, 512, HIDDEN],
    [1, HIDDEN, CLASSES],
  ] as const) {
    for (const way of ['', '_reverse']) {
      shapes[`rnn.${rnn}.rnn.weight_ih_l0${way}`] = [4 * HIDDEN, inputs];
      shapes[`rnn.${rnn}.rnn.weight_hh_l0${way}`] = [4 * HIDDEN, HIDDEN];
      for (const bias of ['ih', 'hh']) shapes[`rnn.${rnn}.rnn.bias_${bias}_l0${way}`] = [4 * HIDDEN];
    }
    shapes[`rnn.${rnn}.embedding.weight`] = [outputs, 2 * HIDDEN];
    shapes[`rnn.${rnn}.embedding.bias`] = [outputs];
  }
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape], seed) => {
      const value = name.endsWith('running_var') ? () => 1 : random(seed);
      const count = shape.reduce((n, dim) => n * dim, 1);
      return [name, { shape, data: Float32Array.from({ length: count }, (_, i) => value(i)) }];
    }),
  );
}

/** One direction of torch.nn.LSTM over rows, in double precision: gates i, f, g, o. */
function lstm(rows: readonly (readonly number[])[], tensors: Record<string, Tensor>, name: string, way: string) {
  const part = (which: string) => tensors[`${name}.rnn.${which}_l0${way}`]!.data;
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
  let [h, c] = [new Array<number>(HIDDEN).fill(0), new Array<number>(HIDDEN).fill(0)];
  const ordered = way === '' ? rows : rows.toReversed();
  const result = ordered.map((x) => {
    const gate = (row: number) => {
      let sum = part('bias_ih')[row]! + part('bias_hh')[row]!;
      x.forEach((v, k) => (sum += part('weight_ih')[row * x.length + k]! * v));
      h.forEach((v, k) => (sum += part('weight_hh')[row * HIDDEN + k]! * v));
      return sum;
    };
    const at = (k: number) => [0, 1, 2, 3].map((block) => gate(block * HIDDEN + k)) as [number, number, number, number];
    const gates = h.map((_, k) => at(k));
    c = c.map((v, k) => sigmoid(gates[k]![1]) * v + sigmoid(gates[k]![0]) * Math.tanh(gates[k]![2]));
    h = c.map((v, k) => sigmoid(gates[k]![3]) * Math.tanh(v));
    return h;
  });
  return way === '' ? result : result.toReversed();
}

/** Two directions and the linear layer behind them. */
function bidirectional(rows: readonly (readonly number[])[], tensors: Record<string, Tensor>, name: string) {
  const [ahead, back] = ['', '_reverse'].map((way) => lstm(rows, tensors, name, way));
  const [weight, bias] = [tensors[`${name}.embedding.weight`]!, tensors[`${name}.embedding.bias`]!];
  return rows.map((_, t) => {
    const both = [...ahead![t]!, ...back![t]!];
    return Array.from(
      bias.data,
      (b, row) => b + both.reduce((sum, v, k) => sum + v * weight.data[row * both.length + k]!, 0),
    );
  });
}

describe('crnn', () => {
  test("takes meijieru's tensors by their names, and runs both directions, each pass anew", async () => {
    const tensors = stateDict();
    const net = crnn(options);
    const built = await Net.load(net);
    const shapes = new Map([...built.params].map(([name, blobs]) => [name, blobs.map(({ shape }) => shape)]));
    built.dispose();
    const sink = toBytes();
    // It would refuse tensors that are left over.
    await packWeights({ net, shapes, source: fromTensors(tensors), map: nameMap('identity'), sink });
    const ours = await Net.load(net, { weights: sink.bytes() });
    try {
      ours.blobs.get('data')!.data.set(Float32Array.from({ length: 32 * 20 }, (_, i) => Math.cos(i)));
      const logits = (await ours.forward()).get('rnn.1.embedding')!;
      expect([...logits.shape]).toEqual([STEPS, 1, CLASSES]);
      const first = [...logits.data];
      const columns = ours.blobs.get('cnn.conv6')!.data;
      const rows = Array.from({ length: STEPS }, (_, t) =>
        Array.from({ length: 512 }, (__, channel) => columns[channel * STEPS + t]!),
      );
      const expected = bidirectional(bidirectional(rows, tensors, 'rnn.0'), tensors, 'rnn.1').flat();
      // Sums of 512 float32 products, then of 3, squashed: some 1e-6 of values around 1.
      first.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5);
      });
      expect(new Set(first.map((value) => value.toFixed(3))).size).toBeGreaterThan(CLASSES);
      expect([...(await ours.forward()).get('rnn.1.embedding')!.data]).toEqual(first);
    } finally {
      ours.dispose();
    }
  });
});
