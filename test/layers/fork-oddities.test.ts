/** What the forks' code does in settings that their reference data do not have; expected values are derived from it by hand. */
import { describe, expect, test } from '@jest/globals';
import { forkSchema } from '../../src/proto/forks/catalog.js';
import { Net } from '../../src/runtime/net.js';

interface Given {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** What one layer gives for these bottoms: its shape and its values. */
async function run(
  type: string,
  settings: string,
  bottoms: readonly Given[],
  schema?: string,
): Promise<{ shape: readonly number[]; values: number[] }> {
  const inputs = bottoms.map(
    ({ shape }, i) =>
      `layer { name: "x${i}" type: "Input" top: "x${i}" input_param { shape { ${shape.map((d) => `dim: ${d}`).join(' ')} } } }`,
  );
  const names = bottoms.map((_, i) => `bottom: "x${i}"`).join(' ');
  const text = `${inputs.join('\n')} layer { name: "l" type: "${type}" ${names} top: "y" ${settings} }`;
  const net = await Net.load(text, { schema: schema === undefined ? undefined : forkSchema(schema) });
  try {
    const values = Object.fromEntries(bottoms.map((each, i) => [`x${i}`, Float32Array.from(each.values)]));
    const { shape, data } = (await net.forward({ inputs: values })).get('y')!;
    return { shape: [...shape], values: [...data] };
  } finally {
    net.dispose();
  }
}

describe('LpNormalization', () => {
  const x = { shape: [2, 2], values: [3, -4, 0.5, -8] };

  test('without axes, each element is its own sum', async () => {
    const { values } = await run('LpNormalization', '', [x]);
    expect(values).toEqual([1, -1, 1, -1]);
  });

  test('axes may be negative, and in any order', async () => {
    const { values } = await run('LpNormalization', 'lp_normalization_param { axis: -1 p: 1 }', [x]);
    expect(values).toEqual([3 / 7, -4 / 7, 0.5 / 8.5, -8 / 8.5].map(Math.fround));
    const all = await run('LpNormalization', 'lp_normalization_param { axis: 1 axis: 0 p: 1 }', [x]);
    expect(all.values).toEqual([3 / 15.5, -4 / 15.5, 0.5 / 15.5, -8 / 15.5].map(Math.fround));
  });
});

describe('Upsample with a mask', () => {
  const x = { shape: [1, 1, 1, 2], values: [5, 6] };
  const mask = { shape: [1, 1, 1, 2], values: [1, 2] };

  test.each([
    [
      'a size decides, whatever scale is given',
      'upsample_h: 2 upsample_w: 3 scale: 2',
      [1, 1, 2, 3],
      [0, 5, 6, 0, 0, 0],
    ],
    ['one side of a size does not count', 'upsample_h: 7', [1, 1, 2, 4], [0, 5, 6, 0, 0, 0, 0, 0]],
    ['pad_out takes a row or a column away', 'scale: 2 pad_out_w: true', [1, 1, 2, 3], [0, 5, 6, 0, 0, 0]],
  ])('SegNet: %s', async (_, settings, shape, values) => {
    expect(await run('Upsample', `upsample_param { ${settings} }`, [x, mask], 'segnet')).toEqual({ shape, values });
  });

  test('Cambricon: pad_out is a number, and there is no scale by default', async () => {
    const given = await run('Upsample', 'upsample_param { scale: 2 pad_out_h: 1 }', [x, mask], 'cambricon');
    expect(given).toEqual({ shape: [1, 1, 1, 4], values: [0, 5, 6, 0] });
    await expect(run('Upsample', '', [x, mask], 'cambricon')).rejects.toThrow('scale_h_ > 1 and scale_w_ > 1 (0 x 0)');
  });

  test('a mask shows that the layer is SegNet’s, also in a net with fields that SegNet’s Caffe lacks', async () => {
    const net = await Net.load(`
      layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 1 dim: 4 dim: 4 } } }
      layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 1 kernel_size: 3 pad: 2 dilation: 2 } }
      layer { name: "p" type: "Pooling" bottom: "c" top: "p" top: "m" pooling_param { kernel_size: 2 stride: 2 } }
      layer { name: "u" type: "Upsample" bottom: "p" bottom: "m" top: "y" upsample_param { scale: 2 } }`);
    expect(net.blobs.get('y')!.shape).toEqual([1, 1, 4, 4]);
    net.dispose();
  });
});

describe('Upsample of Sophgo without a mask', () => {
  const x = { shape: [1, 1, 2, 2], values: [1, 2, 3, 4] };

  test('with pad_out, the fork takes x to be smaller than it is', async () => {
    const settings = 'upsample_param { scale: 2 pad_out_h: true pad_out_w: true }';
    // Sides of x: 3 / 2 = 1 for the fork. Element (h, w) is x at h / 2 · 1 + w / 2.
    expect(await run('Upsample', settings, [x], 'sophgo')).toEqual({
      shape: [1, 1, 3, 3],
      values: [1, 1, 2, 1, 1, 2, 2, 2, 3],
    });
  });

  test.each([
    ['', 'scale_h_ > 1 and scale_w_ > 1 (1 x 1)'],
    ['upsample_param { scale_h: 2 scale_w: 2 }', 'without a mask, pixels are repeated by scale only'],
    ['upsample_param { scale: 3 pad_out_h: true }', 'Output padding compensation requires a scale of 2, got 3 x 3'],
  ])('refuses %p', async (settings, message) => {
    await expect(run('Upsample', settings, [x], 'sophgo')).rejects.toThrow(message);
  });
});

describe('Interp', () => {
  test('shrinks, then zooms, when both factors are given and no size is', async () => {
    // (5 − 1) / 2 + 1 = 3, then 3 + 2 · (2 − 1) = 5: the image in its own size is copied.
    const x = { shape: [1, 1, 1, 5], values: [1, 2, 3, 4, 5] };
    expect(await run('Interp', 'interp_param { shrink_factor: 2 zoom_factor: 2 }', [x])).toEqual({
      shape: [1, 1, 1, 5],
      values: [1, 2, 3, 4, 5],
    });
  });

  test('a size goes before both factors', async () => {
    const x = { shape: [1, 1, 1, 2], values: [1, 3] };
    const settings = 'interp_param { height: 1 width: 3 shrink_factor: 2 zoom_factor: 2 }';
    expect(await run('Interp', settings, [x])).toEqual({ shape: [1, 1, 1, 3], values: [1, 2, 3] });
  });

  test('of py-RFCN-priv: a second bottom gives the size, before all settings', async () => {
    const x = { shape: [1, 1, 1, 2], values: [1, 3] };
    const size = { shape: [2, 3, 1, 3], values: new Array<number>(18).fill(0) };
    const settings = 'interp_param { use_blob_size: true zoom_factor: 9 }';
    expect(await run('Interp', settings, [x, size])).toEqual({ shape: [1, 1, 1, 3], values: [1, 2, 3] });
    await expect(run('Interp', settings, [x])).rejects.toThrow('Interp Layer takes 2 bottom blob(s) as input');
    await expect(run('Interp', 'interp_param { zoom_factor: 2 }', [x, size])).rejects.toThrow(
      'Interp Layer takes 1 bottom blob(s) as input',
    );
  });
});

describe('ContinuationIndicator of DeepDetect', () => {
  test('the batch is an axis of its bottom', async () => {
    const x = { shape: [3, 2, 4], values: new Array<number>(24).fill(5) };
    const settings = 'continuation_indicator_param { time_step: 2 axis: 1 }';
    expect(await run('ContinuationIndicator', settings, [x])).toEqual({ shape: [2, 2], values: [0, 0, 1, 1] });
  });
});
