/** Default boxes: those of forks without reference data, derived by hand on small maps; and how FaceBoxes is told from SSD. */
import { describe, expect, test } from '@jest/globals';
import type { LayerParameter } from '../../src/generated/messages.js';
import { dialectOf } from '../../src/layers/dialect.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { Net } from '../../src/runtime/net.js';

/** The boxes, in pixels of an image of 64 x 64, and the variances of a layer over a map of 2 x 2 cells of 32 pixels. */
async function priors(layer: string): Promise<{ boxes: number[][]; variances: number[] }> {
  const net = await Net.load(`
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 1 dim: 2 dim: 2 } } }
    layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 64 dim: 64 } } }
    ${layer}`);
  try {
    const { data } = (await net.forward()).get('y')!;
    const half = data.length / 2;
    const boxes = Array.from({ length: half / 4 }, (_, i) => [...data.slice(4 * i, 4 * i + 4)].map((v) => v * 64));
    return { boxes, variances: [...data.slice(half, half + 4)].map((v) => Number(v.toFixed(6))) };
  } finally {
    net.dispose();
  }
}

const layerOf = (type: string, settings: string) =>
  `layer { name: "p" type: "${type}" bottom: "x" bottom: "data" top: "y" prior_box_param { ${settings} } }`;

/** A box of a size around a centre. */
const around = (x: number, y: number, width: number, height = width) => [
  x - width / 2,
  y - height / 2,
  x + width / 2,
  y + height / 2,
];

describe('PriorBoxClustered', () => {
  test('gives each cell a box of each width and height, fractions included', async () => {
    const { boxes, variances } = await priors(
      layerOf(
        'PriorBoxClustered',
        'width: 9.5 width: 20 height: 15.25 height: 4 step: 32 variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2',
      ),
    );
    expect(boxes).toEqual(
      [
        [16, 16],
        [48, 16],
        [16, 48],
        [48, 48],
      ].flatMap(([x, y]) => [around(x!, y!, 9.5, 15.25), around(x!, y!, 20, 4)]),
    );
    expect(variances).toEqual([0.1, 0.1, 0.2, 0.2]);
  });

  test('takes the step from the sizes, an offset, and limits boxes to the image with clip', async () => {
    const { boxes } = await priors(layerOf('PriorBoxClustered', 'width: 16 height: 40 offset: 0 clip: true'));
    expect(boxes).toEqual([
      [0, 0, 8, 20],
      [24, 0, 40, 20],
      [0, 12, 8, 52],
      [24, 12, 40, 52],
    ]);
  });

  test.each([
    ['', 'must provide width.'],
    ['width: 3', 'there must be as many height as width: 0 and 1'],
    ['width: 3 height: 0', 'height must be positive, got 0'],
  ])('refuses %p', async (settings, message) => {
    await expect(priors(layerOf('PriorBoxClustered', settings))).rejects.toThrow(message);
  });
});

describe('PriorBox', () => {
  const first = async (settings: string, count: number) =>
    (await priors(layerOf('PriorBox', `step: 32 ${settings}`))).boxes.slice(0, count);

  test("reduce_boxes, of chuanqi305's SSD, halves the first square only", async () => {
    expect(await first('min_size: 9 max_size: 16 aspect_ratio: 4 flip: false reduce_boxes: true', 3)).toEqual([
      around(16, 16, 4.5),
      around(16, 16, 12),
      around(16, 16, 18, 4.5),
    ]);
  });

  test('denser_prior_boxes, of TextBoxes++, repeats each box at the lower edge of the cell', async () => {
    expect(await first('min_size: 8 aspect_ratio: 4 flip: false denser_prior_boxes: true', 4)).toEqual([
      around(16, 16, 8),
      around(16, 32, 8),
      around(16, 16, 16, 4),
      around(16, 32, 16, 4),
    ]);
  });

  test('use_default_aspect_ratio: false, of Sophgo, leaves out the first square', async () => {
    expect(await first('min_size: 8 aspect_ratio: 4 use_default_aspect_ratio: false', 3)).toEqual([
      around(16, 16, 16, 4),
      around(16, 16, 4, 16),
      around(48, 16, 16, 4),
    ]);
  });

  test('flip adds inverses, equal ratios count once', async () => {
    const given = 'min_size: 8 aspect_ratio: 4 aspect_ratio: 1 aspect_ratio: 4 aspect_ratio: 0.25';
    expect(await first(given, 4)).toEqual([
      around(16, 16, 8),
      around(16, 16, 16, 4),
      around(16, 16, 4, 16),
      around(48, 16, 8),
    ]);
  });

  test('several min_size, img_h and img_w, step_h and step_w, offset', async () => {
    const { boxes } = await priors(
      layerOf('PriorBox', 'min_size: 4 min_size: 8.9 img_h: 128 img_w: 32 step_h: 20 step_w: 10 offset: 0.25'),
    );
    // Centres at (2.5, 5), (12.5, 5) …; coordinates are parts of 32 and 128, and given here of 64.
    const scaled = ([x1, y1, x2, y2]: number[]) => [x1! * 2, y1! / 2, x2! * 2, y2! / 2];
    expect(boxes.slice(0, 3)).toEqual([around(2.5, 5, 4), around(2.5, 5, 8), around(12.5, 5, 4)].map(scaled));
  });
});

