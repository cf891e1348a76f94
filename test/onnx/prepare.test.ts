/** What is done with a model before its operators are looked at. */
import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../src/engine/random.js';
import { importOnnx } from '../../src/onnx/index.js';
import { onnxModel, type ModelInput, type NodeInput } from '../support/onnx-model.js';
import { checkImport } from '../support/onnx-check.js';

const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: NodeInput['attributes'] = {},
): NodeInput => ({
  op,
  inputs,
  outputs,
  attributes,
});
const ints = (...data: number[]) => ({ shape: [data.length], data, type: 'int64' as const });

async function refusal(model: ModelInput, options = {}): Promise<string> {
  try {
    await importOnnx(onnxModel(model), options);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('expected a refusal');
}

describe('preparation', () => {
  test('sorts nodes that come in reverse order', async () => {
    const nodes = [node('Tanh', ['b'], ['y']), node('Abs', ['a'], ['b']), node('Relu', ['x'], ['a'])];
    const { types } = await checkImport({ nodes, inputs: { x: [2, 3] }, outputs: ['y'] });
    expect(types).toEqual(['ReLU', 'AbsVal', 'TanH']);
  });

  test('computes what depends on shapes only', async () => {
    const nodes = [
      node('Shape', ['x'], ['s']),
      node('Gather', ['s', 'zero'], ['n']),
      node('Unsqueeze', ['n', 'axes'], ['n1']),
      node('Concat', ['n1', 'rest'], ['shape'], { axis: 0 }),
      node('Reshape', ['x', 'shape'], ['y']),
    ];
    const constants = { zero: { shape: [], data: [0], type: 'int64' as const }, axes: ints(0), rest: ints(-1) };
    const { types } = await checkImport(
      { nodes, constants, inputs: { x: ['batch', 3, 2] }, outputs: ['y'] },
      { inputShapes: new Map([['x', [4, 3, 2]]]) },
    );
    expect(types).toEqual(['Reshape']);
  });

  test('takes the branch of a condition that is constant', async () => {
    const branch = (op: string) => ({ graph: { nodes: [node(op, ['x'], ['inner'])], outputs: ['inner'] } });
    const nodes = [
      node('Shape', ['x'], ['s']),
      node('Size', ['s'], ['rank']),
      node('Equal', ['rank', 'two'], ['flag']),
      node('If', ['flag'], ['y'], { then_branch: branch('Relu'), else_branch: branch('Tanh') }),
    ];
    const constants = { two: { shape: [], data: [2], type: 'int64' as const } };
    expect((await checkImport({ nodes, constants, inputs: { x: [2, 3] }, outputs: ['y'] })).types).toEqual(['ReLU']);
    expect((await checkImport({ nodes, constants, inputs: { x: [2, 3, 1] }, outputs: ['y'] })).types).toEqual(['TanH']);
  });

  describe('a condition that an input decides', () => {
    const branch = (op: string) => ({ graph: { nodes: [node(op, ['x'], ['inner'])], outputs: ['inner'] } });
    const model: ModelInput = {
      nodes: [
        node('Equal', ['rate', 'high'], ['flag']),
        { ...node('If', ['flag'], ['y'], { then_branch: branch('Relu'), else_branch: branch('Tanh') }), name: 'pick' },
      ],
      constants: { high: { shape: [], data: [16000], type: 'int64' } },
      inputs: { x: [2, 3], rate: [] },
      inputTypes: { rate: 'int64' },
      outputs: ['y'],
    };

    test('is refused with the input that it is computed from', async () => {
      const message = await refusal(model);
      expect(message).toContain(
        "node 'pick' (If): its condition is computed while the model runs, from the input 'rate'",
      );
      expect(message).toContain('say the value with options.inputValues, or cut');
    });

    test('is decided by the value that the input is given for good', async () => {
      const of = async (rate: number) => {
        const { types, imported } = await checkImport(model, { inputValues: new Map([['rate', [rate]]]) });
        expect(imported.inputs.map(({ name }) => name)).toEqual(['x']);
        return types;
      };
      expect(await of(16000)).toEqual(['ReLU']);
      expect(await of(8000)).toEqual(['TanH']);
    });

    test('a value is one number, or one for each element, of an input that there is', async () => {
      const given = (name: string, value: number[]) => refusal(model, { inputValues: new Map([[name, value]]) });
      expect(await given('rate', [1, 2])).toContain("the input 'rate' has the shape 1: expected one value or 1, got 2");
      expect(await given('rat', [1])).toContain("a value is given for 'rat', which is no input of the model");
    });
  });

  test('takes both branches of a condition that data decide, and picks by it', async () => {
    const branch = (op: string, ...more: string[]) => ({
      graph: { nodes: [node(op, ['x', ...more], ['inner'])], outputs: ['inner'] },
    });
    const model = (other: ReturnType<typeof branch>): ModelInput => ({
      nodes: [
        node('ReduceMean', ['x'], ['mean']),
        node('Greater', ['mean', 'zero'], ['flag']),
        { ...node('If', ['flag'], ['y'], { then_branch: branch('Relu'), else_branch: other }), name: 'pick' },
      ],
      constants: {
        zero: { shape: [1, 1], data: [0] },
        axes: { shape: [2], data: [3, 2], type: 'int64' },
      },
      inputs: { x: [2, 3] },
      outputs: ['y'],
    });
    const picked = new Set<boolean>();
    for (let seed = 1; seed <= 6; seed++) {
      const { imported, types } = await checkImport(model(branch('Tanh')), { seed });
      expect(imported.remarks).toEqual(["node 'pick' (If): both branches are computed, and the condition picks one"]);
      expect(types).toEqual(expect.arrayContaining(['ReLU', 'TanH', 'Threshold']));
      const random = seededRandom(seed, 'x');
      picked.add(Array.from({ length: 6 }, () => -2 + 4 * random()).reduce((a, b) => a + b) > 0);
    }
    // Both sides were tried.
    expect(picked.size).toBe(2);
    expect(await refusal(model(branch('Reshape', 'axes')))).toContain('its branches give the shapes 2x3 and 3x2');
  });

  test('puts the nodes of a function in the place of its name', async () => {
    const functions = [
      {
        ...{ name: 'Twice', domain: 'my', inputs: ['a'], outputs: ['b'] },
        nodes: [node('Relu', ['a'], ['t']), node('Add', ['t', 't'], ['b'])],
      },
    ];
    const nodes = [
      { ...node('Twice', ['x'], ['m']), domain: 'my' },
      { ...node('Twice', ['m'], ['y']), domain: 'my' },
    ];
    const { types } = await checkImport({ nodes, functions, inputs: { x: [2, 3] }, outputs: ['y'] });
    expect(types).toEqual(['ReLU', 'Eltwise', 'ReLU', 'Eltwise']);
  });

  test('lays the second operand where broadcast and axis say, below opset 7', async () => {
    const nodes = [node('Add', ['x', 'c'], ['y'], { broadcast: 1, axis: 1 })];
    const constants = { c: { shape: [3], data: [1, 2, 3] } };
    const { types } = await checkImport({ opset: 6, nodes, constants, inputs: { x: [2, 3, 3] }, outputs: ['y'] });
    expect(types).toEqual(['Bias']);
  });

  test('standardizes constant weights by their own statistics, as scaled convolutions do', async () => {
    const constants = {
      w: { shape: [1, 2, 9], data: Array.from({ length: 18 }, (_, i) => Math.sin(i)) },
      one: { shape: [2], data: [1, 2] },
      zero: { shape: [2], data: [0, 0.5] },
      shape: { shape: [4], data: [2, 1, 3, 3], type: 'int64' as const },
    };
    const nodes = [
      node('BatchNormalization', ['w', 'one', 'zero', 'zero', 'one'], ['n', 'mean', 'variance'], { training_mode: 1 }),
      node('Reshape', ['n', 'shape'], ['k']),
      node('Conv', ['x', 'k'], ['y']),
    ];
    const { types, imported } = await checkImport({
      nodes,
      constants,
      inputs: { x: [1, 1, 5, 5] },
      outputs: ['y'],
      opset: 15,
    });
    expect(types).toEqual(['Convolution']);
    const blob = imported.blobs[1]!.blobs![0]!;
    if (!('read' in blob)) throw new Error('expected values that are read');
    const values = Array.from(blob.read() as Float32Array);
    const mean = (list: number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
    expect(mean(values.slice(0, 9))).toBeCloseTo(0, 6);
    expect(mean(values.slice(9))).toBeCloseTo(0.5, 6);
  });

  test('gives outputs that are an input, or one value twice, blobs of their own', async () => {
    const nodes = [node('Relu', ['x'], ['a']), node('Identity', ['a'], ['b']), node('Identity', ['x'], ['c'])];
    const { imported } = await checkImport({ nodes, inputs: { x: [2, 3] }, outputs: ['a', 'b', 'c'] });
    expect([...imported.net.layer!.map(({ top }) => top![0])].sort()).toEqual(['a', 'b', 'c', 'x']);
  });

  test('reads a value that no node makes as an error, and a loop', async () => {
    const inputs = { x: [2, 3] };
    expect(await refusal({ nodes: [node('Relu', ['z'], ['y'])], inputs, outputs: ['y'] })).toContain(
      "node 'y' (Relu) reads 'z', which no node makes and which is no input",
    );
    expect(
      await refusal({ nodes: [node('Add', ['x', 'b'], ['a']), node('Relu', ['a'], ['b'])], inputs, outputs: ['b'] }),
    ).toContain('the nodes form a loop');
    expect(
      await refusal({ nodes: [node('Relu', ['x'], ['y']), node('Abs', ['x'], ['y'])], inputs, outputs: ['y'] }),
    ).toContain("two nodes make the value 'y'");
  });

  test('refuses what damaged sizes ask for, before memory is taken for it', async () => {
    const whole = (...data: number[]) => ({ shape: [data.length], data, type: 'int64' as const });
    const mirrored = {
      nodes: [node('Pad', ['x', 'pads'], ['y'], { mode: 'reflect' })],
      constants: { pads: whole(0, 0, 0, 2 ** 26) },
      inputs: { x: [2, 8] },
      outputs: ['y'],
    };
    expect(await refusal(mirrored)).toContain('it makes an axis of 67108872 elements, more than 1048576');
    const nothing = {
      nodes: [node('Resize', ['x', '', 'scales'], ['y'])],
      constants: { scales: { shape: [2], data: [1, 0.01] } },
      inputs: { x: [2, 8] },
      outputs: ['y'],
      opset: 13,
    };
    expect(await refusal(nothing)).toContain('no Caffe layer makes an empty blob');
  });

  test('says which opset writes out what stands for a group of operators', async () => {
    for (const op of ['Attention', 'RotaryEmbedding', 'RMSNormalization']) {
      const nodes = [node(op, ['x', 'x', 'x'], ['y'])];
      const message = await refusal({ nodes, inputs: { x: [1, 2, 4, 4] }, outputs: ['y'], opset: 23 });
      expect(message).toContain(`(${op}): it is an operator of opset 23, which stands for a group of others`);
      expect(message).toContain('export the model with an opset of 13 to 22, which writes the group out');
    }
  });

  test('says of the trees of scikit-learn and LightGBM that Caffe has none', async () => {
    const nodes = [{ ...node('TreeEnsembleRegressor', ['x'], ['y']), domain: 'ai.onnx.ml' }];
    const message = await refusal({ nodes, inputs: { x: [1, 15] }, outputs: ['y'] });
    expect(message).toContain("it is an operator of 'ai.onnx.ml', for trees, vectors and features");
    expect(message).toContain('do this part in your own code');
  });

  test('asks for larger inputs where a window does not fit', async () => {
    const constants = { w: { shape: [1, 1, 5, 5], data: new Float32Array(25) } };
    const nodes = [node('Conv', ['x', 'w'], ['y'])];
    const message = await refusal({ nodes, constants, inputs: { x: [1, 1, 3, 3] }, outputs: ['y'] });
    expect(message).toContain('the output would have the shape 1x1x-1x-1');
    expect(message).toContain('the inputs are too small for it: give larger ones with options.inputShapes');
  });

  test.each(['MaxPool', 'AveragePool'])('asks for larger inputs where the window of %s is larger', async (op) => {
    const nodes = [node(op, ['x'], ['y'], { kernel_shape: [5, 5] })];
    const message = await refusal({ nodes, inputs: { x: [1, 1, 3, 3] }, outputs: ['y'] });
    expect(message).toContain('the window is larger than the padded input');
    expect(message).toContain('give larger inputs with options.inputShapes');
  });

  test('refuses a function that calls itself', async () => {
    const functions = [
      { name: 'F', domain: 'my', inputs: ['a'], outputs: ['b'], nodes: [{ ...node('F', ['a'], ['b']), domain: 'my' }] },
    ];
    const message = await refusal({
      nodes: [{ ...node('F', ['x'], ['y']), domain: 'my' }],
      functions,
      inputs: { x: [1] },
      outputs: ['y'],
    });
    expect(message).toContain("functions are nested more than 50 deep in 'F'");
  });

  test('mirrors the ends of a long axis by matrices of their own length', async () => {
    const constants = { pads: ints(0, 128, 0, 128) };
    const nodes = [node('Pad', ['x', 'pads'], ['y'], { mode: 'reflect' })];
    const { imported, types } = await checkImport({ nodes, constants, inputs: { x: [1, 20000] }, outputs: ['y'] });
    expect(types.filter((type) => type === 'InnerProduct')).toHaveLength(2);
    expect(imported.remarks[0]).toMatch(
      /^heavy: node '.*' \(Pad\): elements of an axis picked by a matrix of 128 x 128 ones and zeros$/,
    );
  });

  test('refuses heavy constructions until they are accepted', async () => {
    const model = {
      nodes: [node('MatMul', ['x', 'z'], ['y'])],
      inputs: { x: [4, 64, 64], z: [4, 64, 64] },
      outputs: ['y'],
    };
    expect(await refusal(model)).toContain('accept it with options.style exact-bvlc');
    const { imported } = await checkImport(model, { style: 'exact-bvlc', tolerance: 1e-5 });
    expect(imported.remarks[0]).toContain('heavy: node');
  });

  test('refuses all operators at once, and what only needs their results not at all', async () => {
    const nodes = [
      node('Floor', ['x'], ['a']),
      node('NonZero', ['a'], ['b']),
      node('Transpose', ['b'], ['c']),
      node('Cos', ['x'], ['d']),
    ];
    const message = await refusal({ nodes, inputs: { x: [2, 3] }, outputs: ['c', 'd'] });
    expect(message).toContain('3 nodes cannot be expressed');
    for (const op of ['Floor', 'NonZero', 'Cos']) expect(message).toContain(`(${op})`);
    expect(message).not.toContain('Transpose');
  });
});
