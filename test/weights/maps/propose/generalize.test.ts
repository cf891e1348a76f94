import { describe, expect, test } from '@jest/globals';
import { generalize } from '../../../../src/weights/maps/propose/generalize.js';
import { parsePattern } from '../../../../src/weights/maps/pattern.js';
import { parseTemplate } from '../../../../src/weights/maps/template.js';

/** `layer ← name` for each rule; also checks that the rules say what the pairs say, and nothing of other layers. */
function rules(pairs: readonly (readonly [string, string])[], others: readonly string[] = []): string[] {
  const layers = [...pairs.map(([layer]) => layer), ...others];
  const found = generalize(
    pairs.map(([layer, name]) => ({ layer, names: [name] })),
    layers,
  );
  for (const layer of layers) {
    const said = found.flatMap(({ layer: pattern, names }) => {
      const match = parsePattern(pattern).match(layer);
      return match ? [parseTemplate(names[0]!).expand(match)] : [];
    });
    expect([layer, said]).toEqual([layer, pairs.filter((pair) => pair[0] === layer).map(([, name]) => name)]);
  }
  return found.map(({ layer, names }) => `${layer} ← ${names[0]!}`);
}

describe('generalize', () => {
  test.each<[string, [string, string][], string[]]>([
    [
      'the same numbers',
      [
        ['conv1', 'features.1'],
        ['conv2', 'features.2'],
      ],
      ['conv(\\d) ← features.$1'],
    ],
    [
      'numbers that are apart by a constant, up or down',
      [
        ['conv1_9', 'a3b8'],
        ['conv2_10', 'a4b9'],
      ],
      ['conv(\\d)_(\\d+) ← a{$1+2}b{$2-1}'],
    ],
    [
      'letters for numbers',
      [
        ['res2a', 'x.2.0'],
        ['res2b', 'x.2.1'],
        ['res3b', 'x.3.1'],
      ],
      ["res(\\d)([a-z]) ← x.$1.{$2-'a'}"],
    ],
    [
      'numbers for letters',
      [
        ['block0_0', 'block0b'],
        ['block0_1', 'block0c'],
      ],
      ["block0_(\\d) ← block0{'a'+$1+1}"],
    ],
    [
      'several layers for one name',
      [
        ['head_p2', 'head'],
        ['head_p3', 'head'],
      ],
      ['head_p\\d ← head'],
    ],
    [
      'what follows no rule is written down one by one',
      [
        ['conv1', 'f.0'],
        ['conv2', 'f.2'],
        ['conv3', 'f.5'],
      ],
      ['conv1 ← f.0', 'conv2 ← f.2', 'conv3 ← f.5'],
    ],
    [
      'one rule for each value that follows from nothing',
      [
        ['a1', 'x3.1'],
        ['a2', 'x3.2'],
        ['a3', 'x7.3'],
        ['a4', 'x7.4'],
      ],
      ['a(1|2) ← x3.$1', 'a(3|4) ← x7.$1'],
    ],
    [
      'characters that mean something',
      [
        ['a.b{1}', 'm{0}$'],
        ['a.b{2}', 'm{1}$'],
      ],
      ['a\\.b\\{(\\d)\\} ← m{{{$1-1}}}$$'],
    ],
    [
      'leading zeros are text',
      [
        ['a01', 'b01'],
        ['a02', 'b02'],
      ],
      ['a(\\d+) ← b$1'],
    ],
  ])('%s', (_, pairs, expected) => {
    expect(rules(pairs)).toEqual(expected);
  });

  test('a pattern fits none of the layers that it says nothing about', () => {
    const pairs = [
      ['conv1', 'a1'],
      ['conv2', 'a2'],
    ] as const;
    expect(rules(pairs, ['conv3'])).toEqual(['conv(1|2) ← a$1']);
    const crossed = [
      ['conv1_1', 'a1_1'],
      ['conv2_2', 'a2_2'],
    ] as const;
    expect(rules(crossed, ['conv1_2'])).toEqual(['conv1_1 ← a1_1', 'conv2_2 ← a2_2']);
  });
});
