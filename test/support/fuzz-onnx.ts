/** Damaged ONNX models: each must be imported or refused in words, with no more memory than it is worth. */
import { NetspecError } from '../../src/errors.js';
import { importOnnx } from '../../src/onnx/index.js';
import { OPERATORS } from '../../src/onnx/operators/index.js';
import { mutate, randomBelow } from './mutate.js';
import { mutateModel } from './mutate-model.js';
import { onnxModel, type ModelInput, type NodeInput } from './onnx-model.js';

const node = (
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: NodeInput['attributes'] = {},
): NodeInput => ({ op, inputs, outputs, attributes });
const ints = (...data: number[]) => ({ shape: [data.length], data, type: 'int64' as const });

/** What is damaged: operators of every family, chains over shapes, a condition, a function. */
export const MODELS: readonly ModelInput[] = [
  {
    nodes: [
      node('Conv', ['x', 'w', 'b'], ['a'], { pads: [0, 0, 1, 1], strides: [2, 2], kernel_shape: [3, 3] }),
      node('BatchNormalization', ['a', 'b', 'b', 'b', 'v'], ['n'], { epsilon: { float: 1e-3 } }),
      node('MaxPool', ['n'], ['p'], { kernel_shape: [2, 2], ceil_mode: 1 }),
      node('Shape', ['p'], ['s']),
      node('Slice', ['s', 'zero', 'one'], ['first']),
      node('Concat', ['first', 'rest'], ['shape'], { axis: 0 }),
      node('Reshape', ['p', 'shape'], ['f']),
      node('Gemm', ['f', 'm'], ['y'], { transB: 1 }),
    ],
    inputs: { x: ['N', 2, 6, 6] },
    constants: {
      w: { shape: [2, 2, 3, 3], data: Array.from({ length: 36 }, (_, i) => i / 36) },
      b: { shape: [2], data: [1, 2] },
      v: { shape: [2], data: [1, 2] },
      m: { shape: [3, 8], data: Array.from({ length: 24 }, (_, i) => i) },
      ...{ zero: ints(0), one: ints(1), rest: ints(-1) },
    },
    outputs: ['y'],
  },
  {
    nodes: [
      node('Resize', ['x', '', 'scales'], ['a'], { mode: 'linear' }),
      node('Transpose', ['a'], ['b'], { perm: [0, 2, 3, 1] }),
      node('Split', ['b', 'parts'], ['c', 'd'], { axis: -1 }),
      node('Pad', ['c', 'pads'], ['e'], { mode: 'reflect' }),
      node('Tile', ['d', 'times'], ['t']),
      node('ReduceMean', ['e'], ['m'], { axes: [1, 2], keepdims: 0 }),
      node('Softmax', ['t'], ['s'], { axis: 1 }),
    ],
    inputs: { x: [1, 3, 4, 4] },
    constants: {
      scales: { shape: [4], data: [1, 1, 2, 2] },
      ...{ parts: ints(1, 2), pads: ints(0, 1, 0, 0, 0, 1, 0, 0), times: ints(1, 1, 2, 1) },
    },
    outputs: ['m', 's'],
  },
  {
    nodes: [
      { ...node('Twice', ['x'], ['a']), domain: 'my' },
      node('Size', ['x'], ['n']),
      node('Greater', ['n', 'limit'], ['flag']),
      node('If', ['flag'], ['c'], {
        then_branch: { graph: { nodes: [node('Relu', ['a'], ['i'])], outputs: ['i'] } },
        else_branch: { graph: { nodes: [node('Tanh', ['a'], ['i'])], outputs: ['i'] } },
      }),
      node('ConstantOfShape', ['size'], ['zeros'], { value: { tensor: { shape: [1], data: [2] } } }),
      node('Range', ['from', 'to', 'by'], ['r']),
      node('Expand', ['c', 'size'], ['e']),
      node('LSTM', ['e', 'w', 'w'], ['h', '', ''], { hidden_size: 2 }),
    ],
    functions: [
      { name: 'Twice', domain: 'my', inputs: ['q'], outputs: ['b'], nodes: [node('Add', ['q', 'q'], ['b'])] },
    ],
    inputs: { x: [2, 1, 2] },
    constants: {
      limit: { shape: [], data: [3], type: 'int64' },
      size: ints(2, 1, 2),
      ...{ from: { shape: [], data: [0] }, to: { shape: [], data: [5] }, by: { shape: [], data: [1] } },
      w: { shape: [1, 8, 2], data: Array.from({ length: 16 }, (_, i) => i / 16) },
    },
    outputs: ['h', 'zeros', 'r'],
  },
];

const OPERATOR_NAMES = OPERATORS.filter(({ domain = '' }) => domain === '').map(({ type }) => type);

/** What a small file may hold in memory at once, in bytes: nets of small blobs, and constants that are computed. */
const WORKING_BYTES = 2 ** 28;

/**
 * Imports a damaged model.
 * @returns whether it was imported; a refusal in words is none
 * @throws Error for anything else that is thrown, and for memory beyond what the file is worth
 */
export async function damageModel(bytes: Uint8Array): Promise<boolean> {
  const before = process.memoryUsage().arrayBuffers;
  try {
    await importOnnx(new Uint8Array(bytes), { style: 'exact-bvlc', allowApproximate: true });
    return true;
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    if (error.message.length < 15) throw new Error(`tersely: ${error.message}`, { cause: error });
    return false;
  } finally {
    const taken = process.memoryUsage().arrayBuffers - before;
    // eslint-disable-next-line no-unsafe-finally -- what is thrown here says more than a refusal
    if (taken > WORKING_BYTES) throw new Error(`${taken} bytes taken for a file of ${bytes.length}`);
  }
}

/** Imports `runs` damaged models; a failure names its run. */
export async function fuzzModels(
  runs: number,
  seed: number,
): Promise<{ imported: number; refused: number; slowest: number }> {
  const originals = MODELS.map(onnxModel);
  let imported = 0;
  let slowest = 0;
  for (let run = 0; run < runs; run++) {
    const below = randomBelow(seed * 1_000_003 + run);
    const original = originals[below(originals.length)]!;
    const number = seed * 1_000_003 + run;
    // Half of them are damaged as bytes, half as models.
    const damaged =
      below(2) === 0
        ? mutate(original, number)
        : onnxModel(mutateModel(MODELS[below(MODELS.length)]!, Math.imul(number, 0x9e3779b1), OPERATOR_NAMES));
    const start = performance.now();
    try {
      if (await damageModel(damaged)) imported++;
    } catch (error) {
      throw new Error(`run ${run} of seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  return { imported, refused: runs - imported, slowest };
}
