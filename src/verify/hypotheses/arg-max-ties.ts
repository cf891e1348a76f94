/** arg-max-ties: the layer and the reference chose different ones of equal values. */
import { resolve } from '../../proto/message.js';
import { product } from '../../shapes.js';
import type { FloatTensor } from '../tensors.js';
import { referenceEdit } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';

export const argMaxTies: Hypothesis = {
  id: 'arg-max-ties',
  title: 'an ArgMax and the reference name different ones of equal values',
  *variants(suspect): Generator<Variant> {
    const ties = suspect.type === 'ArgMax' ? tiesOf(suspect) : undefined;
    if (!ties) return;
    const { places, axis, example } = ties;
    yield {
      label: 'ties',
      explanation:
        `${places.length} of its ${suspect.output.data.length} indices differ from the reference's, and at each of them what the layer reads has the ` +
        `same value at both: ${example}. Of equal values Caffe's ArgMax takes the last, numpy, PyTorch and ONNX Runtime the first; ` +
        'both are places of the largest.',
      change: {
        reference: ({ shape, data }) => {
          const taken = data.slice();
          for (const at of places) taken[at] = suspect.output.data[at]!;
          return { shape, data: taken };
        },
      },
      fix: referenceEdit(
        suspect,
        `np.argsort(-x, ${axis}, kind='stable')`,
        `x.shape[${axis}] - 1 - np.argsort(-np.flip(x, ${axis}), ${axis}, kind='stable')`,
      ),
    };
  },
};

interface Ties {
  /** Elements of the output that differ from the reference. */
  readonly places: readonly number[];
  readonly axis: number;
  /** `x[4] and x[9] are 0.25`, of the first of them. */
  readonly example: string;
}

/** Undefined where an index differs for another reason, or the layer gives values. */
function tiesOf({ param, bottoms: [x], output, reference }: Suspect): Ties | undefined {
  const { axis: given, out_max_val: givesValues, top_k: topK } = resolve('ArgMaxParameter', param.argmax_param);
  if (!x || !reference || givesValues || reference.data.length !== output.data.length) return undefined;
  // Without an axis the layer looks at everything but the first.
  const axis = param.argmax_param?.axis === undefined ? 1 : given < 0 ? given + x.shape.length : given;
  const hasAxis = param.argmax_param?.axis !== undefined;
  const length = hasAxis ? x.shape[axis]! : product(x.shape, 1);
  const stride = hasAxis ? product(x.shape, axis + 1) : 1;
  const lines = { x, length, stride, topK };
  const places: number[] = [];
  let example = '';
  for (let at = 0; at < output.data.length; at++) {
    const [own, other] = [output.data[at]!, reference.data[at]!];
    if (own === other) continue;
    const [a, b] = [valueAt(lines, at, own), valueAt(lines, at, other)];
    if (a === undefined || a !== b) return undefined;
    if (places.length === 0)
      example = `at ${Math.min(own, other)} and at ${Math.max(own, other)} it is ${Number(a.toPrecision(6))}`;
    places.push(at);
  }
  return places.length > 0 ? { places, axis, example } : undefined;
}

/** What is at an index of the line that an element of the output is of. */
function valueAt(
  { x, length, stride, topK }: { x: FloatTensor; length: number; stride: number; topK: number },
  at: number,
  index: number,
): number | undefined {
  if (!Number.isInteger(index) || index < 0 || index >= length) return undefined;
  const outer = Math.floor(at / (topK * stride));
  return x.data[(outer * length + index) * stride + (at % stride)];
}
