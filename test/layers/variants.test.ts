/** Several implementations of one layer type, and what a class of the user's own declares about itself. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Blob } from '../../src/engine/blob.js';
import { Layer, registerLayer, unregisterLayer, type LayerFacts, type VariantFacts } from '../../src/layers/index.js';
import { factsOf, lookUpLayer } from '../../src/layers/registry.js';
import { L, toProto } from '../../src/netspec/index.js';
import { graphOfProto } from '../../src/draw/index.js';
import { decodeNet, encodeNet } from '../../src/proto/codec.js';
import { defaultSchema, Schema } from '../../src/proto/schema.js';
import { schemaJson } from '../../src/generated/schema.js';
import type { SchemaDefinition } from '../../src/proto/descriptor.js';
import { Net } from '../../src/runtime/net.js';
import { messageOf } from '../support/close.js';

const declaration = {
  type: 'Twice',
  family: 'activation',
  bottoms: ['x'],
  tops: ['y'],
  params: ['power_param'],
} as const;

/** Multiplies by a number, and says so in `drawn`. */
abstract class Times extends Layer {
  protected abstract readonly factor: number;

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    y!.reshapeLike(x!);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    y!.data.set(x!.data.map((v) => v * this.factor));
  }
}

/** Claims layers with a scale. */
class Fields extends Times {
  static override readonly facts: LayerFacts = {
    ...declaration,
    origin: 'ForkA',
    bottoms: ['x', 'mask?'],
    doc: 'By its fields.',
    variant: {
      name: 'fields',
      schemas: ['forka'],
      when: 'power_param.scale',
      claims: ({ param }) => param.power_param?.scale !== undefined,
    },
  };
  protected override readonly factor = 2;
}

/** Claims layers with a second bottom, or one blob of two axes. */
class Blobs extends Times {
  static override readonly facts: LayerFacts = {
    ...declaration,
    origin: 'ForkB',
    doc: 'By its bottoms and blobs.',
    bottoms: ['x', 'mask?'],
    variant: {
      name: 'blobs',
      schemas: ['forkb', 'forkc'],
      when: 'two bottoms, or a blob of two axes',
      claims: ({ param, blobs }) => param.bottom?.length === 2 || blobs?.[0]?.length === 2,
    },
  };
  protected override readonly factor = 3;

  override setUp(): void {
    this.addBlob([1, 1]);
  }
}

function schemaCalled(name: string): Schema {
  return new Schema(JSON.parse(schemaJson) as SchemaDefinition, name);
}

const net = (layer: string): string => `
  layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 } } }
  layer { name: "y" type: "Twice" bottom: "x" top: "y" ${layer} }`;

/** What the net makes of 1: the factor of the implementation that was chosen. */
async function factorOf(layer: string, options: Parameters<typeof Net.load>[1] = {}): Promise<number> {
  const loaded = await Net.load(net(layer), options);
  try {
    loaded.blobs.get('x')!.data.set([1]);
    return (await loaded.forward()).get('y')!.data[0]!;
  } finally {
    loaded.dispose();
  }
}

afterEach(() => {
  unregisterLayer('Twice');
  unregisterLayer('ReLU');
});

