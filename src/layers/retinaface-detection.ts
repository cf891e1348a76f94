/** RetinaFaceDetection: faces and their landmarks from a RetinaFace network. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import type { Corners } from './shared/detections.js';
import { settingsOf } from './shared/fork-settings.js';
import { stdSort } from './shared/std-sort.js';
import { takeMemory } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface RetinaFaceSettings {
  nms_threshold: number;
  confidence_threshold: number;
  keep_topk: number;
}

/** The levels, in the order in which their faces are gathered: stride, and the scales of the two anchors of a cell. */
const LEVELS = [
  { stride: 32, scales: [32, 16] },
  { stride: 16, scales: [8, 4] },
  { stride: 8, scales: [2, 1] },
] as const;
/** Side of the square whose multiples the anchors are: the fork's base anchor goes from 0 to 16, both included. */
const BASE_SIZE = 17;
const POINTS = 5;

/**
 * Decodes faces from three levels of a pyramid, and drops those that overlap a better one.
 *
 * @formula centre = anchor's + delta · size, size' = exp(delta) · size, corners = centre ∓ (size' − 1) / 2; each landmark = centre of
 *   the anchor + delta · size. Scores from `confidence_threshold` on, by score
 * @bottoms (scores, boxes, landmarks) of stride 8, then of 16, then of 32: (N, 4, H, W), (N, 8, H, W), (N, 20, H, W)
 * @tops y, (N, 1, keep_topk, 15): x1, y1, x2, y2, score, and x, y of five points; zeros behind the last one
 * @fields `nms_threshold`, `confidence_threshold`, `keep_topk`
 * @notes A candidate's overlap with the kept box is not what `nms_threshold` is compared with. The fork's code increments its
 *   index too early: the intersection is with the box after the kept one, the union with the area of the kept one
 * @source retinaface_detection_layer.cpp of sophgo/caffe; Deng et al., 2019
 */
export class RetinaFaceDetectionLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'RetinaFaceDetection',
    origin: 'Sophgo',
    family: 'other',
    doc: 'Faces and their landmarks from a RetinaFace network.',
    bottoms: [
      'scores8',
      'boxes8',
      'landmarks8',
      'scores16',
      'boxes16',
      'landmarks16',
      'scores32',
      'boxes32',
      'landmarks32',
    ],
    tops: ['y'],
    params: ['retinaface_detection_param'],
  };

  get #settings(): RetinaFaceSettings {
    const byDefault = { nms_threshold: 0, confidence_threshold: 0, keep_topk: 0 };
    return { ...byDefault, ...settingsOf<RetinaFaceSettings>(this.param, 'retinaface_detection_param') };
  }

  override reshape(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    const { keep_topk } = this.#settings;
    this.check(keep_topk > 0, 'keep_topk must be positive', undefined, 'retinaface_detection_param.keep_topk');
    for (const [i, blob] of bottom.entries()) {
      const channels = [4, 8, 20][i % 3]!;
      const level = bottom[i - (i % 3)]!;
      this.check(
        blob.numAxes === 4 && blob.shape[1] === channels && blob.countOf(2) === level.countOf(2),
        () => `bottom[${i}] must be (N, ${channels}, H, W) of its level, it is ${shapeString(blob.shape)}`,
      );
    }
    y!.reshape([bottom[0]!.shape[0]!, 1, keep_topk, 15]);
  }

  override forward(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    const { keep_topk, nms_threshold } = this.#settings;
    takeMemory(y!, ...bottom);
    const to = y!.data.fill(0);
    for (let image = 0; image < y!.shape[0]!; image++) {
      const faces = LEVELS.flatMap((level, i) => this.#decode(level, bottom.slice(6 - 3 * i, 9 - 3 * i), image));
      const kept = suppressByNext(
        stdSort(faces, (a, b) => a.score > b.score),
        Math.fround(nms_threshold),
      );
      to.set(
        kept.slice(0, keep_topk).flatMap((f) => [f.x1, f.y1, f.x2, f.y2, f.score, ...f.points]),
        image * keep_topk * 15,
      );
    }
  }

  #decode({ stride, scales }: (typeof LEVELS)[number], [scores, boxes, landmarks]: readonly Blob[], image: number) {
    const threshold = Math.fround(this.#settings.confidence_threshold);
    const [height, width] = scores!.shape.slice(2) as [number, number];
    const area = height * width;
    const at = (blob: Blob, channel: number, cell: number) =>
      blob.peek()[image * blob.countOf(1) + channel * area + cell]!;
    const found = [];
    for (const [n, scale] of scales.entries()) {
      const size = BASE_SIZE * scale + 1;
      for (let cell = 0; cell < area; cell++) {
        // The first two channels are the scores of the background.
        const score = at(scores!, 2 + n, cell);
        if (score < threshold) continue;
        const box = (i: number) => at(boxes!, 4 * n + i, cell);
        const centerX = (cell % width) * stride + BASE_SIZE / 2;
        const centerY = Math.floor(cell / width) * stride + BASE_SIZE / 2;
        const [x, y] = [centerX + box(0) * size, centerY + box(1) * size];
        const [w, h] = [Math.exp(box(2)) * size - 1, Math.exp(box(3)) * size - 1];
        const points = Array.from({ length: 2 * POINTS }, (_, k) =>
          k % 2 === 0
            ? at(landmarks!, 10 * n + k, cell) * size + centerX
            : at(landmarks!, 10 * n + k, cell) * size + centerY,
        );
        found.push({ score, points, x1: x - w / 2, y1: y - h / 2, x2: x + w / 2, y2: y + h / 2 });
      }
    }
    return found;
  }
}

/**
 * Suppression as the fork's code does it: after a box is kept, the intersections are those with the next box in the order of the
 * scores, while the union has the area of the box that was kept.
 */
function suppressByNext<T extends Corners>(sorted: readonly T[], threshold: number): T[] {
  const area = ({ x1, y1, x2, y2 }: Corners) => (x2 - x1 + 1) * (y2 - y1 + 1);
  const dropped = new Set<T>();
  return sorted.filter((kept, i) => {
    if (dropped.has(kept)) return false;
    const next = sorted[i + 1];
    for (const box of sorted.slice(i + 1)) {
      const width = Math.min(next!.x2, box.x2) - Math.max(next!.x1, box.x1) + 1;
      const height = Math.min(next!.y2, box.y2) - Math.max(next!.y1, box.y1) + 1;
      if (width <= 0 || height <= 0) continue;
      if (Math.fround((width * height) / (area(kept) + area(box) - width * height)) > threshold) dropped.add(box);
    }
    return true;
  });
}
