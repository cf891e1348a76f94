/** A wrong file is called by its kind, whatever it is given for: the examples are one for each row of the table, and more. */
import { describe, expect, test } from '@jest/globals';
import { decodeText } from '../../src/node/files.js';
import { FILE_KINDS, headOfBytes, kindOf } from '../../src/proto/file-kinds/index.js';
import { CaffemodelReader } from '../../src/proto/caffemodel-reader.js';
import { decodeNet, encodeNet } from '../../src/proto/codec.js';
import { fromBytes } from '../../src/proto/random-access.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { openWeightFile } from '../../src/weights/index.js';
import { refusal } from '../support/refusal.js';
import * as wire from './wire-bytes.js';

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const NET = 'name: "x"\nlayer {\n  name: "data"\n  type: "Input"\n}\n';
const utf16 = (text: string) => text.replace(/[^]/g, (character) => `${character}\0`);

/** ModelProto: ir_version, producer_name, producer_version, graph. */
const onnx = [...wire.int(1, 8), ...wire.bytes(2, 'pytorch'), ...wire.bytes(3, '2.1'), ...wire.bytes(7, [10, 0])];
/** SavedModel: its version, a MetaGraphDef that begins with MetaInfoDef, whose first field here is stripped_op_list. */
const savedModel = [...wire.int(1, 1), ...wire.bytes(2, wire.bytes(1, wire.bytes(2, wire.bytes(1, [10, 3, 65, 100]))))];
/** GraphDef: a NodeDef with name, op and an attribute. */
const graph = wire.bytes(1, [...wire.bytes(1, 'input'), ...wire.bytes(2, 'Placeholder'), ...wire.bytes(5, [10, 0])]);
/** ProgramDesc: BlockDesc with idx and parent_idx, which is -1. */
const program = wire.bytes(1, [
  ...wire.int(1, 0),
  16,
  ...new Array<number>(9).fill(255),
  1,
  ...wire.bytes(3, [10, 1, 65]),
]);
const mean = [1, 2, 3, 4].flatMap((field) => wire.int(field, 3));
const zipEntry = (name: string) => `PK\x03\x04${'\0'.repeat(26)}${name}`;

