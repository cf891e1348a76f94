/**
 * caffe.proto has BVLC's fields, no more and no fewer, and says of each what it is for.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import protobuf from 'protobufjs';
import { declarationsOf } from '../../src/proto/reflection.js';

const text = readFileSync(new URL('../../caffe.proto', import.meta.url), 'utf8');
const { root } = protobuf.parse(text, { keepCase: true, alternateCommentMode: true });
root.resolveAll();

const { messages: types, enums } = declarationsOf(root);
const fields = types.flatMap((type) => type.fieldsArray);
const field = (name: string): protobuf.Field =>
  root.lookupType(`caffe.${name.split('.')[0]!}`).fields[name.split('.')[1]!]!;

test('63 messages, 26 enums, 423 fields', () => {
  expect([types.length, enums.length, fields.length]).toEqual([63, 26, 423]);
});

test('the same names, numbers, types, labels and defaults as in BVLC Caffe', () => {
  // The digest was taken when each line had been compared with the schema that the real Caffe reports.
  const lines = [
    ...fields.map((f) => {
      const label = f.repeated ? 'repeated' : f.required ? 'required' : 'optional';
      const value = f.options?.['default'] as unknown;
      const packed = f.options?.['packed'] === true ? ' packed' : '';
      return `${f.fullName} ${f.id} ${label} ${f.resolvedType?.fullName ?? f.type} ${value === undefined ? '' : JSON.stringify(value)}${packed}`;
    }),
    ...enums.flatMap((e) => Object.entries(e.values).map(([name, value]) => `${e.fullName}.${name} ${value}`)),
  ];
  expect(createHash('sha256').update(lines.sort().join('\n')).digest('hex')).toBe(
    'c3f23521e950f23c20324b950640021bb272bd1656f7b2dcf20586f373842e1a',
  );
});

test.each<[string, number, string, string, unknown]>([
  ['NetParameter.layer', 100, 'repeated', 'LayerParameter', undefined],
  ['NetParameter.layers', 2, 'repeated', 'V1LayerParameter', undefined],
  ['BlobProto.data', 5, 'repeated', 'float', undefined],
  ['BlobProto.shape', 7, 'optional', 'BlobShape', undefined],
  ['LayerParameter.convolution_param', 106, 'optional', 'ConvolutionParameter', undefined],
  ['LayerParameter.clip_param', 148, 'optional', 'ClipParameter', undefined],
  ['ClipParameter.min', 1, 'required', 'float', undefined],
  ['ConvolutionParameter.kernel_size', 4, 'repeated', 'uint32', undefined],
  ['ConvolutionParameter.bias_term', 2, 'optional', 'bool', true],
  ['PoolingParameter.round_mode', 13, 'optional', 'RoundMode', 'CEIL'],
  ['SolverParameter.weights', 42, 'repeated', 'string', undefined],
])('%s', (name, number, label, type, value) => {
  const f = field(name);
  expect([
    f.id,
    f.repeated ? 'repeated' : f.required ? 'required' : 'optional',
    f.type,
    f.options?.['default'],
  ]).toEqual([number, label, type, value]);
});

describe('comments', () => {
  test('each message and field has one', () => {
    const bare = [...types, ...fields].filter((object) => !object.comment).map((object) => object.fullName);
    expect(bare).toEqual([]);
  });

  test('what Caffe calls deprecated, ours does', () => {
    for (const name of [
      'NetParameter.input',
      'NetParameter.layers',
      'BlobProto.num',
      'SliceParameter.slice_dim',
      'ConcatParameter.concat_dim',
    ])
      expect(`${name}: ${field(name).comment ?? ''}`).toMatch(/Deprecated/);
    expect(root.lookupType('caffe.V1LayerParameter').comment).toMatch(/Deprecated/);
  });
});
