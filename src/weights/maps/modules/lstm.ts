/**
 * LSTM layers from the modules of PyTorch and Keras. Both order the gates' rows i, f, g, o, Caffe i, f, o, g. PyTorch has two
 * biases, which add; Keras' matrices lie the other way round.
 */
import type { ParamBlob, Recipe, RecipeInput } from '../map.js';
import type { TensorNames } from '../tensor-names.js';
import { applyAll, parseTransform, shapeAfter, type Transform } from '../transforms.js';
import { asFloat32 } from '../../elements.js';

const GATES = parseTransform({ reorder: { axis: 0, order: [0, 1, 3, 2] } });
const TURN = parseTransform('transpose');
const SUM = parseTransform('sum');

/** What PyTorch puts behind a tensor's name: the layer of a stack and the direction; a cell has neither. */
const PLACE = /^(.*?)[._/](l\d+)?(?:[._/]?(reverse))?$/;

/** The recipes of one blob. @param module name of the module; `lstm_l1` and `lstm_reverse` are those parts of `lstm` */
export function lstmRecipes(
  blob: ParamBlob,
  module: string,
  { names, separator }: { names: TensorNames; separator: string },
): Recipe[] {
  const { index, count } = blob;
  const tensor = (owner: string, name: string) => (owner === '' ? name : owner + separator + name);
  // A third blob of four is that of a static input, which these frameworks do not have.
  const part = index === 0 ? 'ih' : index === 1 ? 'bias' : index === count - 1 ? 'hh' : undefined;
  const plain = {
    inputs: [{ name: tensor(module, part === 'bias' ? names.bias : index === 0 ? names.weight : String(index)) }],
  };
  if (part === undefined) return [plain];
  const torch = placesOf(module).flatMap(({ owner, suffix }, i) =>
    torchRecipes(part, (name) => tensor(owner, name + suffix)).map((recipe) =>
      i > 0 ? { ...recipe, fallback: true } : recipe,
    ),
  );
  const keras = kerasRecipes(part, (name) => tensor(module, name));
  const first = names.weight === 'kernel' ? [...keras, ...quiet(torch)] : [...torch, ...quiet(keras)];
  // Another caffemodel's blobs are as they are to be.
  return [...first, { ...plain, fallback: true }];
}

/** The modules and suffixes that a layer's name may mean, the likeliest first. */
function placesOf(module: string): { owner: string; suffix: string }[] {
  const whole = [
    { owner: module, suffix: '_l0' },
    { owner: module, suffix: '' },
  ];
  const [, owner, layer, direction] = PLACE.exec(module) ?? [];
  if (owner === undefined || (layer === undefined && direction === undefined)) return whole;
  return [{ owner, suffix: `_${layer ?? 'l0'}${direction === undefined ? '' : '_reverse'}` }, ...whole];
}

function torchRecipes(part: 'ih' | 'bias' | 'hh', tensor: (name: string) => string): Recipe[] {
  if (part !== 'bias') return [reordered([{ name: tensor(`weight_${part}`) }], [GATES])];
  const biases = ['bias_ih', 'bias_hh'].map((name) => ({ name: tensor(name) }));
  return [
    reordered(biases, [SUM, GATES]),
    noBias(
      tensor('weight_hh'),
      biases.map(({ name }) => name),
    ),
  ];
}

function kerasRecipes(part: 'ih' | 'bias' | 'hh', tensor: (name: string) => string): Recipe[] {
  // Since Keras 2.3 a layer has its tensors in a cell.
  return ['', 'lstm_cell/', 'cell/']
    .flatMap((cell) => {
      const named = (name: string) => tensor(cell + name);
      if (part === 'bias')
        return [
          reordered([{ name: named('bias') }], [GATES], [named('recurrent_kernel')]),
          noBias(named('recurrent_kernel'), [named('bias')]),
        ];
      return [
        reordered(
          [{ name: named(part === 'ih' ? 'kernel' : 'recurrent_kernel') }],
          [TURN, GATES],
          [named('recurrent_kernel')],
        ),
      ];
    })
    .map((recipe, i) => (i === 0 ? recipe : { ...recipe, fallback: true }));
}

function reordered(
  inputs: readonly RecipeInput[],
  steps: readonly Transform[],
  requires: readonly string[] = [],
): Recipe {
  return {
    inputs,
    requires,
    operation: steps.map(({ label }) => label).join(', '),
    shapeOf: (shapes) => shapeAfter(steps, shapes as readonly (readonly number[])[]),
    compute: (values, _count, shapes) =>
      asFloat32(
        applyAll(
          steps,
          values.map((data, i) => ({ data: data!, shape: shapes[i]! })),
        ).data,
      ),
  };
}

/** Caffe's layer always has a bias. */
function noBias(matrix: string, biases: readonly string[]): Recipe {
  return {
    inputs: [],
    requires: [matrix],
    without: biases,
    fallback: true,
    operation: 'constant 0, for the module has no bias',
    compute: (_inputs, count) => new Float32Array(count),
  };
}

function quiet(recipes: readonly Recipe[]): Recipe[] {
  return recipes.map((recipe) => ({ ...recipe, fallback: true }));
}