/** Kind, what it is here, bytes. */
const EXAMPLES: readonly (readonly [kind: string, what: string, bytes: Uint8Array])[] = [
  ['empty', 'nothing', new Uint8Array()],
  ['lfs-pointer', 'a pointer', latin1('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n')],
  ['html', 'a page', latin1('<!DOCTYPE html>\n<html><head><title>net.prototxt</title>')],
  ['html', 'a page after white space', latin1('\n\n  <html lang="en">')],
  ['html', 'XHTML', latin1('<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x">')],
  ['xml', "OpenVINO's", latin1('<?xml version="1.0"?>\n<net name="x" version="10">')],
  ['utf-16', 'little-endian with a mark', latin1(`\xff\xfe${utf16(NET)}`)],
  ['utf-16', 'little-endian without a mark', latin1(utf16(NET))],
  ['utf-16', 'big-endian with a mark', latin1('\xfe\xff\0n\0a\0m\0e\0:')],
  ['utf-16', 'big-endian without a mark', latin1('\0n\0a\0m\0e\0:')],
  ['onnx', 'with a producer', Uint8Array.from(onnx)],
  ['onnx', 'without one', Uint8Array.from([...wire.int(1, 8), ...wire.bytes(7, onnx)])],
  ['tensorflow-saved-model', 'saved_model.pb', Uint8Array.from(savedModel)],
  ['tensorflow-graph', 'frozen', Uint8Array.from(graph)],
  ['tflite', 'a flat buffer', latin1('\x1c\0\0\0TFL3\x14\0\x20\0')],
  ['hdf5', "Keras' or Caffe's", latin1('\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0')],
  ['keras', '.keras', latin1(zipEntry('metadata.json{}'))],
  ['paddle-program', '.pdmodel', Uint8Array.from(program)],
  ['paddle-parameters', '.pdiparams', latin1(`${'\0'.repeat(16)}\x08\0\0\0\x08\x05\x10\x03\x10\x04`)],
  ['ncnn-param', '.param', latin1('7767517\n3 3\nInput data 0 1 data 0=4 1=4 2=3\n')],
  ['darknet-cfg', '.cfg', latin1('# testing\n[net]\nbatch=1\n')],
  ['darknet-weights', '.weights', latin1('\0\0\0\0\x02\0\0\0\x05\0\0\0\0\x12\xe8\x01\0\0\0\0')],
  ['numpy', '.npy', latin1("\x93NUMPY\x01\0v\0{'descr': '<f4'")],
  ['zip', '.zip', latin1(zipEntry('readme.txt'))],
  ['zip', 'without entries', latin1(`PK\x05\x06${'\0'.repeat(18)}`)],
  ['pickle', '.pkl', latin1('\x80\x02}q\0.')],
  ['safetensors', '.safetensors', latin1('\x40\0\0\0\0\0\0\0{"__metadata__":{}}')],
  ['gzip', '.gz', latin1('\x1f\x8b\x08\0\0\0\0\0')],
  ['bzip2', '.bz2', latin1('BZh91AY&SY\x12')],
  ['xz', '.xz', latin1('\xfd7zXZ\0\0\x04')],
  ['zstd', '.zst', latin1('\x28\xb5\x2f\xfd\x04')],
  ['7z', '.7z', latin1("7z\xbc\xaf'\x1c\0\x04")],
  ['rar', '.rar', latin1('Rar!\x1a\x07\x01\0')],
  ['tar', '.tar', latin1(`data.pkl${'\0'.repeat(249)}ustar\x0000`)],
  ['jpeg', '.jpg', latin1('\xff\xd8\xff\xe0\0\x10JFIF')],
  ['png', '.png', latin1('\x89PNG\r\n\x1a\n\0\0\0\rIHDR')],
  ['gif', '.gif', latin1('GIF89a\x01\0')],
  ['webp', '.webp', latin1('RIFF\x24\0\0\0WEBPVP8 ')],
  ['pdf', '.pdf', latin1('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n')],
  ['mean-file', '.binaryproto', Uint8Array.from([...mean, ...wire.bytes(5, wire.floats([1, 2, 3]))])],
  ['solver-state', '.solverstate', Uint8Array.from([...wire.int(1, 5000), ...wire.bytes(2, 'x_iter_5000.caffemodel')])],
  ['caffemodel', 'with a name', encodeNet(parsePrototxt(NET))],
  ['caffemodel', 'without one', encodeNet(parsePrototxt('layer { name: "data" type: "Input" }'))],
  ['caffemodel', 'V1', encodeNet(parsePrototxt('layers { name: "a" type: RELU }', { upgrade: false }))],
  ['solver', 'a solver', latin1('# of LeNet\nnet: "lenet.prototxt"\nbase_lr: 0.01\n')],
  ['solver', 'one with its net in it', latin1('base_lr: 0.1\nnet_param {\n  layer { name: "a" }\n}\n')],
  [
    'solver',
    'one whose net is not indented',
    latin1('test_iter: 1\nnet_param {\nname: "n"\nlayer {\n  name: "a"\n}\n}\n'),
  ],
  ['json', 'an object', latin1('{"a": 1}')],
  ['json', 'a list', latin1('[\n  1,\n  2\n]')],
  ['program', 'Python', latin1('"""A net."""\nimport caffe\nfrom caffe import layers as L\n')],
  [
    'program',
    'TypeScript',
    latin1("import { NetSpec, L } from 'netspec';\nn.data = L.Input({ shape: { dim: [1] } });"),
  ],
  ['prototxt', 'a net', latin1(NET)],
  ['prototxt', 'a net, with a comment in GBK', latin1(`# \xb2\xe2\xca\xd4\n${NET}`)],
  ['binary', 'of no known kind', latin1('\x05\x06\x01\x02\x03\x04\x05\x06\x07')],
  ['text', 'a log', latin1('epoch 1, loss 0.61\nepoch 2, loss 0.44\n')],
  ['unknown', 'a few bytes', latin1('ab')],
];

test('every kind has an example', () => {
  expect(FILE_KINDS.map(({ id }) => id)).toEqual([...new Set(EXAMPLES.map(([kind]) => kind))]);
});

test.each(EXAMPLES)('%s: %s', (kind, _what, bytes) => {
  expect(kindOf(headOfBytes(bytes)).id).toBe(kind);
});

describe('a net of all fields is no other kind', () => {
  test('a name of any length, and V0 layers with inputs', () => {
    for (let length = 1; length < 300; length++) {
      const bytes = encodeNet({ name: 'n'.repeat(length), layer: [{ name: 'a', type: 'ReLU' }] });
      expect([length, kindOf(headOfBytes(bytes)).id]).toEqual([length, 'caffemodel']);
    }
    const inputs = encodeNet({ name: 'net', input: ['data'], input_dim: [1, 3, 4, 4], layers: [{ bottom: ['data'] }] });
    expect(kindOf(headOfBytes(inputs)).id).toBe('caffemodel');
  });

  test('a net that is only a name is read, though its bytes are letters', async () => {
    const bytes = encodeNet({ name: 'n'.repeat(0x41) });
    expect(kindOf(headOfBytes(bytes)).id).toBe('text');
    expect((await CaffemodelReader.open(bytes)).net.name).toBe('n'.repeat(0x41));
    expect(decodeNet(bytes).name).toBe('n'.repeat(0x41));
  });
});

