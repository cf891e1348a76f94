/**
 * The DSL's behaviour: names, order, in-place layers and tops as pycaffe has them, and where it differs.
 */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { LayerParameter, NetParameter } from '../../src/generated/messages.js';
import { L, NetSpec, P, Top, toProto, type Bottom } from '../../src/netspec/index.js';
import { LayerFunction } from '../../src/netspec/top.js';
import { Schema } from '../../src/proto/parse-schema.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';

const input = () => L.Input({ shape: { dim: [1, 3, 8, 8] } });
const names = (net: NetParameter) => (net.layer ?? []).map((layer) => layer.name);
const tops = (net: NetParameter) => (net.layer ?? []).map((layer) => layer.top);
const layerOf = (top: Bottom): LayerParameter => toProto(top).layer!.pop()!;

describe('names', () => {
  test('layer and blob are called as the Top in the NetSpec', () => {
    const n = new NetSpec();
    n.data = input();
    n['res2a/conv.1'] = L.Convolution(n.data, { num_output: 2, kernel_size: 1 });
    expect(n.toProto().layer![1]).toEqual({
      name: 'res2a/conv.1',
      type: 'Convolution',
      bottom: ['data'],
      top: ['res2a/conv.1'],
      convolution_param: { num_output: 2, kernel_size: [1] },
    });
  });

  test('name= renames the layer and not its blob', () => {
    const n = new NetSpec();
    n.data = input();
    n.conv = L.ReLU(n.data, { name: 'renamed' });
    expect(n.toProto().layer![1]).toEqual({ name: 'renamed', type: 'ReLU', bottom: ['data'], top: ['conv'] });
  });

  test('a name used again leaves the older Top with a made-up name, in the old place', () => {
    const n = new NetSpec();
    n.x = input();
    n.last = L.Sigmoid(n.x);
    n.x = L.ReLU(n.x);
    expect(names(n.toProto())).toEqual(['Input1', 'x', 'last']);
  });

  test('a Top with two names has the later', () => {
    const n = new NetSpec();
    n.first = input();
    n.second = n.first;
    expect(names(n.toProto())).toEqual(['second']);
    expect([...n.tops.keys()]).toEqual(['first', 'second']);
  });

  test('a layer of several tops is called as the first, even when only another one has a name', () => {
    const n = new NetSpec();
    const [, label] = L.Data({ ntop: 2, source: 'db' });
    n.label = label;
    expect(n.toProto().layer![0]).toEqual({
      name: 'Data1',
      type: 'Data',
      top: ['Data1', 'label'],
      data_param: { source: 'db' },
    });
  });

  test('made-up names count per type, and afresh in each call', () => {
    const a = L.ReLU(L.ReLU(input()));
    const b = L.Sigmoid(a);
    expect(names(toProto(a, b))).toEqual(['Input1', 'ReLU1', 'ReLU2', 'Sigmoid1']);
    expect(names(toProto(b))).toEqual(['Input1', 'ReLU1', 'ReLU2', 'Sigmoid1']);
    expect(names(b.toProto())).toEqual(['Input1', 'ReLU1', 'ReLU2', 'Sigmoid1']);
  });

  test('the names of a NetSpec are unknown to the free toProto', () => {
    const n = new NetSpec();
    n.data = input();
    expect(names(toProto(n.data))).toEqual(['Input1']);
  });
});

describe('order', () => {
  test('is depth first from the Tops, in the order of the NetSpec', () => {
    const n = new NetSpec();
    const data = input();
    const late = L.Sigmoid(data);
    n.sum = L.Eltwise(L.ReLU(data), late);
    n.data = data;
    n.other = L.TanH(data);
    expect(names(n.toProto())).toEqual(['data', 'ReLU1', 'Sigmoid1', 'sum', 'other']);
  });

  test('a layer that nothing asks for is not in the net', () => {
    const n = new NetSpec();
    n.data = input();
    L.Silence(n.data, { ntop: 0 });
    expect(names(n.toProto())).toEqual(['data']);
  });

  test('an empty NetSpec is an empty net', () => {
    expect(new NetSpec().toProto()).toEqual({ layer: [] });
  });

  test('a chain of unnamed layers may be longer than the call stack', () => {
    let x: Top = input();
    for (let i = 0; i < 20_000; i++) x = L.ReLU(x);
    expect(names(toProto(x)).at(-1)).toBe('ReLU20000');
  });
});

