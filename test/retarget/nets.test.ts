/** Whole nets for four toolchains: those that Caffe ran give Caffe's blobs, and OpenCV loads and runs those for it. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { formatPrototxt } from '../../src/proto/text/printer.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { retargetNet } from '../../src/retarget/index.js';
import { gaussian, seededRandom } from '../../src/engine/random.js';
import { Net } from '../../src/runtime/net.js';
import { randomParameters } from '../optimize/support.js';
import { loadOpenCv, imageBlob, type OpenCv } from '../support/opencv.js';
import { expectCaffesOutputs, goldenNet, goldenNets, narrowResnet, textOf } from '../support/whole-nets.js';
import { retarget } from './support.js';

const TARGET_NAMES = ['ascend', 'caffe-1.0', 'ncnn', 'opencv4'];

describe.each(TARGET_NAMES)('for %s', (target) => {
  test.each(goldenNets)('%s gives what Caffe gave', async (name) => {
    const { text, weights, state } = goldenNet(name);
    const result = await retargetNet(text, weights, { ...state, target });
    // ncnn runs one image at a time, and no rewrite takes images away.
    const isBatch = target === 'ncnn' && /dim: 2\s+dim: [46]\s/.test(text);
    expect(result.report.remaining.map(({ layer }) => layer!.type)).toEqual(isBatch ? ['Input'] : []);
    await expectCaffesOutputs(name, result);
  });

  test('ResNet-50, narrow, is the same', async () => {
    const { net, loaded, weights } = await narrowResnet(4);
    loaded.dispose();
    const { result, worst } = await retarget(formatPrototxt(net), weights, { target });
    expect(result.report.remaining).toEqual([]);
    expect(worst).toBe(0);
  });
});

const image = (rest: string) => `input: "data" input_shape { dim: 1 dim: 3 dim: 20 dim: 24 } ${rest}`;
const conv = (name: string, bottom: string, settings: string) =>
  `layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}" convolution_param { ${settings} } }`;

/** Nets with an input of three channels, since OpenCV.js makes blobs of images alone. */
const FOR_OPENCV: Readonly<Record<string, string>> = {
  'v1_layers, from Caffe': textOf('v1_layers'),
  'in_place_and_splits, from Caffe': textOf('in_place_and_splits'),
  'a V1 classifier': image(`
    layers { name: "conv1" type: CONVOLUTION bottom: "data" top: "conv1" convolution_param { num_output: 8 kernel_size: 5 stride: 2 } }
    layers { name: "relu1" type: RELU bottom: "conv1" top: "conv1" }
    layers { name: "pool1" type: POOLING bottom: "conv1" top: "pool1" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
    layers { name: "norm1" type: LRN bottom: "pool1" top: "norm1" lrn_param { local_size: 5 alpha: 0.1 beta: 0.75 } }
    layers { name: "drop" type: DROPOUT bottom: "norm1" top: "norm1" }
    layers { name: "fc" type: INNER_PRODUCT bottom: "norm1" top: "fc" inner_product_param { num_output: 5 } }
    layers { name: "prob" type: SOFTMAX bottom: "fc" top: "prob" }`),
  'a residual block': image(`
    ${conv('a', 'data', 'num_output: 6 kernel_size: 3 pad: 1 bias_term: false')}
    layer { name: "bn" type: "BatchNorm" bottom: "a" top: "a" }
    layer { name: "scale" type: "Scale" bottom: "a" top: "a" scale_param { bias_term: true } }
    layer { name: "relu" type: "ReLU" bottom: "a" top: "a" }
    ${conv('b', 'a', 'num_output: 6 kernel_size: 3 kernel_size: 5 pad: 1 pad: 2')}
    layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "sum" }
    layer { name: "pool" type: "Pooling" bottom: "sum" top: "pool" pooling_param { pool: AVE global_pooling: true } }`),
  'rounding down, and bounds': image(`
    ${conv('a', 'data', 'num_output: 4 kernel_size: 3')}
    layer { name: "pool" type: "Pooling" bottom: "a" top: "pool" pooling_param { pool: MAX kernel_size: 3 stride: 2 pad: 1 round_mode: FLOOR } }
    layer { name: "ave" type: "Pooling" bottom: "pool" top: "ave" pooling_param { pool: AVE kernel_size: 2 stride: 2 round_mode: FLOOR } }
    layer { name: "six" type: "Clip" bottom: "ave" top: "ave" clip_param { min: 0 max: 6 } }
    layer { name: "clip" type: "Clip" bottom: "ave" top: "clip" clip_param { min: -0.5 max: 0.5 } }
    layer { name: "tile" type: "Tile" bottom: "clip" top: "tile" tile_param { tiles: 2 } }`),
  'rules of phases': image(`
    ${conv('a', 'data', 'num_output: 4 kernel_size: 3')}
    layer { name: "up" type: "Deconvolution" bottom: "a" top: "up" convolution_param { num_output: 4 group: 4 kernel_size: 4 stride: 2 pad: 1 } include { phase: TEST } }
    layer { name: "loss" type: "Sigmoid" bottom: "a" top: "loss" include { phase: TRAIN } }
    layer { name: "cat" type: "Slice" bottom: "up" top: "l" top: "r" slice_param { slice_point: 1 } }
    layer { name: "tanh" type: "TanH" bottom: "l" top: "tanh" }
    layer { name: "power" type: "Power" bottom: "r" top: "power" power_param { scale: 0.5 shift: 1 } }`),
};

describe('OpenCV 4 runs a net for opencv4', () => {
  let cv: OpenCv;
  beforeAll(async () => {
    ({ cv } = await loadOpenCv());
  }, 120_000);

  test.each(Object.entries(FOR_OPENCV).map(([name, net], i) => [name, net, `retarget${i}`] as const))(
    '%s',
    async (_, net, name) => {
      const {
        result,
        text: written,
        weights,
        worst,
      } = await retarget(net, await randomParameters(net, 4), {
        target: 'opencv4',
      });
      expect(result.report.remaining).toEqual([]);
      expect(worst).toBe(0);
      cv.FS_createDataFile('/', `${name}.prototxt`, new TextEncoder().encode(written), true, false, false);
      cv.FS_createDataFile('/', `${name}.caffemodel`, weights, true, false, false);
      const theirs = cv.readNetFromCaffe(`/${name}.prototxt`, `/${name}.caffemodel`);
      const ours = await Net.load(parsePrototxt(written), { weights });
      const input = ours.blobs.get('data')!;
      const random = gaussian(seededRandom(7, name));
      for (let i = 0; i < input.data.length; i++) input.data[i] = random();
      theirs.setInput(imageBlob(cv, input.shape, input.data), 'data');
      for (const [output, blob] of await ours.forward()) {
        const mat = theirs.forward(output);
        expect(mat.data32F.length).toBe(blob.data.length);
        const largest = blob.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
        const apart = mat.data32F.reduce((most, v, i) => Math.max(most, Math.abs(v - blob.data[i]!)), 0);
        // Two float32 engines that sum up to 90 products in different orders, and Winograd in both: some 1e-5 of the largest value.
        expect(apart).toBeLessThan(1e-4 * largest);
        mat.delete();
      }
      theirs.delete();
      ours.dispose();
    },
    120_000,
  );
});
