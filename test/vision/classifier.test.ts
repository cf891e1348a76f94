/**
 * The classifier's blobs against what Caffe's own io.py made of the same pictures (Transformer and oversample, with
 * scikit-image's resize unsmoothed, as it was in Caffe's days), and its averages.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readImage } from '../../src/node/image.js';
import { readNpyFile } from '../../src/node/npy-folder.js';
import { Net } from '../../src/runtime/net.js';
import { Classifier, classify, topClasses, type ClassifierOptions } from '../../src/vision/classifier.js';
import { resizeLikeCaffe } from '../../src/vision/caffe-resize.js';
import { resizeBilinear } from '../../src/vision/resize.js';
import { fixture } from '../cli/support.js';
import { expectClose, messageOf } from '../support/close.js';
import { refusal } from '../support/refusal.js';
import { randomImage, randomNumbers } from './support.js';

const golden = async (name: string) => readNpyFile(fixture('images', 'classifier', `${name}.npy`));

/** A net of an input and a sum over each channel. */
const sums = (channels: number, height: number, width: number) =>
  Net.load(
    `layer { name: "data" type: "Input" top: "data"
             input_param { shape { dim: 1 dim: ${channels} dim: ${height} dim: ${width} } } }
     layer { name: "sum" type: "Reduction" bottom: "data" top: "sum" reduction_param { axis: 2 } }`,
  );

/** What the classifier puts into the net. */
async function inputOf(net: Net, file: string, options: ClassifierOptions) {
  await classify(net, await readImage(fixture('images', file)), options);
  const { shape, data } = net.blobs.get('data')!;
  return { shape, data };
}

describe('the input is pycaffe’s', () => {
  // Values reach 255, where float32 is 2^-16 apart; each side rounds once when it resizes and twice after.
  const tolerance = 6 * 2 ** -16;

  test('ten crops, a mean for each channel', async () => {
    const expected = await golden('ten_crops');
    const { shape, data } = await inputOf(await sums(3, 13, 10), 'astronaut_tall.png', {
      imageDims: { height: 20, width: 17 },
      mean: [104, 117, 123],
      oversample: true,
    });
    expect(shape).toEqual(expected.shape);
    expectClose(data, expected.data, tolerance);
  });

  test('the centre, a mean image of another size, an input scale', async () => {
    const expected = await golden('center');
    const { shape, data } = await inputOf(await sums(3, 13, 10), 'astronaut_tall.png', {
      imageDims: { height: 20, width: 17 },
      mean: await golden('mean'),
      inputScale: 0.017,
    });
    expect(shape).toEqual(expected.shape);
    expectClose(data, expected.data, tolerance);
  });

  test('one channel, neither mean nor scale', async () => {
    const expected = await golden('gray');
    const { shape, data } = await inputOf(await sums(1, 28, 28), 'page.jpg', { rawScale: 1 });
    expect(shape).toEqual(expected.shape);
    // Values up to 1, one rounding on each side.
    expectClose(data, expected.data, 2 ** -23);
  });
});

test('a colour picture for a net of one channel becomes its luminance', async () => {
  const net = await sums(1, 1, 1);
  await classify(net, { width: 1, height: 1, data: Uint8Array.from([10, 20, 30]) });
  expectClose(net.blobs.get('data')!.data, [0.2125 * 10 + 0.7154 * 20 + 0.0721 * 30], 2 ** -18);
});

test('resize: pillow takes Pillow’s bytes', async () => {
  const net = await sums(3, 5, 4);
  const image = randomImage(20, 30, randomNumbers(4));
  await classify(net, image, { resize: 'pillow', channelSwap: [0, 1, 2] });
  const resized = resizeBilinear(image, 4, 5).data;
  const planes = [0, 1, 2].flatMap((c) => [...resized].filter((_, i) => i % 3 === c));
  // A byte divided by 255 and multiplied by it again, both rounded.
  expectClose(net.blobs.get('data')!.data, planes, 2 ** -16);
});

