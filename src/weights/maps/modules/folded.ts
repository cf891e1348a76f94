/** A convolution or inner product with the normalization behind it: weight · factor, (bias − mean) · factor + shift. */
import { NetspecError } from '../../../errors.js';
import { outputChannels, outputsOf } from '../../../layers/shared/weight-layout.js';
import type { WeightLayout } from '../../../layers/facts.js';
import { affineOfVectors, exceptional, inputsOf, normalizationForms, type Normalization } from '../frozen-bn.js';
import type { ParamBlob, Recipe } from '../map.js';
import { PYTORCH_NAMES } from '../tensor-names.js';
import { applyAll, shapeAfter } from '../transforms.js';
import { asFloat32 } from '../../elements.js';
import { moduleLayout, TRANSPOSE } from './matrices.js';

/**
 * The recipes of one blob of a layer that swallows a normalization.
 * @param tensor names a tensor of the layer's own module
 * @throws NetspecError for a layer that cannot hold one
 */
export function foldedRecipes(
  blob: ParamBlob,
  tensor: (name: string) => string,
  normalization: Normalization,
): Recipe[] {
  const { layer, index, count } = blob;
  const layout = moduleLayout(blob);
  if (!layout) throw new NetspecError(`a normalization cannot be folded into a layer of type ${layer.type ?? ''}`);
  if (count < 2)
    throw new NetspecError('a normalization cannot be folded into a layer without bias', {
      hint: 'remove bias_term: false from the layer',
    });
  return index === 1 ? biasRecipes(tensor, normalization) : weightRecipes(tensor, normalization, layout);
}

function biasRecipes(tensor: (name: string) => string, normalization: Normalization): Recipe[] {
  const { eps, names = PYTORCH_NAMES } = normalization;
  return normalizationForms(normalization).map((form): Recipe => {
    const { inputs, vectorsOf } = inputsOf(form, ['scale', 'variance', 'shift', 'mean']);
    const shift = form.shift === '' ? '' : ` + ${form.shift}`;
    return {
      inputs: [{ name: tensor(names.bias), optional: true }, ...inputs],
      eps,
      ...exceptional(form),
      operation: `(${names.bias} − ${names.mean}) · ${form.factor}${shift}`,
      compute: ([bias, ...values]) => {
        const { factor, offset } = affineOfVectors(vectorsOf(values), eps);
        return Float32Array.from(offset, (value, i) => value + (bias?.[i] ?? 0) * factor[i]!);
      },
    };
  });
}

function weightRecipes(tensor: (name: string) => string, normalization: Normalization, layout: WeightLayout): Recipe[] {
  const { eps, names = PYTORCH_NAMES } = normalization;
  const transposed = layout.transposed ? TRANSPOSE : [];
  return normalizationForms(normalization).map((form): Recipe => {
    const { inputs, vectorsOf } = inputsOf(form, ['scale', 'variance']);
    return {
      inputs: [{ name: tensor(names.weight) }, ...inputs],
      eps,
      ...exceptional(form),
      operation: `${names.weight} · ${form.factor}${transposed.length > 0 ? ', transpose' : ''}`,
      shapeOf: ([shape, ...others]) => {
        const outputs = outputsOf(layout, shape!);
        for (const other of others)
          if (other && (other.length !== 1 || other[0] !== outputs))
            throw new NetspecError(`the normalization has ${other.join('x')} channels, the weight ${outputs}`);
        return shapeAfter(transposed, [shape!]);
      },
      compute: ([weight, ...values], _count, [shape]) => {
        const { factor } = affineOfVectors(vectorsOf(values), eps);
        const channel = outputChannels(layout, shape!);
        const data = Float32Array.from(weight!, (value, i) => value * factor[channel(i)]!);
        return asFloat32(applyAll(transposed, [{ data, shape: shape! }]).data);
      },
    };
  });
}
