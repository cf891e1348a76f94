/** flatten-order: an inner product reads a flattened image, whose values stand in another order. */
import { product, sameShape } from '../../shapes.js';
import { range, reshaped, transpose, type FloatTensor } from '../tensors.js';
import { isSameOrder } from './axis-order.js';
import { bothEdits, packingEdit, referenceEdit } from './edits.js';
import type { Hypothesis, PrototxtFix, Suspect, Variant } from './hypothesis.js';

interface Flattened {
  readonly names: string;
  /** Which of channels, height and width each axis is. */
  readonly axes: readonly number[];
  readonly of: string;
}

/** How images are flattened elsewhere, the likeliest first. */
const FLATTENED: readonly Flattened[] = [
  { names: 'height, width, channels', axes: [1, 2, 0], of: ', as TensorFlow has it' },
  { names: 'width, height, channels', axes: [2, 1, 0], of: ', as ports of MATLAB models have it' },
  { names: 'channels, width, height', axes: [0, 2, 1], of: '' },
];

export const flattenOrder: Hypothesis = {
  id: 'flatten-order',
  title: 'an image is flattened in another order: channels last, or width before height',
  async *variants(suspect): AsyncGenerator<Variant> {
    if (suspect.type === 'InnerProduct') {
      yield* ofRows(suspect);
      const [weights, ...others] = suspect.blobs;
      const { transpose: isTransposed = false } = suspect.param.inner_product_param ?? {};
      const image = (await suspect.surroundings.formerShapes(0)).find(isImage);
      if (!weights || !image || isTransposed || product(image, 1) !== weights.shape[1]) return;
      const [, c, h, w] = image as [number, number, number, number];
      const outputs = weights.shape[0]!;
      for (const { names, axes, of } of FLATTENED) {
        const sizeOf = (axis: number) => [c, h, w][axis]!;
        const lies = axes.map(sizeOf);
        const moved = [0, ...range(3).map((axis) => axes.indexOf(axis) + 1)];
        if (isSameOrder(axes, sizeOf)) continue;
        yield {
          label: `${lies.join(' x ')} for ${c} x ${h} x ${w}`,
          explanation:
            `the columns of the weights are for an image flattened as ${names} (${lies.join(' x ')})${of}; Caffe flattens ` +
            `channels, height, width (${c} x ${h} x ${w}).`,
          change: {
            blobs: () => [reshaped(transpose(reshaped(weights, [outputs, ...lies]), moved), weights.shape), ...others],
          },
          fix: packingEdit(
            suspect,
            'weight',
            'w',
            `w.reshape(${[outputs, ...lies].join(', ')}).transpose(${moved.join(', ')}).reshape(w.shape)`,
          ),
        };
      }
      return;
    }
    const [x] = suspect.bottoms;
    if (suspect.facts.sharesValues !== true || !x || !isImage(x.shape) || sameShape(x.shape, suspect.output.shape))
      return;
    // Weights of an inner product may be for either order; all else that reads it takes what the model gives.
    const isForWeights = suspect.surroundings.readers().some(({ type }) => type === 'InnerProduct');
    const lastly = (y: FloatTensor): FloatTensor => reshaped(transpose(x, [0, 2, 3, 1]), y.shape);
    yield {
      label: 'channels last',
      explanation:
        'the reference is flattened as height, width, channels; Caffe flattens channels, height, width. ' +
        (isForWeights
          ? 'The weights of the inner product after it must be for that order too.'
          : "A detector's scores and boxes are permuted before they are flattened."),
      change: { output: lastly },
      fix: isForWeights
        ? referenceEdit(suspect, 'x.reshape(len(x), -1)', 'x.transpose(0, 3, 1, 2).reshape(len(x), -1)')
        : permuteBefore(suspect),
    };
  },
};

/** An inner product whose outputs are made an image afterwards: its rows are in the order of that image. */
function* ofRows({ blobs, param, surroundings, output, name }: Suspect): Generator<Variant> {
  const [weights, bias] = blobs;
  const image = surroundings.continuations(output).find(({ output: { shape } }) => isImage(shape))?.output.shape;
  if (!weights || !image || param.inner_product_param?.transpose || product(image, 1) !== weights.shape[0]) return;
  const [, c, h, w] = image as [number, number, number, number];
  const inputs = weights.shape[1]!;
  const moved = [
    reshaped(transpose(reshaped(weights, [h, w, c, inputs]), [2, 0, 1, 3]), weights.shape),
    ...(bias ? [reshaped(transpose(reshaped(bias, [h, w, c]), [2, 0, 1]), bias.shape)] : []),
  ];
  const rows = packingEdit(
    { name },
    'weight',
    'w',
    `w.reshape(${h}, ${w}, ${c}, -1).transpose(2, 0, 1, 3).reshape(w.shape)`,
  );
  const offsets = packingEdit({ name }, 'bias', 'b', `b.reshape(${h}, ${w}, ${c}).transpose(2, 0, 1).reshape(-1)`);
  yield {
    label: `rows for ${h} x ${w} x ${c}`,
    explanation:
      `the rows of the weights are for an image of height, width, channels (${h} x ${w} x ${c}), as TensorFlow has it; what ` +
      `becomes an image behind this layer has channels, height, width (${c} x ${h} x ${w}).`,
    change: { blobs: () => moved },
    fix: bias ? bothEdits(rows, offsets) : rows,
  };
}

/** A Permute to height, width, channels in front. */
function permuteBefore({ name, param }: Suspect): PrototxtFix {
  const permuted = `${name}_permuted`;
  const permute = {
    ...{ name: permuted, type: 'Permute', bottom: param.bottom, top: [permuted] },
    permute_param: { order: [0, 2, 3, 1] },
  };
  return { place: 'prototxt', before: [param], after: [permute, { ...param, bottom: [permuted] }] };
}

/** Four axes, more than one channel and more than one pixel: only then is there an order to mistake. */
function isImage(shape: readonly number[]): boolean {
  return shape.length === 4 && shape[1]! > 1 && shape[2]! * shape[3]! > 1;
}