describe('implementations of one type', () => {
  test('are told apart by the schema first', async () => {
    registerLayer('Twice', Fields);
    registerLayer('Twice', Blobs);
    expect(await factorOf('power_param { scale: 1 }', { schema: schemaCalled('forkc') })).toBe(3);
    expect(await factorOf('', { schema: schemaCalled('forka') })).toBe(2);
  });

  test('are told apart by fields and bottoms where the schema has no say', async () => {
    registerLayer('Twice', Fields);
    registerLayer('Twice', Blobs);
    expect(await factorOf('power_param { scale: 1 }')).toBe(2);
    expect(await factorOf('power_param { scale: 1 }', { schema: defaultSchema() })).toBe(2);
    expect(await factorOf('bottom: "x"')).toBe(3);
    expect(lookUpLayer({ type: 'Twice', bottom: ['x', 'm'] })).toBe(Blobs);
  });

  test('are told apart by the blobs of the weights, or those that the net itself has', async () => {
    registerLayer('Twice', Fields);
    registerLayer('Twice', Blobs);
    const blobs = [{ shape: { dim: [1, 1] }, data: [5] }];
    const weights = { layer: [{ name: 'y', type: 'Twice', blobs }] };
    expect(await factorOf('', { weights })).toBe(3);
    expect(await factorOf('', { weights: encodeNet(weights) })).toBe(3);
    expect(await factorOf('blobs { shape { dim: 1 dim: 1 } data: 5 }')).toBe(3);
    expect(factsOf({ type: 'Twice' }, { blobs: [[1, 1]] })?.origin).toBe('ForkB');
  });

  test('go by the order of the rows where several claim a layer', async () => {
    registerLayer('Twice', Fields);
    registerLayer('Twice', Blobs);
    expect(await factorOf('bottom: "x" power_param { scale: 1 }')).toBe(2);
    unregisterLayer('Twice');
    registerLayer('Twice', Blobs);
    registerLayer('Twice', Fields);
    expect(await factorOf('bottom: "x" power_param { scale: 1 }')).toBe(3);
  });

  test('are listed, with how to choose one, where none claims the layer', async () => {
    registerLayer('Twice', Fields);
    registerLayer('Twice', Blobs);
    const error: unknown = await Net.load(net('')).catch((reason: unknown) => reason);
    expect((error as Error).message).toBe(
      "3:3: layer 'y' (Twice): expected one of the layers of type Twice: that of ForkA (power_param.scale), " +
        'that of ForkB (two bottoms, or a blob of two axes); got 1 bottom\n' +
        'hint: read the net with the schema of the fork that it comes from: forka, forkb',
    );
    expect(messageOf(() => lookUpLayer({ type: 'Twice' }, { blobs: [[1], [1]] }))).toContain(
      'got 0 bottoms and 2 blobs',
    );
    expect(factsOf({ type: 'Twice' })).toBeUndefined();
  });

  test('of a built-in type stand beside the built-in one, which is taken where none claims the layer', async () => {
    registerLayer('ReLU', Fields);
    expect(factsOf({ type: 'ReLU' })?.origin).toBe('BVLC');
    expect(factsOf({ type: 'ReLU', power_param: { scale: 1 } })?.origin).toBe('ForkA');
    const relu = net('').replace('Twice', 'ReLU');
    const loaded = await Net.load(relu, { schema: schemaCalled('forka') });
    expect(loaded.layers[1]).toBeInstanceOf(Fields);
    loaded.dispose();
    expect(unregisterLayer('ReLU')).toBe(true);
    expect(factsOf({ type: 'ReLU', power_param: { scale: 1 } })?.origin).toBe('BVLC');
  });

  test('are refused under a name that is taken, unless told to override it', () => {
    registerLayer('Twice', Fields);
    class Other extends Fields {
      static override readonly facts = { ...Fields.facts, origin: 'ForkD' };
    }
    expect(messageOf(() => registerLayer('Twice', Other))).toBe(
      'Layer type Twice, variant fields, already registered\n' +
        'hint: choose another name, or pass { override: true } to replace it',
    );
    registerLayer('Twice', Other, { override: true });
    expect(factsOf({ type: 'Twice' })?.origin).toBe('ForkD');
  });
});

describe("facts of a class of one's own", () => {
  test('tell the DSL its fields and bottoms', () => {
    registerLayer('Twice', Blobs);
    const x = L.Input({ shape: { dim: 1 } });
    expect(toProto(L('Twice', x, { scale: 2 })).layer![1]).toMatchObject({
      type: 'Twice',
      power_param: { scale: 2 },
    });
    expect(messageOf(() => L('Twice', x, { scal: 2 }))).toContain("hint: did you mean 'scale'?");
  });

  test('tell a picture its family and settings', () => {
    class Drawn extends Fields {
      static override readonly facts: LayerFacts = { ...declaration, origin: 'me', doc: '', drawn: () => 'times 2' };
    }
    const graph = () => graphOfProto(decodeNet(encodeNet({ layer: [{ name: 'y', type: 'Twice', top: ['y'] }] })));
    expect(graph().nodes[0]).toMatchObject({ family: 'other', settings: '' });
    registerLayer('Twice', Drawn);
    expect(graph().nodes[0]).toMatchObject({ family: 'activation', settings: 'times 2' });
  });

  test('do not come with a class that extends another one, but for its declaration where it overrides a built-in type', () => {
    class Inherits extends Fields {}
    registerLayer('Twice', Inherits);
    expect(factsOf({ type: 'Twice' })).toBeUndefined();
    registerLayer('ReLU', Inherits, { override: true });
    expect(factsOf({ type: 'ReLU' })).toMatchObject({ origin: 'BVLC', params: ['relu_param'] });
    expect(factsOf({ type: 'ReLU' })?.keepsOrder).toBeUndefined();
  });

  test('may give a type that netspec does not run a class that does', async () => {
    registerLayer('Python', Fields);
    const loaded = await Net.load(net('').replace('Twice', 'Python'), { schema: schemaCalled('forka') });
    loaded.dispose();
    unregisterLayer('Python');
  });
});

test('a claim is asked with what is known', () => {
  const seen: unknown[] = [];
  const variant: VariantFacts = { name: 'v', schemas: [], when: '', claims: (query) => seen.push(query) > 0 };
  class Asked extends Fields {
    static override readonly facts: LayerFacts = { ...declaration, origin: '', doc: '', variant };
  }
  registerLayer('Twice', Asked);
  registerLayer('Twice', Blobs);
  const param = { type: 'Twice', bottom: ['a'] };
  expect(lookUpLayer(param, { schema: 'x', blobs: [[2]] })).toBe(Asked);
  expect(seen).toEqual([{ param, schema: 'x', blobs: [[2]] }]);
});
