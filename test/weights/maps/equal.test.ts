/**
 * One model in three forms gives one output: its normalizations as BatchNorm and Scale, each folded into a Scale, and each
 * folded into the convolution before it.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { LayerParameter, NetParameter } from '../../../src/generated/messages.js';
import { toBytes } from '../../../src/proto/random-access.js';
import { Net } from '../../../src/runtime/index.js';
import { fromTensors, nameMap, packWeights, ruleMap, type NameMap, type RuleFile } from '../../../src/weights/index.js';
import { parseRuleJson } from '../../../src/weights/maps/rule-file.js';
import { caffeResnet, torchvisionState } from '../../support/resnets.js';

const options = { depth: 18 as const, width: 4, classes: 5 };

/** Values between -1 and 1 that differ by name and place; variances and factors around 1. */
function value(name: string, i: number): number {
  let hash = i + 1;
  for (const character of name) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  const random = ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 31 - 1;
  return /running_var$|(bn\d|downsample\.1)\.weight$/.test(name) ? 1 + 0.5 * random : 0.3 * random;
}

const source = fromTensors(torchvisionState(options, value));
const image = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => value('image', i));

async function outputOf(net: NetParameter, map: NameMap): Promise<Float32Array> {
  const shaped = await Net.load(net);
  const shapes = new Map([...shaped.params].map(([layer, blobs]) => [layer, blobs.map(({ shape }) => shape)]));
  shaped.dispose();
  const sink = toBytes();
  await packWeights({ net, shapes, source, map, sink });
  const built = await Net.load(net, { weights: sink.bytes(), strict: true, algorithm: 'gemm' });
  built.blobs.get('data')!.data.set(image);
  const [output] = (await built.forward()).values();
  const values = Float32Array.from(output!.data);
  built.dispose();
  return values;
}

/** The net with each layer replaced by what `change` makes of it. */
function changed(change: (layer: LayerParameter) => LayerParameter[]): NetParameter {
  const net = caffeResnet(options);
  return { ...net, layer: net.layer!.flatMap(change) };
}

describe('a ResNet-18', () => {
  test('gives the same with its normalizations in pairs, in Scale layers, and in the convolutions', async () => {
    const pairs = await outputOf(caffeResnet(options), nameMap('torchvision-resnet'));
    const scales = await outputOf(
      changed((layer) => (layer.type === 'BatchNorm' ? [] : [layer])),
      nameMap('torchvision-resnet'),
    );
    const convolutions = await outputOf(
      changed((layer) => {
        if (layer.type === 'BatchNorm' || layer.type === 'Scale') return [];
        if (layer.type !== 'Convolution') return [layer];
        return [{ ...layer, convolution_param: { ...layer.convolution_param, bias_term: true } }];
      }),
      ruleMap({
        rules: [
          { layer: 'conv1', module: 'conv1', batchNorm: 'bn1' },
          {
            layer: 'res(\\d)([a-z])_branch2([ab])',
            module: "layer{$1-1}.{$2-'a'}.conv{$3-'a'+1}",
            batchNorm: "layer{$1-1}.{$2-'a'}.bn{$3-'a'+1}",
          },
          { layer: 'res(\\d)a_branch1', module: 'layer{$1-1}.0.downsample.0', batchNorm: 'layer{$1-1}.0.downsample.1' },
          { layer: 'fc5', module: 'fc' },
        ],
      }),
    );
    const largest = Math.max(...pairs.map(Math.abs));
    expect(largest).toBeGreaterThan(0.01);
    // 20 layers, each rounded a few times to 24 bits: about sqrt(20) · 4 · 6e-8 = 1e-6 of the largest value, times ten
    // for sums that cancel.
    for (const other of [scales, convolutions])
      for (const [i, expected] of pairs.entries()) expect(Math.abs(other[i]! - expected) / largest).toBeLessThan(1e-5);
  });
});

test('the rule files in the documentation are accepted', () => {
  const text = readFileSync('docs/maps.md', 'utf8');
  const blocks = [...text.matchAll(/```json\n(.*?)```/gs)].map((found) => parseRuleJson(found[1]!) as RuleFile);
  const inline = [...text.matchAll(/`(\{ "layer".*?\})`/g)].map(
    (found) => parseRuleJson(found[1]!) as { layer: string },
  );
  const steps = [...text.matchAll(/^\| ((?:`(?:\{|").*?[}"]`,? ?)+)\|/gm)]
    .flatMap((row) => [...row[1]!.matchAll(/`(.*?)`/g)])
    .map((found) => parseRuleJson(found[1]!));
  expect([blocks.length, inline.length, steps.length]).toEqual([4, 5, 13]);
  for (const block of blocks)
    expect(() => ruleMap('layer' in block ? { rules: [block as never] } : block)).not.toThrow();
  for (const rule of inline)
    expect(() => ruleMap('from' in rule ? { references: [rule as never] } : { rules: [rule as never] })).not.toThrow();
  for (const step of steps)
    expect(() =>
      ruleMap({ rules: [{ layer: 'a', blob: 0, from: ['b', 'c'], transform: [step as never, 'sum'] }] }),
    ).not.toThrow();
});
