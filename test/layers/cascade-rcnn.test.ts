/** MS-CNN's and Cascade R-CNN's layers for regions, compared with their formulas in float64 on random values, or derived by hand. */
import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../src/engine/random.js';
import { forksOf } from '../../src/proto/forks/net-forks.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { Net } from '../../src/runtime/net.js';

interface Given {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** What one layer gives: the shape and the values of each of its tops. */
async function run(
  layer: string,
  bottoms: readonly Given[],
  tops = 1,
  phase: 'TRAIN' | 'TEST' = 'TEST',
): Promise<{ shape: readonly number[]; values: number[] }[]> {
  const inputs = bottoms.map(
    ({ shape }, i) =>
      `layer { name: "x${i}" type: "Input" top: "x${i}" input_param { shape { ${shape.map((d) => `dim: ${d}`).join(' ')} } } }`,
  );
  const names = bottoms.map((_, i) => `bottom: "x${i}"`);
  const outputs = Array.from({ length: tops }, (_, i) => `top: "y${i}"`);
  const text = `${inputs.join('\n')} layer { name: "l" ${names.join(' ')} ${outputs.join(' ')} ${layer} }`;
  const net = await Net.load(text, { phase });
  try {
    const given = Object.fromEntries(bottoms.map((each, i) => [`x${i}`, Float32Array.from(each.values)]));
    const blobs = await net.forward({ inputs: given });
    return outputs.map((_, i) => {
      const { shape, data } = blobs.get(`y${i}`)!;
      return { shape: [...shape], values: [...data] };
    });
  } finally {
    net.dispose();
  }
}

/** Values come in float32, are computed with in float32 in up to a dozen steps, and are below `most`. */
function expectClose(got: readonly number[], wanted: readonly number[], most: number): void {
  expect(got).toHaveLength(wanted.length);
  const worst = got.reduce((far, value, i) => Math.max(far, Math.abs(value - wanted[i]!)), 0);
  expect(worst).toBeLessThan(12 * 2 ** -24 * most);
}

const random = seededRandom(20);
const between = (low: number, high: number) => Math.fround(low + random() * (high - low));
const list = (length: number, low: number, high: number) => Array.from({ length }, () => between(low, high));
const roi = (side: number, image = 0) => {
  const [x, y] = list(2, 0, side / 2);
  return [image, x!, y!, Math.fround(x! + between(4, side / 2)), Math.fround(y! + between(4, side / 2))];
};

describe('DecodeBBox', () => {
  test('moves regions by the offsets of the second class', async () => {
    const rows = 6;
    const offsets = list(rows * 8, -1, 1);
    const rois = Array.from({ length: rows }, () => roi(100)).flat();
    const layer = 'type: "DecodeBBox" bbox_reg_param { bbox_mean: [0.1, 0, -0.1, 0.2] bbox_std: [0.1, 0.2, 0.3, 0.4] }';
    const [y] = await run(layer, [
      { shape: [rows, 8], values: offsets },
      { shape: [rows, 5, 1, 1], values: rois },
    ]);
    expect(y!.shape).toEqual([rows, 5, 1, 1]);
    const wanted = Array.from({ length: rows }, (_, r) => {
      const [image, x1, y1, x2, y2] = rois.slice(r * 5, r * 5 + 5) as [number, number, number, number, number];
      const [dx, dy, dw, dh] = [0, 1, 2, 3].map(
        (i) => offsets[r * 8 + 4 + i]! * [0.1, 0.2, 0.3, 0.4][i]! + [0.1, 0, -0.1, 0.2][i]!,
      ) as [number, number, number, number];
      const [w, h] = [x2 - x1 + 1, y2 - y1 + 1];
      const [width, height] = [w * Math.exp(dw), h * Math.exp(dh)];
      const [left, top] = [dx * w + (x1 + x2) / 2 - (width - 1) / 2, dy * h + (y1 + y2) / 2 - (height - 1) / 2];
      return [image, left, top, left + width - 1, top + height - 1];
    }).flat();
    expectClose(y!.values, wanted, 200);
  });

  test('in training, leaves out what has no size and what covers its object', async () => {
    const shrunk = [0, 0, 0, 0, 0, 0, -9, 0];
    const zeros = Array.from({ length: 8 }, () => 0);
    const [y] = await run(
      'type: "DecodeBBox" decode_bbox_param { gt_iou_thr: 0.5 }',
      [
        { shape: [3, 8], values: [...shrunk, ...zeros, ...zeros] },
        { shape: [3, 5], values: [0, 1, 1, 8, 8, 0, 2, 2, 9, 9, 1, 3, 3, 7, 7] },
        { shape: [3, 2], values: [0, 0, 9, 0.25, 0, 0.5] },
      ],
      1,
      'TRAIN',
    );
    expect(y).toEqual({ shape: [1, 5, 1, 1], values: [0, 2, 2, 9, 9] });
  });

  test('refuses other sizes, and a third bottom that is not for training', async () => {
    const rois = { shape: [1, 5], values: [0, 1, 1, 8, 8] };
    const offsets = { shape: [1, 8], values: [0, 0, 0, 0, 0, 0, 0, 0] };
    await expect(run('type: "DecodeBBox"', [rois, rois])).rejects.toThrow(
      'expected (1, 8), the offsets of two classes',
    );
    await expect(run('type: "DecodeBBox"', [offsets, rois, rois])).rejects.toThrow('belongs to training');
    const one = 'type: "DecodeBBox" bbox_reg_param { bbox_mean: 0 bbox_std: 1 }';
    await expect(run(one, [offsets, rois])).rejects.toThrow('must have four values each, got 1 and 1');
  });
});

describe('ScaleRoute', () => {
  // Scales 10, 20, 40 and 0: the last one's corners have changed sides.
  const rois = {
    shape: [4, 5],
    values: [0, 0, 0, 9, 9, 0, 5, 5, 24, 24, 1, 0, 0, 39, 39, 1, 9, 9, 0, 0],
  };
  const marks = { shape: [4, 1, 2], values: [1, 2, 3, 4, 5, 6, 7, 8] };

  test.each([
    ['', [0, 1, 2, 3]],
    ['low_scale: 20', [1, 2]],
    ['high_scale: 20', [0, 3]],
    ['low_scale: 10 high_scale: 20.5', [0, 1]],
    // Nothing between them: their middle 28.3 is nearest to 40, by a little; the one limit 100 too.
    ['low_scale: 21 high_scale: 39', [2]],
    ['low_scale: 100', [2]],
  ])('{ %s } keeps rows %j', async (limits, kept) => {
    const tops = await run(`type: "ScaleRoute" scale_route_param { ${limits} }`, [rois, marks], 2);
    const rows = ({ values }: Given, width: number) =>
      kept.flatMap((row) => values.slice(row * width, (row + 1) * width));
    expect(tops).toEqual([
      { shape: [kept.length, 5, 1, 1], values: rows(rois, 5) },
      { shape: [kept.length, 1, 2, 1], values: rows(marks, 2) },
    ]);
  });

  test('refuses numbers of tops and rows that differ', async () => {
    await expect(run('type: "ScaleRoute"', [rois, marks], 1)).rejects.toThrow('as many tops as bottoms');
    const three = { shape: [3, 1], values: [1, 2, 3] };
    await expect(run('type: "ScaleRoute"', [rois, three], 2)).rejects.toThrow('all bottoms must have 4 rows');
  });
});

describe("ROIAlign of MS-CNN's", () => {
  const [images, channels, height, width] = [2, 3, 9, 12];
  const map = list(images * channels * height * width, -1, 1);

  /** The map between its pixels, as the formula has it. */
  const at = (image: number, c: number, h: number, w: number): number => {
    if (h < -0.5 || h > height - 0.5 || w < -0.5 || w > width - 0.5) return 0;
    const pixel = (row: number, column: number) =>
      map[((image * channels + c) * height + Math.min(row, height - 1)) * width + Math.min(column, width - 1)]!;
    const [y, x] = [Math.min(Math.max(h, 0), height - 1), Math.min(Math.max(w, 0), width - 1)];
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const [v, u] = [y - top, x - left];
    return (
      (1 - v) * (1 - u) * pixel(top, left) +
      (1 - v) * u * pixel(top, left + 1) +
      v * (1 - u) * pixel(top + 1, left) +
      v * u * pixel(top + 1, left + 1)
    );
  };

  test.each([
    [3, 2, 0.25, 0],
    [4, 4, 0.2, 0.3],
  ])('%i x %i bins, scale %f, pad_ratio %f', async (pooledH, pooledW, scale, pad) => {
    // The last but one reaches far beyond the map, the last one has no width.
    const rois = [...[0, 1, 0, 1].flatMap((image) => roi(40, image)), 1, -30, -30, 90, 90, 0, 8, 4, 6, 20];
    const [y] = await run(
      `type: "ROIAlign" roi_pooling_param { pooled_h: ${pooledH} pooled_w: ${pooledW} spatial_scale: ${scale} pad_ratio: ${pad} }`,
      [
        { shape: [images, channels, height, width], values: map },
        { shape: [6, 5, 1, 1], values: rois },
      ],
    );
    expect(y!.shape).toEqual([6, channels, pooledH + 1, pooledW + 1]);
    const wanted: number[] = [];
    for (let r = 0; r < 6; r++) {
      const [image, x1, y1, x2, y2] = rois.slice(r * 5, r * 5 + 5) as [number, number, number, number, number];
      const side = (low: number, high: number) => {
        const more = (high - low + 1) * pad;
        return [(low - more) * scale - 0.5, (high + more) * scale - 0.5] as const;
      };
      const [[left, right], [top, bottom]] = [side(x1, x2), side(y1, y2)];
      for (let c = 0; c < channels; c++)
        for (let p = 0; p <= pooledH; p++)
          for (let q = 0; q <= pooledW; q++)
            wanted.push(
              right <= left || bottom <= top
                ? 0
                : at(image, c, top + (p * (bottom - top)) / pooledH, left + (q * (right - left)) / pooledW),
            );
    }
    // Positions up to 40 pixels, whose errors are multiplied with slopes of up to 2.
    expectClose(y!.values, wanted, 80);
    expect(wanted.filter((value) => value === 0).length).toBeGreaterThan(channels * (pooledH + 1) * (pooledW + 1));
  });

  test('is taken by its settings, and asks for sizes', async () => {
    const bottoms = [
      { shape: [1, 1, 2, 2], values: [1, 2, 3, 4] },
      { shape: [1, 5], values: [0, 0, 0, 1, 1] },
    ];
    await expect(run('type: "ROIAlign" roi_pooling_param { pooled_h: 1 }', bottoms)).rejects.toThrow(
      'pooled_w must be > 0',
    );
    const [other] = await run('type: "ROIAlign" roi_align_param { pooled_h: 1 pooled_w: 1 }', bottoms);
    expect(other!.shape).toEqual([1, 1, 1, 1]);
  });
});

describe('BoxGroupOutput', () => {
  const sizes = [
    { height: 5, width: 6, stride: 8, field_w: [16, 24, 12], field_h: [16, 12, 24] },
    { height: 3, width: 3, stride: 16, field_w: [40, 30], field_h: [30, 44] },
  ];
  const images = 2;
  const heads = sizes.map(({ height, width, field_w }) => ({
    scores: {
      shape: [images * field_w.length, 2, height, width],
      values: list(images * field_w.length * 2 * height * width, 0, 1),
    },
    offsets: {
      shape: [images * field_w.length, 4, height, width],
      values: list(images * field_w.length * 4 * height * width, -2, 2),
    },
  }));
  const bottoms = heads.flatMap(({ scores, offsets }) => [scores, offsets]);
  const groups = sizes
    .map(
      ({ stride, field_w, field_h }) =>
        `box_group_param { field_w: [${field_w.join(', ')}] field_h: [${field_h.join(', ')}] stride: ${stride} }`,
    )
    .join(' ');

  interface Box {
    image: number;
    corners: [number, number, number, number];
    score: number;
  }

  /** All boxes above a score and of a size, best first. */
  function boxes(least: number, smallest: number): Box[] {
    const found: Box[] = [];
    for (const [k, { height, width, stride, field_w, field_h }] of sizes.entries())
      for (let plane = 0; plane < images * field_w.length; plane++)
        for (let h = 0; h < height; h++)
          for (let w = 0; w < width; w++) {
            const cell = h * width + w;
            const score = 1 - heads[k]!.scores.values[plane * 2 * height * width + cell]!;
            const offset = (i: number) =>
              heads[k]!.offsets.values[(plane * 4 + i) * height * width + cell]! * 0.5 + 0.1;
            const [fw, fh] = [field_w[plane % field_w.length]!, field_h[plane % field_w.length]!];
            const near = (value: number, most: number) => Math.max(-most, Math.min(most, value));
            const [boxW, boxH] = [
              fw * Math.exp(near(offset(2), Math.log(3))),
              fh * Math.exp(near(offset(3), Math.log(3))),
            ];
            const left = near(offset(0), 0.25) * fw + (w + 0.5) * stride - boxW / 2;
            const top = near(offset(1), 0.25) * fh + (h + 0.5) * stride - boxH / 2;
            const corners: Box['corners'] = [
              Math.max(left, 0),
              Math.max(top, 0),
              Math.min(left + boxW - 1, width * stride),
              Math.min(top + boxH - 1, height * stride),
            ];
            const isLarge = corners[2] - corners[0] + 1 >= smallest && corners[3] - corners[1] + 1 >= smallest;
            if (score >= least && isLarge) found.push({ image: Math.floor(plane / field_w.length), corners, score });
          }
    return found.sort((a, b) => b.score - a.score);
  }

  function overlap([a, b, c, d]: Box['corners'], [p, q, r, s]: Box['corners'], mode: string): number {
    const common = Math.max(Math.min(c, r) - Math.max(a, p) + 1, 0) * Math.max(Math.min(d, s) - Math.max(b, q) + 1, 0);
    const [one, two] = [(c - a + 1) * (d - b + 1), (r - p + 1) * (s - q + 1)];
    return common / (mode === 'IOU' ? one + two - common : mode === 'IOMU' ? Math.min(one, two) : one);
  }

  test.each([
    ['IOU', 0, 0],
    ['IOMU', 20, 0],
    ['IOFU', 0, 5],
  ])('%s, the best %i, then %i', async (mode, before, after) => {
    const settings = `fg_thr: 0.4 iou_thr: 0.35 nms_type: "${mode}" field_whr: 3 field_xyr: 4 max_nms_num: ${before} max_post_nms_num: ${after} min_size: 10`;
    const layer = `type: "BoxGroupOutput" bbox_reg_param { bbox_mean: [0.1, 0.1, 0.1, 0.1] bbox_std: [0.5, 0.5, 0.5, 0.5] }
      box_group_output_param { ${settings} ${groups} }`;
    const [rois, scored] = await run(layer, bottoms, 2);
    const wanted: number[][] = [];
    for (let image = 0; image < images; image++) {
      const kept: Box[] = [];
      for (const box of boxes(0.4, 10)
        .filter((each) => each.image === image)
        .slice(0, before || undefined))
        if (!kept.some((better) => overlap(better.corners, box.corners, mode) > 0.35)) kept.push(box);
      wanted.push(...kept.slice(0, after || undefined).map(({ corners, score }) => [image, ...corners, score]));
    }
    expect(wanted.length).toBeGreaterThan(images * 3);
    expect(rois!.shape).toEqual([wanted.length, 5, 1, 1]);
    expect(scored!.shape).toEqual([wanted.length, 6, 1, 1]);
    expectClose(scored!.values, wanted.flat(), 100);
    expectClose(
      rois!.values,
      wanted.flatMap((row) => row.slice(0, 5)),
      100,
    );
  });

  // Twelve boxes side by side with one score, in the order in which g++ 12 ran std::partial_sort on them.
  test.each([
    ['all', 0, [8, 10, 4, 7, 11, 3, 9, 1, 5, 0, 2, 6]],
    ['the best five', 5, [3, 4, 1, 0, 2]],
  ])('equal scores, %s: the order of the partial sort', async (_, before, order) => {
    const scores = { shape: [1, 2, 1, 12], values: Array.from({ length: 24 }, () => 0) };
    const offsets = { shape: [1, 4, 1, 12], values: Array.from({ length: 48 }, () => 0) };
    const settings = `min_size: 1 max_nms_num: ${before} box_group_param { field_w: 8 field_h: 8 stride: 16 }`;
    const [rois] = await run(`type: "BoxGroupOutput" box_group_output_param { ${settings} }`, [scores, offsets]);
    const left = order.map((_, row) => rois!.values[5 * row + 1]);
    expect(left).toEqual(order.map((cell) => 16 * cell + 4));
  });

  test('says that nothing is found as the fork does', async () => {
    const tops = await run(`type: "BoxGroupOutput" box_group_output_param { fg_thr: 2 ${groups} }`, bottoms, 2);
    expect(tops).toEqual([
      { shape: [1, 5, 1, 1], values: [0, 1, 1, 10, 10] },
      { shape: [1, 6, 1, 1], values: [0, 0, 0, 0, 0, 0] },
    ]);
  });

  test('refuses heads that do not fit their groups', async () => {
    const layer = (param: string) => `type: "BoxGroupOutput" box_group_output_param { ${param} }`;
    await expect(run(layer(groups), bottoms.slice(0, 2))).rejects.toThrow('two bottoms for each of 2 box_group_param');
    const more = { shape: [4, 3, 3, 3], values: list(4 * 3 * 9, 0, 1) };
    await expect(run(layer(groups), bottoms.with(2, more))).rejects.toThrow('all scores must be of 2 classes');
    const one = 'box_group_param { field_w: 4 field_h: [4, 5] stride: 8 }';
    await expect(run(layer(one), bottoms.slice(0, 2))).rejects.toThrow('equally often, got 2 and 1');
    const two = 'box_group_param { field_w: [4, 5, 6, 7] field_h: [4, 5, 6, 7] stride: 8 }';
    await expect(run(layer(two), bottoms.slice(0, 2))).rejects.toThrow('expected scores of (N · 4, classes, H, W)');
  });
});

test('nets with these layers are known as those of their forks', () => {
  const layer = (type: string, param: string) =>
    parsePrototxt(`layer { name: "l" type: "${type}" ${param} }`).layer![0]!;
  expect(forksOf(layer('BoxGroupOutput', 'box_group_output_param { fg_thr: 1 }'))).toEqual(['cascade-rcnn']);
  expect(forksOf(layer('ScaleRoute', 'scale_route_param { low_scale: 1 }'))).toEqual(['cascade-rcnn']);
});
