import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { decodeNet } from '../../src/proto/codec.js';
import * as wire from '../proto/wire-bytes.js';
import { fixture, netspec, temporaryFolder } from './support.js';

describe('netspec convert', () => {
  const folder = temporaryFolder();
  const at = (name: string) => path.join(folder, name);

  test('text to binary and back are the same bytes', async () => {
    const text = fixture('netspec', 'lenet.prototxt');
    expect(await netspec('convert', text, at('lenet.pb'))).toEqual({
      code: 0,
      stdout: `wrote ${at('lenet.pb')}: ${readFileSync(fixture('netspec', 'lenet.pb')).length} bytes of binary\n`,
      stderr: '',
    });
    expect(readFileSync(at('lenet.pb'))).toEqual(readFileSync(fixture('netspec', 'lenet.pb')));
    expect((await netspec('convert', at('lenet.pb'))).stdout).toBe(readFileSync(text, 'utf8'));
  });

  test('upgrades old formats, unless told not to', async () => {
    writeFileSync(at('v1.prototxt'), 'layers { name: "r" type: RELU bottom: "x" top: "y" }\n');
    expect((await netspec('convert', at('v1.prototxt'), '--to', 'text')).stdout).toBe(
      'layer {\n  name: "r"\n  type: "ReLU"\n  bottom: "x"\n  top: "y"\n}\n',
    );
    expect((await netspec('convert', at('v1.prototxt'), '--to', 'text', '--no-upgrade')).stdout).toBe(
      'layers {\n  bottom: "x"\n  top: "y"\n  name: "r"\n  type: RELU\n}\n',
    );
  });

  describe('--deploy', () => {
    const data = 'layer { name: "data" type: "Data" top: "data" top: "label" transform_param { crop_size: 4 } }';
    const fc =
      'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 2 } }';
    const loss = 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }';
    const file = (text: string): string => {
      writeFileSync(at('train.prototxt'), text);
      return at('train.prototxt');
    };

    test('writes a net that inspect accepts, and remarks on what it did', async () => {
      const { code, stderr } = await netspec('convert', '--deploy', file(data + fc + loss), at('deploy.prototxt'));
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr:
          "note: 'data' is an Input of 1x3x4x4 in place of Data 'data' (3 channels taken for granted)\n" +
          "note: SoftmaxWithLoss 'loss' became Softmax 'prob'\n",
      });
      expect(await netspec('inspect', at('deploy.prototxt'))).toMatchObject({ code: 0, stderr: '' });
    });

    test('keeps the weights of a caffemodel', async () => {
      const blobs = 'blobs { shape { dim: 2 dim: 1 } data: 1 data: 2 } blobs { shape { dim: 2 } data: 3 data: 4 }';
      await netspec('convert', file(data + fc.replace('inner', `${blobs} inner`) + loss), at('train.caffemodel'));
      await netspec('convert', '--deploy', at('train.caffemodel'), at('deploy.caffemodel'));
      const net = decodeNet(readFileSync(at('deploy.caffemodel')));
      expect(net.layer!.map(({ type }) => type)).toEqual(['Input', 'InnerProduct', 'Softmax']);
      expect(Array.from(net.layer![1]!.blobs![0]!.data!)).toEqual([1, 2]);
    });

    test('asks for a shape that the net does not say', async () => {
      const text = data.replace('crop_size: 4', '') + fc;
      expect(await netspec('convert', '--deploy', file(text))).toEqual({
        code: 2,
        stdout: '',
        stderr:
          "netspec: layer 'data' (Data): its prototxt does not say how large 'data' is\n" +
          'hint: --input-shape BLOB=1x3x224x224 gives the shape of an input\n',
      });
      const given = await netspec('convert', '--deploy', file(text), '--input-shape', 'data=1x1x28x28');
      expect(given.stdout).toContain('dim: 28');
    });

    test('is the way out of layers of training in a net that is to run', async () => {
      const input = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 } } }';
      const way = 'hint: --deploy of netspec convert makes a net for deployment of one for training\n';
      const said = async (text: string) => (await netspec('time', file(text))).stderr.replace(/^.*?: layer/, 'layer');
      expect(await said(input + fc + loss)).toBe(
        "layer 'loss' (SoftmaxWithLoss): Unknown bottom blob 'label' (layer 'loss', bottom index 1)\n" +
          'hint: SoftmaxWithLoss compares with labels and belongs to training; in a net for deployment write Softmax with one ' +
          `bottom in its place, or leave it out\n${way}`,
      );
      expect(await said(input + fc + loss.replace('SoftmaxWithLoss', 'Accuracy'))).toContain(
        'hint: Accuracy compares with labels and belongs to training and testing; in a net for deployment leave it out\n',
      );
      expect(await said(input + fc + loss.replace('SoftmaxWithLoss', 'Softmax'))).toContain(
        'hint: labels belong to training, and so does a second bottom of Softmax; in a net for deployment it has one bottom\n',
      );
      expect((await netspec('time', file(data + fc + loss))).stderr).toContain(way);
      expect((await netspec('inspect', file(data + fc + loss))).stderr).toContain('netspec convert --deploy');
    });

    test.each([
      [['--deploy', '--no-upgrade'], '--deploy and --no-upgrade exclude each other'],
      [['--input-shape', 'data=1x3'], '--input-shape is for --deploy'],
      [['--deploy', '--input-shape', 'data=1x0'], "--input-shape expects NAME=1x3x224x224, got 'data=1x0'"],
    ])('%s', async (words, message) => {
      const { code, stderr } = await netspec('convert', file(fc), ...words);
      expect(code).toBe(2);
      expect(stderr).toContain(message);
    });
  });

  test('--no-blobs leaves the weights out', async () => {
    writeFileSync(at('w.prototxt'), 'layer { name: "s" type: "Scale" blobs { data: 1.5 shape { dim: 1 } } }\n');
    expect((await netspec('convert', at('w.prototxt'), '--to', 'text', '--no-blobs')).stdout).toBe(
      'layer {\n  name: "s"\n  type: "Scale"\n}\n',
    );
  });

  test('a string that is no UTF-8 keeps its bytes', async () => {
    // 'café' in Latin-1: protobuf holds the byte as it is, and so does Caffe.
    writeFileSync(at('latin1.prototxt'), Buffer.from('name: "caf\xe9"\n', 'latin1'));
    expect((await netspec('convert', at('latin1.prototxt'), '--to', 'text')).stdout).toBe('name: "caf\\351"\n');
    await netspec('convert', at('latin1.prototxt'), at('latin1.pb'));
    expect(readFileSync(at('latin1.pb'))).toEqual(Buffer.from('\n\x04caf\xe9', 'latin1'));
  });

  describe('what a fork wrote', () => {
    // A blob of half-precision values in fields 10 and 12, with a gradient, unpacked floats and fields out of order.
    const forkBlob = [
      ...wire.int(10, 2),
      ...wire.bytes(12, [0, 60, 0, 64]),
      ...wire.float(wire.blob.data, 1),
      ...wire.float(wire.blob.data, 2),
      ...wire.shape(2),
      ...wire.bytes(wire.blob.diff, wire.floats([3, 4])),
    ];
    // Field 147 is BVLC's swish_param; here it is something else, and 9001 is nothing that BVLC knows.
    const forkLayer = [
      ...wire.bytes(147, [...wire.int(7, 5), ...wire.bytes(9, 'fork')]),
      ...wire.bytes(9001, 'abc'),
      ...wire.bytes(wire.layer.name, 'c'),
      ...wire.bytes(wire.layer.type, 'Convolution'),
    ];

    test('is the same, byte for byte, from binary to binary', async () => {
      const bytes = Uint8Array.from(
        wire.bytes(wire.net.layer, [...forkLayer, ...wire.bytes(wire.layer.blobs, forkBlob)]),
      );
      writeFileSync(at('fork.caffemodel'), bytes);
      const { code, stdout } = await netspec('convert', at('fork.caffemodel'), at('again.caffemodel'));
      expect([code, stdout]).toEqual([0, `wrote ${at('again.caffemodel')}: ${bytes.length} bytes of binary\n`]);
      expect(new Uint8Array(readFileSync(at('again.caffemodel')))).toEqual(bytes);
    });

    test("outlives an upgrade, in the layer's blobs", async () => {
      const v1 = [...wire.bytes(wire.v1Layer.name, 'c'), ...wire.int(wire.v1Layer.type, 4)];
      writeFileSync(
        at('v1.caffemodel'),
        Uint8Array.from([
          ...wire.bytes(wire.net.layers, [...v1, ...wire.bytes(wire.v1Layer.blobs, forkBlob)]),
          ...wire.bytes(8001, 'of the net'),
        ]),
      );
      expect((await netspec('convert', at('v1.caffemodel'), at('v2.caffemodel'))).code).toBe(0);
      expect(new Uint8Array(readFileSync(at('v2.caffemodel')))).toEqual(
        Uint8Array.from([
          // Fields of the net stand where they stood: after `layers`, which has a lower number than `layer`.
          ...wire.bytes(8001, 'of the net'),
          ...wire.bytes(wire.net.layer, [
            ...wire.bytes(wire.layer.name, 'c'),
            ...wire.bytes(wire.layer.type, 'Convolution'),
            ...wire.bytes(wire.layer.blobs, forkBlob),
          ]),
        ]),
      );
    });

    test('is told of when an upgrade cannot keep it', async () => {
      const v1 = [...wire.bytes(wire.v1Layer.name, 'c'), ...wire.int(wire.v1Layer.type, 4), ...wire.bytes(9001, 'abc')];
      writeFileSync(at('v1.caffemodel'), Uint8Array.from(wire.bytes(wire.net.layers, v1)));
      expect((await netspec('convert', at('v1.caffemodel'), at('v2.caffemodel'))).stderr).toBe(
        "warning: layer 'c': fields that the schema does not know are dropped\n",
      );
    });

    test('of any length leaves the other fields whole when the weights are left out', async () => {
      const halves = new Uint8Array(10_000);
      writeFileSync(
        at('fork.caffemodel'),
        Uint8Array.from(
          wire.bytes(wire.net.layer, [...forkLayer, ...wire.bytes(wire.layer.blobs, wire.bytes(12, halves))]),
        ),
      );
      await netspec('convert', at('fork.caffemodel'), at('bare.caffemodel'), '--no-blobs');
      expect(decodeNet(readFileSync(at('bare.caffemodel')))).toEqual(
        decodeNet(Uint8Array.from(wire.bytes(wire.net.layer, forkLayer))),
      );
    });
  });

  test('more weights than a text can hold are refused before they are read', async () => {
    const name = at('large.caffemodel');
    writeFileSync(name, Uint8Array.from(wire.bytes(wire.net.name, '\x01')));
    truncateSync(name, 101e6);
    expect((await netspec('convert', name, '--to', 'text')).stderr).toBe(
      `netspec: ${name}: too many weights for text\nhint: leave them out with --no-blobs\n`,
    );
  });

  test('bad text is refused with its place, and nothing is written', async () => {
    writeFileSync(at('bad.prototxt'), 'layer {\n  nmae: "x"\n}\n');
    const { code, stderr } = await netspec('convert', at('bad.prototxt'), at('never.pb'));
    expect(code).toBe(2);
    expect(stderr).toBe(
      `netspec: ${at('bad.prototxt')}:2:7: Message type "caffe.LayerParameter" has no field named "nmae".\n` +
        "hint: did you mean 'name'?\n",
    );
    expect(() => readFileSync(at('never.pb'))).toThrow('ENOENT');
  });
});

