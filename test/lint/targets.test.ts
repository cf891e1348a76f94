/** Targets: each fact has a net that breaks it, and a net that breaks none passes. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { lint, TARGETS, type Target } from '../../src/lint/index.js';
import { parseTarget } from '../../src/lint/targets/parse-target.js';
import { targetNamed } from '../../src/lint/targets/index.js';

const INPUT =
  'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 16 dim: 40 dim: 40 } } }\n';

/** The example of a fact as a net over `data`. */
const netOf = (example: string): string =>
  INPUT + (example.startsWith('layer') ? example : `layer { name: "x" bottom: "data" top: "x" ${example} }`);

const findingsFor = async (net: string, target: Target) =>
  (await lint(net, { targets: [target] })).filter((finding) => finding.target === target.name);

/** A net that every toolchain reads. */
const PLAIN = `${INPUT}
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 8 kernel_size: 3 pad: 1 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "relu" }
layer { name: "cat" type: "Concat" bottom: "conv" bottom: "relu" top: "cat" }`;

test('there are the targets that are documented, one file each', () => {
  const files = readdirSync(new URL('../../src/lint/targets/', import.meta.url)).filter((file) =>
    file.endsWith('.json'),
  );
  expect(TARGETS.map(({ name }) => `${name}.json`)).toEqual(files.sort());
});

describe.each(TARGETS)('$name', (target) => {
  test('is of the form that a target of the user’s own has', () => {
    expect(parseTarget(JSON.stringify(target), 'target.json')).toEqual(target);
  });

  test('finds nothing in a net within its limits', async () => {
    expect(await findingsFor(PLAIN, target)).toEqual([]);
  });

  const { limits = [], layers, unknownFields, todaysFormat, sources } = target;

  if (limits.length > 0)
    test.each(limits.map((limit) => [limit.measure, limit] as const))('limit of %s', async (_, limit) => {
      const net = netOf(limit.example);
      // A note says of a layer which the target alone has that nothing is known of it.
      const refused = (await lint(net)).filter(
        ({ rule, severity }) => rule === 'does-not-build' && severity !== 'note',
      );
      expect(refused).toEqual([]);
      // With this limit alone, so that no other explains the finding.
      const alone: Target = { name: target.name, title: target.title, sources, limits: [limit] };
      const found = await findingsFor(net, alone);
      expect(found).toMatchObject([
        { rule: 'target-limits', severity: limit.severity ?? 'error', source: sources[limit.source] },
      ]);
      expect(await findingsFor(PLAIN, alone)).toEqual([]);
    });

  if (layers?.without)
    test.each(layers.without)('refuses layers of type %s', async (type) => {
      const found = await findingsFor(`${INPUT}layer { name: "x" type: "${type}" bottom: "data" top: "x" }`, target);
      expect(found.filter(({ rule }) => rule === 'target-layers')).toMatchObject([{ layer: { type } }]);
    });

  if (layers?.ambiguous)
    test.each(Object.keys(layers.ambiguous))('warns of layers of type %s', async (type) => {
      const found = await findingsFor(`${INPUT}layer { name: "x" type: "${type}" bottom: "data" top: "x" }`, target);
      expect(found).toMatchObject([{ rule: 'target-layers', severity: 'warning', layer: { type } }]);
    });

  if (layers?.only || layers?.beyondBvlc)
    test('refuses a layer that is not in its list', async () => {
      const found = await findingsFor(`${INPUT}layer { name: "x" type: "Foo" bottom: "data" top: "x" }`, target);
      expect(found).toMatchObject([{ rule: 'target-layers', layer: { type: 'Foo' } }]);
    });

  if (unknownFields)
    test('refuses fields that its schema lacks', async () => {
      const found = await findingsFor(netOf(unknownFields.example), target);
      expect(found).toMatchObject([{ rule: 'target-layers', field: unknownFields.fields[0] }]);
    });

  if (todaysFormat)
    test('refuses nets of the old formats', async () => {
      const found = await findingsFor('layers { name: "relu" type: RELU bottom: "data" top: "relu" }', target);
      expect(found).toMatchObject([{ rule: 'target-layers', message: expect.stringContaining("today's format") }]);
    });
});

test('a name that no target has is refused, with the nearest', () => {
  expect(() => targetNamed('asend')).toThrow(/no target 'asend'.*\nhint: did you mean 'ascend'\?/);
});

test.each([
  ['{', /^t\.json: no JSON: /],
  ['[]', 't.json: no target: it must be an object'],
  ['{"name": "a", "title": "A"}', 't.json: no target: sources is missing'],
  ['{"name": "a", "title": "A", "sources": {}, "limit": []}', 't.json: no target: limit is no field'],
  [
    '{"name": "a", "title": "A", "sources": {}, "limits": [{"measure": "kernle", "source": "x"}]}',
    /limits\[0\]\.measure must be one of kernel, /,
  ],
  [
    '{"name": "a", "title": "A", "sources": {}, "limits": [{"measure": "kernel", "source": "x", "max": "7"}]}',
    'limits[0].max must be a number',
  ],
  [
    '{"name": "a", "title": "A", "sources": {}, "limits": [{"measure": "kernel", "source": "x", "max": 7}]}',
    "sources has no 'x'",
  ],
])('a target of the user’s own is checked: %s', (json, message) => {
  expect(() => parseTarget(json, 't.json')).toThrow(message);
});
