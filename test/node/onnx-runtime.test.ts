/** ONNX Runtime for the Web as the reference: inner values, element types, external data, and models that it does not run. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openFile } from '../../src/node/files.js';
import { readModel } from '../../src/onnx/reader/read-model.js';
import { loadOnnxRuntime, runWithOnnxRuntime, type RuntimeInput } from '../../src/node/onnx-runtime.js';
import { bytes, int } from '../proto/wire-bytes.js';
import { onnxModel, type ModelInput } from '../support/onnx-model.js';
import { temporaryFolder } from '../cli/support.js';

const folder = temporaryFolder();
const file = path.join(folder, 'model.onnx');

async function run(
  model: Uint8Array | ModelInput,
  inputs: Record<string, RuntimeInput>,
  wanted: readonly string[],
  externalFiles: readonly string[] = [],
) {
  writeFileSync(file, model instanceof Uint8Array ? model : onnxModel(model));
  const outputs = model instanceof Uint8Array ? ['y'] : model.outputs;
  const result = await runWithOnnxRuntime(
    { file, outputs, externalFiles, initializers: new Map() },
    new Map(Object.entries(inputs)),
    new Set(wanted),
  );
  const values = [...(result!.values ?? [])].map(
    ([name, { shape, data }]) => [name, { shape, data: [...data] }] as const,
  );
  return { by: result!.by, problem: result!.problem, values: Object.fromEntries(values) };
}

const of = (data: number[], type?: string): RuntimeInput => ({
  shape: [data.length],
  data: Float32Array.from(data),
  type,
});

/** A value of two elements, of a type by its number. */
const info = (name: string, type: number): number[] => [
  ...bytes(1, name),
  ...bytes(2, bytes(1, [...int(1, type), ...bytes(2, bytes(1, int(1, 2)))])),
];
const modelOf = (graph: number[]): Uint8Array =>
  Uint8Array.from([
    ...int(1, 8),
    ...bytes(7, [...bytes(2, 'g'), ...graph]),
    ...bytes(8, [...bytes(1, ''), ...int(2, 13)]),
  ]);

test('is found, with its version', async () => {
  expect((await loadOnnxRuntime())!.name).toMatch(/^onnxruntime-(node|web) \d+\.\d+\.\d+$/);
});

test('gives inner values beside the outputs, each once', async () => {
  const { values } = await run(
    {
      nodes: [
        { op: 'Neg', inputs: ['x'], outputs: ['a'] },
        { op: 'Relu', inputs: ['a'], outputs: ['y'] },
      ],
      inputs: { x: [2] },
      outputs: ['y'],
    },
    { x: of([1, -2]) },
    ['a', 'y'],
  );
  expect(values).toEqual({ a: { shape: [2], data: [-1, 2] }, y: { shape: [2], data: [0, 2] } });
});

test('an initializer may be an output, a sequence too when it is not asked for', async () => {
  const node = (op: string, inputs: string[], output: string): number[] =>
    bytes(1, [...inputs.flatMap((input) => bytes(1, input)), ...bytes(2, output), ...bytes(4, op)]);
  const { values, problem } = await run(
    modelOf([
      ...node('Relu', ['x'], 'y'),
      ...node('SequenceConstruct', ['x', 'x'], 's'),
      ...bytes(5, [...bytes(1, [2]), ...int(2, 1), ...bytes(8, 'c'), ...bytes(9, [0, 0, 0, 0, 0, 0, 128, 63])]),
      ...bytes(11, info('x', 1)),
      ...['c', 's', 'y'].flatMap((name) => bytes(12, bytes(1, name))),
    ]),
    { x: of([3, -1]) },
    ['y'],
  );
  expect({ values, problem }).toEqual({ values: { y: { shape: [2], data: [3, 0] } }, problem: undefined });
});

describe('element types', () => {
  test.each(['float', 'double', 'float16', 'int64', 'int32', 'bool'])(
    '%s is fed, and given as numbers',
    async (type) => {
      // The numbers of ONNX's element types.
      const code = { float: 1, double: 11, float16: 10, int64: 7, int32: 6, bool: 9 }[type]!;
      const model = modelOf([
        ...bytes(1, [...bytes(1, 'x'), ...bytes(2, 'y'), ...bytes(4, 'Identity')]),
        ...bytes(11, info('x', code)),
        ...bytes(12, bytes(1, 'y')),
      ]);
      const { values, problem } = await run(model, { x: of([1, 0], type) }, ['y']);
      expect({ values, problem }).toEqual({ values: { y: { shape: [2], data: [1, 0] } }, problem: undefined });
    },
  );
});

