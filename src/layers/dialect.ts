/** Forks that have no fields of their own, told by how the layers of a net fit together. */
import type { LayerParameter } from '../generated/messages.js';

/** Boxes of a cell in FaceBoxes, where SSD has one for each of three sizes. */
const FACEBOXES = { sizes: 3, boxes: 21 };

/**
 * The name by which implementations are chosen for a net that was read without a schema: that of a fork whose layers' fields are
 * another fork's too.
 * @returns 'faceboxes', or undefined
 */
export function dialectOf(layers: readonly LayerParameter[]): string | undefined {
  return layers.some((layer) => isFaceBoxes(layer, layers)) ? 'faceboxes' : undefined;
}

/** Whether a PriorBox stands beside convolutions that predict four coordinates of FaceBoxes' boxes, and not of SSD's. */
function isFaceBoxes(
  { type, bottom = [], prior_box_param }: LayerParameter,
  layers: readonly LayerParameter[],
): boolean {
  const {
    min_size = [],
    max_size = [],
    aspect_ratio = [],
  } = (prior_box_param ?? {}) as Partial<Record<string, number[]>>;
  if (type !== 'PriorBox' || min_size.length !== FACEBOXES.sizes || max_size.length + aspect_ratio.length > 0)
    return false;
  const beside = layers.filter((layer) => layer.type === 'Convolution' && layer.bottom?.[0] === bottom[0]);
  const outputs = beside.map((layer) => layer.convolution_param?.num_output);
  return outputs.includes(4 * FACEBOXES.boxes) && !outputs.includes(4 * FACEBOXES.sizes);
}
