/**
 * NetSpec programs against what pycaffe makes of the same programs (its text as protoc prints it, and its bytes).
 */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { NetParameter } from '../../src/generated/messages.js';
import { L, NetSpec, P, toProto } from '../../src/netspec/index.js';
import { decodeNet, encodeNet } from '../../src/proto/codec.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';

const fixture = (name: string) => new URL(`../fixtures/netspec/${name}`, import.meta.url);

const programs: Record<string, () => NetParameter> = {
  autonames() {
    const data = L.DummyData({ shape: [{ dim: [1, 3, 9, 9] }] });
    const a = L.Convolution(data, { num_output: 2, kernel_size: 3 });
    const b = L.Convolution(data, { num_output: 2, kernel_size: 3 });
    const s = L.Eltwise(a, b);
    const r = L.ReLU(s, { in_place: true });
    L.Silence(r, { ntop: 0 }); // nothing asks for it, so it is not in the net
    return toProto(r, L.Pooling(r, { global_pooling: true, pool: P.Pooling.AVE }));
  },

  deconv() {
    const n = new NetSpec();
    n.data = L.DummyData({ shape: { dim: [1, 4, 5, 5] } });
    n.up = L.Deconvolution(n.data, {
      convolution_param: {
        num_output: 4,
        group: 4,
        kernel_size: 4,
        stride: 2,
        pad: 1,
        weight_filler: { type: 'bilinear' },
        bias_term: false,
      },
      param: { lr_mult: 0, decay_mult: 0 },
    });
    return n.toProto();
  },

  lenet() {
    const n = new NetSpec();
    [n.data, n.label] = L.DummyData({
      shape: [{ dim: [8, 1, 28, 28] }, { dim: [8] }],
      data_filler: [
        { type: 'gaussian', std: 0.1 },
        { type: 'constant', value: 3 },
      ],
      transform_param: { scale: 1 / 255 },
      ntop: 2,
    });
    n.conv1 = L.Convolution(n.data, { kernel_size: 5, num_output: 20, weight_filler: { type: 'xavier' } });
    n.pool1 = L.Pooling(n.conv1, { kernel_size: 2, stride: 2, pool: P.Pooling.MAX });
    n.ip1 = L.InnerProduct(n.pool1, { num_output: 500, weight_filler: { type: 'xavier' } });
    n.relu1 = L.ReLU(n.ip1, { in_place: true });
    n.ip2 = L.InnerProduct(n.relu1, { num_output: 10, weight_filler: { type: 'xavier' } });
    n.loss = L.SoftmaxWithLoss(n.ip2, n.label);
    return n.toProto();
  },

  multi_top() {
    const n = new NetSpec();
    n.data = L.Input({ shape: { dim: [2, 6, 4, 4] } });
    const [a, b, c] = L.Slice(n.data, { ntop: 3, slice_point: [2, 4], axis: 1 });
    n.a = a;
    n.c = c;
    n.cat = L.Concat(n.c, b, n.a);
    n.silence = L.Silence(n.cat, { ntop: 0 });
    return n.toProto();
  },

  numbers() {
    const n = new NetSpec();
    const values = [
      0.1,
      1 / 3,
      1e-5,
      1e10,
      123456789,
      16777217,
      -0.0,
      3.4e38,
      1e-45,
      Infinity,
      NaN,
      100000,
      1e15,
      1e16,
    ];
    n.x = L.DummyData({
      shape: [{ dim: [1] }],
      data_filler: [...values, 0.0001, 5].map((value) => ({ type: 'constant', value })),
    });
    n.p = L.Power(n.x, { power: 0.5, scale: 1e-7, shift: 2 });
    n.l = L.LRN(n.p, { local_size: 5, alpha: 0.0001, beta: 0.75, norm_region: P.LRN.WITHIN_CHANNEL });
    n.r = L.Reshape(n.l, { shape: { dim: [0, -1] } });
    n.e = L.Eltwise(n.r, n.r, { operation: P.Eltwise.SUM, coeff: [1, -0.5] });
    n.t = L.ReLU(n.e, { relu_param: { negative_slope: 0.1, engine: P.ReLU.CAFFE } });
    return n.toProto();
  },

  params_and_phases() {
    const n = new NetSpec();
    [n.data, n.label] = L.ImageData({
      source: 'a "quoted" \\ path\n새.txt',
      batch_size: 4,
      ntop: 2,
      include: { phase: 'TRAIN' },
      transform_param: { mirror: true, crop_size: 7, mean_value: [104, 117.5, 123] },
    });
    n.fc = L.InnerProduct(n.data, {
      num_output: 3,
      param: [
        { lr_mult: 1, decay_mult: 1 },
        { lr_mult: 2, decay_mult: 0 },
      ],
      weight_filler: { type: 'gaussian', std: 1e-5 },
      bias_filler: { type: 'constant', value: 0.1 },
    });
    n.drop = L.Dropout(n.fc, {
      dropout_ratio: 0.5,
      in_place: true,
      exclude: [{ phase: 'TEST', stage: ['a', 'b'], min_level: 1 }],
    });
    n.shared = L.InnerProduct(n.drop, {
      num_output: 3,
      param: [{ name: 'w', share_mode: 0 }],
      propagate_down: [true],
      loss_weight: [0.25],
    });
    n.py = L.Python(n.shared, { python_param: { module: 'm', layer: 'Lyr', param_str: '{"a": 1}' } });
    n.loss = L.SoftmaxWithLoss(n.shared, n.label, {
      loss_param: { ignore_label: 255, normalize: false },
      loss_weight: 2,
    });
    return n.toProto();
  },

  renamed_top() {
    const n = new NetSpec();
    n.data = L.Input({ input_param: { shape: [{ dim: [1, 3, 4, 4] }] } });
    const c = L.Convolution(n.data, { num_output: 4, kernel_size: 1, name: 'explicit_name' });
    n.first = c;
    n['second/with-slash.and.dots'] = L.ReLU(c);
    n.third = n['second/with-slash.and.dots'];
    n.bn = L.BatchNorm(n.first, { in_place: true, use_global_stats: true });
    n.sc = L.Scale(n.bn, { in_place: true, bias_term: true });
    return n.toProto();
  },
};

describe.each(Object.entries(programs))('%s', (name, build) => {
  test("is pycaffe's text", () => {
    expect(formatPrototxt(build())).toBe(readFileSync(fixture(`${name}.prototxt`), 'utf8'));
  });

  test("is pycaffe's bytes", () => {
    expect(Buffer.from(encodeNet(build())).toString('hex')).toBe(readFileSync(fixture(`${name}.pb`)).toString('hex'));
  });

  test('is the same message as its text and its bytes', () => {
    const net = build();
    expect(parsePrototxt(formatPrototxt(net))).toEqual(
      parsePrototxt(readFileSync(fixture(`${name}.prototxt`), 'utf8')),
    );
    expect(formatPrototxt(decodeNet(readFileSync(fixture(`${name}.pb`))))).toBe(formatPrototxt(net));
  });
});