describe('external data', () => {
  const entry = (key: string, value: string): number[] => bytes(13, [...bytes(1, key), ...bytes(2, value)]);
  const model = (location: string): Uint8Array => {
    const tensor = [
      ...bytes(1, [2]),
      ...int(2, 1),
      ...bytes(8, 'w'),
      ...entry('location', location),
      ...entry('length', '8'),
      ...int(14, 1),
    ];
    return modelOf([
      ...bytes(1, [...bytes(1, 'x'), ...bytes(1, 'w'), ...bytes(2, 'y'), ...bytes(4, 'Add')]),
      ...bytes(5, tensor),
      ...bytes(11, info('x', 1)),
      ...bytes(12, bytes(1, 'y')),
    ]);
  };

  test('is read beside the model', async () => {
    writeFileSync(path.join(folder, 'w.bin'), Float32Array.of(10, 20));
    const { values } = await run(model('w.bin'), { x: of([1, 2]) }, ['y'], ['w.bin']);
    expect(values).toEqual({ y: { shape: [2], data: [11, 22] } });
  });

  test('is not read from elsewhere', async () => {
    await expect(run(model('../w.bin'), { x: of([1, 2]) }, ['y'], ['../w.bin'])).rejects.toThrow(/cannot read|out of/);
  });
});

describe('what it does not run', () => {
  test('an operator of another domain is refused, in one line', async () => {
    const { problem, values } = await run(
      {
        nodes: [{ op: 'Strange', domain: 'my.ops', inputs: ['x'], outputs: ['y'] }],
        inputs: { x: [1] },
        outputs: ['y'],
      },
      { x: of([1]) },
      ['y'],
    );
    expect(values).toEqual({});
    expect(problem).toContain("No opset import for domain 'my.ops'");
    expect(problem).not.toMatch(/\n|\.cc/);
  });

  test('an input of another shape', async () => {
    const { problem } = await run(
      { nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }], inputs: { x: [2] }, outputs: ['y'] },
      { x: of([1, 2, 3]) },
      ['y'],
    );
    expect(problem).toContain('Got invalid dimensions for input: x');
  });
});

describe('for the last time', () => {
  const model: ModelInput = {
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['a'] },
      { op: 'Shape', inputs: ['a'], outputs: ['s'] },
      { op: 'Relu', inputs: ['a'], outputs: ['y'] },
    ],
    inputs: { x: [1, 64] },
    // More than what stays in the model.
    constants: { w: { shape: [64, 64], data: Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i)) } },
    outputs: ['y'],
  };
  const runTwice = async (opset: number) => {
    writeFileSync(file, onnxModel({ ...model, opset }));
    const access = await openFile(file);
    const inputs = new Map([['x', { shape: [1, 64], data: Float32Array.from({ length: 64 }, (_, i) => i / 64) }]]);
    try {
      const run = async (consumes: boolean) => {
        const { initializers } = (await readModel(access)).graph;
        const given = { file, outputs: ['y'], externalFiles: [], initializers };
        const result = await runWithOnnxRuntime(given, inputs, new Set(['a', 's', 'y']), { consumes });
        return { ...result!, left: initializers.get('w')!.values!.data.length };
      };
      return [await run(false), await run(true)] as const;
    } finally {
      await access.close();
    }
  };

  test('gives the same values, and a runtime that has a thread of its own takes the weights', async () => {
    const [kept, consumed] = await runTwice(13);
    expect(consumed.values).toEqual(kept.values);
    expect([...consumed.values!.keys()].sort()).toEqual(['a', 's', 'y']);
    expect(kept.left).toBe(64 * 64);
    expect(consumed.left).toBe(consumed.by.startsWith('onnxruntime-web') ? 0 : 64 * 64);
  });

  test('says the same of what it does not run', async () => {
    const [kept, consumed] = await runTwice(99);
    expect(kept.problem).toMatch(/./);
    expect(consumed.problem).toBe(kept.problem);
  });
});
