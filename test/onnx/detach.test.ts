/** Models whose initializers are handed over beside them: what is detached, what stays, and that both say the same. */
import { describe, expect, test } from '@jest/globals';
import { NetspecError } from '../../src/errors.js';
import { runWithOnnxRuntime } from '../../src/node/onnx-runtime.js';
import { detachInitializers } from '../../src/onnx/reader/detach.js';
import { readModel } from '../../src/onnx/reader/read-model.js';
import { fromBytes } from '../../src/proto/random-access.js';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '../cli/support.js';
import { bytes, floats, int, varint } from '../proto/wire-bytes.js';

/** Values take 8 KB as float32: large enough to be left in the file. */
const COUNT = 2048;
const VALUES = Array.from({ length: COUNT }, (_, i) => (i % 61) / 8 - 3);
const FLOAT = 1;

const info = (name: string): number[] => [
  ...bytes(1, name),
  ...bytes(2, bytes(1, [...int(1, FLOAT), ...bytes(2, bytes(1, int(1, COUNT)))])),
];
const add = (a: string, b: string, y: string): number[] =>
  bytes(1, [...bytes(1, a), ...bytes(1, b), ...bytes(2, y), ...bytes(4, 'Add')]);
const dims = bytes(1, varint(COUNT));
const doubled = VALUES.map((value) => 2 * value);

/** y = x + a + b + c, where a is in raw_data, b in float_data, and c the raw_data of a node's attribute. */
const model = Uint8Array.from([
  ...int(1, 8),
  ...bytes(7, [
    ...bytes(1, [
      ...bytes(2, 'c'),
      ...bytes(4, 'Constant'),
      ...bytes(5, [
        ...bytes(1, 'value'),
        ...int(20, 4),
        ...bytes(5, [...dims, ...int(2, FLOAT), ...bytes(9, floats(VALUES))]),
      ]),
    ]),
    ...add('x', 'a', 'xa'),
    ...add('xa', 'b', 'xab'),
    ...add('xab', 'c', 'y'),
    ...bytes(2, 'g'),
    ...bytes(5, [...dims, ...int(2, FLOAT), ...bytes(8, 'a'), ...bytes(9, floats(VALUES))]),
    ...bytes(5, [...dims, ...int(2, FLOAT), ...bytes(4, floats(doubled)), ...bytes(8, 'b')]),
    ...bytes(11, info('x')),
    ...bytes(12, info('y')),
  ]),
  ...bytes(8, [...bytes(1, ''), ...int(2, 13)]),
]);

describe('a model without its initializers', () => {
  test('has those that are in raw_data beside it, without copies, and all others within', async () => {
    const { graph } = await readModel(fromBytes(model));
    const detached = await detachInitializers(fromBytes(model), graph.initializers);
    const own = graph.initializers.get('a')!.values!.data;
    expect(detached.tensors.map(({ data }) => data.buffer)).toEqual([own.buffer]);
    expect(detached.model.length).toBeLessThan(model.length - 4 * COUNT + 200);

    const files = new Map(detached.tensors.map((each) => [each.path, each.data]));
    const again = await readModel(fromBytes(detached.model), {
      openBeside: (name) => Promise.resolve(fromBytes(files.get(name)!)),
    });
    expect(again.externalFiles).toEqual([...files.keys()]);
    expect([...again.graph.initializers.get('a')!.values!.data]).toEqual(VALUES);
    expect([...again.graph.initializers.get('b')!.values!.data]).toEqual(doubled);
    expect(again.graph.nodes).toEqual(graph.nodes);
  });

  test('keeps an initializer whose values are not at hand', async () => {
    const detached = await detachInitializers(fromBytes(model), new Map());
    expect(detached.tensors).toEqual([]);
    expect([...detached.model]).toEqual([...model]);
  });

  test('is no model where the file is none', async () => {
    await expect(detachInitializers(fromBytes(model.subarray(0, 9000)), new Map())).rejects.toThrow(NetspecError);
  });

  test('is what ONNX Runtime computes with', async () => {
    const file = path.join(temporaryFolder(), 'model.onnx');
    writeFileSync(file, model);
    const { graph, externalFiles } = await readModel(fromBytes(model));
    const run = await runWithOnnxRuntime(
      { file, outputs: ['y'], externalFiles, initializers: graph.initializers },
      new Map([['x', { shape: [COUNT], data: Float32Array.from(VALUES) }]]),
      new Set(['xa', 'y']),
    );
    expect(run!.problem).toBeUndefined();
    // Multiples of 1/8: the sums are exact.
    expect([...run!.values!.get('xa')!.data]).toEqual(doubled);
    expect([...run!.values!.get('y')!.data]).toEqual(VALUES.map((value) => 5 * value));
  });
});
