/** Proposal of Cambricon: regions of interest in a fixed number of rows. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { cornerOverlap, suppress, type Corners } from './shared/detections.js';
import { settingsOf } from './shared/fork-settings.js';
import { sortByExchange, sortTop } from './shared/quicksort.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface ProposalSettings {
  stride: number;
  im_min_w: number;
  im_min_h: number;
  top_num: number;
  nms_thresh: number;
  nms_num: number;
  anchor_num: number;
  im_h: number;
  im_w: number;
  scale: number;
  anchor_scale: number[];
  anchor_ratio: number[];
  base_size: number;
  pvanet_mode: boolean;
  nproposal_mode: boolean;
}

/** The nine anchors where none are given: corners, each from the last. */
const ANCHORS = [
  [-84, -40, 99, 55],
  [-176, -88, 191, 103],
  [-360, -184, 375, 199],
  [-56, -56, 71, 71],
  [-120, -120, 135, 135],
  [-248, -248, 263, 263],
  [-36, -80, 51, 95],
  [-80, -168, 95, 183],
  [-168, -344, 183, 359],
].map(([x1, y1, x2, y2]) => ({ x1: x1!, y1: y1!, x2: x2!, y2: y2! }));

interface Box extends Corners {
  readonly score: number;
}

/**
 * Decodes boxes from their offsets to anchors, and keeps the best that do not overlap, in a fixed number of rows.
 *
 * @formula centre = (x1 + x2 + 1) / 2 + dx · w, w' = exp(dw) · w with w = x2 − x1 + 1; clipped to the image. Boxes smaller than
 *   im_min_w · scale x im_min_h · scale are dropped. The best `top_num`; one is dropped when it overlaps a better one by more than
 *   `nms_thresh`; the first `nms_num`
 * @bottoms scores, (1, 2 A, H, W), the last A for objects; deltas, (1, 4 A, H, W); info: height, width, scale of the image, or a 0 in
 *   front, which leaves them to `im_h`, `im_w` and `scale`
 * @tops rois, (nms_num, 5): 0, x1, y1, x2, y2, zeros behind the last one; with `nproposal_mode` x1, y1, x2, y2, score
 * @fields `anchor_num` (9), `anchor_ratio` and `anchor_scale` (nine anchors of their own where none are given), `base_size` (16),
 *   `stride` (16), `im_min_w`, `im_min_h` (25.6), `top_num` (12000), `nms_thresh` (0.7), `nms_num` (2000); `pvanet_mode` makes
 *   anchors as PVANet does; `nproposal_mode` keeps small boxes with the score 0
 * @source proposal_layer.cpp of Cambricon/caffe
 */
