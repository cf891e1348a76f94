/** The detector around a net: from a picture of any size to boxes in that picture, and what it refuses. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Net } from '../../src/runtime/net.js';
import { readImage } from '../../src/node/image.js';
import { anchorLevels } from '../../src/vision/anchors.js';
import { detect, Detector, type DetectorOptions } from '../../src/vision/detector.js';
import type { Detection } from '../../src/vision/select.js';
import { fixture } from '../cli/support.js';
import { expectClose, messageOf } from '../support/close.js';
import { refusal } from '../support/refusal.js';
import { plantedNet, randomImage, randomNumbers } from './support.js';

describe('with a head’s outputs planted', () => {
  let net: Net;
  beforeAll(async () => {
    net = await plantedNet();
  });

  test('the boxes come out in the picture’s own pixels', async () => {
    const expected = JSON.parse(readFileSync(fixture('boxes', 'detections.json'), 'utf8')) as Detection[];
    const image = await readImage(fixture('images', 'astronaut_512x438.jpg'));
    const { detections, original, resized, inputShape } = await detect(net, image);
    expect({ original, resized, inputShape }).toEqual({
      original: { width: 512, height: 438 },
      resized: { width: 561, height: 480 },
      inputShape: [1, 3, 480, 576],
    });
    expect(detections).toHaveLength(100);
    detections.forEach(({ box, score, label }, i) => {
      const [x1, y1, x2, y2] = expected[i]!.box;
      const [sx, sy] = [512 / 561, 438 / 480];
      expectClose(box, [x1 * sx, y1 * sy, x2 * sx, y2 * sy], 1e-3);
      expectClose([score], [expected[i]!.score], 1e-6);
      expect(label).toBe(expected[i]!.label);
    });
  });

  test.each<[DetectorOptions, string]>([
    [
      {
        heads: [{ logits: 'rpn_head_cls_logit_p2', deltas: 'rpn_head_bbox_pred_p2' }],
        anchors: anchorLevels().slice(0, 1),
      },
      "the net has no blob 'rpn_head_cls_logit_p2' for the head's logits\nhint: did you mean 'rpn_head_cls_logits_p2'?",
    ],
    [{ heads: [] }, 'the head has 0 levels, the anchors 5'],
    [{ input: 'dta' }, "the net has no input 'dta'\nhint: did you mean 'data'?"],
    [{ select: { top: -1 } }, 'top must be whole and at least 1, got -1'],
    [{ transform: { padTo: 0 } }, 'padTo must be whole and at least 1, got 0'],
  ])('refuses %j before anything runs', (options, message) => {
    expect(messageOf(() => new Detector(net, options))).toBe(message);
  });
});

describe('one net for many pictures', () => {
  /** One level with a stride of 8, one anchor a cell; its outputs depend on the picture. */
  const load = (input = 'dim: 1 dim: 3 dim: 32 dim: 32') =>
    Net.load(
      `layer { name: "data" type: "Input" top: "data" input_param { shape { ${input} } } }
       layer { name: "logits" type: "Convolution" bottom: "data" top: "logits"
               convolution_param { num_output: 1 kernel_size: 8 stride: 8 weight_filler { type: "gaussian" std: 0.01 } } }
       layer { name: "deltas" type: "Convolution" bottom: "data" top: "deltas"
               convolution_param { num_output: 4 kernel_size: 8 stride: 8 weight_filler { type: "gaussian" std: 0.002 } } }`,
      { seed: 1 },
    );
  const options: DetectorOptions = {
    heads: [{ logits: 'logits', deltas: 'deltas' }],
    anchors: { sizes: [16], strides: [8], aspectRatios: [1], scalesPerOctave: 1 },
    transform: { size: { short: 40, long: 72 } },
  };
  const random = randomNumbers(5);
  const [wide, tall] = [randomImage(90, 60, random), randomImage(30, 61, random)];

  test('each is seen in its own size, and leaves nothing behind for the next', async () => {
    const detector = new Detector(await load(), options);
    const first = await detector.detect(wide);
    expect(first.inputShape).toEqual([1, 3, 64, 64]);
    expect(first.resized).toEqual({ width: 60, height: 40 });
    expect(first.detections.length).toBeGreaterThan(5);
    const second = await detector.detect(tall);
    expect(second.inputShape).toEqual([1, 3, 96, 64]);
    expect(second.detections).not.toEqual(first.detections);
    expect(await detector.detect(wide)).toEqual(first);
    expect(await new Detector(await load(), options).detect(tall)).toEqual(second);
    for (const { box } of second.detections) {
      // Clipped in the resized picture to its last pixel.
      expect(Math.min(...box)).toBeGreaterThanOrEqual(0);
      expect(box[2]).toBeLessThanOrEqual(30);
      expect(box[3]).toBeLessThanOrEqual(61);
    }
  });

  test('says after each layer how far it is', async () => {
    const seen: [number, number][] = [];
    await new Detector(await load(), options).detect(wide, { onProgress: (...step) => seen.push(step) });
    // The Split of the picture is a layer too.
    expect(seen).toEqual([1, 2, 3, 4].map((done) => [done, 4]));
  });

  test('a net without an input for pictures is refused', async () => {
    const gray = await load('dim: 1 dim: 1 dim: 32 dim: 32');
    expect(messageOf(() => new Detector(gray, options))).toBe(
      "input 'data' is 1x1x32x32; a picture needs batch x 3 x height x width",
    );
    const none = await Net.load('layer { name: "d" type: "DummyData" top: "d" dummy_data_param { shape { dim: 1 } } }');
    expect(messageOf(() => new Detector(none, options))).toBe(
      'the net has no input\nhint: a picture needs an Input layer; DummyData is none',
    );
  });

  test('a net whose outputs are no numbers is refused by the blob’s name', async () => {
    const net = await load();
    net.params.get('logits')![0]!.data.fill(NaN);
    expect(await refusal(() => detect(net, wide, options))).toBe(
      'logits: some values are not numbers\nhint: look at the blobs before it: see where they begin',
    );
  });
});
