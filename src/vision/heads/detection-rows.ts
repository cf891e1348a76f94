/**
 * detection-rows: nets whose last layer gives a row for each detection: SSD's DetectionOutput, and the detection layers of YOLO's
 * Caffes. The layer has done everything but the way back to the picture.
 */
import { NetspecError } from '../../errors.js';
import type { VisionNet } from '../net-interface.js';
import type { Detection, HeadBlob } from '../select.js';
import { DETECTION_TRANSFORM, type TransformOptions } from '../transform.js';
import { bestOf, boxOf, edgesOf, layersOf, type DetectionHead, type Edges, type HeadLimits } from './head.js';

/** A row's fields: how many, and what they are. */
interface RowLayout {
  /** The first is the usual one; a fork's rows may have more fields behind. */
  readonly lengths: readonly number[];
  /** Undefined for a row that stands for no detection. */
  readonly read: (row: Float32Array) => { label: number; score: number; edges: Edges } | undefined;
  readonly transform: TransformOptions;
}

/** What SSD nets were trained with: BGR from 0 to 255 without its mean, in exactly the net's size. */
export const SSD_TRANSFORM: TransformOptions = { ...DETECTION_TRANSFORM, size: 'net', mean: [104, 117, 123], padTo: 1 };

/** What Darknet's nets were trained with: RGB from 0 to 1, in exactly the net's size. */
export const YOLO_TRANSFORM: TransformOptions = { ...SSD_TRANSFORM, channelOrder: 'rgb', scale: 1, mean: [0, 0, 0] };

/** image, label, score, and the edges in parts of the input. Label −1 and a row of zeros stand for no detection. */
function readSsdRow([, label, score, ...more]: Float32Array): ReturnType<RowLayout['read']> {
  if (label! < 0 || (label === 0 && score === 0)) return undefined;
  return { label: label!, score: score!, edges: more.slice(0, 4) as unknown as Edges };
}

/** The centre, the sides, the class from 0, and the score. Rows of zeros stand for no detection. */
function readCenterRow([x, y, width, height, label, score]: Float32Array): ReturnType<RowLayout['read']> {
  return score! > 0 ? { label: label! + 1, score: score!, edges: edgesOf(x!, y!, width!, height!) } : undefined;
}

const ssd = { lengths: [7], read: readSsdRow };

/** By the type of the layer. */
const LAYOUTS: Readonly<Record<string, RowLayout>> = {
  // TextBoxes++ has outlines behind the boxes.
  DetectionOutput: { ...ssd, lengths: [7, 12, 15], transform: SSD_TRANSFORM },
  YoloDetectionOutput: { ...ssd, transform: YOLO_TRANSFORM },
  Yolov3DetectionOutput: { ...ssd, transform: YOLO_TRANSFORM },
  YoloDetection: { lengths: [6], read: readCenterRow, transform: YOLO_TRANSFORM },
};

/** The types of layers whose rows are understood. */
export const ROW_LAYERS = Object.keys(LAYOUTS);

/**
 * The head of a net that ends in a layer of detections.
 * @returns undefined where no layer of these types gives an output of the net
 */
export function detectionRowsHead(net: VisionNet, limits: HeadLimits): DetectionHead | undefined {
  const layer = layersOf(net).findLast(({ type, tops }) => Object.hasOwn(LAYOUTS, type) && tops.length > 0);
  if (!layer) return undefined;
  const [name] = layer.tops;
  const { lengths, read, transform } = LAYOUTS[layer.type]!;
  return {
    kind: 'rows',
    blobs: [name!],
    transform,
    detections: (values, frame, blob) => {
      const rows = rowsOf(name!, values.get(name!)!, lengths);
      const found = rows.flatMap((row): Detection[] => {
        const detection = read(row);
        if (!detection || detection.score < limits.scoreThreshold) return [];
        const { label, score, edges } = detection;
        return [{ label, score, box: boxOf(edges, frame, blob) }];
      });
      return bestOf(found, limits);
    },
  };
}

function rowsOf(name: string, { shape, data }: HeadBlob, lengths: readonly number[]): Float32Array[] {
  const length = shape.at(-1) ?? 0;
  if (!lengths.includes(length) || data.length % length !== 0)
    throw new NetspecError(`${name}: expected rows of ${lengths[0]!} values, got ${shape.join('x')}`);
  if (data.some(Number.isNaN))
    throw new NetspecError(`${name}: some values are not numbers`, {
      code: 'not-a-number',
      hint: 'look at the blobs before it: see where they begin',
    });
  return Array.from({ length: data.length / length }, (_, i) => data.subarray(i * length, (i + 1) * length));
}
