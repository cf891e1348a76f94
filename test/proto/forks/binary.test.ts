/** Caffemodels of forks: read for what they are, and written with the numbers of the fork that the net is of. */
import { describe, expect, test } from '@jest/globals';
import protobuf from 'protobufjs';
import { onRemark } from '../../../src/remarks.js';
import { CaffemodelReader } from '../../../src/proto/caffemodel-reader.js';
import { encodeNet } from '../../../src/proto/codec.js';
import { schemaOf } from '../../../src/proto/message.js';
import { parsePrototxt } from '../../../src/proto/text/parser.js';

/** A part of a fork's caffe.proto as it is published, read by protobufjs alone. */
function published(settings: string, messages: string) {
  const text = `syntax = "proto2"; package caffe;
    message BlobShape { repeated int64 dim = 1 [packed = true]; }
    message BlobProto { optional BlobShape shape = 7; repeated float data = 5 [packed = true]; }
    message LayerParameter {
      optional string name = 1; optional string type = 2; repeated string bottom = 3; repeated string top = 4;
      repeated BlobProto blobs = 7; ${settings}
    }
    message NetParameter { optional string name = 1; repeated LayerParameter layer = 100; }
    ${messages}`;
  return protobuf.parse(text, { keepCase: true }).root.lookupType('caffe.NetParameter');
}

/** Name, its published schema, and a layer with settings that BVLC's Caffe lacks, or has another field for. */
const FORKS: [string, protobuf.Type, Record<string, unknown>, string][] = [
  [
    'ssd',
    published(
      'optional PermuteParameter permute_param = 202;',
      'message PermuteParameter { repeated uint32 order = 1; }',
    ),
    { type: 'Permute', permute_param: { order: [0, 2, 3, 1] } },
    'permute_param { order: 0 order: 2 order: 3 order: 1 }',
  ],
  [
    // Field 137 is BVLC's embed_param.
    'segnet',
    published(
      'optional UpsampleParameter upsample_param = 137;',
      'message UpsampleParameter { optional uint32 scale = 1; optional uint32 upsample_h = 6; optional uint32 upsample_w = 7; }',
    ),
    { type: 'Upsample', upsample_param: { scale: 2, upsample_h: 45, upsample_w: 60 } },
    'upsample_param { scale: 2 upsample_h: 45 upsample_w: 60 }',
  ],
];

describe.each(FORKS)('%s', (fork, type, settings, text) => {
  const layer = { name: 'l', bottom: ['x'], top: ['y'], ...settings };
  const blobs = [{ shape: { dim: [2] }, data: [0.5, -1] }];

  test('what is written is what its own schema reads', () => {
    const net = parsePrototxt(`layer { name: "l" type: "${String(settings['type'])}" bottom: "x" top: "y" ${text} }`);
    const read = type.toObject(type.decode(encodeNet(net)));
    expect(read).toEqual({ layer: [layer] });
  });

  test('what it wrote is recognized, said, and read with its fields and blobs', async () => {
    const bytes = type.encode(type.fromObject({ name: 'n', layer: [{ ...layer, blobs }] })).finish();
    const said: string[] = [];
    const end = onRemark((remark) => said.push(remark));
    try {
      const reader = await CaffemodelReader.open(bytes);
      expect(schemaOf(reader.net)?.name).toBe(fork);
      expect(reader.net.layer![0]).toMatchObject(settings);
      expect(reader.layers[0]).toMatchObject({ name: 'l', blobs: [{ shape: [2] }] });
      expect(await reader.readBlob(0, 0)).toEqual(Float32Array.of(0.5, -1));
      expect(said).toEqual([
        expect.stringMatching(new RegExp(`is read as a file of .+ \\(${fork}\\), by the types and fields`)),
      ]);
    } finally {
      end();
    }
  });
});

test("a file of BVLC's Caffe, and one with a field that no Caffe has, are read as BVLC's", async () => {
  for (const [settings, message, value] of [
    [
      'optional EmbedParameter embed_param = 137;',
      'message EmbedParameter { optional uint32 num_output = 1; }',
      { type: 'Embed', embed_param: { num_output: 3 } },
    ],
    [
      'optional OwnParameter own_param = 202;',
      'message OwnParameter { optional uint32 a = 1; }',
      { type: 'Own', own_param: { a: 3 } },
    ],
  ] as const) {
    const type = published(settings, message);
    const reader = await CaffemodelReader.open(
      type.encode(type.fromObject({ layer: [{ name: 'l', ...value }] })).finish(),
    );
    expect(schemaOf(reader.net)?.name).toBeUndefined();
  }
});
