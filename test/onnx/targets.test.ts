/** Targets: which layers of forks operators are written with, that these compute the same, and what a target lacks. */
import { describe, expect, test } from '@jest/globals';
import { NetspecError } from '../../src/errors.js';
import { FORK_LAYERS } from '../../src/onnx/emit/fork-layers.js';
import { importOnnx } from '../../src/onnx/index.js';
import { formatPrototxt, parsePrototxt } from '../../src/proto/prototxt.js';
import { forkSchema } from '../../src/proto/forks/catalog.js';
import { checkImport } from '../support/onnx-check.js';
import { onnxModel, type AttributeInput, type ModelInput } from '../support/onnx-model.js';

type Attributes = Record<string, AttributeInput>;
const ints = (...data: number[]) => ({ shape: [data.length], data, type: 'int64' as const });
const one = (op: string, shape: number[], attributes: Attributes = {}, rest: Partial<ModelInput> = {}): ModelInput => ({
  opset: 18,
  nodes: [{ op, inputs: ['x', ...Object.keys(rest.constants ?? {})], outputs: ['y'], attributes }],
  inputs: { x: shape },
  outputs: ['y'],
  ...rest,
});
const resize = (mode: string, coordinates: string, scale: number): ModelInput => ({
  ...one('Resize', [1, 2, 3, 4], { mode, coordinate_transformation_mode: coordinates, nearest_mode: 'floor' }),
  nodes: [
    {
      op: 'Resize',
      inputs: ['x', '', 'scales'],
      outputs: ['y'],
      attributes: { mode, coordinate_transformation_mode: coordinates, nearest_mode: 'floor' },
    },
  ],
  constants: { scales: { shape: [4], data: [1, 1, scale, scale] } },
});
const product: ModelInput = {
  nodes: [{ op: 'MatMul', inputs: ['x', 'z'], outputs: ['y'] }],
  inputs: { x: [2, 3, 4], z: [2, 4, 5] },
  outputs: ['y'],
};
const shuffle: ModelInput = {
  nodes: [
    { op: 'Reshape', inputs: ['x', 'groups'], outputs: ['a'] },
    { op: 'Transpose', inputs: ['a'], outputs: ['b'], attributes: { perm: [0, 2, 1, 3, 4] } },
    { op: 'Reshape', inputs: ['b', 'whole'], outputs: ['y'] },
  ],
  inputs: { x: [1, 6, 2, 3] },
  constants: { groups: ints(1, 2, 3, 2, 3), whole: ints(1, 6, 2, 3) },
  outputs: ['y'],
};
const reversed: ModelInput = one(
  'Slice',
  [2, 9],
  {},
  {
    constants: { starts: ints(8), ends: ints(-100), axes: ints(1), steps: ints(-1) },
  },
);
const relu6: ModelInput = one(
  'Clip',
  [2, 3],
  {},
  {
    constants: { min: { shape: [], data: [0] }, max: { shape: [], data: [6] } },
  },
);
const toLast: ModelInput = one('Transpose', [1, 3, 4, 5], { perm: [0, 2, 3, 1] });

const CASES: readonly [target: string, model: ModelInput, types: string][] = [
  ['ssd', toLast, 'Permute'],
  ['ssd', one('Transpose', [2, 3, 4, 2, 5], { perm: [0, 3, 4, 1, 2] }), 'Reshape Permute Reshape'],
  ['nnie', toLast, 'Permute'],
  [
    'nnie',
    one('Transpose', [1, 3, 4, 5], { perm: [0, 3, 1, 2] }),
    'Reshape Slice Reshape Reshape Reshape Reshape Reshape Concat Reshape',
  ],
  ['caffe_ocr', toLast, 'Transpose'],
  ['bvlc', one('Transpose', [2, 3, 4], { perm: [0, 2, 1] }), 'Reshape Slice Reshape Reshape Reshape Concat Reshape'],
  ['shufflenet', shuffle, 'ShuffleChannel'],
  ['bvlc', shuffle, 'Convolution'],
  ['pspnet', resize('linear', 'align_corners', 2), 'Interp'],
  ['nearest', resize('nearest', 'asymmetric', 2), 'Upsample'],
  ['sophgo', resize('nearest', 'asymmetric', 3), 'Upsample'],
  ['synopsys', resize('nearest', 'asymmetric', 2), 'UpsampleDarknet'],
  ['segnet', resize('nearest', 'asymmetric', 2), 'Deconvolution'],
  ['ssd', one('LpNormalization', [2, 3, 4, 4], { axis: 1 }), 'Normalize'],
  ['synopsys', product, 'MatMul'],
  ['caffe_ocr', reversed, 'Reverse'],
  ['chuanqi305', relu6, 'ReLU6'],
  ['sophgo', one('Mish', [2, 3]), 'Mish'],
  ['synopsys', one('HardSwish', [2, 3]), 'HardSwish'],
  ['aovoc', one('HardSwish', [2, 3]), 'HSwish'],
  ['aovoc', one('HardSigmoid', [2, 3], { alpha: { float: 1 / 6 } }), 'HSigmoid'],
  ['synopsys', one('HardSigmoid', [2, 3], { alpha: { float: 0.3 } }), 'HardSigmoid'],
  ['caffe-1.0', relu6, 'ReLU Power ReLU Power'],
];

describe('a layer of the target', () => {
  test.each(CASES)('%s', async (target, model, types) => {
    const checked = await checkImport(model, { target });
    expect(checked.types.join(' ')).toBe(types);
    const { net, schema } = checked.imported;
    const text = formatPrototxt(net, { schema });
    expect(formatPrototxt(parsePrototxt(text, { schema }), { schema })).toBe(text);
  });

  test('every row of the table has a case', () => {
    const used = new Set(CASES.flatMap(([, , types]) => types.split(' ')));
    const missing = FORK_LAYERS.filter(({ type }) => !used.has(type.replace(/\..*/, '')));
    expect(missing).toEqual([]);
  });
});

async function refusal(model: ModelInput, target: string): Promise<NetspecError> {
  return importOnnx(onnxModel(model), { target }).then(
    () => {
      throw new Error('expected a refusal');
    },
    (error: unknown) => error as NetspecError,
  );
}

test('a layer that the target lacks is named, with the node that needs it', async () => {
  const error = await refusal(one('Elu', [2, 3]), 'fast-rcnn');
  expect(error).toBeInstanceOf(NetspecError);
  expect(error.message).toBe(
    `${forkSchema('fast-rcnn').title!} has no ELU:\n  ELU: node 'y' (Elu) needs layer 'y'\nhint: cut the model with options.outputs or options.inputs, or name another options.target`,
  );
});

test('a target that is none is refused, with the nearest', async () => {
  expect((await refusal(one('Relu', [2]), 'sdd')).message).toContain("there is no target 'sdd'");
});
