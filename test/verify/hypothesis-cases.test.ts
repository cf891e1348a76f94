/**
 * Situations that users met, of the kinds that padding, activations, order and inputs make: the causes that verify must name,
 * in order, and that the port which --fix writes passes.
 */
import { cpSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { netspec, fixture, temporaryFolder } from '../cli/support.js';

const folder = temporaryFolder();

interface Situation {
  name: string;
  net?: string;
  weights?: string;
  inputs?: string;
  references?: string;
  /** Hypothesis, layer, and a word of what was changed. */
  causes: readonly (readonly [id: string, layer: string, label: RegExp])[];
}

const RGB = /^channels reversed/;

const SITUATIONS: readonly Situation[] = [
  {
    name: 'same-padding',
    causes: [
      ['convolution-same-padding', 'Conv1', /0 before and 1 behind \(TensorFlow's SAME\)/],
      ['convolution-same-padding', 'Conv2', /0 before and 1 behind/],
    ],
  },
  {
    name: 'same-padding',
    ...{ net: 'pool.prototxt', weights: 'pool.caffemodel', inputs: 'data=px.npy', references: 'ref_pool' },
    causes: [['pooling-same-padding', 'layer12-maxpool', /0 before and 1 behind/]],
  },
  {
    name: 'relu6',
    causes: [
      ['activation', 'relu1', /^ReLU6$/],
      ['activation', 'relu2', /^ReLU6$/],
      ['activation', 'act3', /^Hardswish/],
      ['activation', 'act4', /^Hardsigmoid/],
    ],
  },
  ...(['reflect', 'replicate'] as const).map((border) => ({
    name: 'reflect-pad',
    references: `ref_${border}`,
    causes: ['conv1', 'conv2'].map(
      (layer) => ['border-padding', layer, border === 'reflect' ? /by reflection/ : /by repeating/] as const,
    ),
  })),
  ...(['x_caffe', 'x_cv2', 'x_cv2_01', 'x_rgb_mean'] as const).flatMap((input) =>
    ['ref', 'ref2'].map((references) => ({
      ...{ name: 'preprocess-combo', inputs: `data=${input}.npy`, references },
      causes: [['input-transform', 'data', input === 'x_rgb_mean' ? /^x = x \+/ : RGB] as const],
    })),
  ),
  { name: 'two-inputs', inputs: 'x=x.npy z=z.npy', causes: [['concat-order', 'cat', /'ca', 'cb'/]] },
  {
    name: 'two-inputs',
    net: 'ok.prototxt',
    inputs: 'x=z.npy z=x.npy',
    causes: [['input-exchange', 'x', /'x' and 'z' exchanged/]],
  },
  {
    name: 'lstm',
    weights: 'naive.caffemodel',
    inputs: 'data=x.npy cont=cont.npy',
    causes: [['recurrent', 'lstm', /gates from i f g o/]],
  },
  { name: 'output-padding', causes: [['output-padding', 'dec1', /output_padding=1/]] },
  {
    name: 'upsample-bilinear',
    ...{ weights: 'ac_true/net.caffemodel', inputs: 'data=ac_true/x.npy', references: 'ac_true/ref' },
    causes: [['interpolation', 'up', /align_corners=True/]],
  },
];

describe.each(
  SITUATIONS.map(
    (each) => [`${each.name} ${each.net ?? ''} ${each.inputs ?? ''} ${each.references ?? ''}`, each] as const,
  ),
)(
  '%s',
  (
    title,
    { name, net = 'net.prototxt', weights = 'net.caffemodel', inputs = 'data=x.npy', references = 'ref', causes },
  ) => {
    const copy = path.join(folder, title.replace(/\W+/g, '-'));
    const file = (part: string) => path.join(copy, part);
    const feed = inputs.split(' ').flatMap((each) => ['-i', each.replace('=', `=${copy}${path.sep}`)]);
    const args = [file(net), '-w', file(weights), ...feed, '-r', file(references)];

    test('the causes are named, and the port that --fix writes passes', async () => {
      cpSync(fixture('cases', name), copy, { recursive: true });
      const { code, stdout } = await netspec('verify', ...args, '--json');
      const report = JSON.parse(stdout) as { causes: { id: string; layer: string; label: string }[] };
      expect(code).toBe(1);
      expect(report.causes.map(({ id, layer }) => [id, layer])).toEqual(causes.map(([id, layer]) => [id, layer]));
      for (const [i, [, , label]] of causes.entries()) expect(report.causes[i]!.label).toMatch(label);
      const fixed = await netspec('verify', ...args, '--fix', file('fixed'));
      expect({ code: fixed.code, passes: fixed.stdout.endsWith('every matched layer agrees\n') }).toEqual({
        code: 0,
        passes: true,
      });
    });
  },
);
