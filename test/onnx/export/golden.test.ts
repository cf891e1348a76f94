/** Every layer that has a form in ONNX, exported and run by ONNX Runtime, against the net's own values. */
import { describe, expect, test } from '@jest/globals';
import { forkSchema } from '../../../src/proto/forks/catalog.js';
import { NetspecError } from '../../../src/errors.js';
import { implementationName } from '../../../src/layers/facts.js';
import { LAYER_TABLE, type LayerRow } from '../../../src/layers/table.js';
import { EXPORTS } from '../../../src/onnx/export/layers/index.js';
import { NO_FORM } from '../../../src/onnx/export/layers/no-form.js';
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

const IMPLEMENTATIONS = new Set(LAYER_TABLE.map(({ facts }) => implementationName(facts)));

/** Whether a case is of one of these layers: `Upsample-segnet_00` is of SegNet's Upsample, `BN-pspnet_00` of BN. */
function isCaseOf(name: string, rows: readonly LayerRow[]): boolean {
  const key = name.replace(/_\d+$/, '');
  const implementation = IMPLEMENTATIONS.has(key) ? key : key.replace(/-.*$/, '');
  return rows.some(({ facts }) => implementationName(facts) === implementation);
}

/** Cases that are refused: their layers have no form, or they give nothing. */
const isRefused = (name: string): boolean =>
  name.startsWith('Silence_') ||
  isCaseOf(
    name,
    NO_FORM.flatMap(({ layers }) => layers),
  );

const ONE_WAY = EXPORTS.filter(({ isOneWay }) => isOneWay).flatMap(({ layers }) => layers);

const cases = (['layers', 'forks'] as const).flatMap((folder) =>
  caseNames(folder).map((name) => [folder, name] as const),
);

describe('layers in ONNX', () => {
  test.each(cases.filter(([, name]) => !isRefused(name)))('%s/%s', async (folder, name) => {
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

  test.each(cases.filter(([, name]) => isRefused(name)))('%s/%s is refused', async (folder, name) => {
    const net = await load(folder, name);
    try {
      await expect(checkExport(net)).rejects.toThrow(NetspecError);
    } finally {
      net.dispose();
    }
  });
});

describe.each(OPSETS)('opset %s', (opset) => {
  test.each(cases.filter(([, name]) => name.endsWith('_01') && !isRefused(name)))('%s/%s', async (folder, name) => {
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

describe('layers in ONNX, and back', () => {
  const both = cases.filter(([, name]) => name.endsWith('_00') && !isRefused(name) && !isCaseOf(name, ONE_WAY));

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
