/** What it may mean that a tensor has another shape than the blob it is for: facts that lead on, and what to do. */
import { formatShape } from '../../proto/blob-proto.js';
import { product, sameShape } from '../../shapes.js';
import type { ShapedNet, Target } from './net-to-fill.js';
import { roundedUp } from './rounding.js';

type Shape = readonly number[];

export interface Mismatch {
  readonly net: ShapedNet;
  readonly target: Target;
  /** Which of the layer's blobs. */
  readonly blob: number;
  readonly wanted: Shape;
  readonly given: Shape;
  /** The tensor was to be taken as it is. */
  readonly asIs: boolean;
}

export interface ShapeAdvice {
  /** What is so, to stand behind the message. */
  readonly facts?: string;
  readonly hint?: string;
}

/** One row for each kind of mismatch that people meet; the first that knows something of a mismatch is asked no further. */
const KINDS: readonly ((mismatch: Mismatch) => ShapeAdvice | undefined)[] = [
  sharedSlope,
  turnedMatrix,
  channelsLast,
  matrixColumns,
  inputChannels,
  outputs,
];

/** The advice to a mismatch; undefined where nothing is known. */
export function shapeAdvice(mismatch: Mismatch): ShapeAdvice | undefined {
  for (const kind of KINDS) {
    const advice = kind(mismatch);
    if (advice) return advice;
  }
  return undefined;
}

/** PReLU: one slope for all channels, or one for each. */
function sharedSlope({ target: { layer }, wanted, given }: Mismatch): ShapeAdvice | undefined {
  if (layer.type !== 'PReLU') return undefined;
  const [slopes, channels] = [product(given), product(wanted)];
  if (slopes === 1 && channels > 1)
    return {
      hint: 'the source has one slope for all channels, as nn.PReLU() has: write prelu_param { channel_shared: true }',
    };
  if (channels === 1 && slopes > 1 && layer.prelu_param?.channel_shared)
    return { hint: `the source has ${slopes} slopes, one for each channel: remove channel_shared: true` };
  return undefined;
}

/** A matrix that lies the other way round. */
function turnedMatrix({ wanted, given, asIs }: Mismatch): ShapeAdvice | undefined {
  const flat = wanted.slice(2).every((dim) => dim === 1) ? wanted.slice(0, 2) : wanted;
  if (!asIs || given.length !== 2 || !sameShape([given[1]!, given[0]!], flat)) return undefined;
  return {
    hint: 'the matrix lies the other way round: a rule of a rule file turns it with "transform": ["transpose"]',
  };
}

/** A kernel of (height, width, inputs, outputs). */
function channelsLast({ wanted, given, asIs }: Mismatch): ShapeAdvice | undefined {
  if (!asIs || given.length !== 4) return undefined;
  const [height, width, inputs, count] = given as [number, number, number, number];
  if (!sameShape([count, inputs, height, width], wanted)) return undefined;
  return {
    hint:
      'the kernel has its channels last, as TensorFlow and Keras have them: a rule of a rule file brings it into order ' +
      'with "transform": [{ "permute": [3, 2, 0, 1] }]',
  };
}

/** An inner product that reads an image of another size. */
function matrixColumns(mismatch: Mismatch): ShapeAdvice | undefined {
  const { target, blob, wanted, given } = mismatch;
  const { layer } = target;
  const { input } = target.blobs[0]!;
  if (layer.type !== 'InnerProduct' || blob !== 0 || given.length !== 2 || wanted.length !== 2) return undefined;
  const turned = layer.inner_product_param?.transpose ?? false;
  const [rows, columns] = turned ? [1, 0] : [0, 1];
  if (given[rows] !== wanted[rows] || input === undefined) return undefined;
  const reads = `it reads ${formatShape(input.slice(1))} of '${layer.bottom?.[0] ?? ''}'`;
  const [, channels, height, width] = input;
  const count = given[columns]!;
  if (input.length !== 4 || channels === undefined || height === undefined || width === undefined)
    return { facts: reads };
  if (count % channels !== 0)
    return { facts: `${reads}, and the source's ${count} columns are no multiple of its ${channels} channels` };
  const size = sizeOf(count / channels, height, width);
  const facts = `${reads}, the source's ${count} columns are ${channels} x ${size?.join(' x ') ?? count / channels}`;
  const hint = size && roundedUp(mismatch.net, layer, { height: size[0], width: size[1], columns: count });
  return { facts, ...(hint && { hint }) };
}

/** Height and width of an image of so many pixels, near another's size; undefined where no pair suggests itself. */
function sizeOf(pixels: number, height: number, width: number): [number, number] | undefined {
  const pairs: [number, number][] = [];
  for (let h = 1; h <= pixels; h++) if (pixels % h === 0) pairs.push([h, pixels / h]);
  const distance = ([h, w]: [number, number]) => Math.abs(h / w - height / width);
  const [best] = pairs.sort((a, b) => distance(a) - distance(b));
  return best && Math.abs(best[0] - height) <= Math.max(2, height / 2) ? best : undefined;
}

/** A kernel for another number of input channels: a group that lacks, or another bottom. */
function inputChannels({ net, target, blob, wanted, given }: Mismatch): ShapeAdvice | undefined {
  const { layer } = target;
  if (layer.type !== 'Convolution' || blob !== 0 || wanted.length !== given.length || wanted.length < 3)
    return undefined;
  const [has, wants] = [given[1]!, wanted[1]!];
  if (given[0] !== wanted[0] || has === wants || !sameShape(given.slice(2), wanted.slice(2))) return undefined;
  const group = layer.convolution_param?.group ?? 1;
  const channels = wants * group;
  const bottom = layer.bottom?.[0] ?? '';
  const [, inBlob] = net.blobs.get(bottom) ?? [];
  const facts = `the source's kernel reads ${has} channels${inBlob === undefined ? '' : `, '${bottom}' has ${inBlob}`}`;
  if (channels % has === 0 && wanted[0]! % (channels / has) === 0)
    return { facts, hint: `with group: ${channels / has} in convolution_param it fits` };
  return { facts };
}

/** Another number of outputs: other classes, another width. */
function outputs({ target: { layer }, blob, wanted, given }: Mismatch): ShapeAdvice | undefined {
  const param = layer.type === 'Convolution' || layer.type === 'InnerProduct';
  if (!param || blob !== 0 || wanted.length !== given.length || wanted[0] === given[0]) return undefined;
  if (layer.inner_product_param?.transpose || !sameShape(wanted.slice(1), given.slice(1))) return undefined;
  return { facts: `the source has ${given[0]!} outputs, num_output is ${wanted[0]!}` };
}
