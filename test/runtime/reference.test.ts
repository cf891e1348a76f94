/**
 * Random nets, chains and graphs with branches, in-place layers and splits, against plain loops in double precision.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Net } from '../../src/runtime/net.js';
import { choices, expectBounded, inputShapes, planNet, protoOf, runStep, settings } from '../support/random-net.js';
import { exact, referenceTypes } from '../support/reference-net.js';
import { uniform } from '../support/values.js';

test.each(['gemm', 'auto'] as const)(
  'random nets compute what plain loops compute (%s)',
  async (algorithm) => {
    await fc.assert(
      fc.asyncProperty(inputShapes, fc.nat(), choices(settings), async (shape, seed, chosen) => {
        const inputs = [shape, [3, ...shape.slice(1)]].map((s, i) => exact(s, uniform(s, seed, `data ${i}`).data));
        const steps = planNet(chosen, inputs[0]!, seed, algorithm);
        const net = await Net.load(protoOf(steps, shape), { algorithm });
        try {
          for (const { layer, params } of steps)
            params.forEach(({ value }, i) => net.params.get(layer.name!)![i]!.data.set(value));
          // The second time with another batch size.
          for (const input of inputs) {
            const blobs = new Map([['data', input]]);
            const expected = steps.map((step) => runStep(step, blobs, algorithm));
            net.blobs.get('data')!.reshape(input.shape);
            net.blobs.get('data')!.data.set(input.value);
            await net.forward({
              onLayer: (_index, layer) => {
                const step = steps.findIndex((s) => s.layer.name === layer.name);
                expected[step]?.forEach((top, i) => {
                  const name = steps[step]!.layer.top![i]!;
                  expectBounded(`${layer.type} ${layer.name} ${name}`, net.blobs.get(name)!, top);
                });
              },
            });
          }
        } finally {
          net.dispose();
        }
      }),
      { numRuns: 40 },
    );
  },
  120_000,
);

test('the nets above contain every type, and in-place layers, splits and several tops', () => {
  const seen = new Set<string>();
  const examples = fc.sample(fc.tuple(inputShapes, fc.nat(), choices(settings)), { numRuns: 150, seed: 1 });
  for (const [shape, seed, chosen] of examples)
    for (const { layer } of planNet(chosen, exact(shape, uniform(shape, seed, 'data 0').data), seed, 'gemm')) {
      seen.add(layer.type!);
      if (layer.top![0] === layer.bottom![0]) seen.add('in place');
      if (layer.bottom!.length > 1 && layer.bottom![0] === layer.bottom![1]) seen.add('split');
      if (layer.top!.length > 1) seen.add('several tops');
    }
  expect([...seen].sort()).toEqual([...referenceTypes(), 'in place', 'several tops', 'split'].sort());
});

test("an in-place layer over Flatten's top changes the blob that Flatten read, as in Caffe", async () => {
  const net = await Net.load(`
    layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 1 dim: 1 } } }
    layer { name: "flat" type: "Flatten" bottom: "data" top: "flat" }
    layer { name: "twice" type: "Power" bottom: "flat" top: "flat" power_param { scale: 2 } }
    layer { name: "later" type: "AbsVal" bottom: "data" top: "later" }`);
  try {
    net.blobs.get('data')!.data.set([1, -3]);
    const { later } = Object.fromEntries(await net.forward());
    expect([...later!.data]).toEqual([2, 6]);
  } finally {
    net.dispose();
  }
});
