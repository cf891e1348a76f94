/** The kinds of heads, and the choice among them. */
import { NetspecError } from '../../errors.js';
import { checkSelect, DETECTION_SELECT } from '../select.js';
import type { VisionNet } from '../net-interface.js';
import { detectionRowsHead, ROW_LAYERS } from './detection-rows.js';
import { HEAD_LIMITS, type DetectionHead, type HeadLimits } from './head.js';
import { regionHead } from './region.js';
import { retinaNetHead, type RetinaNetHeadOptions } from './retina-net.js';
import { yoloHead, type YoloHeadOptions } from './yolo.js';

/** The kinds of heads, in the order in which they are looked for. YOLO's raw maps are declared, never guessed. */
export const HEAD_KINDS = ['rows', 'region', 'retinanet', 'yolov2', 'yolov3'] as const;
/** The kinds of detection heads. */
export type HeadKind = (typeof HEAD_KINDS)[number];

/** A head by its kind, with what the kind takes. */
export type HeadOptions =
  | ({ kind: 'rows' | 'region' } & Partial<HeadLimits>)
  | ({ kind: 'retinanet' } & RetinaNetHeadOptions)
  | ({ kind: YoloHeadOptions['version'] } & Omit<YoloHeadOptions, 'version'> & Partial<HeadLimits>);

/**
 * The head of a net.
 * @throws NetspecError when the net has no such head, or an option cannot be meant
 */
export function createHead(net: VisionNet, options: HeadOptions): DetectionHead {
  switch (options.kind) {
    case 'rows':
      return (
        detectionRowsHead(net, limitsOf(options)) ??
        refuse(`the net has no layer that gives detections: ${ROW_LAYERS.join(', ')}`)
      );
    case 'region':
      return regionHead(net, limitsOf(options)) ?? refuse('the net has no Region layer');
    case 'retinanet':
      return retinaNetHead(net, options);
    case 'yolov2':
    case 'yolov3':
      return yoloHead(net, { ...options, version: options.kind }, limitsOf(options));
  }
}

/** The kind of head that a net has, by its layers: RetinaNet's where they do not say. */
export function kindOf(net: VisionNet): 'rows' | 'region' | 'retinanet' {
  if (detectionRowsHead(net, HEAD_LIMITS)) return 'rows';
  return regionHead(net, HEAD_LIMITS) ? 'region' : 'retinanet';
}

function limitsOf({ scoreThreshold, nmsThreshold, top }: Partial<HeadLimits>): HeadLimits {
  const given = { scoreThreshold, nmsThreshold, top };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const {
    scoreThreshold: score,
    nmsThreshold: nms,
    top: most,
  } = checkSelect({ ...DETECTION_SELECT, ...HEAD_LIMITS, ...present });
  return { scoreThreshold: score, nmsThreshold: nms, top: most };
}

function refuse(reason: string): never {
  throw new NetspecError(reason, { hint: `the kinds of heads are ${HEAD_KINDS.join(', ')}` });
}