describe('in_place', () => {
  test("has the bottom's blob for a top, through several layers", () => {
    const n = new NetSpec();
    n.conv = L.Convolution(input(), { num_output: 1, kernel_size: 1 });
    n.scale = L.Scale(n.conv, { in_place: true });
    n.relu = L.ReLU(n.scale, { in_place: true });
    n.pool = L.Pooling(n.relu, { global_pooling: true });
    expect(tops(n.toProto())).toEqual([['Input1'], ['conv'], ['conv'], ['conv'], ['pool']]);
    expect(n.toProto().layer![4]!.bottom).toEqual(['conv']);
  });

  test('an unnamed one counts among the made-up names', () => {
    expect(names(toProto(L.ReLU(L.ReLU(input(), { in_place: true }))))).toEqual(['Input1', 'ReLU1', 'ReLU2']);
  });

  test('false is a layer with a top of its own', () => {
    expect(tops(toProto(L.ReLU(input(), { in_place: false })))).toEqual([['Input1'], ['ReLU1']]);
  });
});

describe('ntop', () => {
  test('0 gives the layer, whose name is that in the NetSpec', () => {
    const n = new NetSpec();
    n.data = input();
    n.quiet = L.Silence(n.data, { ntop: 0 });
    expect(n.quiet).toBeInstanceOf(LayerFunction);
    expect(n.toProto().layer![1]).toEqual({ name: 'quiet', type: 'Silence', bottom: ['data'] });
  });

  test('0 without a name has one made up', () => {
    expect(names(toProto(L.Silence(input(), { ntop: 0 })))).toEqual(['Input1', 'Silence1']);
  });

  test('of several gives a list of Tops', () => {
    const slices = L.Slice(input(), { ntop: 3 });
    expect(slices.map((top) => [top instanceof Top, top.n])).toEqual([
      [true, 0],
      [true, 1],
      [true, 2],
    ]);
  });
});

describe('a NetSpec as an object', () => {
  const n = new NetSpec();
  [n.b, n.a] = L.Data({ ntop: 2 });
  n['2'] = L.ReLU(n.b);

  test('lists its Tops in order', () => {
    expect([...n].map(([name]) => name)).toEqual(['b', 'a', '2']);
    expect(Object.keys(n)).toEqual(['b', 'a', '2']);
    expect([...n.tops.values()]).toEqual([n.b, n.a, n['2']]);
  });

  test('knows what it has', () => {
    expect('b' in n).toBe(true);
    expect('c' in n).toBe(false);
    expect(n).toBeInstanceOf(NetSpec);
  });

  test('gives a Top back on delete', () => {
    const m = new NetSpec();
    m.x = input();
    delete (m as Record<string, unknown>)['x'];
    expect('x' in m).toBe(false);
  });

  test('can be awaited, as a function that makes one may be async', async () => {
    expect(await Promise.resolve(n)).toBe(n);
  });

  test('takes names that JavaScript knows otherwise', () => {
    const m = new NetSpec() as NetSpec & { constructor: Bottom; toString: Bottom };
    const data = input();
    m.toString = data;
    m.constructor = L.ReLU(data);
    expect(names(m.toProto())).toEqual(['toString', 'constructor']);
  });

  test('a net that was made does not change with what is done to it', () => {
    const m = new NetSpec();
    m.conv = L.Convolution(input(), { kernel_size: [3, 3], weight_filler: { type: 'xavier' } });
    const once = m.toProto();
    once.layer![1]!.convolution_param!.kernel_size!.push(7);
    once.layer![1]!.convolution_param!.weight_filler!.type = 'msra';
    expect(m.toProto().layer![1]!.convolution_param).toEqual({
      kernel_size: [3, 3],
      weight_filler: { type: 'xavier' },
    });
  });

  test('options may be changed after their use', () => {
    const options = { kernel_size: [3] };
    const conv = L.Convolution(input(), options);
    options.kernel_size.push(5);
    expect(layerOf(conv).convolution_param).toEqual({ kernel_size: [3] });
  });
});

