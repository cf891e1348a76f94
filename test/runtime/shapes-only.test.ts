/**
 * shapesOnly: the same net as one that runs, shape for shape, and a refusal of everything that needs values.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Net, type NetOptions } from '../../src/runtime/net.js';
import { caseNames, fixture } from '../support/golden.js';
import { refusal } from '../support/refusal.js';

const CASES = ['layers', 'nets'].flatMap((folder) => caseNames(folder).map((name) => `${folder}/${name}`));

/** All that can be known of a net without values. */
function facts(net: Net): unknown {
  return {
    blobs: [...net.blobs].map(([name, { shape }]) => [name, shape]),
    params: [...net.params].map(([layer, blobs]) => [layer, blobs.map(({ shape }) => shape)]),
    tops: net.layers.map((_, i) => net.topNamesOf(i)),
    bottoms: net.layers.map((_, i) => net.bottomNamesOf(i)),
    macs: net.layers.map((_, i) => net.macsOf(i)),
    inputs: net.inputs,
    outputs: net.outputs,
    bytes: net.plannedBytes,
  };
}

describe('shapesOnly', () => {
  test.each(CASES)('%s', async (folder) => {
    const text = readFileSync(fixture(`${folder}/net.prototxt`), 'utf8');
    // What phases_and_stages needs; no other net asks.
    const options: NetOptions = { phase: 'TEST', level: 1, stages: ['deploy'] };
    const whole = await Net.load(text, options);
    const shapes = await Net.load(text, { ...options, shapesOnly: true });
    expect(facts(shapes)).toEqual(facts(whole));
    whole.dispose();
    shapes.dispose();
  });

  const text = `
    layer { name: "data" type: "DummyData" top: "data"
            dummy_data_param { shape { dim: 2 dim: 3 } data_filler { type: "gaussian" } } }
    layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 2 }
            blobs { shape { dim: 2 dim: 3 } data: [1, 2, 3, 4, 5, 6] } blobs { shape { dim: 2 } data: [0, 0] } }`;

  test('values that the net itself gives or fills are left out, and those of wrong shapes still refused', async () => {
    const net = await Net.load(text, { shapesOnly: true });
    expect(net.blobs.get('fc')!.shape).toEqual([2, 2]);
    expect(net.params.get('fc')!.map(({ shape }) => shape)).toEqual([[2, 3], [2]]);
    expect(
      await refusal(() => Net.load(text.replace('dim: 3 } data:', 'dim: 4 } data:'), { shapesOnly: true })),
    ).toMatch('Cannot copy param 0 weights from layer');
  });

  test('can be reshaped', async () => {
    const net = await Net.load(
      'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }\n' +
        'layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" pooling_param { kernel_size: 2 stride: 2 } }',
      { shapesOnly: true },
    );
    net.blobs.get('data')!.reshape([1, 3, 20, 10]);
    net.reshape();
    expect(net.blobs.get('pool')!.shape).toEqual([1, 3, 10, 5]);
  });

  test('what needs values is refused', async () => {
    const net = await Net.load(text, { shapesOnly: true });
    const refused = 'the net was built for its shapes only: there are no values\nhint: load it without shapesOnly';
    expect(await refusal(() => net.blobs.get('fc')!.data)).toBe(refused);
    expect(await refusal(() => net.forward())).toMatch(refused);
    expect(await refusal(() => net.copyFrom(new Uint8Array()))).toMatch(refused);
    expect(await refusal(() => net.toProto())).toMatch(refused);
    expect(await refusal(() => Net.load(text, { shapesOnly: true, weights: 'w.caffemodel' }))).toBe(
      'a net that is built for its shapes only takes no weights\nhint: load it without shapesOnly',
    );
  });
});
