/** Forks that have no fields of their own, told by how the layers of a net fit together. */
import type { LayerParameter } from '../generated/messages.js';
import { boxesOfCell } from './prior-box.js';
import type { PriorBoxSettings } from './shared/prior-boxes.js';

/** Boxes of a cell in FaceBoxes, where SSD has one for each of three sizes. */
const FACEBOXES = { sizes: 3, boxes: 21 };

/**
 * The name by which implementations are chosen for a net that was read without a schema: that of a fork whose layers' fields are
 * another fork's too.
 * @returns 'faceboxes', 'first-textboxes', or undefined
 */
export function dialectOf(layers: readonly LayerParameter[]): string | undefined {
  if (layers.some((layer) => isFaceBoxes(layer, layers))) return 'faceboxes';
  return layers.some((layer) => isTextBoxes(layer, layers)) ? 'first-textboxes' : undefined;
}

/** Whether a PriorBox stands beside convolutions that predict coordinates and classes of twice as many boxes as SSD has of its settings. */
function isTextBoxes(
  { type, bottom = [], prior_box_param }: LayerParameter,
  layers: readonly LayerParameter[],
): boolean {
  const settings = (prior_box_param ?? {}) as Partial<PriorBoxSettings>;
  if (type !== 'PriorBox' || !settings.aspect_ratio?.length || settings.flip !== false) return false;
  if (settings.denser_prior_boxes !== undefined || settings.offset_h?.length) return false;
  const boxes = boxesOfCell(settings);
  const outputs = outputsBeside(bottom[0], layers);
  const classes = layers.map((layer) => numClasses(layer)).find((number) => number !== undefined);
  return classes !== undefined && outputs.includes(8 * boxes) && outputs.includes(2 * boxes * classes);
}

/** How many classes a detector's last layer tells apart. */
function numClasses(layer: LayerParameter): number | undefined {
  const { detection_output_param, multibox_loss_param } = layer as {
    [param: string]: { num_classes?: number } | undefined;
  };
  return (detection_output_param ?? multibox_loss_param)?.num_classes;
}

/** The numbers of outputs of the convolutions that read a blob. */
function outputsBeside(blob: string | undefined, layers: readonly LayerParameter[]): (number | undefined)[] {
  const beside = layers.filter(({ type, bottom }) => type === 'Convolution' && bottom?.[0] === blob);
  return beside.map(({ convolution_param }) => convolution_param?.num_output);
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
  const outputs = outputsBeside(bottom[0], layers);
  return outputs.includes(4 * FACEBOXES.boxes) && !outputs.includes(4 * FACEBOXES.sizes);
}
