/** What float32 rounds is no fault: values near 0 of a layer whose largest are in the thousands. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Net, compare, fromTensors, nameMap, verify } from '../../src/index.js';
import { ROUNDING } from '../../src/compare/compare.js';

describe('compare', () => {
  // The largest is 4000, so that differences up to 0.008 are rounding.
  const reference = [4000, 0.001, 0];
  test.each([
    ['without it', undefined, [4000, 0.006, 0], 1],
    ['within it', ROUNDING, [4000, 0.008, -0.007], 0],
    ['beyond it', ROUNDING, [4000, 0.01, 0.009], 2],
    ['where rtol allows more', ROUNDING, [4003, 0.001, 0], 0],
    ['a value that is not a number', ROUNDING, [4000, NaN, 0], 1],
    ['an infinite one', ROUNDING, [4000, Infinity, 0], 1],
  ])('%s', (_what, rounding, actual, outside) => {
    expect(compare(actual, reference, { rtol: 1e-3, atol: 1e-4, rounding })).toMatchObject({
      outside,
      allclose: outside === 0,
    });
  });

  test('an infinity in the reference allows nothing', () => {
    const { outside } = compare([Infinity, 1], [Infinity, 2], { rtol: 1e-3, atol: 1e-4, rounding: ROUNDING });
    expect(outside).toBe(1);
  });
});

describe('verify', () => {
  let net: Net;
  const references = (error: number) => {
    const data = Float32Array.of(4000, 0.5, -3000, error);
    return fromTensors({ fc: { shape: [1, 4], data } });
  };

  beforeAll(async () => {
    net = await Net.load(
      `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 1 } } }
       layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 4 } }`,
    );
    const [weight, bias] = net.params.get('fc')!;
    weight!.data.set([2000, 0.25, -1500, 0]);
    bias!.data.fill(0);
    net.blobs.get('data')!.data.set([2]);
  });
  afterAll(() => {
    net.dispose();
  });

  test('takes what rounding leaves for agreement, and no more', async () => {
    const options = { map: nameMap('identity') };
    expect(await verify(net, { ...options, references: references(0.007) })).toMatchObject({ ok: true, causes: [] });
    expect(await verify(net, { ...options, references: references(0.009) })).toMatchObject({ ok: false });
  });

  test('who sets a tolerance means it', async () => {
    const options = { map: nameMap('identity'), references: references(0.007), diagnose: false };
    expect((await verify(net, { ...options, rtol: 1e-4 })).ok).toBe(false);
  });
});
