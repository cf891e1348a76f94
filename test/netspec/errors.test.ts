/**
 * What the DSL says about each mistake, whole. The calls go around the compiler, which refuses most of them already.
 */
import { describe, expect, test } from '@jest/globals';
import { NetspecError } from '../../src/errors.js';
import * as dsl from '../../src/netspec/index.js';

/* eslint-disable typescript/no-explicit-any, typescript/no-unsafe-member-access, typescript/no-unsafe-call,
   typescript/no-unsafe-assignment, typescript/no-unsafe-return -- JavaScript users have no types */
const L = dsl.L as any;
const P = dsl.P as any;
const newSpec = (): any => new dsl.NetSpec();
const x = dsl.L.Input({ shape: { dim: [1, 3, 8, 8] } });

/** Rows of a table: what is wrong, the mistake, the whole message. */
type Mistake = [what: string, mistake: () => unknown, message: string];

function refuses(mistakes: Mistake[]): void {
  test.each(mistakes)('%s', (_, mistake, message) => {
    let thrown: unknown;
    try {
      mistake();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(NetspecError);
    expect((thrown as NetspecError).message).toBe(message);
  });
}

describe('fields', () => {
  refuses([
    [
      'a misspelt field',
      () => L.Convolution(x, { kernal_size: 3 }),
      "L.Convolution: no field 'kernal_size' in ConvolutionParameter or LayerParameter\nhint: did you mean 'kernel_size'?",
    ],
    [
      'a misspelt field of a layer that has a name',
      () => L.Convolution(x, { name: 'conv7', strides: 2 }),
      "L.Convolution 'conv7': no field 'strides' in ConvolutionParameter or LayerParameter\nhint: did you mean 'stride'?",
    ],
    [
      'a misspelt option of the DSL',
      () => L.ReLU(x, { inplace: true }),
      "L.ReLU: no field 'inplace' in ReLUParameter or LayerParameter\nhint: did you mean 'in_place'?",
    ],
    [
      'a misspelt field, undefined',
      () => L.ReLU(x, { negativ_slope: undefined }),
      "L.ReLU: no field 'negativ_slope' in ReLUParameter or LayerParameter\nhint: did you mean 'negative_slope'?",
    ],
    [
      "another type's field, with nothing near it",
      () => L.Dropout(x, { kernel_size: 3 }),
      "L.Dropout: no field 'kernel_size' in DropoutParameter or LayerParameter",
    ],
    [
      'a misspelt field of a type that borrows two messages',
      () => L.SoftmaxWithLoss(x, x, { ignore_lable: 3 }),
      "L.SoftmaxWithLoss: no field 'ignore_lable' in SoftmaxParameter, LossParameter or LayerParameter\n" +
        "hint: did you mean 'ignore_label'?",
    ],
    [
      'a field of a type that has none of its own',
      () => L.AbsVal(x, { axis: 1 }),
      "L.AbsVal: no field 'axis' in LayerParameter",
    ],
    [
      'a misspelt field in a message',
      () => L.Convolution(x, { weight_filler: { typ: 'xavier' } }),
      "L.Convolution: convolution_param.weight_filler: FillerParameter has no field 'typ'\nhint: did you mean 'type'?",
    ],
    [
      'a misspelt field in a list of messages',
      () => L.Convolution(x, { param: [{}, { lr_mul: 1 }] }),
      "L.Convolution: param[1]: ParamSpec has no field 'lr_mul'\nhint: did you mean 'lr_mult'?",
    ],
    [
      'a field by a name that every object has',
      () => L.ReLU(x, { constructor: 1 }),
      "L.ReLU: no field 'constructor' in ReLUParameter or LayerParameter",
    ],
    [
      'a misspelt layer type, noticed by its fields',
      () => L.Convoluton(x, { num_output: 3 }),
      "L.Convoluton: no field 'num_output' in LayerParameter, and the schema has no ConvolutonParameter\n" +
        "hint: did you mean 'Convolution'?",
    ],
    [
      "a vendor's layer without its schema",
      () => L('Blend', x, { min_size: 3 }),
      "L.Blend: no field 'min_size' in LayerParameter, and the schema has no BlendParameter\n" +
        "hint: a vendor's layer needs its caffe.proto: L.withSchema(Schema.parse(text))",
    ],
  ]);
});

describe('values', () => {
  const uint32 = 'L.Convolution: convolution_param.num_output: expected an integer (uint32), got';
  const int64 = 'L.Reshape: reshape_param.shape.dim: expected an integer';
  refuses([
    ['a string for an integer', () => L.Convolution(x, { num_output: '64' }), `${uint32} "64"`],
    ['a fraction for an integer', () => L.Convolution(x, { num_output: 1.5 }), `${uint32} 1.5`],
    ['NaN for an integer', () => L.Convolution(x, { num_output: NaN }), `${uint32} NaN`],
    ['infinity for an integer', () => L.Convolution(x, { num_output: Infinity }), `${uint32} Infinity`],
    ['null', () => L.Convolution(x, { num_output: null }), `${uint32} null`],
    ['a Top for a number', () => L.Convolution(x, { num_output: x }), `${uint32} a Top`],
    ['a function for a number', () => L.Convolution(x, { num_output: () => 3 }), `${uint32} a function`],
    ['a list for one integer', () => L.Convolution(x, { num_output: [64] }), `${uint32} a list of 1`],
    [
      'a negative number for an unsigned integer',
      () => L.Convolution(x, { num_output: -1 }),
      'L.Convolution: convolution_param.num_output: expected an integer of 0 … 4294967295 (uint32), got -1',
    ],
    [
      'too large a number for 32 bits',
      () => L.Concat(x, { axis: 2 ** 31 }),
      'L.Concat: concat_param.axis: expected an integer of -2147483648 … 2147483647 (int32), got 2147483648',
    ],
    [
      'too large a number for exactness',
      () => L.Reshape(x, { shape: { dim: 2 ** 53 } }),
      `${int64} of -9007199254740991 … 9007199254740991 (int64), got 9007199254740992`,
    ],
    [
      'a BigInt',
      () => L.Reshape(x, { shape: { dim: [1, 3n] } }),
      `${int64.replace('dim', 'dim[1]')} (int64), got the BigInt 3`,
    ],
    [
      'a number for true or false',
      () => L.Convolution(x, { bias_term: 0 }),
      'L.Convolution: convolution_param.bias_term: expected true or false, got 0',
    ],
    [
      'a string for a float',
      () => L.ReLU(x, { negative_slope: '0.1' }),
      'L.ReLU: relu_param.negative_slope: expected a number (float), got "0.1"',
    ],
    ['a number for a string', () => L.ReLU(x, { name: 3 }), 'L.ReLU: name: expected a string, got 3'],
    [
      'a name for a message',
      () => L.Convolution(x, { weight_filler: 'xavier' }),
      'L.Convolution: convolution_param.weight_filler: expected an object with fields of FillerParameter, got "xavier"',
    ],
    [
      'a list for one message',
      () => L.Convolution(x, { weight_filler: [{ type: 'xavier' }] }),
      'L.Convolution: convolution_param.weight_filler: expected an object with fields of FillerParameter, got a list of 1',
    ],
    [
      'an instance of a class for a message',
      () => L.Convolution(x, { convolution_param: new Map() }),
      'L.Convolution: convolution_param: expected an object with fields of ConvolutionParameter, got a Map',
    ],
    [
      'an empty list',
      () => L.Convolution(x, { kernel_size: [] }),
      'L.Convolution: convolution_param.kernel_size: expected at least one value, got an empty list\n' +
        'hint: leave the field out instead',
    ],
    [
      'an empty list of messages',
      () => L.Convolution(x, { param: [] }),
      'L.Convolution: param: expected at least one value, got an empty list\nhint: leave the field out instead',
    ],
    [
      'a hole in a list',
      () => L.Convolution(x, { kernel_size: [3, undefined] }),
      'L.Convolution: convolution_param.kernel_size[1]: expected an integer (uint32), got undefined',
    ],
    [
      'a list in a list',
      () => L.Convolution(x, { kernel_size: [[3, 3]] }),
      'L.Convolution: convolution_param.kernel_size[0]: expected an integer (uint32), got a list of 2',
    ],
    [
      'a wrong enum name',
      () => L.Pooling(x, { pool: 'MEAN' }),
      'L.Pooling: pooling_param.pool: expected a value of PoolMethod (MAX, AVE, STOCHASTIC), got "MEAN"',
    ],
    [
      'an enum name in lower case',
      () => L.Pooling(x, { pool: 'max' }),
      'L.Pooling: pooling_param.pool: expected a value of PoolMethod (MAX, AVE, STOCHASTIC), got "max"\n' +
        "hint: did you mean 'MAX'?",
    ],
    [
      'a wrong enum number',
      () => L.Pooling(x, { pool: 7 }),
      'L.Pooling: pooling_param.pool: expected a value of PoolMethod (MAX, AVE, STOCHASTIC), got 7',
    ],
  ]);
});

describe('bottoms', () => {
  const silence = dsl.L.Silence(x, { ntop: 0 });
  const looped = dsl.L.Sigmoid(x);
  refuses([
    ['undefined', () => L.ReLU(undefined), 'L.ReLU: bottom 0: expected a Top, got undefined'],
    [
      'undefined as the last of several',
      () => L.Concat(x, undefined),
      'L.Concat: bottom 1: expected a Top, got undefined',
    ],
    ['undefined as one of two', () => L.Eltwise(x, undefined), 'L.Eltwise: bottom 1: expected a Top, got undefined'],
    ["a blob's name", () => L.ReLU('conv1'), 'L.ReLU: bottom 0: expected a Top, got "conv1"'],
    [
      'a list of Tops',
      () => L.Concat([x, x]),
      'L.Concat: bottom 0: expected a Top, got a list of 2\n' +
        'hint: take its Tops apart: const [data, label] = L.Data({ ntop: 2 }), or L.Concat(...tops)',
    ],
    [
      'fields before bottoms',
      () => L.ReLU({ negative_slope: 1 }, x),
      'L.ReLU: bottom 0: expected a Top, got an object\nhint: fields come last, after the bottoms',
    ],
    [
      'a layer without tops',
      () => L.ReLU(silence),
      'L.ReLU: bottom 0: expected a Top, got the layer Silence with ntop 0\nhint: a layer with ntop: 0 has no top to read',
    ],
    [
      'a layer instead of its top',
      () => L.ReLU(x.fn),
      'L.ReLU: bottom 0: expected a Top, got the layer Input with ntop 1\nhint: take one of its tops',
    ],
    [
      'a Top that L did not make',
      () => L.ReLU(new dsl.Top(x.fn, 3)),
      'L.ReLU: bottom 0: expected a Top, got an unfinished one\nhint: Tops come from L, not from new Top()',
    ],
    [
      'a Top of nothing',
      () => L.ReLU(Object.create(dsl.Top.prototype)),
      'L.ReLU: bottom 0: expected a Top, got an unfinished one\nhint: Tops come from L, not from new Top()',
    ],
    [
      'a loop that was forced',
      () => {
        const reader = dsl.L.ReLU(looped);
        Object.assign(looped.fn, { inputs: [reader] });
        dsl.toProto(reader);
      },
      'the layers form a loop: ReLU reads Sigmoid reads ReLU\nhint: a Caffe net has no loops; unroll it',
    ],
  ]);
});

describe('ntop, in_place and the type', () => {
  refuses([
    ['a negative ntop', () => L.Slice(x, { ntop: -1 }), 'L.Slice: ntop: expected a whole number of tops, got -1'],
    ['ntop as a string', () => L.Slice(x, { ntop: '2' }), 'L.Slice: ntop: expected a whole number of tops, got "2"'],
    ['in_place as a number', () => L.ReLU(x, { in_place: 1 }), 'L.ReLU: in_place: expected true or false, got 1'],
    [
      'in_place with two bottoms',
      () => L.Eltwise(x, x, { in_place: true }),
      'L.Eltwise: in_place: expected one bottom and ntop 1, got 2 and ntop 1\n' +
        "hint: an in-place layer's top is its bottom; leave in_place out",
    ],
    [
      'in_place without a bottom',
      () => L.Input({ in_place: true }),
      'L.Input: in_place: expected one bottom and ntop 1, got 0 and ntop 1\n' +
        "hint: an in-place layer's top is its bottom; leave in_place out",
    ],
    [
      'in_place with two tops',
      () => L.Slice(x, { in_place: true, ntop: 2 }),
      'L.Slice: in_place: expected one bottom and ntop 1, got one and ntop 2\n' +
        "hint: an in-place layer's top is its bottom; leave in_place out",
    ],
    ['no type', () => L(x), 'L: expected the name of a layer type, got a Top'],
    ['an empty type', () => L('', x), 'L: expected the name of a layer type, got ""'],
  ]);
});

describe('NetSpec', () => {
  const spec = newSpec();
  spec.conv1 = x;
  refuses([
    ['a misspelt name', () => L.ReLU(spec.cnov1), "the NetSpec has no top 'cnov1'\nhint: did you mean 'conv1'?"],
    ['a name that nothing is near', () => spec.pool9, "the NetSpec has no top 'pool9'"],
    [
      'a list of Tops',
      () => (newSpec().data = L.Data({ ntop: 2 })),
      "n['data']: expected a Top, got a list of 2\nhint: name each Top: [n.data, n.label] = L.Data({ ntop: 2, … })",
    ],
    ['undefined', () => (newSpec().data = undefined), "n['data']: expected a Top, got undefined"],
    [
      'a layer that has tops',
      () => (newSpec().data = x.fn),
      "n['data']: expected a Top, got the layer Input\nhint: assign its tops",
    ],
    ['a method for a name', () => (newSpec().toProto = x), "'toProto' is a member of NetSpec and no name for a top"],
    [
      'a Top of another NetSpec',
      () => {
        const other = newSpec();
        other.relu = L.ReLU(spec.conv1);
        other.toProto();
      },
      "top 'conv1' belongs to another NetSpec\n" +
        "hint: build both parts in one NetSpec, or name it in this one too: n['conv1'] = other['conv1']",
    ],
    [
      'a given name that is also made up',
      () => {
        const n = newSpec();
        n.ReLU1 = L.Sigmoid(L.ReLU(dsl.L.Input()));
        n.toProto();
      },
      "the name 'ReLU1' is given to one blob and made up for another\nhint: name the other ReLU too, or rename 'ReLU1'",
    ],
    [
      'something else for toProto',
      () => dsl.toProto('conv1' as never),
      'toProto: argument 0: expected a Top, got "conv1"',
    ],
  ]);

  test('a Top of another NetSpec is taken once it has a name here too', () => {
    const other = newSpec();
    other.conv = spec.conv1;
    other.relu = L.ReLU(spec.conv1);
    expect(other.toProto().layer[1].bottom).toEqual(['conv']);
    expect(spec.toProto().layer[0].name).toBe('conv1');
  });

  test('a Top that another NetSpec has no more is taken', () => {
    const [first, second] = [newSpec(), newSpec()];
    first.x = L.Input();
    const old = first.x;
    first.x = L.ReLU(old);
    second.y = L.Sigmoid(old);
    expect(second.toProto().layer.map((layer: { name: string }) => layer.name)).toEqual(['Input1', 'y']);
  });
});

describe('P', () => {
  refuses([
    ['a misspelt message', () => P.Poling, "P has no 'Poling'\nhint: did you mean 'Pooling'?"],
    ['a misspelt value', () => P.Pooling.AVG, "P.Pooling has no 'AVG'\nhint: did you mean 'AVE'?"],
    ['a message without values', () => P.Concat, "P has no 'Concat'"],
  ]);
});
