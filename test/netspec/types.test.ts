/**
 * What the compiler must accept and refuse. The programs here are checked by `npm run typecheck`: an unused
 * `@ts-expect-error` is itself an error there. None of them is run, but for the last test, which asks an editor.
 */
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import {
  L,
  NetSpec,
  P,
  toProto,
  type Bottom,
  type ConvolutionOptions,
  type LayerFunctions,
  type Top,
} from '../../src/netspec/index.js';
import type { LayerFunction } from '../../src/netspec/top.js';
import type { LayerType } from '../../src/layers/index.js';
import { LAYER_TYPES } from '../../src/layers/registry.js';
import type { NetParameter } from '../../src/generated/messages.js';
import { defaultSchema } from '../../src/proto/schema.js';

declare const n: NetSpec;
declare const x: Top;
declare const count: number;
/** Is a type exactly another? */
// eslint-disable-next-line typescript/no-unnecessary-type-parameters -- only so does the compiler compare exactly
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Expect<T extends true> = T;

export function accepted(name: string): unknown[] {
  n.data = L.Input({ shape: { dim: [1, 3, 480, 576] } });
  n.conv1 = L.Convolution(n.data, { num_output: 64, kernel_size: 7, stride: 2, pad: 3, bias_term: false });
  n.relu1 = L.ReLU(n.conv1, { in_place: true });
  n.pool1 = L.Pooling(n.relu1, { pool: P.Pooling.MAX, kernel_size: 3, stride: 2 });
  n['slash/name'] = L.Pooling(n.pool1, { pool: 'AVE', round_mode: 'FLOOR', kernel_size: 2 });
  [n.data, n.label] = L.Data({ ntop: 2, source: 'db', batch_size: 4, backend: P.Data.LMDB });
  n.silence = L.Silence(n.label, { ntop: 0 });
  const nets: NetParameter[] = [n.toProto(), toProto(n.conv1, x), x.toProto()];
  const entries: [string, Bottom][] = [...n];

  // One value or a list, for repeated fields of any kind.
  L.Convolution(x, { kernel_size: [3, 5], pad: 1, param: { lr_mult: 1 } });
  L.Convolution(x, { kernel_size: 3, param: [{ lr_mult: 1 }, { name: 'b', share_mode: 'PERMISSIVE' }] });
  L.Reshape(x, { shape: { dim: -1 } });
  L.Dropout(x, { include: { phase: 'TRAIN' }, exclude: [{ phase: 1, stage: 'deploy' }] });
  // Another type's message, directly.
  L.Deconvolution(x, { num_output: 4, group: 4, weight_filler: { type: 'bilinear', variance_norm: 'FAN_IN' } });
  L.Im2col(x, { kernel_size: 3 });
  L.SoftmaxWithLoss(x, x, { ignore_label: 255, axis: 1, normalization: P.Loss.NONE, loss_weight: 2 });
  L.LSTM(x, x, { num_output: 8 });
  L.RNN(x, x, x, { num_output: 8, ntop: 1 });
  // Any number of bottoms, and optional ones.
  const many: Top[] = [x, x];
  L.Concat(...many);
  L.Concat(...many, { axis: 1 });
  L.Eltwise(x, x, x, x, { coeff: [1, 2, 3, 4], operation: 'SUM' });
  L.Scale(x);
  L.Scale(x, x, { axis: 0 });
  L.Python({ module: 'm', layer: 'Source', ntop: 2 });
  // Layers that only the run time knows.
  L('MyLayer', x, { my_param: { a: 1 } });
  L.layer('MyLayer', x, x);
  L.withSchema(defaultSchema()).Convolution(x, { kernel_size: 3 });
  // Fields left out by undefined.
  L.Convolution(x, { num_output: 1, bias_term: count > 1 ? false : undefined });
  // Names that are made at run time.
  n[`${name}_relu`] = L.ReLU(x);
  const convRelu = (bottom: Bottom, options: ConvolutionOptions): Top =>
    L.ReLU(L.Convolution(bottom, options), { in_place: true });
  return [nets, entries, convRelu(x, { num_output: 1, kernel_size: 1 })];
}

export const inferred = {
  one: () => L.ReLU(x),
  explicit: () => L.Slice(x, { ntop: 1 }),
  two: () => L.DummyData({ ntop: 2 }),
  three: () => L.Slice(x, { ntop: 3 }),
  none: () => L.Silence(x, { ntop: 0 }),
  unknown: () => L.Slice(x, { ntop: count }),
  constant: () => P.Pooling.AVE,
};
type Inferred<K extends keyof typeof inferred> = ReturnType<(typeof inferred)[K]>;
export type InferredTypes = [
  Expect<Same<Inferred<'one'>, Top>>,
  Expect<Same<Inferred<'explicit'>, Top>>,
  Expect<Same<Inferred<'two'>, [Top, Top]>>,
  Expect<Same<Inferred<'three'>, [Top, Top, Top]>>,
  Expect<Same<Inferred<'none'>, LayerFunction>>,
  Expect<Same<Inferred<'unknown'>, Top | Top[] | LayerFunction>>,
  Expect<Same<Inferred<'constant'>, 1>>,
];

