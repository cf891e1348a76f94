/** Yolov3: the loss of a YOLOv3 network. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, leftOutInstead } from './shared/unsupported-layer.js';

/**
 * The loss of one map of a YOLOv3 network.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms data, (N, boxes · (5 + classes), H, W); label, the annotated boxes
 * @tops loss, one value
 * @source yolov3_layer.cpp of eric612/MobileNet-YOLO
 */
export class Yolov3Layer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'Yolov3',
    origin: 'MobileNet-YOLO',
    family: 'other',
    doc: 'The loss of one map of a YOLOv3 network.',
    bottoms: ['data', 'label'],
    tops: ['loss'],
    params: ['yolov3_param'],
    unsupported: { purpose: 'train a detector', instead: leftOutInstead },
  };
}
