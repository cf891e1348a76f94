/** Proposal of PVANet: regions of interest from a region proposal network. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { anchorsOf, decodeSide } from './shared/anchors.js';
import { cornerOverlap, suppress } from './shared/detections.js';
import { settingsOf } from './shared/fork-settings.js';
import { sortTop, sortTopByHoles } from './shared/quicksort.js';
import { takeMemory, valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface ProposalSettings {
  feat_stride: number;
  base_size: number;
  min_size: number;
  ratio: number[];
  scale: number[];
  pre_nms_topn: number;
  post_nms_topn: number;
  nms_thresh: number;
}

/**
 * Decodes boxes from their offsets to anchors, and keeps the best that do not overlap.
 *
 * @formula centre = x1 + w / 2 + dx · w, w' = exp(dw) · w with w = x2 − x1 + 1; clipped to the image. Boxes smaller than
 *   `min_size` get the score 0. The best `pre_nms_topn`; one is dropped when it overlaps a better one by more than `nms_thresh`; the
 *   best `post_nms_topn`
 * @bottoms scores, (1, 2 A, H, W), the last A for objects; deltas, (1, 4 A, H, W); info: height, width, and
 *   their scales, or one scale for both as of mini-caffe and py-faster-rcnn
 * @tops rois, (K, 5): 0, x1, y1, x2, y2; optionally scores, (K)
 * @fields `feat_stride` (16), `base_size` (16), `min_size` (16), `ratio`, `scale`, `pre_nms_topn` (6000), `post_nms_topn` (300),
 *   `nms_thresh` (0.7)
 * @notes The order of equal scores is that of the fork's own sort
 * @source proposal_layer.cpp of sanghoon/caffe, and of luoyetx/mini-caffe where one scale is given; Ren et al., Faster R-CNN, 2015
 */
export class ProposalLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Proposal',
    origin: 'PVANet',
    family: 'other',
    doc: 'Regions of interest from a region proposal network.',
    bottoms: ['scores', 'deltas', 'info'],
    tops: ['rois', 'scores?'],
    params: ['proposal_param'],
    shapesFromValues: true,
  };

  get #settings(): ProposalSettings {
    const byDefault = { feat_stride: 16, base_size: 16, min_size: 16, ratio: [], scale: [], pre_nms_topn: 6000 };
    const given = settingsOf<ProposalSettings>(this.param, 'proposal_param');
    return { ...byDefault, post_nms_topn: 300, nms_thresh: 0.7, ...given };
  }

  override reshape([scores, deltas, info]: readonly Blob[], [rois, top]: readonly Blob[]): void {
    const { ratio, scale, post_nms_topn } = this.#settings;
    const anchors = ratio.length * scale.length;
    this.check(anchors > 0, 'ratio and scale must be given', undefined, 'proposal_param.ratio');
    this.check(
      scores!.shape[0] === 1,
      () => `Only single item batches are supported: bottom[0] is ${shapeString(scores!.shape)}`,
    );
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
      () => `bottom[2] must hold height, width and one scale or two, it is ${shapeString(info!.shape)}`,
    );
    rois!.reshape([post_nms_topn, 5]);
    top?.reshape([post_nms_topn]);
  }

  override forward([scoreBlob, deltas, info]: readonly Blob[], [rois, top]: readonly Blob[]): void {
    const {
      feat_stride: stride,
      base_size,
      min_size,
      ratio,
      scale,
      pre_nms_topn,
      post_nms_topn,
      nms_thresh,
    } = this.#settings;
    const [score, delta, size] = valuesOf(scoreBlob!, deltas!, info!);
    const anchors = anchorsOf(base_size, ratio, scale);
    const [, , height, width] = scoreBlob!.shape as [number, number, number, number];
    const area = height * width;
    const [imageHeight, imageWidth, scaleH] = size as unknown as [number, number, number];
    const scaleW = size[3] ?? scaleH;
    const [minWidth, minHeight] = [min_size * scaleW, min_size * scaleH];
    const found = [];
    for (let h = 0; h < height; h++)
      for (let w = 0; w < width; w++)
        for (const [k, anchor] of anchors.entries()) {
          const cell = h * width + w;
          const d = (i: number) => delta[(4 * k + i) * area + cell]!;
          const [x1, x2] = decodeSide(anchor.x1 + w * stride, anchor.x2 + w * stride, d(0), d(2), imageWidth);
          const [y1, y2] = decodeSide(anchor.y1 + h * stride, anchor.y2 + h * stride, d(1), d(3), imageHeight);
          const large = x2 - x1 + 1 >= minWidth && y2 - y1 + 1 >= minHeight;
          found.push({ x1, y1, x2, y2, score: large ? score[(anchors.length + k) * area + cell]! : 0 });
        }
    const kept = suppress(
      (size.length > 3 ? sortTop : sortTopByHoles)(found, pre_nms_topn).slice(0, pre_nms_topn),
      (a, b) => Math.fround(cornerOverlap(a, b, 1)) > Math.fround(nms_thresh),
    ).slice(0, post_nms_topn);
    rois!.reshape([kept.length, 5]);
    top?.reshape([kept.length]);
    takeMemory(rois!, ...(top ? [top] : []));
    rois!.data.set(kept.flatMap(({ x1, y1, x2, y2 }) => [0, x1, y1, x2, y2]));
    top?.data.set(kept.map((box) => box.score));
  }
}
