/** Settings of layers of the user's own that stand in no schema: they are read, printed and said. */
import { describe, expect, test } from '@jest/globals';
import { formatProgram, L, toProto, type Bottom } from '../../../src/index.js';
import { caffemodelSize, writeCaffemodel } from '../../../src/proto/caffemodel-writer.js';
import { decodeNet, encodeNet } from '../../../src/proto/codec.js';
import { formatPrototxt } from '../../../src/proto/text/printer.js';
import { parsePrototxt } from '../../../src/proto/text/parser.js';
import { forkSchema } from '../../../src/proto/forks/catalog.js';
import { onRemark } from '../../../src/remarks.js';
import { messageOf } from '../../support/close.js';
import { runProgram } from '../../support/run-program.js';

const OWN = `layer {
  name: "mine"
  type: "Acme"
  bottom: "x"
  top: "y"
  acme_param {
    gain: -2.5e-3
    mode: FANCY
    name: "a" 'b'
    inner {
      n: 1
      n: 2
    }
  }
}
`;

function withRemarks<T>(run: () => T): { value: T; remarks: string[] } {
  const remarks: string[] = [];
  const end = onRemark((remark) => remarks.push(remark));
  try {
    return { value: run(), remarks };
  } finally {
    end();
  }
}

test('text keeps them, and a remark says so once', () => {
  const { value: net, remarks } = withRemarks(() => parsePrototxt(OWN));
  expect(formatPrototxt(net)).toBe(OWN);
  expect(formatPrototxt({ ...net, layer: net.layer!.map((layer) => ({ ...layer })) })).toBe(OWN);
  expect(remarks).toEqual([
    "layer 'mine' (Acme): no Caffe that netspec knows has acme_param: it is kept as it is written",
  ]);
});

test('a short name that is near to a known one is kept where the type is unknown, and the remark names the known one', () => {
  const text = 'layer {\n  name: "extend"\n  type: "Extend"\n  own_param {\n    orientations: 4\n  }\n}\n';
  const { value: net, remarks } = withRemarks(() => parsePrototxt(text));
  expect(formatPrototxt(net)).toBe(text);
  expect(remarks).toEqual([
    "layer 'extend' (Extend): no Caffe that netspec knows has own_param: it is kept as it is written; did you mean 'orn_param'?",
  ]);
});

test('other ways to write the same', () => {
  const other = `layer < name: "mine", type: "Acme"; bottom: "x" top: "y"
    acme_param: < gain: -2.5e-3 mode: FANCY, name: "a" # joined
      'b' inner: [{ n: [1, 2] }] >; >`;
  expect(formatPrototxt(parsePrototxt(other))).toBe(OWN);
});

test('binary cannot hold them: encodeNet refuses them, and writeCaffemodel says that it leaves them out', async () => {
  const net = parsePrototxt(OWN.replace('}\n}\n', '}\n  wobble_amplitude_param { }\n}\n'), { file: 'net.prototxt' });
  expect(messageOf(() => encodeNet(net))).toBe(
    "net.prototxt:1:1: layer 'mine' (Acme): acme_param, wobble_amplitude_param have no number in any Caffe that netspec knows, so a binary " +
      'file cannot hold them\nhint: give the caffe.proto that has them, or keep the net as text',
  );
  const written: Uint8Array[] = [];
  const sink = { write: (bytes: Uint8Array) => Promise.resolve(void written.push(bytes.slice())) };
  const { value, remarks } = withRemarks(() => writeCaffemodel(sink, net, [undefined]));
  expect(await value).toBe(caffemodelSize(net, [undefined]));
  expect(remarks).toEqual([
    "layer 'mine' (Acme): the caffemodel is written without acme_param, wobble_amplitude_param: no Caffe that netspec knows has them, and " +
      'of a caffemodel Caffe reads names and blobs only',
  ]);
  const [layer] = decodeNet(written[0]!).layer!;
  expect({ ...layer }).toEqual({ name: 'mine', type: 'Acme', bottom: ['x'], top: ['y'] });
});

