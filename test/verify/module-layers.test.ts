/** Modules of the model that are several layers of the port: whichever bears the name, the reference is the last one's. */
import { describe, expect, test } from '@jest/globals';
import {
  fromTensors,
  htmlReport,
  Net,
  ruleMap,
  verify,
  type VerifyOptions,
  type VerifyReport,
} from '../../src/node.js';
import { diagnosisLines, tableRow } from '../../src/verify/report.js';
import { identityMap } from '../../src/weights/maps/identity.js';

type Arrays = Parameters<typeof fromTensors>[0];

const INPUT =
  'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 3 dim: 4 } } }\n';
const conv = (name: string, bottom: string) =>
  `layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}" convolution_param { num_output: 2 kernel_size: 1 weight_filler { type: "gaussian" std: 1 } } }\n`;
const layer = (name: string, type: string, bottom: string, rest = '', top = name) =>
  `layer { name: "${name}" type: "${type}" ${bottom
    .split(' ')
    .map((each) => `bottom: "${each}"`)
    .join(' ')} top: "${top}" ${rest} }\n`;

/** What every blob of a net holds right after the layer of that name, and the net's own verdict on it. */
async function verifyBy(
  text: string,
  rename: (outputs: Arrays) => Arrays,
  options: Partial<VerifyOptions> & { spoil?: (net: Net) => void } = {},
): Promise<VerifyReport> {
  const net = await Net.load(INPUT + text, { seed: 5, algorithm: 'gemm' });
  try {
    const data = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i * 1.7) * 3);
    for (const [name, blobs] of net.params)
      if (net.layerDict.get(name)!.type === 'BatchNorm')
        ['mean', 'variance', 'factor'].forEach((_, i) =>
          blobs[i]!.data.set(blobs[i]!.data.map((__, c) => [0.3 * c - 0.2, 0.5 + c, 1][i]!)),
        );
      else if (net.layerDict.get(name)!.type === 'Scale')
        for (const blob of blobs) blob.data.set(blob.data.map((_, c) => 0.7 + 0.4 * c));
    const outputs: Record<string, { shape: readonly number[]; data: Float32Array }> = {};
    net.blobs.get('data')!.data.set(data);
    await net.forward({
      onLayer: (index, { name }) => {
        const blob = net.blobs.get(net.topNamesOf(index)[0] ?? '');
        if (blob) outputs[name] = { shape: blob.shape, data: blob.data.slice() };
      },
    });
    options.spoil?.(net);
    net.blobs.get('data')!.data.set(data);
    return await verify(net, { references: fromTensors(rename(outputs)), map: identityMap(), ...options });
  } finally {
    net.dispose();
  }
}

const rows = ({ layers }: VerifyReport) => layers.map(({ label, reference, status }) => [label, reference, status]);
const clean = (report: VerifyReport) => {
  expect({ ok: report.ok, causes: report.causes, unused: report.unusedReferences }).toEqual({
    ok: true,
    causes: [],
    unused: [],
  });
  expect(report.matched).toBe(report.references);
};

const PAIR = (inPlace: boolean, first: string, last: string) =>
  conv('conv', 'data') +
  layer(first, 'BatchNorm', 'conv', '', inPlace ? 'conv' : first) +
  layer(last, 'Scale', inPlace ? 'conv' : first, 'scale_param { bias_term: true }', inPlace ? 'conv' : last) +
  layer('relu', 'ReLU', inPlace ? 'conv' : last, '', inPlace ? 'conv' : last) +
  conv('after', inPlace ? 'conv' : last);

