/** Programs in the playground: types taken out, and what completion offers in them. */
import { Script } from 'node:vm';
import { typescriptLanguage } from '@codemirror/lang-javascript';
import { CompletionContext } from '@codemirror/autocomplete';
import { EditorState } from '@codemirror/state';
import { describe, expect, test } from '@jest/globals';
import { completionsOf } from '../../playground/src/program-language.js';
import { withoutTypes } from '../../playground/src/typescript.js';
import { detectionV2 } from '../../src/nets/detection-v2.js';
import { formatProgram } from '../../src/netspec/index.js';

describe('types', () => {
  test.each([
    ["import { L, type Top, P } from 'netspec';", "import { L,           P } from 'netspec';"],
    ["import type { Top } from 'netspec';\nlet a;", '                                   \nlet a;'],
    ['const a: Top[] = b as Top;', 'const a        = b       ;'],
    ['const a = { pad: 1 } satisfies Options;', 'const a = { pad: 1 }                  ;'],
    ['const f = <T>(x?: T, y: number = 2): T => x!;', 'const f =    (x    , y         = 2)    => x ;'],
    ['const f = (x): {\n  a: T;\n} => x;', 'const f = (x)              => x;'],
    ['function f({ a = 1 }: { a?: number } = {}): T {}', 'function f({ a = 1 }                 = {})    {}'],
    ['function f(x: T): T;\nfunction f(x) {}', '                    \nfunction f(x) {}'],
    ['const [a, b] = L.Slice<2>(x);', 'const [a, b] = L.Slice   (x);'],
    ['interface A { b: number }\nexport type C = A;\n1;', '                         \n                  \n1;'],
    ['declare const x: number;\ny;', '                        \ny;'],
    ['class A<T> implements B { private x?: T; y!: T }', 'class A                 {         x    ; y     }'],
    ['const a = c ? x : y; // z: T', 'const a = c ? x : y; // z: T'],
    ["const a = { b: 'x: T', c: `${d as string}` };", "const a = { b: 'x: T', c: `${d          }` };"],
  ])('%s', (program, expected) => {
    expect(withoutTypes(program)).toBe(expected);
  });

  test.each([
    ['enum A { B }', '1:1: an enum needs a compiler'],
    ['let a;\n  namespace N {}', '2:3: a namespace needs a compiler'],
    ['class A { constructor(private x) {} }', '1:23: a parameter property needs a compiler'],
    ['const n = new NetSpec(;', '1:23: the program cannot be read from here on'],
  ])('refuses %s', (program, message) => {
    expect(() => withoutTypes(program)).toThrow(message);
  });

  test('a program that netspec writes has no types left', () => {
    const program = formatProgram(detectionV2());
    const plain = withoutTypes(program);
    expect(program).toContain(': Top');
    expect(plain).toHaveLength(program.length);
    // Its parts without types are the same program for JavaScript's own parser, which refuses all types.
    const body = plain.replace(/^import.*$/m, '').replace(/^export.*$/m, '');
    expect(() => new Script(body)).not.toThrow();
  });
});

describe('completion', () => {
  /** What is offered at `|`: the labels. */
  async function offered(marked: string): Promise<string[]> {
    const at = marked.indexOf('|');
    const state = EditorState.create({
      doc: marked.replace('|', ''),
      extensions: [typescriptLanguage],
    });
    const found = await completionsOf(new CompletionContext(state, at, true));
    return found?.options.map(({ label }) => label) ?? [];
  }

  test('layer types behind L.', async () => {
    expect(await offered('n.a = L.Conv|')).toEqual(expect.arrayContaining(['Convolution', 'Pooling', 'Permute']));
  });

  test("the layer's own fields, then those that all layers have", async () => {
    const labels = await offered('n.a = L.Pooling(x, { kernel_size: 2, st| });');
    expect(labels).toEqual(expect.arrayContaining(['stride', 'pool', 'name', 'include']));
    expect(labels.indexOf('stride')).toBeLessThan(labels.indexOf('name'));
    expect(labels).not.toContain('bottom');
    expect(labels).not.toContain('num_output');
    expect(labels).not.toContain('pooling_param');
  });

  test('fields of a message in them', async () => {
    const labels = await offered('L.Convolution(x, { weight_filler: { val| } })');
    expect(labels).toEqual(expect.arrayContaining(['type', 'value', 'std']));
    expect(labels).not.toContain('num_output');
    expect(await offered('L.Convolution(x, { param: [{ lr| }] })')).toContain('lr_mult');
  });

  test.each([
    "L.Pooling(x, { pool: '|' })",
    'L.Pooling(x, { pool: | })',
    "n.p = L.Pooling(x, { pool: 'M|', stride: 2 })",
  ])('values of an enum: %s', async (marked) => {
    expect(await offered(marked)).toEqual(['MAX', 'AVE', 'STOCHASTIC']);
  });

  test('fillers, of a layer with a type argument too', async () => {
    expect(await offered("L.Convolution<1>(x, { weight_filler: { type: 'x|' } })")).toContain('bilinear');
  });

  test.each(['const a = { st| }', 'f(x, { st| })', 'L.Pooling(|)', 'L.Pooling(() => { st| })'])(
    'nothing of a layer: %s',
    async (marked) => {
      expect(await offered(marked)).toEqual([]);
    },
  );
});
