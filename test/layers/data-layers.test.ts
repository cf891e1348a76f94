/** Layers that data and parameters come from, Dropout and Silence, and those that are refused. */
import { describe, expect, test } from '@jest/globals';
import { Phase, type DummyDataParameter, type LayerParameter } from '../../src/generated/messages.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { Net } from '../../src/runtime/net.js';
import { messageOf } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';

describe('Input', () => {
  test('has one shape for all tops or one for each', () => {
    const shapesOf = (shape: { dim?: number[] }[], tops: number) =>
      new OneLayer({ type: 'Input', input_param: { shape } }, [], tops).top.map((blob) => blob.shape);
    expect(shapesOf([{ dim: [1, 2] }], 2)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(shapesOf([{ dim: [1, 2] }, { dim: [] }], 2)).toEqual([[1, 2], []]);
    expect(shapesOf([{}], 1)).toEqual([[]]);
  });

  test('refuses a number of shapes that fits neither, and none', () => {
    const refusal = (param: LayerParameter, tops: number) => messageOf(() => new OneLayer(param, [], tops));
    const shape = [{ dim: [1] }, { dim: [1] }];
    expect(refusal({ type: 'Input', input_param: { shape } }, 3)).toBe(
      "layer 'l' (Input): Must specify 'shape' once, once per top blob, or not at all: 3 tops vs. 2 shapes.",
    );
    expect(refusal({ type: 'Input', top: ['x'] }, 1)).toBe(
      "layer 'l' (Input): the shape of 'x' is not given\n" +
        'hint: write input_param { shape { dim: 1 dim: 3 dim: 224 dim: 224 } }',
    );
  });

  test('leaves values and new shapes alone', () => {
    const layer = new OneLayer({ type: 'Input', input_param: { shape: [{ dim: [2] }] } }, []);
    layer.top[0]!.reshape([3]);
    layer.top[0]!.data.set([1, 2, 3]);
    expect(layer.forward()).toEqual([Float32Array.of(1, 2, 3)]);
  });
});

describe('DummyData', () => {
  const build = (dummy_data_param: DummyDataParameter, tops = 1): OneLayer =>
    new OneLayer({ type: 'DummyData', dummy_data_param }, [], tops);

  test('fills with 0 by default', () => {
    expect(build({ shape: [{ dim: [1, 2] }] }).forward()).toEqual([Float32Array.of(0, 0)]);
  });

  test('fills constants once, so that a caller may replace them', () => {
    const layer = build({ shape: [{ dim: [2] }], data_filler: [{ type: 'constant', value: 3 }] });
    expect(layer.forward()).toEqual([Float32Array.of(3, 3)]);
    layer.top[0]!.data[0] = 7;
    expect(layer.forward()).toEqual([Float32Array.of(7, 3)]);
  });

  test('a filler without a type is constant', () => {
    const layer = build({ shape: [{ dim: [1] }], data_filler: [{ value: 2 }] });
    layer.top[0]!.data[0] = 7;
    expect(layer.forward()).toEqual([Float32Array.of(7)]);
  });

  test('fills the others anew in each pass', () => {
    const layer = build({ shape: [{ dim: [50] }], data_filler: [{ type: 'uniform', min: 1, max: 2 }] });
    const [first] = layer.forward();
    const [second] = layer.forward();
    expect(first!.every((v) => v >= 1 && v <= 2)).toBe(true);
    expect(second).not.toEqual(first);
  });

  test('has one shape and filler for all tops or one for each', () => {
    const layer = build(
      {
        shape: [{ dim: [1] }, { dim: [2] }],
        data_filler: [{ value: 1 }, { type: 'uniform', min: 5, max: 5 }],
      },
      2,
    );
    expect(layer.forward()).toEqual([Float32Array.of(1), Float32Array.of(5, 5)]);
    expect(build({ shape: [{ dim: [2] }], data_filler: [{ value: 4 }] }, 2).forward()).toEqual([
      Float32Array.of(4, 4),
      Float32Array.of(4, 4),
    ]);
  });

  test('takes the old dimensions, each once or once a top', () => {
    const layer = build({ num: [1, 2], channels: [3], height: [4], width: [5, 6] }, 2);
    expect(layer.top.map((blob) => blob.shape)).toEqual([
      [1, 3, 4, 5],
      [2, 3, 4, 6],
    ]);
  });

  test.each<[DummyDataParameter, number, string]>([
    [{}, 1, "Must specify 'shape' once, or once per top blob (1); specified 0."],
    [{ shape: [{}, {}] }, 3, "Must specify 'shape' once, or once per top blob (3); specified 2."],
    [{ num: [1], channels: [1], height: [1] }, 1, "Must specify 'width' once, or once per top blob (1); specified 0."],
    [
      { shape: [{ dim: [1] }], num: [1] },
      1,
      'Both shape and legacy fields were specified\nhint: remove num, channels, height and width',
    ],
    [
      { shape: [{ dim: [1] }], data_filler: [{}, {}] },
      3,
      'Number of data fillers must be 0, 1 or equal to the number of tops: 3; you specified 2 data fillers.',
    ],
  ])('refuses %j for %d tops', (param, tops, reason) => {
    expect(messageOf(() => build(param, tops))).toBe(`layer 'l' (DummyData): ${reason}`);
  });
});

describe('MemoryData', () => {
  const param: LayerParameter = {
    type: 'MemoryData',
    memory_data_param: { batch_size: 2, channels: 1, height: 2, width: 3 },
  };

  test('has the shapes that Caffe gives it before and after the first pass', () => {
    const layer = new OneLayer(param, [], 2);
    expect(layer.top.map((blob) => blob.shape)).toEqual([[2, 1, 2, 3], [2]]);
    layer.forward();
    expect(layer.top.map((blob) => blob.shape)).toEqual([
      [2, 1, 2, 3],
      [2, 1, 1, 1],
    ]);
  });

  test('gives what the caller put there', () => {
    const layer = new OneLayer(param, [], 2);
    layer.top[0]!.data.fill(3);
    layer.top[1]!.data.set([1, 2]);
    expect(layer.forward()).toEqual([new Float32Array(12).fill(3), Float32Array.of(1, 2)]);
  });

  test('refuses missing sizes', () => {
    expect(
      messageOf(() => new OneLayer({ type: 'MemoryData', memory_data_param: { batch_size: 2, channels: 3 } }, [], 2)),
    ).toBe(
      "layer 'l' (MemoryData): batch_size, channels, height, and width must be specified and positive in " +
        'memory_data_param, got 2, 3, 0, 0',
    );
  });
});

describe('Parameter', () => {
  test('shows its parameter, also after that has changed', () => {
    const layer = new OneLayer({ type: 'Parameter', parameter_param: { shape: { dim: [2] } } }, []);
    expect(layer.layer.blobs.map((blob) => blob.shape)).toEqual([[2]]);
    expect(layer.forward()).toEqual([Float32Array.of(0, 0)]);
    expect(layer.setParams([[1, 2]]).forward()).toEqual([Float32Array.of(1, 2)]);
  });
});

describe('Dropout', () => {
  const x = { shape: [1000], data: new Array<number>(1000).fill(1) };

  test('does nothing in phase TEST', () => {
    expect(runLayer({ type: 'Dropout' }, [x])).toEqual([Float32Array.from(x.data)]);
    expect(runLayer({ type: 'Dropout' }, [x], { tops: 'in place' })).toEqual([Float32Array.from(x.data)]);
  });

  test('drops the given share in phase TRAIN and enlarges the rest', () => {
    const layer = new OneLayer({ type: 'Dropout', phase: Phase.TRAIN, dropout_param: { dropout_ratio: 0.2 } }, [x]);
    const [y] = layer.forward();
    // 200 of 1000 are expected, with a standard deviation of 13; the seed is fixed.
    const dropped = y!.filter((v) => v === 0).length;
    expect(dropped).toBeGreaterThan(140);
    expect(dropped).toBeLessThan(260);
    expect(y!.every((v) => v === 0 || v === 1.25)).toBe(true);
    expect(layer.forward()).not.toEqual([y]);
  });

  test("with the forks' scale_train: false, scales in phase TEST and not in training", () => {
    const settings = (dropout_ratio: number) => ({ dropout_ratio, scale_train: false });
    const [half] = runLayer({ type: 'Dropout', dropout_param: settings(0.5) }, [x], { tops: 'in place' });
    expect(half!.every((v) => v === 0.5)).toBe(true);
    // In float32: 1 - 0.2, its inverse, and the inverse of that.
    const kept = 1 / Math.fround(1 / (1 - Math.fround(0.2)));
    const [most] = runLayer({ type: 'Dropout', dropout_param: settings(0.2) }, [x]);
    expect(most!.every((v) => v === Math.fround(kept))).toBe(true);
    const training = new OneLayer({ type: 'Dropout', phase: Phase.TRAIN, dropout_param: settings(0.2) }, [x]);
    const [y] = training.forward();
    expect(y!.every((v) => v === 0 || v === 1)).toBe(true);
    expect(y!.includes(0)).toBe(true);
  });

  test('the same seed drops the same values', async () => {
    const text = `
      state { phase: TRAIN }
      layer { name: "x" type: "DummyData" top: "x" dummy_data_param { shape { dim: 100 } data_filler { value: 1 } } }
      layer { name: "y" type: "Dropout" bottom: "x" top: "y" }`;
    const run = async (seed: number): Promise<Float32Array> => {
      const net = await Net.load(text, { seed });
      try {
        return (await net.forward()).get('y')!.data.slice();
      } finally {
        net.dispose();
      }
    };
    expect(await run(1)).toEqual(await run(1));
    expect(await run(2)).not.toEqual(await run(1));
  });
});

test('Silence takes any number of blobs and has no top', () => {
  const { layer } = new OneLayer({ type: 'Silence' }, [[1], [2, 3]], 0);
  expect([layer.bottomCount, layer.topCount]).toEqual([{ min: 1 }, { exact: 0 }]);
});

describe('layers that need files or Python', () => {
  const refusal = (param: LayerParameter): string => messageOf(() => new OneLayer({ name: 'l', ...param }, [], 0));

  test('an Input layer of the same shape is proposed for Data', () => {
    expect(
      refusal({
        type: 'Data',
        top: ['data', 'label'],
        data_param: { batch_size: 16 },
        transform_param: { crop_size: 227 },
      }),
    ).toBe(
      "layer 'l' (Data): Data layers read an LMDB or LevelDB database, which netspec does not run\n" +
        'hint: replace it with an Input layer and set its blobs before forward(): layer { name: "l" type: "Input" ' +
        'top: "data" top: "label" input_param { shape { dim: 16 dim: C dim: 227 dim: 227 } shape { dim: 16 } } }',
    );
  });

  test.each([
    [
      'ImageData',
      'read image files named in a list',
      { image_data_param: { new_height: 5, new_width: 6 } },
      'N',
      '5',
      '6',
    ],
    ['WindowData', 'read image windows named in a list', { window_data_param: { batch_size: 3 } }, '3', 'H', 'W'],
    ['HDF5Data', 'read HDF5 files', {}, 'N', 'H', 'W'],
  ])('and for %s', (type, purpose, param, n, h, w) => {
    expect(refusal({ type, top: ['x'], ...param })).toBe(
      `layer 'l' (${type}): ${type} layers ${purpose}, which netspec does not run\n` +
        'hint: replace it with an Input layer and set its blobs before forward(): layer { name: "l" type: "Input" ' +
        `top: "x" input_param { shape { dim: ${n} dim: C dim: ${h} dim: ${w} } } }`,
    );
  });

  test('Python and HDF5Output have advice of their own', () => {
    expect(refusal({ type: 'Python' })).toBe(
      "layer 'l' (Python): Python layers run a Python class, which netspec does not run\n" +
        'hint: write the layer in TypeScript and register it with registerLayer(), or cut the net before it',
    );
    expect(refusal({ type: 'HDF5Output' })).toBe(
      "layer 'l' (HDF5Output): HDF5Output layers write an HDF5 file, which netspec does not run\n" +
        'hint: delete this layer: after forward() every blob can be read from net.blobs',
    );
  });

  test('the refusal names the place in the prototxt', async () => {
    await expect(Net.load('layer {\n  name: "d"\n  type: "HDF5Output"\n}', { file: 'net.prototxt' })).rejects.toThrow(
      /^net\.prototxt:\d+:\d+: layer 'd' \(HDF5Output\): HDF5Output layers write an HDF5 file/,
    );
  });

  test('nets with them parse and print', () => {
    const text =
      'layer {\n  name: "d"\n  type: "Data"\n  top: "x"\n  data_param {\n    source: "db"\n    batch_size: 1\n  }\n}\n';
    expect(formatPrototxt(parsePrototxt(text))).toBe(text);
  });

  test('are built for their shapes only where the settings tell the shapes', async () => {
    const images = (settings: string): string =>
      `layer { name: "d" type: "ImageData" top: "x" top: "label" ${settings} }
       layer { name: "p" type: "Pooling" bottom: "x" top: "y" pooling_param { kernel_size: 2 stride: 2 } }
       layer { name: "o" type: "HDF5Output" bottom: "y" bottom: "label" }`;
    const shapesOf = async (settings: string) => {
      const net = await Net.load(images(settings), { shapesOnly: true });
      return [...net.blobs].map(([, { shape }]) => shape);
    };
    const resized = 'image_data_param { batch_size: 4 new_height: 6 new_width: 8 is_color: false }';
    expect(await shapesOf(resized)).toEqual([[4, 1, 6, 8], [4], [4, 1, 3, 4]]);
    const cropped = 'image_data_param { batch_size: 2 new_height: 6 new_width: 8 } transform_param { crop_size: 4 }';
    expect(await shapesOf(cropped)).toEqual([[2, 3, 4, 4], [2], [2, 3, 2, 2]]);
    await expect(shapesOf('image_data_param { batch_size: 4 }')).rejects.toThrow('which netspec does not run');
    await expect(Net.load(images(resized))).rejects.toThrow('which netspec does not run');
  });
});