test("beside a fork's settings", () => {
  const permute = 'layer {\n  name: "p"\n  type: "Permute"\n  permute_param {\n    order: 0\n  }\n}\n';
  expect(formatPrototxt(parsePrototxt(permute + OWN))).toBe(permute + OWN);
});

test.each([
  ['a slip', 'layer { type: "Convolution" convolutoin_param { } }', "did you mean 'convolution_param'?"],
  ['a slip in a layer of an own type', 'layer { type: "Acme" convolutoin_param { } }', 'did you mean'],
  [
    'settings of nobody in a layer that has others',
    'layer { type: "Pooling" acme_own_param { } }',
    'no field named "acme_own_param"',
  ],
  ['a field that is no settings', 'layer { type: "Acme" gain: 3 }', 'no field named "gain"'],
  ['settings before the type', 'layer { acme_param { } type: "Acme" }', 'no field named "acme_param"'],
  [
    'an open bracket',
    'layer { name: "l" type: "Acme" acme_param { a { b: 1 }',
    'the } of layer.acme_param opened at 1:43 is missing',
  ],
  ['a value that is none', 'layer { name: "l" type: "Acme" acme_param { a: } }', 'Expected a value, got: }'],
  ['a scalar without a colon', 'layer { name: "l" type: "Acme" acme_param { a 3 } }', 'Expected ":", got: 3'],
  ['too deep', `layer { type: "Acme" acme_param ${'{ a '.repeat(200)}{ } }`, 'recursion limit'],
])('refuses %s', (_, text, message) => {
  expect(messageOf(() => parsePrototxt(text))).toContain(message);
});

test('a schema that is given has its fields only', () => {
  expect(messageOf(() => parsePrototxt(OWN, { schema: forkSchema('ssd') }))).toContain('no field named "acme_param"');
});

describe('in the DSL', () => {
  const x = L.Input({ shape: { dim: [1] } });
  const linesIn = (top: Bottom) =>
    formatPrototxt(toProto(top))
      .split('\n')
      .filter((line) => /acme|gain|mode|relu/.test(line));

  test('they are given as what stands behind their name', () => {
    expect(linesIn(L('Acme', x, { acme_param: '{ gain: 2 mode: FAST }' }))).toEqual([
      '  acme_param {',
      '    gain: 2',
      '    mode: FAST',
    ]);
    expect(linesIn(L('Acme', x, { acme_param: [': 1', ': "gain"'] }))).toEqual([
      '  acme_param: 1',
      '  acme_param: "gain"',
    ]);
  });

  test.each([
    [
      { acme_param: { gain: 2 } },
      'L.Acme: no Caffe that netspec knows has acme_param: expected its text, got an object',
    ],
    [{ acme_param: 'gain: 2' }, 'L.Acme: acme_param: expected ":", got gain'],
    [{ acme_param: '{ gain: 2' }, 'L.Acme: acme_param: expected identifier, got the end'],
    [{ acme_param: '{ gain: 2 } {' }, 'L.Acme: acme_param: expected one value, got {'],
    [{ acme_param: '' }, 'L.Acme: acme_param: expected ":", got the end'],
  ])('%j is refused', (fields, message) => {
    expect(messageOf(() => L('Acme', x, fields))).toMatch(message);
  });

  test("another Caffe's net cannot have them", () => {
    const own = L('Acme', x, { acme_param: '{ gain: 2 }' });
    expect(messageOf(() => toProto(own, { target: 'caffe-1.0' }))).toMatch(/Acme/);
  });

  test('a program keeps them', () => {
    const two =
      OWN +
      OWN.replace('"mine"', '"more"')
        .replace('"y"', '"z"')
        .replace(/ {2}}\n}\n$/, '  }\n  acme_param: 3\n}\n');
    const { value: net } = withRemarks(() => parsePrototxt(`layer { name: "x" type: "Input" top: "x" }\n${two}`));
    const program = formatProgram(net);
    expect(program).toContain("acme_param: '{ gain: -2.5e-3");
    expect(formatPrototxt(runProgram(program))).toBe(formatPrototxt(net));
  });
});