describe('BatchNorm and Scale', () => {
  describe.each([
    ['apart', false],
    ['in place', true],
  ])('%s', (_, inPlace) => {
    test.each([
      ['the first', 'bn', 'bn_scale', 'bn'],
      ['the last', 'bn_stat', 'bn', 'bn'],
      ['the module', 'bn/bn', 'bn/scale', 'bn'],
    ])('the reference bears the name of %s', async (_which, first, last, name) => {
      const report = await verifyBy(PAIR(inPlace, first, last), ({ conv, relu, after, ...outputs }) => ({
        ...{ conv: conv!, relu: relu!, after: after! },
        [name]: outputs[last]!,
      }));
      clean(report);
      const bn = `${first} + ${last}`;
      expect(rows(report)).toEqual([
        ['conv', 'conv', 'agrees'],
        [bn, 'bn', 'agrees'],
        ['relu', 'relu', 'agrees'],
        ['after', 'after', 'agrees'],
      ]);
      expect(tableRow(report.layers.find(({ reference }) => reference === 'bn')!)[0]).toBe(bn);
    });
  });

  test('a rule file that gives both layers the module counts its reference once', async () => {
    const map = ruleMap({ rules: [{ layer: 'bn(_scale)?', module: 'bn' }] });
    const pick = ({ bn_scale, relu }: Arrays) => ({ 'bn.output': bn_scale!, relu: relu! });
    const report = await verifyBy(PAIR(false, 'bn', 'bn_scale'), pick, { map });
    expect(rows(report).filter(([, reference]) => reference)).toEqual([
      ['bn + bn_scale', 'bn.output', 'agrees'],
      ['relu', 'relu', 'agrees'],
    ]);
    clean(report);
  });

  test('a Scale with a reference of its own leaves the BatchNorm its own', async () => {
    const report = await verifyBy(PAIR(false, 'bn', 'bn_scale'), ({ bn, bn_scale }) => ({
      bn: bn!,
      bn_scale: bn_scale!,
    }));
    clean(report);
    expect(rows(report).slice(1, 3)).toEqual([
      ['bn', 'bn', 'agrees'],
      ['bn_scale', 'bn_scale', 'agrees'],
    ]);
  });

  test.each([
    ['the BatchNorm', 'bn', 'batch-norm-factor'],
    ['the Scale', 'bn_scale', undefined],
  ])('a fault in %s is not hidden, and is said of the pair', async (_, culprit, cause) => {
    const report = await verifyBy(
      PAIR(true, 'bn', 'bn_scale'),
      ({ conv, bn_scale, relu, after }) => ({ conv: conv!, bn: bn_scale!, relu: relu!, after: after! }),
      {
        spoil: (net) => {
          if (culprit === 'bn') net.params.get('bn')![2]!.data[0] = 3;
          else net.params.get('bn_scale')![0]!.data.set([5, -4]);
        },
      },
    );
    expect(report.firstDivergence?.label).toBe('bn + bn_scale');
    const failing = report.layers.filter(({ isolated }) => isolated?.status !== 'agrees' && isolated);
    expect(failing.map(({ label }) => label)).toEqual(['bn + bn_scale']);
    if (cause !== undefined) expect(report.causes[0]).toMatchObject({ id: cause, layer: culprit });
  });

  test('behind a wrong layer the pair is still found, once it is fed', async () => {
    const report = await verifyBy(
      PAIR(true, 'bn', 'bn_scale'),
      ({ conv, bn_scale, relu, after }) => ({ conv: conv!, bn: bn_scale!, relu: relu!, after: after! }),
      { spoil: (net) => net.params.get('conv')![0]!.data.set([1, 2, 3, 4]) },
    );
    expect(report.layers.map(({ label, status, isolated }) => [label, status, isolated?.status])).toEqual([
      ['conv', 'diverges', 'diverges'],
      ['bn + bn_scale', 'diverges', 'agrees'],
      ['relu', 'diverges', 'agrees'],
      ['after', 'diverges', 'agrees'],
    ]);
    expect(diagnosisLines(report)[0]).toBe('fed the references of what they read, 1 of 4 layers diverge: conv');
  });
});

