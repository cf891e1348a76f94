/** The isolated pass: one wrong layer is blamed, those after it are not. */
import { describe, expect, test } from '@jest/globals';
import { fromTensors, Net, reportToJson, verify, type VerifyOptions } from '../../src/index.js';
import { identityMap } from '../../src/weights/maps/identity.js';

/** Five layers in a row; `wrong` multiplies by 3 where the model multiplied by 2. */
const NET = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 } } }
layer { name: "wrong" type: "Power" bottom: "data" top: "wrong" power_param { scale: 3 } }
layer { name: "relu" type: "ReLU" bottom: "wrong" top: "wrong" }
layer { name: "plus" type: "Power" bottom: "wrong" top: "plus" power_param { shift: 1 } }
layer { name: "square" type: "Power" bottom: "plus" top: "square" power_param { power: 2 } }
`;
const row = (...values: number[]) => ({ shape: [1, values.length], data: Float32Array.from(values) });
/** What the model gives for [-1, 0, 1, 2]. */
const MODEL = { wrong: row(-2, 0, 2, 4), relu: row(0, 0, 2, 4), plus: row(1, 1, 3, 5), square: row(1, 1, 9, 25) };

async function verified(options: Partial<VerifyOptions> = {}, references: Record<string, typeof MODEL.plus> = MODEL) {
  const net = await Net.load(NET);
  try {
    net.blobs.get('data')!.data.set([-1, 0, 1, 2]);
    return await verify(net, { references: fromTensors(references), map: identityMap(), ...options });
  } finally {
    net.dispose();
  }
}

describe('the isolated pass', () => {
  test('only the wrong layer diverges when each is fed the references of what it reads', async () => {
    const { layers, firstDivergence, firstIsolated } = await verified();
    expect(layers.map(({ name, status, isolated }) => [name, status, isolated?.status])).toEqual([
      ['wrong', 'diverges', 'diverges'],
      ['relu', 'diverges', 'agrees'],
      ['plus', 'diverges', 'agrees'],
      ['square', 'diverges', 'agrees'],
    ]);
    expect([firstDivergence?.name, firstIsolated?.name]).toEqual(['wrong', 'wrong']);
  });

  test('a layer whose input has no reference is fed through the layers between', async () => {
    const { layers } = await verified({}, { wrong: MODEL.wrong, square: MODEL.square });
    expect(layers.map(({ name, isolated }) => [name, isolated?.status])).toEqual([
      ['wrong', 'diverges'],
      ['relu', undefined],
      ['plus', undefined],
      ['square', 'agrees'],
    ]);
  });

  test('evidence holds what both passes gave at the first layer that diverges, apart from the JSON', async () => {
    const report = await verified({}, { plus: row(1, 1, 3, 6), square: MODEL.square });
    expect(report.evidence).toEqual({
      layer: 'plus',
      top: 'plus',
      index: 3,
      reference: row(1, 1, 3, 6),
      actual: row(1, 1, 4, 7),
      isolated: row(1, 1, 4, 7),
    });
    expect(reportToJson(report)).not.toHaveProperty('evidence');
  });

  test('is left out where every layer agrees, or when told so', async () => {
    const agreeing = await verified({}, { data: row(-1, 0, 1, 2) });
    const told = await verified({ diagnose: false });
    for (const { layers, firstIsolated } of [agreeing, told]) {
      expect(firstIsolated).toBeUndefined();
      expect(layers.filter(({ isolated }) => isolated)).toEqual([]);
    }
    expect([agreeing.ok, told.ok]).toEqual([true, false]);
  });

  test('JSON has the figures of both passes beside each layer, and the first divergence', async () => {
    const json = reportToJson(await verified());
    expect(json).toMatchObject({ passed: false, ok: false, causes: [{ id: 'factor', at: 'wrong' }] });
    expect(json.first).toEqual({
      layer: 'wrong',
      top: 'wrong',
      type: 'Power',
      error: 'max abs 2, max rel 0.5, cosine 1.000000, 3 of 4 values outside the tolerance',
    });
    expect(json.layers[1]).toMatchObject({
      ...{ name: 'relu', type: 'ReLU', shape: [1, 4], maxAbs: 2, maxRel: 0.5, cosine: 1, ok: false },
      isolated: { maxAbs: 0, maxRel: 0, cosine: 1, ok: true },
    });
  });

  test('the state of an LSTM does not go from one pass into the next', async () => {
    const text = `
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 1 dim: 2 } } }
layer { name: "cont" type: "Input" top: "cont" input_param { shape { dim: 3 dim: 1 } } }
layer { name: "lstm" type: "LSTM" bottom: "x" bottom: "cont" top: "lstm"
  recurrent_param { num_output: 2 weight_filler { type: "uniform" min: -1 max: 1 } } }`;
    const net = await Net.load(text);
    net.blobs.get('x')!.data.set([1, -2, 3, 4, -5, 6]);
    // The sequence goes on from where the pass before ended.
    net.blobs.get('cont')!.data.fill(1);
    const references = fromTensors({ lstm: { shape: [3, 1, 2], data: Float32Array.from([1, 2, 3, 4, 5, 6]) } });
    const { layers } = await verify(net, { references, map: identityMap() });
    net.dispose();
    const [lstm] = layers.filter(({ name }) => name === 'lstm');
    // It reads the net's own inputs in both passes.
    expect(lstm!.isolated?.comparison).toEqual(lstm!.comparison);
  });
});
