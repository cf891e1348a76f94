/** Edits of a text: what makes one message of another, and all else as it was written. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LayerParameter } from '../../../src/generated/messages.js';
import { parsePrototxt } from '../../../src/proto/text/parser.js';
import { formatPrototxt } from '../../../src/proto/text/printer.js';
import { TextEditor, withEdits } from '../../../src/proto/text/edit.js';
import { treeOf } from '../../../src/proto/text/tree.js';
import { randomLayer } from './random-layer.js';

/** Changes the first layer of a text. */
function edited(text: string, change: (layer: LayerParameter) => LayerParameter): string {
  const [layer] = parsePrototxt(text, { upgrade: false }).layer!;
  const place = treeOf(text).fields.find(({ name }) => name === 'layer')!.values[0]!.message!;
  return withEdits(text, new TextEditor(text).change(place, 'LayerParameter', layer!, change(layer!)));
}

const POOL = `# the stem
layer {
  name: "pool"  # was pool_1
  type: 'Pooling'
  bottom: "data" top: "pool"
  pooling_param {
    pool: MAX   # not AVE
    kernel_size: 3  pad : 1
  }
}
`;
const pooling = (change: object) => (layer: LayerParameter) => ({
  ...layer,
  pooling_param: { ...layer.pooling_param, ...change },
});

describe('a field', () => {
  test('that is new stands behind the others', () => {
    expect(edited(POOL, pooling({ stride: 2 }))).toBe(POOL.replace('pad : 1\n', 'pad : 1\n    stride: 2\n'));
  });

  test('that changes is changed where it stands', () => {
    expect(edited(POOL, pooling({ pool: 1, pad: 0 }))).toBe(POOL.replace('MAX', 'AVE').replace('pad : 1', 'pad : 0'));
  });

  test('that goes takes its line with it, but not a comment', () => {
    expect(edited(POOL, pooling({ pool: undefined, stride: 2 }))).toBe(
      POOL.replace('pool: MAX   # not', '# not').replace('pad : 1\n', 'pad : 1\n    stride: 2\n'),
    );
    const text = POOL.replace('   # not AVE', '');
    expect(edited(text, pooling({ pool: undefined }))).toBe(text.replace('    pool: MAX\n', ''));
  });

  test('the last of which goes as another comes', () => {
    expect(
      edited('layer {\n  name: "a"\n  type: "ReLU"\n}', ({ type: _type, ...layer }) => ({ ...layer, phase: 1 })),
    ).toBe('layer {\n  name: "a"\n  phase: TEST\n}');
    expect(edited('layer {\n  name: "a"\n}', () => ({ type: 'ReLU' }))).toBe('layer {\n  type: "ReLU"\n}');
    expect(edited('layer { name: "a" }', () => ({ type: 'ReLU' }))).toBe('layer { type: "ReLU"  }');
  });

  test('of a layer on one line stays on it', () => {
    const text = 'layer { name: "p" type: "Pooling" pooling_param { kernel_size: 2 } } layer { name: "q" }';
    expect(edited(text, pooling({ round_mode: 1 }))).toBe(text.replace('size: 2', 'size: 2 round_mode: FLOOR'));
    expect(edited(text, (layer) => ({ ...layer, bottom: ['a', 'b'], relu_param: { negative_slope: 0.5 } }))).toBe(
      text.replace('2 } }', '2 } bottom: "a" bottom: "b" relu_param { negative_slope: 0.5 } }'),
    );
  });

  test('with several values keeps those that stay, in whatever form they are written', () => {
    const names = (bottom: string[]) => (layer: LayerParameter) => ({ ...layer, bottom });
    expect(edited('layer { bottom: "a" name: "x" bottom: "b" }', names(['a', 'c']))).toBe(
      'layer { bottom: "a" name: "x" bottom: "c" }',
    );
    expect(edited('layer { bottom: ["a", "b"] name: "x" }', names(['b', 'a']))).toBe(
      'layer { bottom: ["b", "a"] name: "x" }',
    );
    expect(edited('layer {\n  bottom: "a"\n  name: "x"\n  bottom: "b"\n}', names(['b']))).toBe(
      'layer {\n  bottom: "b"\n  name: "x"\n}',
    );
  });

  test('is written with the line breaks of the text', () => {
    const text = POOL.replaceAll('\n', '\r\n');
    expect(edited(text, pooling({ stride: 2 }))).toBe(text.replace('pad : 1\r\n', 'pad : 1\r\n    stride: 2\r\n'));
  });

  test('that the schema lacks is refused', () => {
    expect(() => edited(POOL, pooling({ strides: 2 }))).toThrow('PoolingParameter has no field strides');
  });
});

test('a layer goes behind another, and before what stands on the same line', () => {
  const relu = { name: 'r', type: 'ReLU' };
  const behind = (text: string) => {
    const [first] = treeOf(text).fields;
    return withEdits(text, [new TextEditor(text).insertBehind(first!, 'layer', [relu], 'NetParameter')]);
  };
  const block = 'layer {\n  name: "r"\n  type: "ReLU"\n}';
  expect(behind('layer { name: "a" } # first\n\nlayer { name: "b" }\n')).toBe(
    `layer { name: "a" } # first\n${block}\n\nlayer { name: "b" }\n`,
  );
  expect(behind('layer { name: "a" } layer { name: "b" }')).toBe(`layer { name: "a" }\n${block}\n layer { name: "b" }`);
  expect(behind('layer { name: "a" }')).toBe(`layer { name: "a" }\n${block}`);
});

test('any layer becomes any other, and comments stay', () => {
  fc.assert(
    fc.property(randomLayer(), randomLayer(), fc.boolean(), (before, after, oneLine) => {
      const printed = formatPrototxt({ layer: [before] }, { type: 'NetParameter' });
      const text = oneLine ? printed.replaceAll('\n', ' ') : printed.replace('layer {', 'layer { # kept');
      const result = edited(text, () => after);
      expect(parsePrototxt(result, { upgrade: false }).layer).toEqual(
        parsePrototxt(formatPrototxt({ layer: [after] }), { upgrade: false }).layer,
      );
      if (!oneLine) expect(result).toContain('# kept');
    }),
  );
});
