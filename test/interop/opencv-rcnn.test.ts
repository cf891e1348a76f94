/**
 * Faster R-CNN against OpenCV's dnn module, in the form in which OpenCV's own models are: Proposal with height, width and one scale, and
 * DetectionOutput on boxes in pixels without variances. A small net with random weights runs in both to its last layer.
 */
import { beforeAll, expect, test } from '@jest/globals';
import { seededRandom } from '../../src/engine/random.js';
import { toBytes } from '../../src/proto/random-access.js';
import { Net } from '../../src/runtime/net.js';
import { imageBlob, loadOpenCv, type OpenCv } from '../support/opencv.js';

const SIDE = 96;
const [ANCHORS, CLASSES] = [6, 4];

const conv = (name: string, bottom: string, outputs: number, more: string) => `
  layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}" convolution_param { num_output: ${outputs} ${more}
    weight_filler { type: "xavier" } bias_filler { type: "uniform" min: -0.1 max: 0.1 } } }`;
const dense = (name: string, outputs: number) => `
  layer { name: "${name}" type: "InnerProduct" bottom: "pool" top: "${name}" inner_product_param { num_output: ${outputs}
    weight_filler { type: "xavier" } } }`;
const reshape = (name: string, bottom: string, ...dims: number[]) => `
  layer { name: "${name}" type: "Reshape" bottom: "${bottom}" top: "${name}" reshape_param { shape { ${dims.map((d) => `dim: ${d}`).join(' ')} } } }`;

const NET = `
  input: "data" input_shape { dim: 1 dim: 3 dim: ${SIDE} dim: ${SIDE} } input: "im_info" input_shape { dim: 1 dim: 3 }
  ${conv('a', 'data', 8, 'kernel_size: 5 stride: 4 pad: 2')}
  layer { name: "a_relu" type: "ReLU" bottom: "a" top: "a" }
  ${conv('b', 'a', 16, 'kernel_size: 3 stride: 4 pad: 1')}
  ${conv('rpn_score', 'b', 2 * ANCHORS, 'kernel_size: 1')}
  ${conv('rpn_delta', 'b', 4 * ANCHORS, 'kernel_size: 1')}
  ${reshape('pairs', 'rpn_score', 0, 2, -1, 0)}
  layer { name: "rpn_softmax" type: "Softmax" bottom: "pairs" top: "rpn_softmax" }
  ${reshape('rpn_prob', 'rpn_softmax', 0, 2 * ANCHORS, -1, 0)}
  layer { name: "proposal" type: "Proposal" bottom: "rpn_prob" bottom: "rpn_delta" bottom: "im_info" top: "rois"
    proposal_param { ratio: 0.5 ratio: 1 ratio: 2 scale: 1.5 scale: 3 min_size: 0 post_nms_topn: 12 } }
  layer { name: "pool" type: "ROIPooling" bottom: "b" bottom: "rois" top: "pool"
    roi_pooling_param { pooled_w: 3 pooled_h: 3 spatial_scale: 0.0625 } }
  ${dense('score', CLASSES)} ${dense('delta', 4 * CLASSES)}
  layer { name: "prob" type: "Softmax" bottom: "score" top: "prob" }
  ${reshape('prob_row', 'prob', 1, -1)} ${reshape('delta_row', 'delta', 1, -1)}
  layer { name: "crop" type: "Slice" bottom: "rois" top: "ids" top: "boxes" slice_param { axis: 1 slice_point: 1 } }
  ${reshape('priors', 'boxes', 1, 1, -1, 1)}
  layer { name: "found" type: "DetectionOutput" bottom: "delta_row" bottom: "prob_row" bottom: "priors" top: "found"
    detection_output_param { num_classes: ${CLASSES} share_location: false background_label_id: 0 nms_param { nms_threshold: 0.3 }
      code_type: CENTER_SIZE keep_top_k: 100 variance_encoded_in_target: true normalized_bbox: false } }`;

let cv: OpenCv;
beforeAll(async () => {
  ({ cv } = await loadOpenCv());
}, 120_000);

test("Faster R-CNN runs to its last layer as in OpenCV's dnn module", async () => {
  const net = await Net.load(NET, { seed: 7 });
  const sink = toBytes();
  await net.save(sink);
  const random = seededRandom(5);
  const planes = Float32Array.from({ length: 3 * SIDE * SIDE }, () => 4 * random() - 2);
  const outputs = await net.forward({ inputs: { data: planes, im_info: Float32Array.of(SIDE, SIDE, 1) } });

  cv.FS_createDataFile('/', 'rcnn.prototxt', new TextEncoder().encode(NET), true, false, false);
  cv.FS_createDataFile('/', 'rcnn.caffemodel', sink.bytes(), true, false, false);
  const theirs = cv.readNetFromCaffe('/rcnn.prototxt', '/rcnn.caffemodel');
  theirs.setInput(imageBlob(cv, [1, 3, SIDE, SIDE], planes), 'data');
  const info = new cv.Mat(1, 3, cv.CV_32FC1);
  info.data32F.set([SIDE, SIDE, 1]);
  theirs.setInput(info, 'im_info');

  const rois = net.blobs.get('rois')!.data;
  expect(rois.length).toBe(12 * 5);
  const others = theirs.forward('proposal').data32F;
  // Coordinates are at most 96; sums in another order, over two layers and an exponential, err by some 1e-6 of that.
  expect(rois.every((value, i) => Math.abs(value - others[i]!) < 1e-3)).toBe(true);

  const rowsOf = (data: Float32Array) =>
    Array.from({ length: data.length / 7 }, (_, i) => [...data.slice(7 * i, 7 * i + 7)]);
  const mine = rowsOf(outputs.get('found')!.data);
  // OpenCV's blob has room for keep_top_k rows; those that are not used are zeros.
  const found = rowsOf(theirs.forward('found').data32F).filter((row) => row.some((value) => value !== 0));
  expect(mine.length).toBeGreaterThan(5);
  expect(found.length).toBe(mine.length);
  const isNear = (a: readonly number[], b: readonly number[]) => a.every((value, i) => Math.abs(value - b[i]!) < 1e-3);
  expect(mine.filter((row) => !found.some((other) => isNear(row, other)))).toEqual([]);
  net.dispose();
}, 120_000);