describe('--proto', () => {
  const folder = temporaryFolder();
  const at = (name: string) => path.join(folder, name);

  test("a vendor's caffe.proto makes its layers readable", async () => {
    const bvlc = readFileSync(path.join(import.meta.dirname, '..', '..', 'caffe.proto'), 'utf8');
    writeFileSync(
      at('vendor.proto'),
      `${bvlc.replace('message LayerParameter {', 'message LayerParameter {\n  optional BlendParameter blend_param = 9001;')}
      message BlendParameter { optional uint32 scale = 1 [default = 2]; }`,
    );
    const text = 'layer {\n  name: "up"\n  type: "Blend"\n  blend_param {\n    scale: 4\n  }\n}\n';
    writeFileSync(at('net.prototxt'), text);

    const without = await netspec('convert', at('net.prototxt'), at('net.pb'));
    expect(without.code).toBe(2);
    expect(without.stderr).toContain('blend_param has no number in any Caffe that netspec knows');

    const proto = ['--proto', at('vendor.proto')];
    expect((await netspec('convert', at('net.prototxt'), at('net.pb'), ...proto)).code).toBe(0);
    expect((await netspec('convert', at('net.pb'), ...proto)).stdout).toBe(text);
  });

  test("a fork's name is as good as its caffe.proto", async () => {
    const text = 'layer {\n  name: "n"\n  type: "SoftmaxWithLoss"\n  loss_param {\n    normalization: NONE\n  }\n}\n';
    writeFileSync(at('loss.prototxt'), text);
    await netspec('convert', at('loss.prototxt'), at('loss.pb'), '--proto', 'r-fcn');
    // R-FCN put PRE_FIXED where BVLC has NONE.
    expect((await netspec('convert', at('loss.pb'), '--to', 'text', '--proto', 'r-fcn')).stdout).toBe(text);
    const bvlc = await netspec('convert', at('loss.pb'), '--to', 'text', '--proto', 'caffe-1.0');
    expect(bvlc.stdout).not.toContain('NONE');
    const { code, stderr } = await netspec('convert', at('loss.prototxt'), '--proto', 'rfcn');
    expect(code).toBe(2);
    expect(stderr).toBe("netspec: there is no schema 'rfcn'\nhint: did you mean 'r-fcn'?\n");
  });

  test('says once, on stderr, how it took what other forks take otherwise', async () => {
    writeFileSync(at('bn.prototxt'), 'layer { name: "b" type: "BN" bn_param { } }');
    const { stderr, stdout } = await netspec('convert', at('bn.prototxt'), '--to', 'text');
    expect(stdout).toContain('bn_param {');
    expect(stderr).toBe(
      `note: ${at('bn.prototxt')}:1:30: layer 'b' (BN): bn_param is taken as SegNet (segnet) has it; ` +
        'pspnet, yjxiong, and happynear have it otherwise: name the schema if the net is of one of them\n',
    );
    expect((await netspec('convert', at('bn.prototxt'), '--to', 'text', '--proto', 'pspnet')).stderr).toBe('');
  });

  test('a file that is no .proto is named', async () => {
    writeFileSync(at('no.proto'), 'layer { }');
    const { code, stderr } = await netspec('build', 'detection-v2', '--proto', at('no.proto'));
    expect(code).toBe(2);
    expect(stderr).toContain(`netspec: ${at('no.proto')}: not a .proto file: `);
  });
});
