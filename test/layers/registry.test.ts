/** The registry of layer types, and layers of one's own. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { Layer, registerLayer, unregisterLayer } from '../../src/layers/index.js';
import { LAYER_TYPES, knownLayerTypes, lookUpLayer } from '../../src/layers/registry.js';
import { layerTypes } from '../../src/generated/layer-types.js';
import { TanHLayer } from '../../src/layers/tanh.js';
import type { Blob } from '../../src/engine/blob.js';
import { Net } from '../../src/runtime/net.js';
import { messageOf } from '../support/close.js';

class Gated extends Layer {
  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    y!.reshapeLike(x!);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const from = Float32Array.from(x!.data);
    y!.data.set(from.map((v) => (v * Math.min(Math.max(v + 3, 0), 6)) / 6));
  }
}

const net = (type: string): string => `
  layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 } } }
  layer { name: "y" type: "${type}" bottom: "x" top: "y" }`;

async function run(type: string): Promise<Float32Array> {
  const loaded = await Net.load(net(type));
  try {
    loaded.blobs.get('x')!.data.set([-4, 1.5, 4]);
    return (await loaded.forward()).get('y')!.data.slice();
  } finally {
    loaded.dispose();
  }
}

afterEach(() => {
  unregisterLayer('Gated');
  unregisterLayer('ReLU');
});

describe('the registry', () => {
  test("holds each of Caffe's types", () => {
    expect([...LAYER_TYPES].sort()).toEqual(Object.keys(layerTypes).sort());
    expect(knownLayerTypes()).toEqual([...LAYER_TYPES].sort());
  });

  test('proposes the nearest name for a type that it does not know', () => {
    expect(messageOf(() => lookUpLayer('Convolutoin'))).toBe(
      "Unknown layer type: Convolutoin\nhint: did you mean 'Convolution'?",
    );
  });

  test.each([
    ['', 'the layer has no type field'],
    ['toString', "a fork's own layer can be added with registerLayer()"],
    ['__proto__', "a fork's own layer can be added with registerLayer()"],
  ])('does not know %j', (type, hint) => {
    expect(messageOf(() => lookUpLayer(type))).toBe(`Unknown layer type: ${type}\nhint: ${hint}`);
  });
});

describe('registerLayer', () => {
  test("runs a net with a layer of one's own", async () => {
    registerLayer('Gated', Gated);
    expect(knownLayerTypes()).toContain('Gated');
    expect(await run('Gated')).toEqual(Float32Array.of(-0, 1.125, 4));
  });

  test('refuses a type that exists, unless told to override it', async () => {
    const taken = 'already registered\nhint: choose another name, or pass { override: true } to replace it';
    expect(messageOf(() => registerLayer('ReLU', Gated))).toBe(`Layer type ReLU ${taken}`);
    registerLayer('ReLU', Gated, { override: true });
    expect(await run('ReLU')).toEqual(Float32Array.of(-0, 1.125, 4));
    expect(messageOf(() => registerLayer('ReLU', Gated))).toBe(`Layer type ReLU ${taken}`);
    expect(unregisterLayer('ReLU')).toBe(true);
    expect(await run('ReLU')).toEqual(Float32Array.of(0, 1.5, 4));
  });

  test('refuses an empty name', () => {
    expect(messageOf(() => registerLayer('', Gated))).toBe('a layer type needs a name');
  });

  test('unregisterLayer leaves built-in types alone', () => {
    expect(unregisterLayer('TanH')).toBe(false);
    expect(lookUpLayer('TanH')).toBe(TanHLayer);
  });
});
