/** Named nets in OpenCV's dnn module: it reads what netspec writes of them, and computes the same. */
import { beforeAll, expect, test } from '@jest/globals';
import { formatPrototxt, Net, toBytes } from '../../src/node.js';
import { namedNet } from '../../src/nets/named-nets.js';
import { imageBlob, loadOpenCv, type OpenCv } from '../support/opencv.js';

let cv: OpenCv;
beforeAll(async () => {
  ({ cv } = await loadOpenCv());
}, 120_000);

const SMALL = { inputSize: [64, 64] };
const width = 8;

test.each([
  ['lenet', { channels: 3 }, 'prob'],
  ['mtcnn-pnet', {}, 'prob1'],
  ['mtcnn-rnet', {}, 'conv5-2'],
  ['mtcnn-onet', {}, 'conv6-3'],
  ['squeezenet-1.1', SMALL, 'prob'],
  ['mobilenet-v1', SMALL, 'prob'],
  ['googlenet', SMALL, 'prob'],
  ['resnet-18', { ...SMALL, width }, 'prob'],
  ['resnet-101', { ...SMALL, width, strideIn: '3x3' }, 'prob'],
])(
  '%s',
  async (name, options, output) => {
    const param = namedNet(name).build(options);
    // Weights of the size that keeps activations of one size, so that no softmax is flat and none is 1.
    for (const layer of param.layer!)
      for (const settings of [layer.convolution_param, layer.inner_product_param])
        if (settings) settings.weight_filler = { type: 'msra' };
    const ours = await Net.load(param, { seed: 5 });
    for (const { name: layer, type } of ours.layers)
      if (type === 'BatchNorm') {
        const [, variance, factor] = ours.params.get(layer)!;
        variance!.data.fill(1);
        factor!.data.fill(1);
      }
    const weights = toBytes();
    await ours.save(weights);
    const input = ours.blobs.get('data')!;
    input.data.set(Float32Array.from({ length: input.count }, (_, i) => Math.sin(i * 0.37) + Math.cos(i * 0.011)));
    const blob = (await ours.forward({ blobs: [output] })).get(output)!;

    const text = new TextEncoder().encode(formatPrototxt(param));
    cv.FS_createDataFile('/', `${name}.prototxt`, text, true, false, false);
    cv.FS_createDataFile('/', `${name}.caffemodel`, weights.bytes(), true, false, false);
    const theirs = cv.readNetFromCaffe(`/${name}.prototxt`, `/${name}.caffemodel`);
    const image = imageBlob(cv, input.shape, input.data);
    theirs.setInput(image, 'data');
    const mat = theirs.forward(output);
    const largest = blob.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    expect(largest).toBeGreaterThan(0);
    // As in opencv.test.ts: two float32 engines, theirs with Winograd and fused kernels.
    const worst = mat.data32F.reduce((most, v, i) => Math.max(most, Math.abs(v - blob.data[i]!)), 0);
    expect(mat.data32F).toHaveLength(blob.count);
    expect(worst).toBeLessThan(1e-4 * largest);
    for (const each of [mat, image, theirs]) each.delete();
    ours.dispose();
  },
  120_000,
);
