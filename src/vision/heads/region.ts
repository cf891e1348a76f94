/** region: nets that end in a Region layer, which gives the boxes of a YOLOv2 head and the probabilities of their classes. */
import { NetspecError } from '../../errors.js';
import type { VisionNet } from '../net-interface.js';
import { YOLO_TRANSFORM } from './detection-rows.js';
import { boxOf, edgesOf, layersOf, type DetectionHead, type HeadLimits } from './head.js';
import { suppress, type Candidate } from './suppress.js';

/**
 * The head of a net that ends in a Region layer. The class of a box is the one of the largest probability.
 * @returns undefined where there is no such layer
 */
export function regionHead(net: VisionNet, limits: HeadLimits): DetectionHead | undefined {
  const layer = layersOf(net).findLast(({ type, tops }) => type === 'Region' && tops.length === 2);
  if (!layer) return undefined;
  const [boxes, probabilities] = layer.tops as [string, string];
  return {
    kind: 'region',
    blobs: [boxes, probabilities],
    transform: YOLO_TRANSFORM,
    detections: (values, frame, blob) => {
      const [sides, scores] = [values.get(boxes)!, values.get(probabilities)!];
      const columns = scores.shape.at(-1)!;
      const count = sides.data.length / 4;
      if (count * columns !== scores.data.length)
        throw new NetspecError(
          `${boxes} of ${sides.shape.join('x')} and ${probabilities} of ${scores.shape.join('x')} must have as many boxes`,
        );
      const candidates: Candidate[] = [];
      for (let i = 0; i < count; i++) {
        // The last column holds the largest of the others.
        const classes = scores.data.subarray(i * columns, (i + 1) * columns - 1);
        const score = Math.max(...classes);
        if (!(score >= limits.scoreThreshold && score > 0)) continue;
        const [x, y, width, height] = sides.data.subarray(4 * i, 4 * i + 4) as unknown as [
          number,
          number,
          number,
          number,
        ];
        candidates.push({ edges: edgesOf(x, y, width, height), score, label: classes.indexOf(score) + 1 });
      }
      return suppress(candidates, limits).map(({ edges, ...rest }) => ({ ...rest, box: boxOf(edges, frame, blob) }));
    },
  };
}
