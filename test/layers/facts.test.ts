/** What the layers declare about themselves is true: held against the golden cases of each type. */
import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { Phase } from '../../src/generated/messages.js';
import { blobFactsOf, countOf, holds, type LayerFacts } from '../../src/layers/facts.js';
import { Layer } from '../../src/layers/index.js';
import { factsOfLayer } from '../../src/layers/registry.js';
import type { Blob } from '../../src/engine/blob.js';
import { outputChannels, outputsOf } from '../../src/layers/shared/weight-layout.js';
import { forkSchema } from '../../src/proto/forks/catalog.js';
import type { Schema } from '../../src/proto/parse-schema.js';
import { Net } from '../../src/runtime/net.js';
import { arrays, caseNames, expectSameBlob, fixture, loadCase } from '../support/golden.js';

interface Case {
  folder: string;
  layer: Layer;
  facts: LayerFacts;
  bottom: Blob[];
  top: Blob[];
}

/** `Upsample-segnet` of `forks/Upsample-segnet_03`. */
function keyOf(folder: string): string {
  return folder.replace(/^\w+\//, '').replace(/_\d+$/, '');
}

/** The schema of the fork that a case names. */
function schemaOf(folder: string): Schema | undefined {
  const [, fork] = /^[^-]+-(.+)$/.exec(keyOf(folder)) ?? [];
  return folder.startsWith('forks/') && fork !== undefined && fork !== 'legacy' ? forkSchema(fork) : undefined;
}

function textOf(folder: string): string {
  return readFileSync(fixture(`${folder}/net.prototxt`), 'utf8');
}

/** The layer of a case, and its blobs, built for their shapes only. */
async function shapesOf(folder: string): Promise<Case> {
  const net = await Net.load(textOf(folder), { phase: 'TEST', shapesOnly: true, schema: schemaOf(folder) });
  const index = net.layers.findIndex(({ type }) => type === keyOf(folder).replace(/-.*$/, ''));
  const layer = net.layers[index]!;
  const blobsOf = (names: readonly string[]) => names.map((blob) => net.blobs.get(blob)!);
  const [bottom, top] = [blobsOf(net.bottomNamesOf(index)), blobsOf(net.topNamesOf(index))];
  return { folder, layer, facts: factsOfLayer(layer)!, bottom, top };
}

/** The cases of Caffe's layers, and those of its forks. */
const cases: Case[] = [];
for (const parent of ['layers', 'forks'])
  for (const name of caseNames(parent)) cases.push(await shapesOf(`${parent}/${name}`));

const TEST = Phase.TEST;

describe('the facts of the layers', () => {
  test('allow as many bottoms, tops and blobs as the layers of the cases have', () => {
    for (const { folder, layer, facts, bottom, top } of cases) {
      const count = ({ exact, min, max }: ReturnType<typeof countOf>, n: number) =>
        n >= (exact ?? min ?? 0) && n <= (exact ?? max ?? Infinity);
      const roles = layer.blobs.map((_, i) => blobFactsOf(facts, layer.param, i)?.role);
      expect({
        folder,
        bottoms: count(countOf(facts.bottoms), bottom.length),
        tops: count(countOf(facts.tops), top.length),
        withoutRole: roles.filter((role) => role === undefined),
      }).toEqual({ folder, bottoms: true, tops: true, withoutRole: [] });
    }
  });

  test('say which tops share the values of the bottom', () => {
    for (const { folder, layer, facts, bottom, top } of cases) {
      if (bottom.length === 0 || top.length === 0 || bottom.includes(top[0]!)) continue;
      const shares = top.every((blob) => blob.storage === bottom[0]!.storage);
      expect({ folder, shares: holds(facts.sharesValues, layer.param, TEST) }).toEqual({ folder, shares });
    }
  });

  test('say which layers do nothing: the top of one with a bottom is that bottom', async () => {
    const idle = new Set<string>();
    for (const { folder, layer, facts, bottom, top } of cases) {
      if (!holds(facts.idle, layer.param, TEST)) continue;
      idle.add(layer.type);
      if (bottom.length === 0 || top.length === 0) continue;
      const net = await loadCase(folder, { threads: 1, schema: schemaOf(folder) });
      for (const [blob, { data }] of arrays(folder, 'in_')) net.blobs.get(blob)!.data.set(data);
      await net.forward();
      const x = net.blobs.get(layer.param.bottom![0]!)!;
      for (const name of layer.param.top!) expectSameBlob(name, net.blobs.get(name), { shape: x.shape, data: x.data });
      net.dispose();
    }
    const ofCaffe = ['Dropout', 'Parameter', 'Silence', 'Split'];
    const ofForks = ['Flip', 'Permute', 'Upsample', 'UpsampleDarknet'];
    expect([...idle]).toEqual(expect.arrayContaining([...ofCaffe, ...ofForks]));
  });

  test('say which tops keep the order of the elements: there are as many', () => {
    for (const { folder, facts, bottom, top } of cases) {
      if (facts.keepsOrder) expect({ folder, count: top[0]!.count }).toEqual({ folder, count: bottom[0]!.count });
    }
  });

  test('say which layers move values: each of a top is one of the bottoms', async () => {
    const moving = new Set<string>();
    for (const { folder, layer, facts, bottom, top } of cases) {
      if (!holds(facts.movesValues, layer.param, TEST) || bottom.length === 0 || top.length === 0) continue;
      moving.add(layer.type);
      const net = await loadCase(folder, { threads: 1, schema: schemaOf(folder) });
      for (const [blob, { data }] of arrays(folder, 'in_')) net.blobs.get(blob)!.data.set(data);
      const values = new Set(layer.param.bottom!.flatMap((name) => [...net.blobs.get(name)!.data]));
      await net.forward();
      const made = [...net.blobs.get(layer.param.top![0]!)!.peek()];
      expect({ folder, others: made.filter((v) => !values.has(v)) }).toEqual({ folder, others: [] });
      net.dispose();
    }
    expect(moving.size).toBeGreaterThan(10);
  });

  test('say where the outputs lie in the weights', () => {
    const seen = new Set<string>();
    for (const { folder, layer, facts, top } of cases) {
      const layout = facts.weights?.(layer.param);
      if (!layout) continue;
      seen.add(layer.type);
      const { shape, count } = layer.blobs[0]!;
      const outputs = outputsOf(layout, shape);
      expect({ folder, outputs }).toEqual({ folder, outputs: top[0]!.shape.at(layout.axis) });
      const channels = new Set(Array.from({ length: count }, (_, i) => outputChannels(layout, shape)(i)));
      expect([...channels].sort((a, b) => a - b)).toEqual(Array.from({ length: outputs }, (_, i) => i));
      const biased = (layer.param[facts.biasTerm!.param]?.bias_term ?? facts.biasTerm!.byDefault) ? 2 : 1;
      expect(layer.blobs.length).toBe(biased);
    }
    const [plain, ofForks] = [
      ['Convolution', 'Deconvolution', 'InnerProduct'],
      ['ConvolutionDepthwise', 'DepthwiseConvolution'],
    ];
    expect([...seen]).toEqual(expect.arrayContaining([...plain, ...ofForks]));
  });
});

test.each([...new Set(cases.map(({ folder }) => keyOf(folder)))])(
  '%s is right in place, or refused, as its facts say',
  async (key) => {
    for (const { folder, layer, facts, bottom, top } of cases.filter((each) => keyOf(each.folder) === key)) {
      if (bottom.length === 0 || top.length === 0 || bottom.includes(top[0]!)) continue;
      const [from, to] = [layer.param.bottom![0]!.replace(/_.*_split_\d+$/, ''), layer.param.top![0]!];
      const text = textOf(folder).replace(new RegExp(`(top: *)"${to}"`), `$1"${from}"`);
      const options = { phase: 'TEST', schema: schemaOf(folder) } as const;
      if (!holds(facts.inPlace, layer.param, TEST)) {
        await expect(Net.load(text, { ...options, shapesOnly: true })).rejects.toThrow(
          'does not allow in-place computation',
        );
        continue;
      }
      const weights = fixture(`${folder}/weights.caffemodel`);
      const given = existsSync(weights) && { weights: new Uint8Array(readFileSync(weights)) };
      const net = await Net.load(text, { ...options, threads: 1, ...given });
      try {
        for (const [blob, { data }] of arrays(folder, 'in_')) net.blobs.get(blob)!.data.set(data);
        await net.forward();
        const compared = () => expectSameBlob(folder, net.blobs.get(from), arrays(folder, 'out_').get(to)!);
        if (holds(facts.otherwiseInPlace, layer.param, TEST)) expect(compared).toThrow();
        else compared();
      } finally {
        net.dispose();
      }
    }
  },
);
