/**
 * Kernels as Keras and TensorFlow hold them, channels last: convolutions (height, width, inputs, outputs), depthwise ones
 * (height, width, inputs, multiplier), matrices (inputs, outputs) whose inputs may be a flattened (height, width, channels).
 */
import { product, sameShape, withoutOnes } from '../../../shapes.js';
import type { ParamBlob, Recipe } from '../map.js';
import { applyAll, parseTransform, shapeAfter, type Transform } from '../transforms.js';
import { asFloat32 } from '../../elements.js';

/** Names of the tensor that a layer's first blob is made of, by the layer's type; a kernel where none is given. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  Convolution: ['kernel', 'depthwise_kernel', 'pointwise_kernel'],
  PReLU: ['alpha'],
  Embed: ['embeddings'],
};

/** The recipe of a layer's first blob. @param tensor names a tensor of the layer's module */
export function kernelRecipes(tensor: (name: string) => string, blob: ParamBlob): Recipe[] {
  const [name, ...others] = NAMES[blob.layer.type ?? ''] ?? ['kernel'];
  return [
    kernelRecipe(tensor(name!), blob),
    ...others.map((other) => ({ ...kernelRecipe(tensor(other), blob), fallback: true })),
  ];
}

/** What may have to be done to a kernel, the likeliest first: the first that gives the blob's shape is taken. */
function kernelRecipe(name: string, blob: ParamBlob): Recipe {
  const { shape: wanted } = blob;
  const chosen = (from: readonly number[]) => {
    const forms = formsOf(from, blob);
    return forms.find((steps) => fits(steps, from, wanted)) ?? forms[0]!;
  };
  return {
    inputs: [{ name }],
    operation: ([shape]) =>
      chosen(shape!)
        .map(({ label }) => label)
        .join(', ') || undefined,
    shapeOf: ([shape]) => shapeAfter(chosen(shape!), [shape!]),
    compute: ([data], _count, [shape]) => asFloat32(applyAll(chosen(shape!), [{ data: data!, shape: shape! }]).data),
  };
}

function fits(steps: readonly Transform[], from: readonly number[], wanted: readonly number[]): boolean {
  return sameShape(withoutOnes(shapeAfter(steps, [from])), withoutOnes(wanted));
}

function formsOf(from: readonly number[], { layer, input }: ParamBlob): Transform[][] {
  const rank = from.length;
  const asIs: Transform[] = [];
  if (layer.type === 'PReLU' || layer.type === 'Embed' || rank < 2) return [asIs];
  if (rank === 2) {
    const turned = [parseTransform('transpose')];
    const matrix = (layer.type === 'InnerProduct' ? fromChannelsLast(from, input) : undefined) ?? turned;
    return layer.inner_product_param?.transpose ? [[...matrix, ...turned]] : [matrix, asIs];
  }
  const spatial = from.slice(2).map((_, axis) => axis);
  const [inputs, outputs] = [rank - 2, rank - 1];
  const depthwise = [
    parseTransform({ permute: [inputs, outputs, ...spatial] }),
    parseTransform({ reshape: [from[inputs]! * from[outputs]!, 1, ...from.slice(0, -2)] }),
  ];
  const usual = [parseTransform({ permute: [outputs, inputs, ...spatial] })];
  return product(from) === 0 ? [usual] : [usual, depthwise, asIs];
}

/** A matrix behind Flatten: its rows go by height, width and channel, those of Caffe's by channel, height and width. */
function fromChannelsLast(from: readonly number[], input: readonly number[] | undefined): Transform[] | undefined {
  if (input?.length !== 4) return undefined;
  const [, channels, height, width] = input as [number, number, number, number];
  if (height * width === 1 || channels === 1 || channels * height * width !== from[0]) return undefined;
  return [
    parseTransform({ reshape: [height, width, channels, from[1]!] }),
    parseTransform({ permute: [3, 2, 0, 1] }),
    parseTransform({ reshape: [from[1]!, from[0]] }),
  ];
}
