/** The building blocks on their own: what each adds to a NetSpec that is somebody else's. */
import { expect, test } from '@jest/globals';
import { convFrozenBn, fpn, resnetStage, rpnTower, upsample } from '../../src/nets/index.js';
import { upsamplings } from '../../src/nets/upsample.js';
import { L, NetSpec } from '../../src/netspec/index.js';

/** The layers as lines: `name Type bottoms → tops`. */
const outline = (n: NetSpec) =>
  (n.toProto().layer ?? []).map(
    ({ name, type, bottom = [], top = [] }) => `${name} ${type} ${bottom.join('+')} → ${top.join('+')}`,
  );
const image = () => L.Input({ shape: { dim: [1, 3, 64, 64] } });

test('convFrozenBn is a convolution without bias and a Scale with one', () => {
  const n = new NetSpec();
  n.data = image();
  n.relu = L.ReLU(convFrozenBn(n, { conv: 'c', bn: 'b' }, n.data, { channels: 4, kernel: 3, pad: 1, stride: 2 }));
  expect(n.toProto().layer!.slice(1)).toEqual([
    {
      name: 'c',
      type: 'Convolution',
      bottom: ['data'],
      top: ['c'],
      convolution_param: { num_output: 4, bias_term: false, kernel_size: [3], stride: [2], pad: [1] },
    },
    { name: 'b', type: 'Scale', bottom: ['c'], top: ['b'], scale_param: { bias_term: true } },
    { name: 'relu', type: 'ReLU', bottom: ['b'], top: ['relu'] },
  ]);
});

test('resnetStage projects the shortcut of its first block only', () => {
  const n = new NetSpec();
  n.data = image();
  resnetStage(n, 's', n.data, { width: 2, blocks: 2, stride: 2 });
  expect(outline(n)).toEqual([
    'data Input  → data',
    's_0_downsample_0 Convolution data → s_0_downsample_0',
    's_0_downsample_1 Scale s_0_downsample_0 → s_0_downsample_1',
    's_0_conv1 Convolution data → s_0_conv1',
    's_0_bn1 Scale s_0_conv1 → s_0_bn1',
    's_0_relu1 ReLU s_0_bn1 → s_0_relu1',
    's_0_conv2 Convolution s_0_relu1 → s_0_conv2',
    's_0_bn2 Scale s_0_conv2 → s_0_bn2',
    's_0_relu2 ReLU s_0_bn2 → s_0_relu2',
    's_0_conv3 Convolution s_0_relu2 → s_0_conv3',
    's_0_bn3 Scale s_0_conv3 → s_0_bn3',
    's_0_eltwise Eltwise s_0_downsample_1+s_0_bn3 → s_0_eltwise',
    's_0_relu ReLU s_0_eltwise → s_0_relu',
    's_1_conv1 Convolution s_0_relu → s_1_conv1',
    's_1_bn1 Scale s_1_conv1 → s_1_bn1',
    's_1_relu1 ReLU s_1_bn1 → s_1_relu1',
    's_1_conv2 Convolution s_1_relu1 → s_1_conv2',
    's_1_bn2 Scale s_1_conv2 → s_1_bn2',
    's_1_relu2 ReLU s_1_bn2 → s_1_relu2',
    's_1_conv3 Convolution s_1_relu2 → s_1_conv3',
    's_1_bn3 Scale s_1_conv3 → s_1_bn3',
    's_1_eltwise Eltwise s_0_relu+s_1_bn3 → s_1_eltwise',
    's_1_relu ReLU s_1_eltwise → s_1_relu',
  ]);
});

test('resnetStage in place has one blob for each convolution and one for the sum, and leaves its input alone', () => {
  const n = new NetSpec();
  n.data = image();
  resnetStage(n, 's', n.data, { width: 2, blocks: 1, inPlace: true });
  const blobs = n.toProto().layer!.flatMap((layer) => layer.top ?? []);
  expect([...new Set(blobs)]).toEqual([
    'data',
    's_0_downsample_0',
    's_0_conv1',
    's_0_conv2',
    's_0_conv3',
    's_0_eltwise',
  ]);
  expect(outline(n).at(-1)).toBe('s_0_relu ReLU s_0_eltwise → s_0_eltwise');
});

test('fpn gives five levels, each of its own layer', () => {
  const n = new NetSpec();
  const [c2, c3, c4] = [image(), image(), image()];
  const levels = fpn(n, 'f', { c2, c3, c4 }, { channels: 2 });
  expect(Object.entries(levels).map(([level, top]) => [level, top === n[`f_${layerOfLevel[level]!}`]])).toEqual(
    Object.keys(layerOfLevel).map((level) => [level, true]),
  );
});
const layerOfLevel: Record<string, string> = {
  p2: 'fpn_layer2',
  p3: 'fpn_layer3',
  p4: 'fpn_layer4',
  p6: 'topblocks_p6',
  p7: 'topblocks_p7',
};

test('rpnTower ends in as many channels as it is asked for', () => {
  const n = new NetSpec();
  const names = { tower: 't', prediction: 'pred', level: 'p5' };
  const prediction = rpnTower(n, names, image(), { channels: 2, outputs: 7, shareParams: true });
  expect(prediction).toBe(n.pred_p5);
  expect(outline(n).slice(-2)).toEqual(['t_p5_7 ReLU t_p5_6 → t_p5_7', 'pred_p5 Convolution t_p5_7 → pred_p5']);
  expect(prediction.toProto().layer!.pop()).toMatchObject({
    param: [{ name: 'pred_weight' }, { name: 'pred_bias' }],
    convolution_param: { num_output: 7, pad: [1] },
  });
});

test.each(upsamplings)('upsample %s doubles the size', (kind) => {
  const { kernel_size, stride, pad } = upsample(image(), 3, kind).toProto().layer!.pop()!.convolution_param!;
  // A deconvolution's output size: stride (size - 1) + kernel - 2 pad.
  expect(stride![0]! * (64 - 1) + kernel_size![0]! - 2 * (pad?.[0] ?? 0)).toBe(128);
});