export function refused(): unknown[] {
  // @ts-expect-error a misspelt field
  L.Convolution(x, { kernal_size: 3 });
  // @ts-expect-error a misspelt field inside a message
  L.Convolution(x, { weight_filler: { typ: 'xavier' } });
  // @ts-expect-error a misspelt field where the number of bottoms is open
  L.Concat(x, x, { axes: 1 });
  // @ts-expect-error another layer's field
  L.ReLU(x, { kernel_size: 3 });
  // @ts-expect-error a string for a number
  L.Convolution(x, { num_output: '64' });
  // @ts-expect-error a number for a boolean
  L.Convolution(x, { bias_term: 0 });
  // @ts-expect-error a list for a field that is not repeated
  L.Pooling(x, { kernel_size: [3, 3] });
  // @ts-expect-error a wrong type in a list
  L.Convolution(x, { kernel_size: [3, '3'] });
  // @ts-expect-error no such enum value
  L.Pooling(x, { pool: 'MEDIAN' });
  // @ts-expect-error no such enum number
  L.Pooling(x, { pool: 77 });
  // @ts-expect-error no such constant
  const median = P.Pooling.MEDIAN as unknown;
  // @ts-expect-error no such message
  const poling = P.Poling as unknown;
  // @ts-expect-error no such layer type
  const convoluton = L.Convoluton as unknown;
  // @ts-expect-error one bottom too few
  L.EuclideanLoss(x);
  // @ts-expect-error one bottom too many
  L.ReLU(x, x);
  // @ts-expect-error fields before bottoms
  L.ReLU({ negative_slope: 0.1 }, x);
  // @ts-expect-error a list of Tops is no bottom
  L.ReLU(L.DummyData({ ntop: 2 }));
  // @ts-expect-error a bottom by name
  L.ReLU('conv1');
  // @ts-expect-error a list of Tops is no Top
  n.data = L.DummyData({ ntop: 2 });
  // @ts-expect-error a name for something that is no Top
  n.count = 3;
  // @ts-expect-error in_place is no string
  L.ReLU(x, { in_place: 'yes' });
  // @ts-expect-error ntop: 2 gives two
  const [, , third] = L.DummyData({ ntop: 2 });
  return [median, poling, convoluton, third];
}

/** Each layer type has a function; so have types of forks for which there is a message and no layer yet. */
export type AllTypes = Expect<Same<LayerType, LayerType & keyof LayerFunctions>>;

test.each(LAYER_TYPES)('L.%s makes a layer of that type', (type) => {
  const tops = (L[type] as (...args: unknown[]) => unknown)({ ntop: 2 }) as Top[];
  expect(toProto(...tops)).toEqual({ layer: [{ name: `${type}1`, type, top: [`${type}1`, `${type}2`] }] });
});

describe('an editor', () => {
  const file = new URL('./completion.ts', import.meta.url).pathname;
  const source = `import { L, P } from '../../src/netspec/index.js';
const x = L.Input();
L.Convolution(x, { kern/*fields*/ });
L.Pooling(x, { pool: '/*enum names*/' });
P.Pooling./*constants*/;
L.Conv/*layers*/;
`;
  const service = ts.createLanguageService({
    getCompilationSettings: () => ({
      strict: true,
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      skipLibCheck: true,
      types: [],
    }),
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => ts.ScriptSnapshot.fromString(path === file ? source : (ts.sys.readFile(path) ?? '')),
    getCurrentDirectory: () => new URL('../..', import.meta.url).pathname,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (path) => path === file || ts.sys.fileExists(path),
    readFile: (path) => (path === file ? source : ts.sys.readFile(path)),
    directoryExists: (path) => ts.sys.directoryExists(path),
  });
  const at = (marker: string) => source.indexOf(`/*${marker}*/`);
  const names = (marker: string): string[] =>
    (service.getCompletionsAtPosition(file, at(marker), {})?.entries ?? []).map((entry) => entry.name);
  const doc = (marker: string, name: string): string => {
    const details = service.getCompletionEntryDetails(file, at(marker), name, {}, undefined, {}, undefined);
    return ts.displayPartsToString(details?.documentation);
  };

  test('completes the fields of a layer, and says what they are', () => {
    expect(names('fields')).toEqual(
      expect.arrayContaining(['kernel_size', 'kernel_h', 'num_output', 'param', 'in_place']),
    );
    expect(names('fields')).not.toContain('dropout_ratio');
    expect(names('fields')).not.toContain('permute_param');
    expect(doc('fields', 'kernel_size')).toBe(
      'Size of the window along the spatial axes: one for all or one for each.',
    );
  });

  test('completes enum names and constants', () => {
    expect(names('enum names').slice(0, 3)).toEqual(['MAX', 'AVE', 'STOCHASTIC']);
    expect(names('constants')).toEqual(expect.arrayContaining(['MAX', 'AVE', 'FLOOR']));
  });

  test('completes layer types, and says what they do', () => {
    expect(names('layers')).toEqual(expect.arrayContaining(['Convolution', 'Deconvolution']));
    expect(doc('layers', 'Convolution')).toMatch(/^Convolution with learned filters/);
  });
});
