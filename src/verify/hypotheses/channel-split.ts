/**
 * channel-split: a Reshape splits channels, and the Permute behind it moves the parts, otherwise than in the model: a channel
 * shuffle of other groups, or a pixel shuffle in another order.
 */
import type { LayerParameter } from '../../generated/messages.js';
import { product, sameShape } from '../../shapes.js';
import { reshaped } from '../tensors.js';
import { permutations } from './concat-order.js';
import type { Hypothesis, Producer, Suspect, Variant } from './hypothesis.js';

export const channelSplit: Hypothesis = {
  id: 'channel-split',
  title:
    'a Reshape before a Permute splits channels otherwise: a shuffle of other groups, or of pixels in another order',
  async *variants(suspect): AsyncGenerator<Variant> {
    const order = suspect.param.permute_param?.order;
    const [split] = suspect.bottoms;
    if (suspect.type !== 'Permute' || !split || order?.length !== split.shape.length) return;
    const producer = await suspect.surroundings.producer(0);
    const image = producer?.bottoms[0]?.shape;
    if (producer?.type !== 'Reshape' || !image || product(image) !== product(split.shape)) return;
    yield* groups(suspect, producer, image, order);
    yield* blocks(suspect, producer, image, order);
  },
};

/** Two parts of the channels that change places. */
function* groups(
  suspect: Suspect,
  producer: Producer,
  image: readonly number[],
  order: readonly number[],
): Generator<Variant> {
  const { shape } = suspect.bottoms[0]!;
  const channels = image[1] ?? 1;
  const [batch = 1, now = 1, each = 1] = shape;
  const rest = shape.slice(3);
  if (batch !== image[0] || now * each !== channels || !sameShape(order.slice(0, 3), [0, 2, 1])) return;
  for (let group = 2; group < channels; group++) {
    if (channels % group !== 0 || group === now) continue;
    yield variantOf(suspect, producer, [batch, group, channels / group, ...rest], order, {
      label: `group: ${group}`,
      explanation: `the reference interleaves ${group} groups of channels; '${producer.name}' makes ${now}.`,
    });
  }
}

const PARTS = ['channels', 'rows', 'columns'] as const;

/** Channels that become rows and columns within blocks: which of the three parts stands first. */
function* blocks(
  suspect: Suspect,
  producer: Producer,
  image: readonly number[],
  order: readonly number[],
): Generator<Variant> {
  const { shape } = suspect.bottoms[0]!;
  const leading = shape.length - 5;
  if (leading < 0 || leading > 1 || image.length !== 4 || !sameShape(shape.slice(-2), image.slice(2))) return;
  // Where the parts lie now: what is before the height, behind it, and behind the width.
  const [c, height, r, width, s] = order.slice(leading).map((axis) => axis - leading);
  if (height !== 3 || width !== 4 || c === undefined || r === undefined || s === undefined) return;
  if (leading === 1 && (order[0] !== 0 || shape[0] !== image[0])) return;
  if (leading === 0 && image[0] !== 1) return;
  const sizes = [c, r, s].map((axis) => shape[leading + axis]!);
  for (const places of permutations([0, 1, 2])) {
    if (sameShape(places, [c, r, s])) continue;
    const parts = [0, 1, 2].map((place) => places.indexOf(place));
    const dims = [...shape.slice(0, leading), ...parts.map((part) => sizes[part]!), ...shape.slice(-2)];
    const moved = [places[0]!, 3, places[1]!, 4, places[2]!].map((axis) => axis + leading);
    const words = parts.map((part) => PARTS[part]!).join(', ');
    yield variantOf(suspect, producer, dims, leading === 1 ? [0, ...moved] : moved, {
      label: words,
      explanation:
        `in the reference the channels that become blocks of pixels stand in the order ${words} (PyTorch's pixel_shuffle: ` +
        "channels, rows, columns; TensorFlow's depth_to_space: rows, columns, channels).",
    });
  }
}

function variantOf(
  suspect: Suspect,
  producer: Producer,
  dim: readonly number[],
  order: readonly number[],
  words: Pick<Variant, 'label' | 'explanation'>,
): Variant {
  const param: LayerParameter = {
    ...suspect.param,
    permute_param: { ...suspect.param.permute_param, order: [...order] },
  };
  const reshape: LayerParameter = { ...producer.param, reshape_param: { shape: { dim: [...dim] } } };
  const [x] = producer.bottoms;
  return {
    ...words,
    change: { param, bottoms: [reshaped(x!, dim)] },
    fix: { place: 'prototxt', before: [producer.param, suspect.param], after: [reshape, param] },
  };
}
