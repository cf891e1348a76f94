/** Ports whose normalizations were folded into convolutions, held against a dump of all modules of the model. */
import { expect, test } from '@jest/globals';
import { foldedReferences, nameChange } from '../../src/verify/folded-references.js';
import { filled, mapped, reversed } from '../../src/verify/tensors.js';
import { noise, verifyPlanted, type Array32, type Plan } from './planted.js';

const conv = (name: string, bottom: string, settings = 'pad: 1') =>
  `layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}" convolution_param { num_output: 6 kernel_size: 3 ${settings} } }\n`;
const relu = (name: string, blob: string) =>
  `layer { name: "${name}" type: "ReLU" bottom: "${blob}" top: "${blob}" }\n`;
const FOLDED = conv('conv1', 'data') + relu('relu1', 'conv1') + conv('conv2', 'conv1') + relu('relu2', 'conv2');

/** What the folded convolutions give is the normalizations' output; before those stood something else. */
const allModules = (references: Record<string, Array32>) => {
  for (const i of [1, 2]) {
    references[`bn${i}`] = references[`conv${i}`]!;
    references[`conv${i}`] = mapped(references[`conv${i}`]!, (v, at) => 1.5 * v + noise([1], at).data[0]!);
  }
};
const plan: Plan = { right: FOLDED, references: allModules };

test('is a right port', async () => {
  const { ok, layers } = await verifyPlanted(plan);
  expect({ ok, references: layers.map(({ reference }) => reference) }).toEqual({
    ok: true,
    references: ['bn1', 'relu1', 'bn2', 'relu2'],
  });
});

test.each<[fault: string, plan: Plan, id: string]>([
  ['a bias is lost', { ...plan, spoil: (blobs) => void (blobs.conv2![1] = filled([6], 0)) }, 'bias'],
  [
    'the kernels are flipped',
    { ...plan, spoil: (blobs) => void (blobs.conv2![0] = reversed(blobs.conv2![0]!, 2, 3)) },
    'weights-flipped',
  ],
  [
    'a dilation too many',
    { ...plan, wrong: FOLDED.replace(conv('conv2', 'conv1'), conv('conv2', 'conv1', 'pad: 2 dilation: 2')) },
    'convolution-window',
  ],
])('%s: the reference is still that of the normalization', async (_, wrong, id) => {
  const { causes, firstDivergence, points } = await verifyPlanted(wrong);
  expect(firstDivergence).toMatchObject({ name: 'conv2', reference: 'bn2', ownReference: 'conv2' });
  expect(causes.map((cause) => [cause.id, cause.layer])).toEqual([[id, 'conv2']]);
  expect(points).toHaveLength(1);
});

test.each([
  ['conv1', 'bn1', 'conv>bn'],
  ['layer1_0_conv2', 'layer1.0.bn2', 'conv>bn'],
  ['features_0', 'features.1', '+1'],
  ['features_9', 'features.10', '+1'],
  ['conv1', 'conv2', '+1'],
  ['stem_conv', 'stem.norm', 'conv>norm'],
])('the names of %s and %s differ by %s', (layer, reference, change) => {
  expect(nameChange(layer, reference)).toBe(change);
});

test.each(['Convolution', 'ConvolutionDepthwise', 'DepthwiseConvolution', 'Deconvolution', 'InnerProduct'])(
  'a %s may have the reference of what was folded into it',
  (type) => {
    const bn1 = { name: 'bn1', shape: [1, 6, 4, 4], dtype: 'float32' } as const;
    expect(foldedReferences({ name: 'conv1', type }, [1, 6, 4, 4], [bn1])).toEqual([bn1]);
    expect(foldedReferences({ name: 'relu1', type: 'ReLU' }, [1, 6, 4, 4], [bn1])).toEqual([]);
  },
);