describe('fields', () => {
  test('explicit 0, false and empty string are kept', () => {
    expect(
      layerOf(L.Convolution(input(), { pad: 0, bias_term: false, group: 0, weight_filler: { type: '', value: 0 } })),
    ).toMatchObject({
      convolution_param: { pad: [0], bias_term: false, group: 0, weight_filler: { type: '', value: 0 } },
    });
  });

  test('undefined is as if left out', () => {
    expect(layerOf(L.ReLU(input(), { negative_slope: undefined, param: undefined }))).not.toHaveProperty('relu_param');
    expect(layerOf(L.ReLU(input(), undefined))).toEqual({
      name: 'ReLU1',
      type: 'ReLU',
      bottom: ['Input1'],
      top: ['ReLU1'],
    });
    expect(layerOf(L.Eltwise(input(), input(), undefined)).bottom).toEqual(['Input1', 'Input2']);
    expect(layerOf(L.Scale(input(), undefined)).bottom).toEqual(['Input1']);
  });

  test('an empty message sets nothing, an empty member of a list is kept', () => {
    expect(layerOf(L.Convolution(input(), { weight_filler: {}, param: [{}, { lr_mult: 2 }] }))).toEqual({
      name: 'Convolution1',
      type: 'Convolution',
      bottom: ['Input1'],
      top: ['Convolution1'],
      param: [{}, { lr_mult: 2 }],
    });
  });

  test('a message given whole and by its fields is one message', () => {
    const conv = L.Convolution(input(), { num_output: 4, convolution_param: { kernel_size: 3 }, pad: [1] });
    expect(layerOf(conv).convolution_param).toEqual({ num_output: 4, kernel_size: [3], pad: [1] });
  });

  test('bottom and top append to what the graph gives, as in pycaffe', () => {
    expect(layerOf(L.Python(input(), { bottom: 'label', top: ['a', 'b'] }))).toMatchObject({
      bottom: ['Input1', 'label'],
      top: ['Python1', 'a', 'b'],
    });
    expect(layerOf(L.Data({ bottom: 'x' })).bottom).toEqual(['x']);
    expect(layerOf(L.Silence({ ntop: 0, top: 'x' })).top).toEqual(['x']);
  });

  test('enums by number, by name and by P are the same', () => {
    const pool = (value: 1 | 'AVE') => layerOf(L.Pooling(input(), { pool: value })).pooling_param!.pool;
    expect([pool(1), pool('AVE'), pool(P.Pooling.AVE)]).toEqual([1, 1, 1]);
  });

  test('NaN and infinities are numbers of float fields', () => {
    expect(layerOf(L.Power(input(), { power: NaN, scale: -Infinity })).power_param).toEqual({
      power: NaN,
      scale: -Infinity,
    });
  });

  test('typed arrays are lists', () => {
    const blobs = [{ shape: { dim: [2] }, data: new Float32Array([1, 2]) }];
    expect(layerOf(L.Bias(input(), { blobs })).blobs).toEqual([{ shape: { dim: [2] }, data: [1, 2] }]);
  });

  test.each([
    ['Deconvolution', 'convolution_param', { num_output: 4 }],
    ['Im2col', 'convolution_param', { kernel_size: [4] }],
    ['SoftmaxWithLoss', 'softmax_param', { axis: 2 }],
    ['SoftmaxWithLoss', 'loss_param', { normalize: false }],
    ['SigmoidCrossEntropyLoss', 'loss_param', { ignore_label: -1 }],
    ['InfogainLoss', 'loss_param', { normalize: true }],
    ['InfogainLoss', 'infogain_loss_param', { axis: 2 }],
    ['LSTM', 'recurrent_param', { num_output: 4 }],
    ['RNN', 'recurrent_param', { expose_hidden: true }],
    // Own messages whose name is not the type's in snake case:
    ['HDF5Data', 'hdf5_data_param', { batch_size: 2 }],
    ['ArgMax', 'argmax_param', { top_k: 2 }],
    ['TanH', 'tanh_param', { engine: 1 }],
    ['Parameter', 'parameter_param', { shape: { dim: [3] } }],
  ])('%s puts its fields into %s', (type, param, fields) => {
    expect(layerOf(L(type, input(), fields))).toMatchObject({ [param]: fields });
  });
});

