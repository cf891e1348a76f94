/**
 * channels-last: references that all have their channels last, as TensorFlow and Keras give them. That is found by their
 * shapes, once for all of them; each is turned before it is compared.
 */
import type { Tensor, TensorInfo, WeightSource } from '../weights/source.js';
import type { ClaimState } from './claim-state.js';
import { sameDimensions } from './claims.js';
import type { Mend } from './causes.js';
import type { Cause } from './diagnosis.js';
import type { LayerResult } from './result.js';
import { asFloats, transpose, type FloatTensor } from './tensors.js';

/** How Caffe's axes are taken from an image's whose channels are last, by the number of axes. */
const AXES: Readonly<Record<number, readonly number[]>> = { 3: [2, 0, 1], 4: [0, 3, 1, 2] };

/** References that are turned. */
export interface TurnedReferences {
  /** All references, those among them that are images with their channels first. */
  readonly source: WeightSource;
  /** Names of those that were turned. */
  readonly names: ReadonlySet<string>;
}

/**
 * The references with their channels first; undefined unless all images among those that were compared have the shape of
 * their places that way, two or more have not the other way, and none agrees as it is.
 * @param shapeOf the shape of a place's blob
 */
export function turnedReferences(
  states: readonly ClaimState[],
  source: WeightSource,
  shapeOf: (state: ClaimState, place: number) => readonly number[],
): TurnedReferences | undefined {
  const images = states.filter(({ claim }) => isImage(claim.reference));
  const fits = (state: ClaimState, shape: readonly number[]): boolean =>
    state.claim.places.some((_, place) => sameDimensions(shape, shapeOf(state, place)));
  const differing = images.filter((state) => !fits(state, state.claim.reference.shape));
  if (differing.length < 2 || images.some((state) => state.found !== undefined)) return undefined;
  if (!images.every((state) => fits(state, turnedShape(state.claim.reference.shape)))) return undefined;
  const names = new Set(
    source
      .list()
      .filter(isImage)
      .map(({ name }) => name),
  );
  return { names, source: turnedSource(source, names) };
}

/** The cause and its mend: stated once, for all. */
export function channelsLastMend(first: LayerResult, count: number, names: ReadonlySet<string>): Mend {
  const { name, top, type, comparison, shape } = first;
  const lies = shape.length === 4 ? [shape[0]!, shape[2]!, shape[3]!, shape[1]!] : [...shape.slice(1), shape[0]!];
  const cause: Cause = {
    ...{ id: 'reference-layout', at: name, atTop: top, layer: name, type, outcome: 'matches' },
    label: 'NHWC: channels last, all of them',
    comparison: comparison!,
    explanation:
      `all ${count} references that are images have their channels last: '${first.reference!}' is ${lies.join('x')}, Caffe's blob ` +
      `${shape.join('x')}. They were turned before they were compared.`,
    fix: [
      '# what is saved as reference, instead of np.save(name, y), for each that has 4 axes',
      'np.save(name, y.transpose(0, 3, 1, 2))',
      '',
    ].join('\n'),
    fixPlace: 'reference',
    alternatives: [],
  };
  const turn = (reference: FloatTensor): FloatTensor => asFloats(turned(reference));
  return {
    cause,
    layer: name,
    values: {},
    inputs: new Map(),
    references: new Map([...names].map((each) => [each, turn])),
  };
}

/** Each reference turned, if it is one of those. */
export function turnedSource(source: WeightSource, names: ReadonlySet<string>): WeightSource {
  return {
    description: source.description,
    list: () =>
      source.list().map((info) => (names.has(info.name) ? { ...info, shape: turnedShape(info.shape) } : info)),
    read: async (name) => {
      const tensor = await source.read(name);
      return names.has(name) ? turned(tensor) : tensor;
    },
    close: () => source.close(),
  };
}

/** An image with its channels first. */
export function turned(tensor: Tensor): Tensor {
  return transpose(asFloats(tensor), AXES[tensor.shape.length]!);
}

function turnedShape(shape: readonly number[]): readonly number[] {
  return (AXES[shape.length] ?? shape.map((_, axis) => axis)).map((axis) => shape[axis]!);
}

/** Whether there is an order to mistake: several channels, and several pixels. */
function isImage({ shape }: TensorInfo): boolean {
  const axes = AXES[shape.length];
  if (!axes) return false;
  const [channels, height, width] = turnedShape(shape).slice(-3) as [number, number, number];
  return channels > 1 && height * width > 1;
}
