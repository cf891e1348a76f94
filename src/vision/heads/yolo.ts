/**
 * yolo: the raw maps of a YOLO head, whose last layer is a convolution. The net does not say where its anchors are, so maps and
 * anchors are declared.
 */
import { didYouMean, NetspecError } from '../../errors.js';
import { product } from '../../shapes.js';
import type { Size } from '../image.js';
import type { VisionNet } from '../net-interface.js';
import type { HeadBlob } from '../select.js';
import { YOLO_TRANSFORM } from './detection-rows.js';
import { boxOf, edgesOf, type DetectionHead, type HeadLimits } from './head.js';
import { suppress, type Candidate } from './suppress.js';

/** An anchor's width and height. */
export type YoloAnchor = readonly [width: number, height: number];

/** Options of a YOLO head. */
export interface YoloHeadOptions {
  /**
   * `yolov2`: anchors in cells, classes by a softmax. `yolov3`: anchors in pixels of the input, each class by a sigmoid; YOLOv4 and
   * tiny variants too.
   */
  version: 'yolov2' | 'yolov3';
  /** The anchors of each map. */
  anchors: readonly (readonly YoloAnchor[])[];
  /** Names of the maps, in the order of the anchors: blobs of (1, anchors · (5 + classes), H, W). Default: the net's outputs. */
  maps?: readonly string[];
}

/** Channels of an anchor before its classes: x, y, width, height, object. */
const BEFORE_CLASSES = 5;

/** @throws NetspecError when the net has no such blob, or maps and anchors do not fit. */
export function yoloHead(net: VisionNet, options: YoloHeadOptions, limits: HeadLimits): DetectionHead {
  const { version, anchors, maps = net.outputs } = options;
  if (maps.length !== anchors.length)
    throw new NetspecError(`there are ${maps.length} maps, ${maps.join(', ')}, and anchors for ${anchors.length}`, {
      hint: 'name the maps in the order of the anchors',
    });
  for (const name of maps)
    if (!net.blobs.has(name))
      throw new NetspecError(`the net has no blob '${name}' for a map of the head`, {
        hint: didYouMean(name, net.blobs.keys()) ?? `its outputs are ${net.outputs.join(', ')}`,
      });
  for (const sizes of anchors)
    if (sizes.length === 0 || !sizes.every(([width, height]) => width > 0 && height > 0))
      throw new NetspecError(`the anchors of a map must be pairs of positive numbers, got ${JSON.stringify(sizes)}`);
  return {
    kind: version,
    blobs: maps,
    transform: YOLO_TRANSFORM,
    detections: (values, frame, blob) => {
      const found = maps.flatMap((name, i) =>
        candidatesOf(name, values.get(name)!, anchors[i]!, version, blob, limits),
      );
      return suppress(found, limits).map(({ edges, ...rest }) => ({ ...rest, box: boxOf(edges, frame, blob) }));
    },
  };
}

/** Source: Redmon and Farhadi, YOLO9000, 2016, and YOLOv3, 2018; Darknet's region and yolo layers. */
function candidatesOf(
  name: string,
  map: HeadBlob,
  anchors: readonly YoloAnchor[],
  version: YoloHeadOptions['version'],
  input: Size,
  { scoreThreshold }: HeadLimits,
): Candidate[] {
  const [images = 0, channels = 0, height = 0, width = 0] = map.shape;
  const each = channels / anchors.length;
  if (map.shape.length !== 4 || images !== 1 || !Number.isInteger(each) || each <= BEFORE_CLASSES)
    throw new NetspecError(
      `${name}: expected one image, and ${anchors.length} times ${BEFORE_CLASSES} + classes channels, got ${map.shape.join('x')}`,
    );
  const area = product(map.shape, 2);
  // Anchors of YOLOv2 are given in cells, those of YOLOv3 in pixels.
  const unit = version === 'yolov2' ? { width, height } : input;
  const found: Candidate[] = [];
  anchors.forEach(([anchorWidth, anchorHeight], anchor) => {
    for (let cell = 0; cell < area; cell++) {
      const at = (channel: number) => map.data[(anchor * each + channel) * area + cell]!;
      const object = sigmoid(at(4));
      if (Number.isNaN(object))
        throw new NetspecError(`${name}: some values are not numbers`, {
          code: 'not-a-number',
          hint: 'look at the blobs before it: see where they begin',
        });
      if (object < scoreThreshold) continue;
      const logits = Array.from({ length: each - BEFORE_CLASSES }, (_, label) => at(BEFORE_CLASSES + label));
      const scores = version === 'yolov2' ? softmax(logits) : logits.map(sigmoid);
      const edges = edgesOf(
        ((cell % width) + sigmoid(at(0))) / width,
        (Math.floor(cell / width) + sigmoid(at(1))) / height,
        (Math.exp(at(2)) * anchorWidth) / unit.width,
        (Math.exp(at(3)) * anchorHeight) / unit.height,
      );
      scores.forEach((probability, i) => {
        const score = object * probability;
        if (score >= scoreThreshold) found.push({ edges, score, label: i + 1 });
      });
    }
  });
  return found;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function softmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
