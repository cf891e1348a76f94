/** Nets of 2014 whose forks have layer types, and fields, of their own. */
import { describe, expect, test } from '@jest/globals';
import { Schema } from '../../../src/proto/parse-schema.js';
import { decodeNet, encodeNet } from '../../../src/proto/codec.js';
import { forkSchema } from '../../../src/proto/forks/catalog.js';
import { formatPrototxt } from '../../../src/proto/text/printer.js';
import { Phase } from '../../../src/generated/messages.js';
import { parsePrototxt } from '../../../src/proto/text/parser.js';
import { schemaOf } from '../../../src/proto/message.js';
import { upgradeNet } from '../../../src/proto/upgrade.js';
import { Net } from '../../../src/runtime/index.js';

/** A schema in which layers are what V1LayerParameter is with BVLC. */
const old = Schema.parse(`
  package caffe;
  message ConvolutionParameter {
    optional uint32 num_output = 1; optional uint32 kernel_size = 4; optional uint32 kernel_depth = 15;
  }
  message NetParameter {
    optional string name = 1; repeated LayerParameter layers = 2; repeated string input = 3; repeated int32 input_dim = 4;
  }
  message LayerParameter {
    repeated string bottom = 2; repeated string top = 3; optional string name = 4;
    enum LayerType { NONE = 0; CONVOLUTION = 4; RELU = 18; CONVOLUTION3D = 30; POOLING3D = 31; VIDEO_DATA = 33; }
    optional LayerType type = 5;
    optional ConvolutionParameter convolution_param = 10;
  }`);

const text = `name: "old"
layers { name: "data" type: VIDEO_DATA top: "data" }
layers { name: "c" type: CONVOLUTION3D bottom: "data" top: "c" convolution_param { num_output: 4 kernel_size: 3 kernel_depth: 3 } }
layers { name: "p" type: POOLING3D bottom: "c" top: "p" }
layers { name: "r" type: RELU bottom: "p" top: "p" }`;

const typesOf = (net: { layer?: { type?: string }[] }): (string | undefined)[] =>
  (net.layer ?? []).map(({ type }) => type);

describe('a layer type of 2014', () => {
  test("is what the schema in use calls it, not what BVLC's enum has at its number", () => {
    expect(typesOf(parsePrototxt(text, { schema: old }))).toEqual(['VIDEO_DATA', 'CONVOLUTION3D', 'POOLING3D', 'ReLU']);
    expect(typesOf(parsePrototxt(text))).toEqual(['VIDEO_DATA', 'CONVOLUTION3D', 'POOLING3D', 'ReLU']);
  });

  test('has the name of today where the fork has settings for such a type', () => {
    const types = (line: string, fork: string) =>
      typesOf(parsePrototxt(`layers { ${line} }`, { schema: forkSchema(fork) }));
    expect(types('type: ROI_POOLING', 'cambricon')).toEqual(['ROIPooling']);
    expect(types('type: RELU6', 'eric612')).toEqual(['ReLU6']);
    expect(types('type: BN', 'deconvnet')).toEqual(['BN']);
    expect(types('type: COMPACT_DATA', 'yjxiong-2014')).toEqual(['COMPACT_DATA']);
  });

  test('goes through bytes', () => {
    const net = parsePrototxt(text, { schema: old, upgrade: false });
    expect(typesOf(decodeNet(encodeNet(net), { schema: old, upgrade: true }))).toEqual(typesOf(upgradeNet(net)));
  });

  test('that is a number without a name stays unknown', () => {
    const net = { layers: [{ name: 'x', type: 77 as 0 }] };
    expect(() => upgradeNet(net)).toThrow("layer 'x': Unknown V1LayerParameter layer type: 77");
  });
});