export class ProposalCambriconLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Proposal',
    origin: 'Cambricon',
    family: 'other',
    doc: 'Regions of interest from a region proposal network, in a fixed number of rows.',
    bottoms: ['scores', 'deltas', 'info'],
    tops: ['rois'],
    params: ['proposal_param'],
    variant: {
      name: 'cambricon',
      schemas: ['cambricon'],
      when: 'it has nms_num, top_num or anchor_num',
      claims: ({ param }) => {
        const { nms_num, top_num, anchor_num } = settingsOf<ProposalSettings>(param, 'proposal_param');
        return (nms_num ?? top_num ?? anchor_num) !== undefined;
      },
    },
  };

  get #settings(): ProposalSettings {
    return {
      stride: 16,
      im_min_w: 25.6,
      im_min_h: 25.6,
      top_num: 12000,
      nms_thresh: 0.7,
      nms_num: 2000,
      anchor_num: 9,
      im_h: 720,
      im_w: 1280,
      scale: 1,
      anchor_scale: [],
      anchor_ratio: [],
      base_size: 16,
      pvanet_mode: false,
      nproposal_mode: false,
      ...settingsOf<ProposalSettings>(this.param, 'proposal_param'),
    };
  }

  /** The anchors of the first cell. */
  #anchors(): readonly Corners[] {
    const { anchor_scale: scales, anchor_ratio: ratios, base_size: base, pvanet_mode, nproposal_mode } = this.#settings;
    if (ratios.length === 0) return ANCHORS;
    const center = (base - 1) / 2;
    const around = (x: number, y: number): Corners => ({
      x1: center - x,
      y1: center - y,
      x2: center + x,
      y2: center + y,
    });
    if (!pvanet_mode && !nproposal_mode)
      return scales.flatMap((scale) =>
        ratios.map((ratio) => around((base / 2 / Math.sqrt(ratio)) * scale, (base / 2) * Math.sqrt(ratio) * scale)),
      );
    return ratios.flatMap((ratio) => {
      const width = Math.trunc(base / Math.sqrt(ratio) + 0.5);
      const height = Math.trunc(width * ratio + 0.5);
      return scales.map((scale) => around(0.5 * (width * scale - 1), 0.5 * (height * scale - 1)));
    });
  }

  override reshape([scores, deltas, info]: readonly Blob[], [rois]: readonly Blob[]): void {
    const { anchor_num: anchors, nms_num } = this.#settings;
    const made = this.#anchors().length;
    this.check(
      anchors <= made,
      `anchor_num is ${anchors}, but anchor_ratio and anchor_scale make ${made} anchors`,
      undefined,
      'proposal_param.anchor_num',
    );
    this.check(
      scores!.numAxes === 4 &&
        scores!.shape[1]! >= 2 * anchors &&
        deltas!.shape[1]! >= 4 * anchors &&
        deltas!.countOf(2) === scores!.countOf(2),
      () =>
        `expected (1, ${2 * anchors}, H, W) and (1, ${4 * anchors}, H, W): they are ${shapeString(scores!.shape)} and ${shapeString(deltas!.shape)}`,
    );
    this.check(
      info!.count >= 3,
      () => `bottom[2] must hold height, width and scale, it is ${shapeString(info!.shape)}`,
    );
    rois!.reshape([nms_num, 5]);
  }

  override forward([scoreBlob, deltas, info]: readonly Blob[], [rois]: readonly Blob[]): void {
    const s = this.#settings;
    const [to, score, delta, size] = valuesOf(rois!, scoreBlob!, deltas!, info!);
    const [imageHeight, imageWidth, scale] = size[0] !== 0 ? (size as unknown as number[]) : [s.im_h, s.im_w, s.scale];
    const [, , height, width] = scoreBlob!.shape as [number, number, number, number];
    const area = height * width;
    const anchors = this.#anchors();
    const box = (k: number, h: number, w: number): Box => {
      const cell = h * width + w;
      const d = (i: number) => delta[(4 * k + i) * area + cell]!;
      const side = (from: number, to: number, shift: number, log: number, limit: number): [number, number] => {
        const length = to - from + 1;
        const center = (from + to + 1) / 2 + shift * length;
        const half = (Math.exp(log) * length) / 2;
        return [Math.max(center - half, 0), Math.min(center + half, limit - 1)];
      };
      const anchor = anchors[k]!;
      const [x1, x2] = side(anchor.x1 + w * s.stride, anchor.x2 + w * s.stride, d(0), d(2), imageWidth!);
      const [y1, y2] = side(anchor.y1 + h * s.stride, anchor.y2 + h * s.stride, d(1), d(3), imageHeight!);
      return { x1, y1, x2, y2, score: score[(s.anchor_num + k) * area + cell]! };
    };
    const found: Box[] = [];
    if (s.nproposal_mode)
      for (let cell = 0; cell < area; cell++)
        for (let k = 0; k < s.anchor_num; k++) found.push(box(k, Math.floor(cell / width), cell % width));
    else
      for (let k = 0; k < s.anchor_num; k++)
        for (let cell = 0; cell < area; cell++) found.push(box(k, Math.floor(cell / width), cell % width));
    const isLarge = ({ x1, y1, x2, y2 }: Box) =>
      x2 - x1 + 1 >= s.im_min_w * scale! && y2 - y1 + 1 >= s.im_min_h * scale!;
    const sorted = s.nproposal_mode
      ? sortTop(
          found.map((b) => (isLarge(b) ? b : { ...b, score: 0 })),
          s.top_num,
        )
      : sortByExchange(found.filter(isLarge)).slice(0, s.top_num);
    const kept = suppress(sorted, (a, b) => Math.fround(cornerOverlap(a, b, 1)) > Math.fround(s.nms_thresh)).slice(
      0,
      s.nms_num,
    );
    to.fill(0).set(
      kept.flatMap(({ x1, y1, x2, y2, score: value }) =>
        s.nproposal_mode ? [x1, y1, x2, y2, value] : [0, x1, y1, x2, y2],
      ),
    );
  }
}
