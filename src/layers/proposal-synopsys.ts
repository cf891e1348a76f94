/** Proposal of Synopsys: regions of interest from a region proposal network. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { anchorsOf, decodeSide } from './shared/anchors.js';
import { cornerOverlap, suppress } from './shared/detections.js';
import { settingsOf } from './shared/fork-settings.js';
import { stdPartialSort } from './shared/std-sort.js';
import { takeMemory, valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface ProposalSettings {
  feat_stride: number;
  anchor_base_size: number;
  anchor_scale: number;
  anchor_ratio: number;
  max_rois: number;
  pre_nms_topn: number;
  rpn_min_size: number;
  rpn_nms_thresh: number;
}

/**
 * Decodes boxes from their offsets to anchors, and keeps the best that do not overlap.
 *
 * @formula centre = x1 + w / 2 + dx · w, w' = exp(dw) · w with w = x2 − x1 + 1; clipped to the image. Boxes smaller than
 *   `rpn_min_size` are dropped. The best `pre_nms_topn` come first, in order; one is dropped when it overlaps a better one by more than `rpn_nms_thresh`
 * @bottoms scores, (1, 2 A, H, W), the last A for objects; deltas, (1, 4 A, H, W); info: height, width, scale
 * @tops rois, (K, 5): 0, x1, y1, x2, y2; optionally scores, (K, 1)
 * @fields `anchor_scale` and `anchor_ratio` are counts: 3 means scales 8, 16, 32 and ratios 0.5, 1, 2; otherwise 32 and 1.
 *   `feat_stride` (16), `anchor_base_size` (16), `max_rois` (300), `pre_nms_topn` (6000), `rpn_min_size` (16), `rpn_nms_thresh` (0.7)
 * @notes Boxes behind the best `pre_nms_topn` are not dropped: they follow in the order in which the sort leaves them
 * @source proposal_layer.cpp of synopsys-caffe
 */
export class ProposalSynopsysLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Proposal',
    origin: 'Synopsys',
    family: 'other',
    doc: 'Regions of interest from a region proposal network; anchors are given by counts.',
    bottoms: ['scores', 'deltas', 'info'],
    tops: ['rois', 'scores?'],
    params: ['proposal_param'],
    shapesFromValues: true,
    variant: {
      name: 'synopsys',
      schemas: ['synopsys'],
      when: 'it has max_rois, rpn_min_size or rpn_nms_thresh',
      claims: ({ param }) => {
        const { max_rois, rpn_min_size, rpn_nms_thresh } = settingsOf<ProposalSettings>(param, 'proposal_param');
        return (max_rois ?? rpn_min_size ?? rpn_nms_thresh) !== undefined;
      },
    },
  };

  get #settings(): ProposalSettings {
    const byDefault = { feat_stride: 16, anchor_base_size: 16, anchor_scale: 3, anchor_ratio: 3, max_rois: 300 };
    const given = settingsOf<ProposalSettings>(this.param, 'proposal_param');
    return { ...byDefault, pre_nms_topn: 6000, rpn_min_size: 16, rpn_nms_thresh: 0.7, ...given };
  }

  get #anchors() {
    const { anchor_base_size, anchor_scale, anchor_ratio } = this.#settings;
    return anchorsOf(anchor_base_size, anchor_ratio === 3 ? [0.5, 1, 2] : [1], anchor_scale === 3 ? [8, 16, 32] : [32]);
  }

  override reshape([scores, deltas, info]: readonly Blob[], [rois, top]: readonly Blob[]): void {
    const anchors = this.#anchors.length;
    this.check(
      scores!.numAxes === 4 &&
        scores!.shape[1] === 2 * anchors &&
        deltas!.shape[1] === 4 * anchors &&
        deltas!.countOf(2) === scores!.countOf(2),
      () =>
        `expected (1, ${2 * anchors}, H, W) and (1, ${4 * anchors}, H, W): they are ${shapeString(scores!.shape)} and ${shapeString(deltas!.shape)}`,
    );
    this.check(
      info!.count >= 3,
      () => `bottom[2] must hold height, width and scale, it is ${shapeString(info!.shape)}`,
    );
    rois!.reshape([this.#settings.max_rois, 5]);
    top?.reshape([this.#settings.max_rois, 1]);
  }

  override forward([scoreBlob, deltas, info]: readonly Blob[], [rois, top]: readonly Blob[]): void {
    const { max_rois, pre_nms_topn, rpn_min_size, rpn_nms_thresh } = this.#settings;
    const size = info!.peek();
    const least = rpn_min_size * size[2]!;
    const boxes = this.#decode(scoreBlob!, deltas!, size[0]!, size[1]!);
    const found = boxes.filter(
      // The fork's loop ends before the last box, which stays whatever its size.
      ({ x1, y1, x2, y2 }, i) => i === boxes.length - 1 || (x2 - x1 + 1 >= least && y2 - y1 + 1 >= least),
    );
    const order = stdPartialSort(
      found.map((box, index) => ({ box, index })),
      Math.min(found.length, pre_nms_topn),
      (a, b) => a.box.score > b.box.score || (a.box.score === b.box.score && a.index > b.index),
    );
    const kept = suppress(
      order.map(({ box }) => box),
      (a, b) => Math.fround(cornerOverlap(a, b, 1)) > Math.fround(rpn_nms_thresh),
    ).slice(0, max_rois);
    rois!.reshape([kept.length, 5]);
    top?.reshape([kept.length, 1]);
    takeMemory(rois!, ...(top ? [top] : []));
    rois!.data.set(kept.flatMap(({ x1, y1, x2, y2 }) => [0, x1, y1, x2, y2]));
    top?.data.set(kept.map(({ score }) => score));
  }

  /** All boxes, by anchor, then row and column. */
  #decode(scoreBlob: Blob, deltas: Blob, imageHeight: number, imageWidth: number) {
    const { feat_stride: stride } = this.#settings;
    const [score, delta] = valuesOf(scoreBlob, deltas);
    const anchors = this.#anchors;
    const [, , height, width] = scoreBlob.shape as [number, number, number, number];
    const area = height * width;
    return anchors.flatMap((anchor, k) =>
      Array.from({ length: area }, (_, cell) => {
        const [h, w] = [Math.floor(cell / width), cell % width];
        const d = (i: number) => delta[(4 * k + i) * area + cell]!;
        const [x1, x2] = decodeSide(anchor.x1 + w * stride, anchor.x2 + w * stride, d(0), d(2), Math.trunc(imageWidth));
        const [y1, y2] = decodeSide(
          anchor.y1 + h * stride,
          anchor.y2 + h * stride,
          d(1),
          d(3),
          Math.trunc(imageHeight),
        );
        return { x1, y1, x2, y2, score: score[(anchors.length + k) * area + cell]! };
      }),
    );
  }
}
