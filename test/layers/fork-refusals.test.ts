/** What layers of the forks refuse when they run, or because no code of theirs is public: in words that say what to do. */
import { expect, test } from '@jest/globals';
import { Net } from '../../src/runtime/net.js';
import { refusal } from '../support/refusal.js';

const input = (name: string, ...dims: number[]): string =>
  `layer { name: "${name}" type: "Input" top: "${name}" input_param { shape { ${dims.map((d) => `dim: ${d}`).join(' ')} } } }\n`;

/** The error of a pass with these values. */
function refused(text: string, inputs: Record<string, number[]> = {}): Promise<string> {
  return refusal(async () => {
    const net = await Net.load(text);
    try {
      for (const [name, values] of Object.entries(inputs)) net.blobs.get(name)!.data.set(values);
      await net.forward();
    } finally {
      net.dispose();
    }
  });
}

test('a region of an image that is not there', async () => {
  const net =
    input('x', 1, 2, 5, 5) +
    input('rois', 2, 5) +
    'layer { name: "l" type: "ROIPooling" bottom: "x" bottom: "rois" top: "y" roi_pooling_param { pooled_h: 2 pooled_w: 2 } }';
  expect(await refused(net, { rois: [0, 0, 0, 4, 4, 3, 0, 0, 4, 4] })).toContain(
    "layer 'l' (ROIPooling): roi_batch_ind < batch_size (3 vs. 1): region 1 is of an image that bottom[0] does not have",
  );
});

test.each(['ROIPooling', 'ROIAlign', 'PSROIPooling'])('%s with a stand-in for the shape of regions', async (type) => {
  const settings = {
    ROIPooling: 'roi_pooling_param { pooled_h: 2 pooled_w: 2 }',
    ROIAlign: 'roi_align_param { pooled_h: 2 pooled_w: 2 }',
    PSROIPooling: 'psroi_pooling_param { spatial_scale: 1 output_dim: 2 group_size: 1 }',
  }[type]!;
  const net =
    input('x', 1, 2, 5, 5) +
    input('rois', 1, 4) +
    `layer { name: "l" type: "${type}" bottom: "x" bottom: "rois" top: "y" ${settings} }`;
  const built = await Net.load(net);
  expect(built.blobs.get('y')!.shape[0]).toBe(1);
  built.dispose();
  expect(await refused(net)).toContain(
    `layer 'l' (${type}): Invalid shape: bottom[1] should be (R, 5), rows of image, x1, y1, x2, y2; it is 1 4 (4)`,
  );
});

test('a pooling mask that points beyond the top', async () => {
  const net =
    input('x', 1, 1, 2, 2) +
    input('mask', 1, 1, 2, 2) +
    'layer { name: "l" type: "Upsample" bottom: "x" bottom: "mask" top: "y" upsample_param { scale: 2 } }';
  expect(await refused(net, { mask: [0, 2, 8, 99] })).toContain(
    "layer 'l' (Upsample): upsample top index 99 out of range",
  );
});

test('FrcnnProposal, whose settings stand outside of the net', async () => {
  const net =
    input('scores', 1, 18, 4, 4) +
    input('deltas', 1, 36, 4, 4) +
    input('info', 1, 3) +
    'layer { name: "p" type: "FrcnnProposal" bottom: "scores" bottom: "deltas" bottom: "info" top: "rois" }';
  expect(await refused(net)).toBe(
    "4:1: layer 'p' (FrcnnProposal): FrcnnProposal layers take their anchors and thresholds from the configuration file of the fork's " +
      'own programs, which netspec does not run\n' +
      'hint: write them into the net as a Proposal layer: layer { type: "Proposal" bottom: "scores" bottom: "deltas" bottom: "info" ' +
      'top: "rois" proposal_param { feat_stride: 16 base_size: 16 ratio: 0.5 ratio: 1 ratio: 2 scale: 8 scale: 16 scale: 32 ' +
      'min_size: 16 pre_nms_topn: 6000 post_nms_topn: 300 nms_thresh: 0.7 } } with the numbers of that file',
  );
});

test('MultiStageMeanfield: one iteration, a batch, and too few numbers', async () => {
  const net = (num: number, settings: string): string =>
    input('u', num, 3, 2, 2) +
    input('s', num, 3, 2, 2) +
    input('i', num, 3, 2, 2) +
    `layer { name: "l" type: "MultiStageMeanfield" bottom: "u" bottom: "s" bottom: "i" top: "y" multi_stage_meanfield_param {
      theta_alpha: 160 theta_beta: 3 theta_gamma: 3 ${settings} } }`;
  expect(await refused(net(1, 'num_iterations: 1'))).toContain('Number of iterations must be greater than 1, got 1');
  expect(await refused(net(2, 'num_iterations: 2'))).toContain(
    'expected one image, (1, C, H, W), bottom[0] is 2 3 2 2',
  );
  expect(await refused(net(1, 'num_iterations: 2 spatial_filter_weights_str: "3 3"'))).toContain(
    'expected 3 numbers, got "3 3"',
  );
});

test('BoxOutput: a field for each head', async () => {
  const settings = 'box_output_param { field_h: 40 field_w: 40 downsample_rate: 8 downsample_rate: 16 }';
  const net = input('h', 1, 7, 2, 2) + `layer { name: "l" type: "BoxOutput" bottom: "h" top: "rois" ${settings} }`;
  expect(await refused(net)).toContain('downsample_rate must be given once for each of 1 bottoms, got 2');
});