describe('other modules of several layers', () => {
  const first = (text: string, of: string, name = 'module') =>
    verifyBy(text + conv('after', of), (outputs) => ({ [name]: outputs[of]!, after: outputs.after! }));

  test.each([
    ['ReLU and Clip', layer('module', 'ReLU', 'data') + layer('top', 'Clip', 'module', 'clip_param { min: 0 max: 1 }')],
    [
      'Pooling and the Scale of its divisors',
      layer('module', 'Pooling', 'data', 'pooling_param { pool: AVE kernel_size: 3 stride: 1 pad: 1 }') +
        layer('top', 'Scale', 'module', 'scale_param { axis: 2 num_axes: 2 }'),
    ],
    [
      'Convolution and Crop, of another shape',
      conv('module', 'data').replace('kernel_size: 1', 'kernel_size: 1 pad: 1') + layer('top', 'Crop', 'module data'),
    ],
    [
      'two Slices that take a row and a column off, whose rest is thrown away',
      layer('module', 'Power', 'data', 'power_param { scale: 2 }') +
        'layer { name: "rows" type: "Slice" bottom: "module" top: "rows" top: "row" slice_param { axis: 2 slice_point: 2 } }\n' +
        'layer { name: "top" type: "Slice" bottom: "rows" top: "top" top: "column" slice_param { axis: 3 slice_point: 3 } }\n' +
        'layer { name: "rest" type: "Silence" bottom: "row" bottom: "column" }\n',
    ],
    [
      'squeeze and excitation, called by its name',
      layer('module_pool', 'Pooling', 'data', 'pooling_param { pool: AVE global_pooling: true }') +
        layer(
          'module_fc',
          'InnerProduct',
          'module_pool',
          'inner_product_param { num_output: 2 weight_filler { type: "gaussian" std: 1 } }',
        ) +
        layer('module_sigmoid', 'Sigmoid', 'module_fc', '', 'module_fc') +
        layer('top', 'Scale', 'data module_fc', 'scale_param { axis: 0 }'),
    ],
    [
      'Flatten behind a layer',
      layer('module', 'Power', 'data', 'power_param { scale: 3 }') + layer('top', 'Flatten', 'module'),
    ],
  ])('%s', async (_, text) => {
    const report = await first(text, 'top');
    clean(report);
  });

  test('a reference of a module whose layers have references of their own is no fault where it is something else', async () => {
    const text = layer('block_a', 'Power', 'data', 'power_param { scale: 2 }') + layer('block_b', 'ReLU', 'block_a');
    const report = await verifyBy(text, ({ block_a, block_b }) => ({
      block_a: block_a!,
      block_b: block_b!,
      block: { shape: block_b!.shape, data: block_b!.data.map((v) => v + 1) },
    }));
    expect([report.ok, report.unusedReferences]).toEqual([true, ['block']]);
  });

  test('the page marks all layers of a module, and its head counts as the terminal does', async () => {
    const net = await Net.load(
      INPUT + layer('a', 'ReLU', 'data') + layer('b', 'Clip', 'a', 'clip_param { min: 0 max: 1 }'),
    );
    const data = Float32Array.from({ length: 24 }, (_, i) => i / 5 - 2);
    net.blobs.get('data')!.data.set(data);
    const wanted = { shape: [1, 2, 3, 4], data: data.map((v) => Math.min(1, Math.max(0, v))) };
    const report = await verify(net, { references: fromTensors({ a: wanted }), map: identityMap() });
    const page = await htmlReport(net, report);
    net.dispose();
    expect(page).toContain('Every matched layer agrees: 1 of 1');
    expect(page.match(/agrees with its reference/g)).toHaveLength(2);
  });
});

describe('what is fed', () => {
  test('a layer that reads a reference of another shape is run in that shape, and agrees', async () => {
    const text = layer('pool', 'Pooling', 'data', 'pooling_param { kernel_size: 2 stride: 2 }') + conv('after', 'pool');
    const net = await Net.load(INPUT + text, { algorithm: 'gemm' });
    const right = await Net.load(INPUT + text.replace('stride: 2', 'stride: 2 round_mode: FLOOR'), {
      algorithm: 'gemm',
    });
    const references: Record<string, { shape: readonly number[]; data: Float32Array }> = {};
    for (const each of [net, right])
      each.blobs.get('data')!.data.set(Float32Array.from({ length: 24 }, (_, i) => i % 7));
    await right.forward({
      onLayer: (index, { name }) => {
        const blob = right.blobs.get(right.topNamesOf(index)[0]!)!;
        references[name] = { shape: blob.shape, data: blob.data.slice() };
      },
    });
    right.dispose();
    delete references.data;
    const report = await verify(net, { references: fromTensors(references), map: identityMap() });
    const shapeAfter = net.blobs.get('after')!.shape;
    net.dispose();
    expect(report.layers.map(({ name, status, isolated }) => [name, status, isolated?.status])).toEqual([
      ['pool', 'shape differs', 'shape differs'],
      ['after', 'shape differs', 'agrees'],
    ]);
    expect(report.points.map(({ result }) => result.name)).toEqual(['pool']);
    expect(shapeAfter).toEqual([1, 2, 2, 2]);
  });
});