test('data layers are told by the names of their types', () => {
  // 12 is IMAGE_DATA with BVLC.
  const schema = Schema.parse(`
    package caffe;
    message ImageDataParameter { optional string source = 1; optional float scale = 2; }
    message NetParameter { repeated V1LayerParameter layers = 2; repeated LayerParameter layer = 100; }
    message LayerParameter { optional string name = 1; optional string type = 2; }
    message V1LayerParameter {
      optional string name = 4;
      enum LayerType { NONE = 0; SOMETHING = 12; IMAGE_DATA = 40; }
      optional LayerType type = 5;
      optional ImageDataParameter image_data_param = 15;
    }`);
  const upgraded = (type: string) =>
    parsePrototxt(`layers { name: "d" type: ${type} image_data_param { source: "a" scale: 2 } }`, { schema }).layer;
  expect(upgraded('SOMETHING')).toEqual([
    { name: 'd', type: 'SOMETHING', image_data_param: { source: 'a', scale: 2 } },
  ]);
  expect(upgraded('IMAGE_DATA')).toEqual([
    { name: 'd', type: 'ImageData', image_data_param: { source: 'a' }, transform_param: { scale: 2 } },
  ]);
});

describe('what a schema has no place for', () => {
  test('stays in the old format when the net is to be written with it', () => {
    const net = parsePrototxt(text, { schema: old, upgrade: false });
    expect(upgradeNet(net, { schema: old })).toBe(net);
    const inputs = parsePrototxt('input: "x" input_dim: [1, 2, 3, 4]', {
      schema: forkSchema('pspnet'),
      upgrade: false,
    });
    expect(upgradeNet(inputs, { schema: forkSchema('pspnet') })).toBe(inputs);
    expect(upgradeNet(inputs, { schema: forkSchema('ssd') }).layer).toHaveLength(1);
  });

  test('is there in memory all the same, and in text', () => {
    const net = parsePrototxt('input: "x" input_dim: [1, 2, 3, 4]', { schema: forkSchema('pspnet') });
    expect(typesOf(net)).toEqual(['Input']);
    expect(formatPrototxt(net)).toContain('input_param {');
    expect(schemaOf(net)).toBe(forkSchema('pspnet'));
  });
});

describe('a net built with an old schema', () => {
  test('of one kernel_size, pad and stride has the shapes that it has without', async () => {
    const net = `input: "x" input_dim: [1, 3, 8, 8]
      layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 4 kernel_size: 3 pad: 1 stride: 2 } }`;
    for (const schema of [undefined, forkSchema('segnet'), forkSchema('fast-rcnn')]) {
      const built = await Net.load(net, { schema, shapesOnly: true });
      expect(built.blobs.get('c')!.shape).toEqual([1, 4, 4, 4]);
      built.dispose();
    }
  });

  test('that has no layer field, from a message', async () => {
    const inputs = 'input: "x" input_dim: [1, 3, 8, 8] layers { name: "r" type: RELU bottom: "x" top: "y" }';
    const net = await Net.load(parsePrototxt(inputs, { schema: old }), { schema: old, shapesOnly: true });
    expect(net.blobs.get('y')!.shape).toEqual([1, 3, 8, 8]);
    net.dispose();
  });
});

test('enable and disable of V1 layers are include and exclude under their first names', () => {
  const net = parsePrototxt(
    'layers { name: "d" type: DATA top: "d" enable { phase: TRAIN } } layers { name: "r" type: RELU bottom: "d" top: "d" disable { phase: TEST } }',
  );
  expect(net.layer).toMatchObject([{ include: [{ phase: Phase.TRAIN }] }, { exclude: [{ phase: Phase.TEST }] }]);
});

test("a V1 field of a fork that today's layers lack is left out with a warning", () => {
  const warnings: string[] = [];
  const net = parsePrototxt(
    'layers { name: "d" type: DATA top: "d" dominant_channel_param {} data_param { source: "x" } }',
    {
      upgrade: false,
    },
  );
  const { layer } = upgradeNet(net, { onWarning: (warning) => warnings.push(warning) });
  expect(layer).toEqual([{ name: 'd', type: 'Data', top: ['d'], data_param: { source: 'x' } }]);
  expect(warnings).toEqual(["layer 'd': dominant_channel_param has no place in today's format, and is left out"]);
});