describe('a layer of any type', () => {
  const expected = { name: 'MyLayer1', type: 'MyLayer', bottom: ['Input1'], top: ['MyLayer1'], loss_weight: [2] };

  test('by calling L, by L.layer, and by name', () => {
    expect(layerOf(L('MyLayer', input(), { loss_weight: 2 }))).toEqual(expected);
    expect(layerOf(L.layer('MyLayer', input(), { loss_weight: 2 }))).toEqual(expected);
    const byName = L as unknown as Record<string, (...args: unknown[]) => Top>;
    expect(layerOf(byName['MyLayer']!(input(), { loss_weight: 2 }))).toEqual(expected);
  });

  test('a known type by its name takes its own fields', () => {
    expect(layerOf(L('ReLU', input(), { negative_slope: 0.5 })).relu_param).toEqual({ negative_slope: 0.5 });
  });
});

describe("a vendor's schema", () => {
  const vendorProto = readFileSync(new URL('../../caffe.proto', import.meta.url), 'utf8').replace(
    'message LayerParameter {',
    `message UpsampleParameter {
       enum Mode { NEAREST = 0; CUBIC = 5; }
       optional Mode mode = 1;
       repeated int32 factor = 2;
       optional UpsampleParameter nms_param = 3;
     }
     message LayerParameter { optional UpsampleParameter upsample_param = 8000;`,
  );
  const schema = Schema.parse(vendorProto);
  const V = L.withSchema(schema);

  test('its layers take the fields of its messages', () => {
    const n = new NetSpec();
    n.data = input();
    n.up = V.Upsample(n.data, { mode: 'CUBIC', factor: 2 });
    n.relu = V.ReLU(n.up, { negative_slope: 0.5 });
    expect(formatPrototxt({ layer: [n.toProto().layer![1]!] }, { schema })).toBe(`layer {
  name: "up"
  type: "Upsample"
  bottom: "data"
  top: "up"
  upsample_param {
    mode: CUBIC
    factor: 2
  }
}
`);
    expect(n.toProto().layer![2]!.relu_param).toEqual({ negative_slope: 0.5 });
  });

  test("a field that ends in param and is not LayerParameter's is the type's own", () => {
    expect(layerOf(V.Upsample(input(), { nms_param: { factor: [1, 2] } }))).toMatchObject({
      upsample_param: { nms_param: { factor: [1, 2] } },
    });
  });

  test('its constants are in P.withSchema', () => {
    expect(P.withSchema(schema)['Upsample']).toMatchObject({ NEAREST: 0, CUBIC: 5 });
    expect(P.withSchema(schema).Pooling.AVE).toBe(1);
  });

  test('its own fields are unknown without it', () => {
    expect(() => L('Upsample', input(), { factor: 2 })).toThrow("L.Upsample: no field 'factor' in LayerParameter");
  });
});
