/** The examples are nets: each builds, and its text reads back as what it was. */
import { expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import type { NetParameter } from '../../src/generated/messages.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';

const folder = new URL('../../examples/', import.meta.url);

/** What `netspec build` takes from a module. */
async function netOf(file: string): Promise<NetParameter> {
  let net = ((await import(new URL(file, folder).pathname)) as { default: unknown }).default;
  if (typeof net === 'function') net = (net as () => unknown)();
  return 'toProto' in (net as object) ? (net as { toProto: () => NetParameter }).toProto() : (net as NetParameter);
}

const nets = {
  'lenet.ts': ['data', 'conv1', 'pool1', 'conv2', 'pool2', 'ip1', 'relu1', 'ip2', 'prob'],
  'small-detector.ts':
    'data conv1 bn1 relu1 pool1 conv2 bn2 relu2 lateral upsample fine head_0_0 head_1_0 head_2_0 head_0_1 head_1_1 head_2_1'.split(
      ' ',
    ),
  'lenet-train.ts': 'data data Convolution1 pool1 Convolution2 pool2 ip1 relu1 ip2 accuracy loss'.split(' '),
};

test.each(Object.entries(nets))('%s has these layers', async (file, names) => {
  expect((await netOf(file)).layer!.map((layer) => layer.name)).toEqual(names);
});

test('feature-pyramid.ts has a tower over each of five levels, with one set of weights', async () => {
  const { layer = [] } = await netOf('feature-pyramid.ts');
  const scores = layer.filter(({ name }) => name!.startsWith('scores_'));
  expect(scores.map(({ name }) => name)).toEqual(['scores_p2', 'scores_p3', 'scores_p4', 'scores_p6', 'scores_p7']);
  expect(new Set(scores.map(({ param }) => param![0]!.name))).toEqual(new Set(['scores_weight']));
});

test.each(Object.keys(nets).concat('feature-pyramid.ts'))('%s reads back as itself', async (file) => {
  expect(readdirSync(folder)).toContain(file);
  const text = formatPrototxt(await netOf(file));
  expect(formatPrototxt(parsePrototxt(text))).toBe(text);
});
