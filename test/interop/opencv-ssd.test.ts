/**
 * SSD against OpenCV's dnn module: a small detector with the forks' layers and random weights, written by netspec, runs in both to
 * its last layer. Feature maps must agree, and detections as sets of rows.
 */
import { beforeAll, expect, test } from '@jest/globals';
import { seededRandom } from '../../src/engine/random.js';
import { toBytes } from '../../src/proto/random-access.js';
import { Net } from '../../src/runtime/net.js';
import { loadOpenCv, type OpenCv } from '../support/opencv.js';

const SIDE = 64;

const conv = (name: string, bottom: string, outputs: number, more = 'pad: 1 kernel_size: 3') => `
  layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}" convolution_param { num_output: ${outputs} ${more}
    weight_filler { type: "xavier" } bias_filler { type: "uniform" min: -0.1 max: 0.1 } } }`;

/** What a map gives: offsets and scores of each box, by cell, and the boxes. Where `clip` is absent, OpenCV takes it for true. */
const head = (map: string, boxes: number, prior: string) => `
  ${conv(`${map}_loc`, map, boxes * 4)} ${conv(`${map}_conf`, map, boxes * 3)}
  ${['loc', 'conf']
    .map(
      (what) => `
  layer { name: "${map}_${what}_p" type: "Permute" bottom: "${map}_${what}" top: "${map}_${what}_p"
    permute_param { order: 0 order: 2 order: 3 order: 1 } }
  layer { name: "${map}_${what}_f" type: "Flatten" bottom: "${map}_${what}_p" top: "${map}_${what}_f" }`,
    )
    .join('')}
  layer { name: "${map}_prior" type: "PriorBox" bottom: "${map}" bottom: "data" top: "${map}_prior"
    prior_box_param { ${prior} variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2 } }`;

const joined = (name: string, what: string, axis: number) => `
  layer { name: "${name}" type: "Concat" bottom: "n_${what}" bottom: "b_${what}" top: "${name}" concat_param { axis: ${axis} } }`;

const SSD = `
  layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: ${SIDE} dim: ${SIDE} } } }
  ${conv('a', 'data', 8, 'pad: 1 kernel_size: 3 stride: 4')}
  layer { name: "a_relu" type: "ReLU" bottom: "a" top: "a" }
  layer { name: "n" type: "Normalize" bottom: "a" top: "n"
    norm_param { across_spatial: false channel_shared: false scale_filler { type: "constant" value: 5 } } }
  ${conv('b', 'a', 8, 'pad: 1 kernel_size: 3 stride: 2')}
  ${head('n', 4, 'min_size: 12 max_size: 20 aspect_ratio: 2 step: 4 clip: false')}
  ${head('b', 6, 'min_size: 24 max_size: 40 aspect_ratio: 2 aspect_ratio: 3 clip: true')}
  ${joined('loc', 'loc_f', 1)} ${joined('conf', 'conf_f', 1)} ${joined('priors', 'prior', 2)}
  layer { name: "scores" type: "Reshape" bottom: "conf" top: "scores" reshape_param { shape { dim: 0 dim: -1 dim: 3 } } }
  layer { name: "softmax" type: "Softmax" bottom: "scores" top: "softmax" softmax_param { axis: 2 } }
  layer { name: "probabilities" type: "Flatten" bottom: "softmax" top: "probabilities" }
  layer { name: "found" type: "DetectionOutput" bottom: "loc" bottom: "probabilities" bottom: "priors" top: "found"
    detection_output_param { num_classes: 3 share_location: true background_label_id: 0 code_type: CENTER_SIZE keep_top_k: 50
      confidence_threshold: 0.4 nms_param { nms_threshold: 0.45 top_k: 100 } } }`;

let cv: OpenCv;
beforeAll(async () => {
  ({ cv } = await loadOpenCv());
}, 120_000);

test("an SSD net runs to its last layer as in OpenCV's dnn module", async () => {
  const net = await Net.load(SSD, { seed: 3 });
  const sink = toBytes();
  await net.save(sink);
  const random = seededRandom(5);
  const planes = Float32Array.from({ length: 3 * SIDE * SIDE }, () => 4 * random() - 2);
  const found = (await net.forward({ inputs: { data: planes } })).get('found')!;

  cv.FS_createDataFile('/', 'ssd.prototxt', new TextEncoder().encode(SSD), true, false, false);
  cv.FS_createDataFile('/', 'ssd.caffemodel', sink.bytes(), true, false, false);
  const theirs = cv.readNetFromCaffe('/ssd.prototxt', '/ssd.caffemodel');
  const image = new cv.Mat(SIDE, SIDE, cv.CV_32FC3);
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < SIDE * SIDE; i++) image.data32F[i * 3 + c] = planes[c * SIDE * SIDE + i]!;
  theirs.setInput(cv.blobFromImage(image, 1, new cv.Size(SIDE, SIDE), new cv.Scalar(), false, false), 'data');

  for (const name of ['n', 'loc', 'priors', 'probabilities']) {
    const [ours, mat] = [net.blobs.get(name)!.data, theirs.forward(name).data32F];
    const largest = ours.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    const worst = ours.reduce((most, v, i) => Math.max(most, Math.abs(v - mat[i]!)), 0);
    expect(mat.length).toBe(ours.length);
    // Two float32 engines that sum in different orders, over four layers: an error of some 1e-6 of the largest value.
    expect(worst).toBeLessThan(1e-5 * largest);
  }
  const rowsOf = (data: Float32Array) =>
    Array.from({ length: data.length / 7 }, (_, i) => [...data.slice(7 * i, 7 * i + 7)]);
  const mine = rowsOf(found.data);
  // OpenCV's blob has room for keep_top_k rows; those that are not used are zeros.
  const others = rowsOf(theirs.forward('found').data32F).filter((row) => row.some((value) => value !== 0));
  expect(mine.length).toBeGreaterThan(10);
  expect(others.length).toBe(mine.length);
  // Scores and coordinates are at most about 2, so the error of the offsets and scores bounds theirs.
  const isNear = (a: readonly number[], b: readonly number[]) => a.every((value, i) => Math.abs(value - b[i]!) < 1e-4);
  expect(mine.filter((row) => !others.some((other) => isNear(row, other)))).toEqual([]);
  net.dispose();
}, 120_000);