test('scores are averaged over the crops', async () => {
  const net = await sums(3, 4, 4);
  const image = randomImage(8, 6, randomNumbers(6));
  const options: ClassifierOptions = { imageDims: { width: 8, height: 6 }, oversample: true };
  const scores = await classify(net, image, options);
  const each = net.blobs.get('sum')!;
  expect(each.shape).toEqual([10, 3]);
  const mean = [0, 1, 2].map((c) => [...each.data].filter((_, i) => i % 3 === c).reduce((a, b) => a + b) / 10);
  // Ten sums of 16 values up to 255: ten roundings at 40,800, whose unit is 2^-8.
  expectClose(scores, mean, 10 * 2 ** -9);
  // Another picture, one crop: the batch follows.
  await classify(net, image);
  expect(each.shape).toEqual([1, 3]);
});

test('the best classes, of equals the first', () => {
  expect(topClasses(Float32Array.from([0.5, 1, 0.5, 0]), 3)).toEqual([
    { index: 1, score: 1 },
    { index: 0, score: 0.5 },
    { index: 2, score: 0.5 },
  ]);
});

describe('resizeLikeCaffe', () => {
  test('beyond the edges everything is as dark as the darkest pixel', () => {
    const image = { width: 2, height: 1, channels: 1, data: Float32Array.from([1, 3]) };
    // Twice as wide: centres at -¼, ¼, ¾, 1¼ of the source; twice as high: a quarter of each is beyond the edge.
    const { data } = resizeLikeCaffe(image, { width: 4, height: 2 });
    const row = [0, 0.25, 0.75, 0.75].map((v) => 1 + 2 * 0.75 * v);
    expect([...data]).toEqual([...row, ...row]);
  });

  test('a picture of one colour stays it', () => {
    const image = { width: 3, height: 2, channels: 3, data: new Float32Array(18).fill(0.25) };
    expect([...resizeLikeCaffe(image, { width: 2, height: 2 }).data]).toEqual(Array(12).fill(0.25));
  });
});

describe('refuses', () => {
  let net: Net;
  beforeAll(async () => {
    net = await sums(3, 4, 5);
  });

  test.each<[ClassifierOptions, string]>([
    [
      { imageDims: { width: 4, height: 4 } },
      "imageDims of 4,4 (height, width) are smaller than the net's input of 4,5",
    ],
    [{ channelSwap: [2, 1] }, 'channelSwap must name 3 channels from 0 to 2, got [2, 1]'],
    [{ channelSwap: [2, 1, 3] }, 'channelSwap must name 3 channels from 0 to 2, got [2, 1, 3]'],
    [{ rawScale: 0 }, 'rawScale must be a number other than 0, got 0'],
    [
      { mean: [1, 2] },
      'the mean is 2: the input has 3 channels\nhint: a mean has a number for each of 3 channels, or is 3 x height x width',
    ],
    [
      { mean: { shape: [1, 4, 5], data: new Float32Array(20) } },
      'the mean is 1x4x5: it does not fit the input\nhint: a mean has a number for each of 3 channels, or is 3 x height x width',
    ],
    [
      { mean: [1, NaN, 2] },
      'the mean is 3: it holds what is no number\nhint: a mean has a number for each of 3 channels, or is 3 x height x width',
    ],
    [{ output: 'sun' }, "the net has no blob 'sun' for the scores\nhint: did you mean 'sum'?"],
  ])('%j', (options, message) => {
    expect(messageOf(() => new Classifier(net, options))).toBe(message);
  });

  test('an output without a row for each crop', async () => {
    const one = await Net.load(
      `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 4 dim: 5 } } }
       layer { name: "all" type: "Reduction" bottom: "data" top: "all" }`,
    );
    const options = { oversample: true, imageDims: { width: 9, height: 9 } };
    expect(await refusal(() => classify(one, randomImage(9, 9, randomNumbers(1)), options))).toBe(
      "output 'all' of one value has no row for each of 10 crops",
    );
  });
});
