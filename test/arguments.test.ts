/** What scripts without types may call public functions with: every mistake gets an error in netspec's words. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as api from '../src/node.js';
import { BYTES, FLOATS, IMAGE, checkArguments, fields, nameOfValue } from '../src/arguments.js';

const WRONG: readonly unknown[] = [undefined, null, 5, 'x', {}, [], true, () => 1, [null], { a: null }];

/** Names whose arguments are not data of users: classes that are made inside, and what composers take through fields. */
const NOT_HELD = new Set([
  ...['Blob', 'Net', 'NetspecError', 'PackError', 'Schema', 'Layer', 'Top'],
  ...['conventionMap', 'convBn', 'convFrozenBn', 'detectionV2', 'fpn', 'resnet50', 'resnetStage', 'rpnTower'],
  ...['mergedReferences', 'registerLayer', 'resolve'],
]);

/** What a call throws that is no NetspecError. */
async function strangeErrors(call: (first: unknown, second: unknown) => unknown): Promise<string[]> {
  const found: string[] = [];
  for (const first of WRONG)
    for (const second of [undefined, null, 5, {}])
      try {
        await call(first, second);
      } catch (error) {
        if (!(error instanceof api.NetspecError))
          found.push(`(${nameOfValue(first)}, ${nameOfValue(second)}): ${String(error)}`);
      }
  return found;
}

const exported = Object.entries<unknown>({ ...api }).filter(
  (entry): entry is [string, (...args: unknown[]) => unknown] =>
    typeof entry[1] === 'function' && !NOT_HELD.has(entry[0]),
);

test.each(exported)('%s()', async (_name, f) => {
  const isClass = Function.prototype.toString.call(f).startsWith('class');
  const call = isClass
    ? (...args: unknown[]): unknown => Reflect.construct(f, args) as unknown
    : (...args: unknown[]): unknown => f(...args);
  expect(await strangeErrors(call)).toEqual([]);
});

describe('a net', () => {
  let net: api.Net;
  beforeAll(async () => {
    net = await api.Net.load(
      'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 } } } layer { name: "r" type: "ReLU" bottom: "data" top: "r" }',
    );
  });
  afterAll(() => {
    net.dispose();
  });

  test.each<[string, unknown, string]>([
    [
      'an array for an input',
      { inputs: { data: [1, 2] } },
      "input 'data': expected a Float32Array, or { shape, data } with one, got an array of 2",
    ],
    [
      'a Float64Array',
      { inputs: { data: new Float64Array(2) } },
      "input 'data': expected a Float32Array, or { shape, data } with one, got a Float64Array",
    ],
    [
      'null for an input',
      { inputs: { data: null } },
      "input 'data': expected a Float32Array, or { shape, data } with one, got null",
    ],
    ['null for all inputs', { inputs: null }, 'inputs: expected an object of options, got null'],
    ['an object as start', { start: {} }, "start: expected a layer's name or index, got an empty object"],
    ['a text as blobs', { blobs: 'r' }, "blobs: expected an array of names, got 'r'"],
    ['no function as onLayer', { onLayer: 1 }, 'onLayer: expected a function, got 1'],
    ['null', null, 'options: expected an object of options, got null'],
  ])('forward() refuses %s', async (_what, options, message) => {
    await expect(net.forward(options as api.ForwardOptions)).rejects.toThrow(
      new api.NetspecError(`forward(): ${message}`),
    );
  });

  test.each<[string, unknown, string]>([
    ['null', null, 'options: expected an object of options, got null'],
    [
      'a schema that is none',
      { schema: {} },
      'schema: expected a Schema, such as forkSchema() gives, got an empty object',
    ],
  ])('Net.load() refuses %s as options', async (_what, options, message) => {
    await expect(api.Net.load('layer { }', options as api.NetOptions)).rejects.toThrow(
      new api.NetspecError(`Net.load(): ${message}`),
    );
  });
});

test('checkArguments names the call, the argument, what was expected and what came', () => {
  expect(() => {
    checkArguments('f()', { first: [new Uint8Array(1), BYTES], second: [3, IMAGE] });
  }).toThrow(new api.NetspecError('f(): second: expected an image { width, height, data }, got 3'));
  const both = fields('both', { bytes: BYTES, floats: FLOATS });
  expect(both.accepts({ bytes: new Uint8Array(1), floats: new Float32Array(1) })).toBe(true);
  expect(both.accepts({ bytes: new Uint8Array(1) })).toBe(false);
});

test.each<[unknown, string]>([
  [null, 'null'],
  ['a'.repeat(50), `'${'a'.repeat(40)}…'`],
  [{}, 'an empty object'],
  [{ a: 1, b: 2 }, 'an object with a, b'],
  [Object.create(null), 'an empty object'],
  [[1, 2], 'an array of 2'],
  [new Int8Array(1), 'an Int8Array'],
  [new Map(), 'a Map'],
  [() => 1, 'a function'],
])('nameOfValue: %#', (value, name) => {
  expect(nameOfValue(value)).toBe(name);
});
