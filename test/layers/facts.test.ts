/** What the layers declare about themselves is true: held against the golden cases of each type. */
import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { Phase } from '../../src/generated/messages.js';
import { blobFactsOf, countOf, holds, implementationName, type LayerFacts } from '../../src/layers/facts.js';
import { Layer, factsOfLayer } from '../../src/layers/index.js';
import { LAYER_TABLE } from '../../src/layers/table.js';
import type { Blob } from '../../src/engine/blob.js';
import { NetspecError } from '../../src/errors.js';
import { outputChannels, outputsOf } from '../../src/layers/shared/weight-layout.js';
import { Net } from '../../src/runtime/net.js';
import { arrays, caseNames, expectSameBlob, fixture, loadCase } from '../support/golden.js';

interface Case {
  folder: string;
  net: Net;
  layer: Layer;
  facts: LayerFacts;
  bottom: Blob[];
  top: Blob[];
}

/** Runs `action` with each case of the layers, built for its shapes only. */
async function forEachCase(action: (known: Case) => void | Promise<void>, filter = (_: string): boolean => true) {
  for (const name of caseNames('layers').filter((each) => filter(each.replace(/_\d+$/, '')))) {
    const folder = `layers/${name}`;
    const net = await Net.load(textOf(folder), { phase: 'TEST', shapesOnly: true });
    try {
      const index = net.layers.findIndex(({ type }) => type === name.replace(/(-\w+)?_\d+$/, ''));
      const layer = net.layers[index]!;
      const blobsOf = (names: readonly string[]) => names.map((blob) => net.blobs.get(blob)!);
      const [bottom, top] = [blobsOf(net.bottomNamesOf(index)), blobsOf(net.topNamesOf(index))];
      await action({ folder, net, layer, facts: factsOfLayer(layer)!, bottom, top });
    } finally {
      net.dispose();
    }
  }
}

function textOf(folder: string): string {
  return readFileSync(fixture(`${folder}/net.prototxt`), 'utf8');
}

const TEST = Phase.TEST;

describe('the facts of the layers', () => {
  test('allow as many bottoms, tops and blobs as the layers of the cases have', async () => {
    await forEachCase(({ folder, layer, facts, bottom, top }) => {
      const count = ({ exact, min, max }: ReturnType<typeof countOf>, n: number) =>
        n >= (exact ?? min ?? 0) && n <= (exact ?? max ?? Infinity);
      const roles = layer.blobs.map((_, i) => blobFactsOf(facts, layer.param, i)?.role);
      expect({
        folder,
        bottoms: count(countOf(facts.bottoms), bottom.length),
        tops: count(countOf(facts.tops), top.length),
        withoutRole: roles.filter((role) => role === undefined),
      }).toEqual({ folder, bottoms: true, tops: true, withoutRole: [] });
    });
  });

  test('say which tops share the values of the bottom', async () => {
    await forEachCase(({ folder, layer, facts, bottom, top }) => {
      if (bottom.length === 0 || top.length === 0 || bottom.includes(top[0]!)) return;
      const shares = top.every((blob) => blob.storage === bottom[0]!.storage);
      expect({ folder, shares: holds(facts.sharesValues, layer.param, TEST) }).toEqual({ folder, shares });
    });
  });

  test('say which layers do nothing: the top of one with a bottom is that bottom', async () => {
    const idle = new Set<string>();
    await forEachCase(async ({ folder, layer, facts, bottom, top }) => {
      if (!holds(facts.idle, layer.param, TEST)) return;
      idle.add(layer.type);
      if (bottom.length === 0 || top.length === 0) return;
      const net = await loadCase(folder, { threads: 1 });
      for (const [blob, { data }] of arrays(folder, 'in_')) net.blobs.get(blob)!.data.set(data);
      await net.forward();
      const x = net.blobs.get(layer.param.bottom![0]!)!;
      for (const name of layer.param.top!) expectSameBlob(name, net.blobs.get(name), { shape: x.shape, data: x.data });
      net.dispose();
    });
    expect([...idle].sort()).toEqual(['Dropout', 'Parameter', 'Silence', 'Split']);
  });

  test('say which tops keep the order of the elements: there are as many', async () => {
    await forEachCase(({ folder, facts, bottom, top }) => {
      if (facts.keepsOrder) expect({ folder, count: top[0]!.count }).toEqual({ folder, count: bottom[0]!.count });
    });
  });

  test('say where the outputs lie in the weights', async () => {
    const seen = new Set<string>();
    await forEachCase(({ folder, layer, facts, top }) => {
      const layout = facts.weights?.(layer.param);
      if (!layout) return;
      seen.add(layer.type);
      const { shape, count } = layer.blobs[0]!;
      expect({ folder, outputs: outputsOf(layout, shape) }).toEqual({ folder, outputs: layout.outputs });
      expect(top[0]!.shape.at(layout.axis)).toBe(layout.outputs);
      const channels = new Set(Array.from({ length: count }, (_, i) => outputChannels(layout, shape)(i)));
      expect([...channels].sort((a, b) => a - b)).toEqual(Array.from({ length: layout.outputs }, (_, i) => i));
      const biased = (layer.param[facts.biasTerm!.param]?.bias_term ?? facts.biasTerm!.byDefault) ? 2 : 1;
      expect(layer.blobs.length).toBe(biased);
    });
    expect([...seen].sort()).toEqual(['Convolution', 'Deconvolution', 'InnerProduct']);
  });
});

/** Implementations with cases that have a bottom and a top, which can be tried in place. */
const tried = LAYER_TABLE.filter(({ facts: { bottoms, tops } }) => countOf(bottoms).exact !== 0 && tops.length > 0)
  .map(({ facts }) => implementationName(facts))
  .filter((key) => caseNames('layers').some((name) => name.startsWith(`${key}_`)));

test.each(tried)('%s is right in place, or refuses it, as its facts say', async (tested) => {
  await forEachCase(
    async ({ folder, layer, facts, bottom, top }) => {
      if (bottom.includes(top[0]!)) return;
      const [from, to] = [layer.param.bottom![0]!.replace(/_.*_split_\d+$/, ''), layer.param.top![0]!];
      const text = textOf(folder).replace(new RegExp(`(top: *)"${to}"`), `$1"${from}"`);
      const weights = fixture(`${folder}/weights.caffemodel`);
      const allowed = holds(facts.inPlace, layer.param, TEST);
      const load = () =>
        Net.load(text, {
          phase: 'TEST',
          threads: 1,
          ...(existsSync(weights) && { weights: new Uint8Array(readFileSync(weights)) }),
        });
      const inPlace = await load().catch((error: unknown) => error);
      if (!(inPlace instanceof Net)) {
        expect(inPlace).toBeInstanceOf(NetspecError);
        expect({ folder, allowed }).toEqual({ folder, allowed: false });
        return;
      }
      try {
        for (const [blob, { data }] of arrays(folder, 'in_')) inPlace.blobs.get(blob)!.data.set(data);
        await inPlace.forward();
        const expected = arrays(folder, 'out_').get(to)!;
        const compared = () => expectSameBlob(`${folder}: ${to}`, inPlace.blobs.get(from), expected);
        if (allowed) compared();
        else expect(compared).toThrow();
      } finally {
        inPlace.dispose();
      }
    },
    (key) => key === tested,
  );
});
