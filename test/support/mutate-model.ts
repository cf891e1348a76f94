/**
 * ONNX models that are well-formed and wrong: numbers, shapes, names and operators changed before the model is encoded, so that what
 * comes after the reader is reached. The same seed makes the same models.
 */
import { randomBelow } from './mutate.js';
import type { AttributeInput, ModelInput, NodeInput, TensorInput } from './onnx-model.js';

/** Numbers at which shapes, axes and windows go wrong. */
const NUMBERS = [
  -(2 ** 53),
  -(2 ** 31),
  -5,
  -2,
  -1,
  0,
  1,
  2,
  3,
  5,
  7,
  64,
  1000,
  2 ** 16,
  2 ** 26,
  2 ** 31,
  2 ** 40,
  2 ** 53,
];
const FLOATS = [NaN, Infinity, -Infinity, 0, -1, 0.3, 1e-38, 1e38];
const TYPES = ['float', 'int64', 'int32', 'bool', 'double', 'uint8'] as const;

type Below = (limit: number) => number;

/** @param operators what an operator may be exchanged for */
export function mutateModel(model: ModelInput, seed: number, operators: readonly string[]): ModelInput {
  const below = randomBelow(seed);
  let mutated = model;
  for (let times = 1 + below(3); times > 0; times--) mutated = once(mutated, below, operators);
  return mutated;
}

function once(model: ModelInput, below: Below, operators: readonly string[]): ModelInput {
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const changedNode = (change: (node: NodeInput) => NodeInput): ModelInput => {
    const at = below(model.nodes.length);
    return { ...model, nodes: model.nodes.map((node, i) => (i === at ? change(node) : node)) };
  };
  const names = [
    ...Object.keys(model.inputs ?? {}),
    ...Object.keys(model.constants ?? {}),
    ...model.nodes.flatMap(({ outputs }) => outputs),
    '',
  ];
  switch (below(11)) {
    case 0:
      return changedNode((node) => ({ ...node, op: pick(operators) }));
    case 1:
    case 2:
      return changedNode((node) => ({ ...node, attributes: changedAttributes(node, below) }));
    case 3:
      return changedNode((node) => {
        const at = below(node.inputs.length + 1);
        const inputs = [...node.inputs];
        inputs[at] = pick(names);
        return { ...node, inputs };
      });
    case 4:
      return changedNode((node) => ({ ...node, inputs: node.inputs.slice(0, below(node.inputs.length + 1)) }));
    case 5:
      return changedNode((node) => ({ ...node, outputs: [...node.outputs.slice(below(2)), pick(names)] }));
    case 6:
    case 7:
      return withTensor(model, pick(Object.keys(model.constants ?? {})), (tensor) => changedTensor(tensor, below));
    case 8: {
      const [name, shape] = pick(Object.entries(model.inputs ?? {}));
      return { ...model, inputs: { ...model.inputs, [name]: changedList(shape as readonly number[], below) } };
    }
    case 9:
      return { ...model, opset: pick([1, 5, 6, 7, 9, 10, 11, 12, 13, 17, 18, 22]) };
    default:
      return { ...model, outputs: [pick(names), ...model.outputs.slice(below(2))] };
  }
}

function changedAttributes({ attributes = {} }: NodeInput, below: Below): NodeInput['attributes'] {
  const keys = Object.keys(attributes);
  const key = keys.length > 0 && below(4) > 0 ? keys[below(keys.length)]! : EXTRA[below(EXTRA.length)]!;
  return { ...attributes, [key]: changedAttribute(attributes[key], below) };
}

/** Attributes that operators look for and these models do not have. */
const EXTRA = [
  'axis',
  'axes',
  'pads',
  'strides',
  'dilations',
  'group',
  'perm',
  'keepdims',
  'auto_pad',
  'mode',
  'hidden_size',
];

function changedAttribute(value: AttributeInput | undefined, below: Below): AttributeInput | undefined {
  const number = NUMBERS[below(NUMBERS.length)]!;
  switch (below(6)) {
    case 0:
      return undefined;
    case 1:
      return ['SAME_UPPER', 'VALID', 'reflect', 'linear', 'cubic', ''][below(6)]!;
    case 2:
      return { float: FLOATS[below(FLOATS.length)]! };
    case 3:
      return Array.from({ length: below(7) }, () => NUMBERS[below(NUMBERS.length)]!);
    default:
      return Array.isArray(value) ? changedList(value as readonly number[], below) : number;
  }
}

function changedList(list: readonly number[], below: Below): number[] {
  const changed = [...list];
  const at = below(changed.length + 1);
  switch (below(4)) {
    case 0:
      changed.splice(at, 1);
      break;
    case 1:
      changed.splice(at, 0, NUMBERS[below(NUMBERS.length)]!);
      break;
    default:
      changed[at] = NUMBERS[below(NUMBERS.length)]!;
  }
  return changed;
}

function changedTensor(tensor: TensorInput, below: Below): TensorInput {
  switch (below(4)) {
    case 0:
      return { ...tensor, shape: changedList(tensor.shape, below).filter((dim) => dim >= 0) };
    case 1:
      return { ...tensor, type: TYPES[below(TYPES.length)]! };
    default: {
      const data = Array.from(tensor.data);
      if (data.length > 0) data[below(data.length)] = NUMBERS[below(NUMBERS.length)]!;
      return { ...tensor, data };
    }
  }
}

function withTensor(model: ModelInput, name: string, change: (tensor: TensorInput) => TensorInput): ModelInput {
  const tensor = model.constants?.[name];
  return tensor ? { ...model, constants: { ...model.constants, [name]: change(tensor) } } : model;
}