describe('each kind is named where it is given', () => {
  const kinds = new Map(FILE_KINDS.map((kind) => [kind.id, kind]));
  const hostile = EXAMPLES.filter(([kind]) => !['empty', 'caffemodel', 'binary', 'unknown'].includes(kind));

  test.each(hostile)('for a caffemodel: %s, %s', async (kind, _what, bytes) => {
    const { is } = kinds.get(kind)!;
    expect((await refusal(() => CaffemodelReader.open(fromBytes(bytes, 'x')))).split('\n')[0]).toBe(
      `x: expected a caffemodel, got ${is}`,
    );
  });

  // Weights are read from these.
  const READ = ['numpy', 'zip', 'pickle', 'safetensors', 'json'];
  test.each(hostile.filter(([kind]) => !READ.includes(kind)))('for weights: %s, %s', async (kind, _what, bytes) => {
    const [reason, hint = ''] = (await refusal(() => openWeightFile(fromBytes(bytes, 'x')))).split('\n');
    expect(reason).toBe(`x: expected weights, got ${kinds.get(kind)!.is}`);
    expect(hint).toMatch(/^hint: \w/);
    expect(hint).not.toContain('incomplete');
  });

  test.each(EXAMPLES.filter(([kind]) => !['empty', 'prototxt', 'text', 'unknown'].includes(kind)))(
    'for a prototxt: %s, %s',
    async (kind, _what, bytes) => {
      const { is } = kinds.get(kind)!;
      const message = await refusal(() => parsePrototxt(decodeText(bytes), { file: 'x' }));
      expect(message).toMatch(/^x:\d+:\d+: /);
      expect(message.split('\nhint: ')[1]?.split('; ')[0]).toBe(`this is ${is}`);
    },
  );
});

describe('what to do instead', () => {
  const asNet = (text: string) => refusal(() => parsePrototxt(text, { file: 'x' }));
  const asWeights = (bytes: Uint8Array) => refusal(() => openWeightFile(fromBytes(bytes, 'x')));
  const exampleOf = (kind: string) => EXAMPLES.find(([id]) => id === kind)![2];

  test('a solver names its net', async () => {
    expect(await asNet('net: "train_val.prototxt"\nbase_lr: 0.01\n')).toBe(
      'x:1:4: Message type "caffe.NetParameter" has no field named "net".\n' +
        "hint: this is a solver's prototxt; its net is train_val.prototxt",
    );
    expect(await asNet("base_lr: 0.01\ntrain_net: 'a.prototxt'")).toContain('its net is a.prototxt');
  });

  test('a net where a solver is expected', async () => {
    expect(await refusal(() => parsePrototxt(NET, { type: 'SolverParameter', file: 'x' }))).toBe(
      `x:1:5: Message type "caffe.SolverParameter" has no field named "name".\nhint: this is a net's prototxt (text)`,
    );
  });

  test("a net with an error keeps the error's own hint", async () => {
    expect(await asNet('name: "x"\nlayer { name: "a" tpye: "ReLU" }')).toBe(
      `x:2:23: layer 'a': Message type "caffe.LayerParameter" has no field named "tpye".\nhint: did you mean 'type'?`,
    );
    expect(await asNet('name: "x\u0001"\n# \u0001\nlayer { name: "a" solver_mode: GPU }')).toContain(
      'has no field named',
    );
  });

  test("a V1 layer whose type is a string, as today's are", async () => {
    expect(await asNet('layer { name: "a" type: "ReLU" }\nlayers { name: "prob" type: "Softmax" }')).toBe(
      `x:2:29: layer 'prob': Expected integer or identifier, got: "Softmax"\n` +
        'hint: layers is the old (V1) spelling, whose types are enums (SOFTMAX); write layer',
    );
    expect(await asNet('layers { name: "a" type: "RELU" }')).toContain('hint: write RELU without quotes');
    expect(await asNet('layers { name: "a" type: "Permute" }')).toContain('whose types are enums; write layer');
  });

  test('weights of other programs', async () => {
    expect(await asWeights(exampleOf('onnx'))).toBe(
      'x: expected weights, got an ONNX model\nhint: import it: it holds a net and its weights',
    );
    expect(await asWeights(exampleOf('hdf5'))).toBe(
      'x: expected weights, got an HDF5 file\nhint: if Keras wrote it, save its weights as .npz; ' +
        'if Caffe wrote it (.caffemodel.h5), save a binary .caffemodel',
    );
    expect(await asWeights(exampleOf('tar'))).toContain('save it again with torch.save');
    expect(await asWeights(exampleOf('prototxt'))).toBe(
      "x: expected weights, got a net's prototxt (text)\n" +
        'hint: it holds no weights; these are in a .caffemodel, a checkpoint or the like',
    );
  });
});
