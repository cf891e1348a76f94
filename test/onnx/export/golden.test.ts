/** Every layer that has a form in ONNX, exported and run by ONNX Runtime, against the net's own values. */
import { describe, expect, test } from '@jest/globals';
import { forkSchema } from '../../../src/proto/forks/catalog.js';
import { NetspecError } from '../../../src/errors.js';
import type { Net } from '../../../src/runtime/net.js';
import { arrays, caseNames, loadCase } from '../../support/golden.js';
import { checkExport, checkImportOf } from '../../support/export-check.js';
import { modelFaults } from '../../support/onnx-checker.js';

/**
 * Part of the largest value by which two float32 computations of a layer or a small net may differ: sums of up to some hundred terms in
 * another order, each with an error of 2^-24 of its partial sums, through a few layers.
 */
const TOLERANCE = 1e-5;

/** The oldest opset, the newest, and those with which operators change their form. */
const OPSETS = [11, 12, 13, 16, 18, 21];

async function load(folder: string, name: string): Promise<Net> {
  const fork = /-(\w+)_\d+$/.exec(name)?.[1];
  const isSchema = folder === 'forks' && fork !== undefined && fork !== 'legacy';
  const net = await loadCase(`${folder}/${name}`, {
    algorithm: 'gemm',
    threads: 1,
    ...(isSchema && { schema: forkSchema(fork) }),
  });
  for (const [blob, { data }] of arrays(`${folder}/${name}`, 'in_')) net.blobs.get(blob)!.data.set(data);
  return net;
}

/** Types that have no form: their cases are refused. */
const NO_FORM =
  /^(BoxOutput|FrcnDetection|MultiStageMeanfield|PSROIPooling|Proposal|RetinaFaceDetection|YoloDetection_|Yolov3Detection_|Silence)/;

const cases = (['layers', 'forks'] as const).flatMap((folder) =>
  caseNames(folder).map((name) => [folder, name] as const),
);

describe('layers in ONNX', () => {
  test.each(cases.filter(([, name]) => !NO_FORM.test(name)))('%s/%s', async (folder, name) => {
    const net = await load(folder, name);
    try {
      const { compared, bytes } = await checkExport(net);
      expect(compared.filter(({ difference }) => !(difference <= TOLERANCE))).toEqual([]);
      expect(compared.length).toBeGreaterThan(0);
      expect(await modelFaults(bytes)).toEqual([]);
    } finally {
      net.dispose();
    }
  });

  test.each(cases.filter(([, name]) => NO_FORM.test(name)))('%s/%s is refused', async (folder, name) => {
    const net = await load(folder, name);
    try {
      await expect(checkExport(net)).rejects.toThrow(NetspecError);
    } finally {
      net.dispose();
    }
  });
});

describe.each(OPSETS)('opset %s', (opset) => {
  test.each(cases.filter(([, name]) => name.endsWith('_01') && !NO_FORM.test(name)))('%s/%s', async (folder, name) => {
    const net = await load(folder, name);
    try {
      const { compared, bytes } = await checkExport(net, { opset });
      expect(compared.filter(({ difference }) => !(difference <= TOLERANCE))).toEqual([]);
      expect(await modelFaults(bytes)).toEqual([]);
    } finally {
      net.dispose();
    }
  });
});

/** Types whose operators read whole numbers that are computed, select by values, or have no layer of BVLC's: they do not come back. */
const ONE_WAY = new RegExp(
  `^(${[
    ...[
      'Accuracy',
      'BatchReindex',
      'CTCGreedyDecoder',
      'ContrastiveLoss',
      'Cosine',
      'DetectionOutput',
      'Embed',
      'Filter',
    ],
    ...[
      'HingeLoss',
      'ImResize',
      'InfogainLoss',
      'MultinomialLogisticLoss',
      'ROIAlign',
      'ROIPooling',
      'ReverseTime',
      'SoftmaxWithLoss',
    ],
    ...['Upsample-(cambricon|segnet|sophgo)', 'YoloDetectionOutput', 'Yolov3DetectionOutput'],
  ].join('|')})_`,
);

describe('layers in ONNX, and back', () => {
  const both = cases.filter(([, name]) => name.endsWith('_00') && !NO_FORM.test(name) && !ONE_WAY.test(name));

  test.each(both)('%s/%s', async (folder, name) => {
    const net = await load(folder, name);
    try {
      expect(await checkImportOf(net, await checkExport(net))).toBeLessThanOrEqual(TOLERANCE);
    } finally {
      net.dispose();
    }
  });
});

describe('nets in ONNX, and back', () => {
  const nets = caseNames('nets').filter(
    (name) => !['phases_and_stages', 'detection_v2_backbone_notebook'].includes(name),
  );

  test.each(nets)('%s', async (name) => {
    const net = await load('nets', name);
    try {
      const checked = await checkExport(net);
      const { compared, model, bytes } = checked;
      expect(compared.filter(({ difference }) => !(difference <= TOLERANCE))).toEqual([]);
      expect(await modelFaults(bytes)).toEqual([]);
      // Every blob of the net is a value.
      expect([...model.values.keys()].sort()).toEqual([...net.blobs.keys()].sort());
      expect(await checkImportOf(net, checked)).toBeLessThanOrEqual(TOLERANCE);
    } finally {
      net.dispose();
    }
  });
});
