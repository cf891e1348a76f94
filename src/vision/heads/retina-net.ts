/** retina-net: RetinaNet's head, level by level: the logits and the box deltas of each anchor. */
import { NetspecError } from '../../errors.js';
import { anchorLevels, type AnchorLevel, type AnchorOptions } from '../anchors.js';
import { checkBlob, type VisionNet } from '../net-interface.js';
import { checkSelect, DETECTION_SELECT, selectDetections, type SelectOptions } from '../select.js';
import { DETECTION_TRANSFORM } from '../transform.js';
import type { DetectionHead } from './head.js';

/** The blobs of a head's level. */
export interface HeadNames {
  logits: string;
  deltas: string;
}

/** detection-v2's head: five levels. */
export const DETECTION_HEADS: readonly HeadNames[] = ['p2', 'p3', 'p4', 'p6', 'p7'].map((level) => ({
  logits: `rpn_head_cls_logits_${level}`,
  deltas: `rpn_head_bbox_pred_${level}`,
}));

/** Options of a RetinaNet head. */
export interface RetinaNetHeadOptions {
  /** What differs from DETECTION_ANCHORS, or the anchors of each level themselves. */
  anchors?: Partial<AnchorOptions> | readonly AnchorLevel[];
  /** What differs from {@link DETECTION_SELECT}. */
  select?: Partial<SelectOptions>;
  /** The head's blobs, level by level as the anchors. Default: detection-v2's. */
  heads?: readonly HeadNames[];
}

/** @throws NetspecError when the net has no such head, or an option cannot be meant. */
export function retinaNetHead(
  net: VisionNet,
  { anchors = {}, select, heads = DETECTION_HEADS }: RetinaNetHeadOptions,
): DetectionHead {
  const selection = checkSelect({ ...DETECTION_SELECT, ...select });
  const levels = isLevels(anchors) ? anchors : anchorLevels(anchors);
  if (heads.length !== levels.length)
    throw new NetspecError(`the head has ${heads.length} levels, the anchors ${levels.length}`);
  for (const { logits, deltas } of heads) {
    checkBlob(net, logits, "the head's logits");
    checkBlob(net, deltas, "the head's deltas");
  }
  return {
    kind: 'retinanet',
    blobs: heads.flatMap(({ logits, deltas }) => [logits, deltas]),
    transform: DETECTION_TRANSFORM,
    detections: (values, frame) => {
      const outputs = heads.map((names) => ({
        names,
        logits: values.get(names.logits)!,
        deltas: values.get(names.deltas)!,
      }));
      return selectDetections(outputs, levels, frame, selection);
    },
  };
}

function isLevels(anchors: Partial<AnchorOptions> | readonly AnchorLevel[]): anchors is readonly AnchorLevel[] {
  return Array.isArray(anchors);
}
