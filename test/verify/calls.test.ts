/** A module that is called several times: a dump holds the output of one call, which any of its layers may be. */
import { describe, expect, test } from '@jest/globals';
import { verifyPlanted } from './planted.js';

const conv = (name: string, bottom: string, more = '') =>
  `layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}" ${more} convolution_param { num_output: 6 kernel_size: 3 pad: 1 } }\n`;
const relu = (name: string, blob: string, settings = '') =>
  `layer { name: "${name}" type: "ReLU" bottom: "${blob}" top: "${blob}" relu_param { ${settings} } }\n`;
const NET =
  conv('conv1', 'data') +
  relu('relu', 'conv1') +
  conv('conv2', 'conv1') +
  relu('again', 'conv2') +
  conv('conv3', 'conv2');
const lastCall = (references: Record<string, unknown>) => {
  references.relu = references.again;
  delete references.again;
};

describe('a rectifier called twice, of which the dump has the last call', () => {
  test('is a right port: the reference is compared where it is that of a layer', async () => {
    const { ok, causes, layers } = await verifyPlanted({ right: NET, references: lastCall });
    expect({ ok, causes }).toEqual({ ok: true, causes: [] });
    expect(layers.find(({ name }) => name === 'again')).toMatchObject({ reference: 'relu', status: 'agrees' });
    expect(layers.find(({ name }) => name === 'relu')).toMatchObject({ status: 'no reference' });
  });

  test('does not hide a fault before it, nor adds one', async () => {
    const wrong = NET.replace('name: "conv1" type: "Convolution"', 'name: "conv1" type: "Convolution" ').replace(
      'pad: 1',
      'pad: 2 dilation: 2',
    );
    const { firstDivergence, points } = await verifyPlanted({ right: NET, wrong, references: lastCall });
    expect(firstDivergence?.name).toBe('conv1');
    expect(points.map(({ result, causes }) => [result.name, causes.map(({ id }) => id)])).toEqual([
      ['conv1', ['convolution-window']],
    ]);
  });

  test('one with another slope is no call of it', async () => {
    const { firstDivergence } = await verifyPlanted({
      right: NET.replace(relu('again', 'conv2'), relu('again', 'conv2', 'negative_slope: 0.1')),
      references: lastCall,
    });
    expect(firstDivergence?.name).toBe('relu');
  });
});

test('a module of several layers that is called twice: the gate bears its name', async () => {
  const silu = (gate: string, product: string, blob: string) =>
    `layer { name: "${gate}" type: "Sigmoid" bottom: "${blob}" top: "${gate}" }\n` +
    `layer { name: "${product}" type: "Eltwise" bottom: "${blob}" bottom: "${gate}" top: "${product}" eltwise_param { operation: PROD } }\n`;
  const right =
    conv('conv1', 'data') +
    silu('act', 'x', 'conv1') +
    conv('second', 'x') +
    silu('gate', 'y', 'second') +
    conv('last', 'y');
  const { ok, matched, layers } = await verifyPlanted({
    right,
    references: (references) => {
      references.act = references.y!;
      delete references.x;
      delete references.gate;
      delete references.y;
    },
  });
  expect({ ok, matched }).toEqual({ ok: true, matched: 4 });
  expect(layers.find(({ name }) => name === 'y')).toMatchObject({ reference: 'act' });
});

test('convolutions that share their parameters are calls of one', async () => {
  const shared = 'param { name: "w" } param { name: "b" }';
  const right =
    'layer { name: "twice" type: "Power" bottom: "data" top: "twice" power_param { scale: 2 } }\n' +
    conv('conv', 'data', shared) +
    conv('conv_other', 'twice', shared);
  const { ok, matched } = await verifyPlanted({
    right,
    references: (references) => {
      references.conv = references.conv_other!;
      delete references.conv_other;
    },
  });
  expect({ ok, matched }).toEqual({ ok: true, matched: 2 });
});