describe('FaceBoxes', () => {
  const net = (outputs: number) => `
    layer { name: "loc" type: "Convolution" bottom: "x" top: "loc" convolution_param { num_output: ${outputs} kernel_size: 1 } }
    layer { name: "last" type: "PriorBox" bottom: "x" bottom: "data" top: "z" prior_box_param { min_size: 256 step: 32 } }
    ${layerOf('PriorBox', 'min_size: 32 min_size: 64 min_size: 128 step: 32')}`;

  test('has 16 boxes of 31 pixels, 4 of 63 and 1 of 127 in a cell', async () => {
    const { boxes } = await priors(net(84));
    expect(boxes.length).toBe(4 * 21);
    expect(boxes[0]).toEqual(around(0, 0, 31));
    expect(boxes[1]).toEqual(around(8, 0, 31));
    expect(boxes[4]).toEqual(around(0, 8, 31));
    expect(boxes[15]).toEqual(around(24, 24, 31));
    expect(boxes.slice(16, 20)).toEqual([around(0, 0, 63), around(16, 0, 63), around(0, 16, 63), around(16, 16, 63)]);
    expect(boxes[20]).toEqual(around(16, 16, 127));
  });

  test("all of the net's PriorBox layers are FaceBoxes'", async () => {
    const loaded = await Net.load(`
      layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 1 dim: 2 dim: 2 } } }
      layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 64 dim: 64 } } }
      ${net(84)}`);
    const { data } = (await loaded.forward()).get('z')!;
    expect([...data.slice(0, 4)].map((v) => v * 64)).toEqual(around(16, 16, 255));
    loaded.dispose();
  });

  test.each([
    [84, 'faceboxes'],
    [12, undefined],
    [63, undefined],
  ])('with %p outputs beside it, the net is of %p', (outputs, dialect) => {
    expect(dialectOf(parsePrototxt(net(outputs)).layer as LayerParameter[])).toBe(dialect);
  });

  test('three sizes with an aspect ratio are SSD’s', () => {
    const layers = parsePrototxt(net(84).replace('min_size: 32', 'aspect_ratio: 2 min_size: 32')).layer;
    expect(dialectOf(layers as LayerParameter[])).toBeUndefined();
  });
});

describe('TextBoxes', () => {
  const conv = (name: string, outputs: number) =>
    `layer { name: "${name}" type: "Convolution" bottom: "x" top: "${name}" convolution_param { num_output: ${outputs} kernel_size: 1 } }`;
  const net = (loc: number, conf: number, settings = 'min_size: 8 aspect_ratio: 4 flip: false step: 32') => `
    ${conv('loc', loc)} ${conv('conf', conf)} ${layerOf('PriorBox', settings)}
    layer { name: "out" type: "ReLU" bottom: "loc" top: "out" multibox_loss_param { num_classes: 2 } }`;

  test('has each box a second time at the lower edge of the cell', async () => {
    const { boxes } = await priors(net(16, 8));
    expect(boxes.length).toBe(4 * 4);
    expect(boxes.slice(0, 4)).toEqual([
      [12, 12, 20, 20],
      [12, 28, 20, 36],
      [8, 14, 24, 18],
      [8, 30, 24, 34],
    ]);
  });

  test.each([
    [16, 8, undefined, 'first-textboxes'],
    [8, 4, undefined, undefined],
    [16, 8, 'min_size: 8 aspect_ratio: 4 step: 32', undefined],
    [16, 8, 'min_size: 8 aspect_ratio: 4 flip: false denser_prior_boxes: true', undefined],
  ])('with %p and %p outputs beside it and %p, the net is of %p', (loc, conf, settings, dialect) => {
    expect(dialectOf(parsePrototxt(net(loc, conf, settings)).layer as LayerParameter[])).toBe(dialect);
  });

  test('offset_h and offset_w, of OpenCV, say where each box stands', async () => {
    const { boxes } = await priors(
      layerOf(
        'PriorBox',
        'min_size: 8 aspect_ratio: 4 flip: false step: 32 offset_h: 0.5 offset_h: 1 offset_w: 0.5 offset_w: 0.25',
      ),
    );
    expect(boxes.slice(0, 4)).toEqual([
      [12, 12, 20, 20],
      [4, 28, 12, 36],
      [8, 14, 24, 18],
      [0, 30, 16, 34],
    ]);
  });
});
