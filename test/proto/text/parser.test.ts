/**
 * What prototxt may say, and the whole of each error. Positions and wording of refusals are those of protobuf 3's C++
 * parser for the same text; the hint is ours.
 */
import { defaultSchema } from '../../../src/proto/schema.js';
import { describe, expect, test } from '@jest/globals';
import { NetspecError } from '../../../src/errors.js';
import { Schema } from '../../../src/proto/parse-schema.js';
import { addressOf, typeNameOf } from '../../../src/proto/message.js';
import { parsePrototxt } from '../../../src/proto/text/parser.js';

const parse = (text: string): object => parsePrototxt(text, { upgrade: false });
const layerOf = (body: string) => parsePrototxt(`layer { ${body} }`, { upgrade: false }).layer![0]!;

function errorOf(run: () => unknown): NetspecError {
  try {
    run();
  } catch (error) {
    if (error instanceof NetspecError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('accepts', () => {
  test.each<[string, string, object]>([
    ['nothing', '', {}],
    ['only comments and blanks', '# a\n \t\r\v\f\n#b', {}],
    ['comments between tokens', 'name # {\n: # "\n"a"', { name: 'a' }],
    ['Windows line ends', 'name: "a"\r\ninput: "b"\r\n', { name: 'a', input: ['b'] }],
    ['no blanks at all', 'name:"a"input:"b"layer{name:"c"}', { name: 'a', input: ['b'], layer: [{ name: 'c' }] }],
    [
      'commas and semicolons after fields',
      'name: "a", input: "b"; state {}, input: "c"',
      { name: 'a', input: ['b', 'c'], state: {} },
    ],
    ['a colon before a message', 'state: { level: 1 }', { state: { level: 1 } }],
    [
      'angle brackets',
      'layer < relu_param: < negative_slope: 1 > >',
      { layer: [{ relu_param: { negative_slope: 1 } }] },
    ],
    ['an empty message', 'state {}', { state: {} }],
    ['a list of scalars', 'input_dim: [1, 2,3] input_dim: 4', { input_dim: [1, 2, 3, 4] }],
    ['an empty list', 'input_dim: [] name: "a"', { input_dim: [], name: 'a' }],
    ['a list of messages', 'layer [{ name: "a" }, < name: "b" >]', { layer: [{ name: 'a' }, { name: 'b' }] }],
    [
      'explicit zeros, false and empty strings',
      'name: "" force_backward: false state { level: 0 }',
      { name: '', force_backward: false, state: { level: 0 } },
    ],
  ])('%s', (_, text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  test.each<[string, number]>([
    ['0', 0],
    ['-0', 0],
    ['- 5', -5],
    ['017', 15],
    ['0x1f', 31],
    ['0XFF', 255],
    ['00', 0],
    ['2147483647', 2147483647],
    ['-2147483648', -2147483648],
    ['-0x80000000', -2147483648],
  ])('int32 %s', (text, value) => {
    expect(parse(`input_dim: ${text}`)).toEqual({ input_dim: [value] });
  });

  test('the whole range of uint32', () => {
    expect(layerOf('convolution_param { num_output: 4294967295 group: 0 }').convolution_param).toEqual({
      num_output: 4294967295,
      group: 0,
    });
  });

  test('int64 up to the last whole number that JavaScript holds exactly', () => {
    expect(parse('input_shape { dim: [9007199254740991, -9007199254740991] }')).toEqual({
      input_shape: [{ dim: [9007199254740991, -9007199254740991] }],
    });
  });

  test.each<[string, number]>([
    ['1', 1],
    ['1f', 1],
    ['1.5F', 1.5],
    ['1.', 1],
    ['.5', 0.5],
    ['-.5e1', -5],
    ['1e-2f', Math.fround(0.01)],
    ['1E+3', 1000],
    ['-0', -0],
    ['inf', Infinity],
    ['-Infinity', -Infinity],
    ['INF', Infinity],
    ['NaN', NaN],
    ['-nan', NaN],
    ['0.1', Math.fround(0.1)],
    ['1e39', Infinity],
    ['18446744073709551616', 2 ** 64],
    ['1e-50', 0],
  ])('float %s', (text, value) => {
    expect(layerOf(`loss_weight: ${text}`).loss_weight).toEqual([value]);
  });

  test('doubles are not rounded to float32', () => {
    expect(layerOf('blobs { double_data: 0.1 }').blobs![0]!.double_data).toEqual([0.1]);
  });

  test.each<[string, boolean]>([
    ['true', true],
    ['True', true],
    ['t', true],
    ['1', true],
    ['0x1', true],
    ['false', false],
    ['False', false],
    ['f', false],
    ['0', false],
  ])('bool %s', (text, value) => {
    expect(parse(`force_backward: ${text}`)).toEqual({ force_backward: value });
  });

  test.each<[string, number]>([
    ['AVE', 1],
    ['1', 1],
    ['0x2', 2],
  ])('enum %s', (text, value) => {
    expect(layerOf(`pooling_param { pool: ${text} }`).pooling_param).toEqual({ pool: value });
  });

  test.each<[string, string, string]>([
    ['single quotes', `'a"b'`, 'a"b'],
    ['double quotes', `"a'b"`, "a'b"],
    ['adjacent literals as one', `"a" 'b'\n# and\n"c"`, 'abc'],
    ['simple escapes', String.raw`"\a\b\t\n\v\f\r\\\?\'\""`, '\x07\b\t\n\v\f\r\\?\'"'],
    ['octal escapes of one to three digits', String.raw`"\0\18\1012"`, '\0\x018A2'],
    ['hex escapes of one or two digits', String.raw`"\x9\X41g\x414"`, '\tAgA4'],
    ['octal bytes of UTF-8', String.raw`"\354\203\210"`, '새'],
    ['UTF-8 split between literals', String.raw`"\354" "\203\210"`, '새'],
    ['UTF-8 as it is', '"새 한글 😀"', '새 한글 😀'],
    ['\\u and \\U', String.raw`"\u00e9\U0001F600"`, 'é😀'],
    ['a surrogate pair of \\u', String.raw`"\ud83d\ude00"`, '😀'],
    ['bytes that are no UTF-8, kept as lone surrogates', String.raw`"\377a"`, '\udcffa'],
    ['a # within', '"a # b"', 'a # b'],
    ['control characters within', '"a\tb\rc\u0001"', 'a\tb\rc\u0001'],
  ])('strings: %s', (_, literal, value) => {
    expect(parse(`name: ${literal}`)).toEqual({ name: value });
  });

  test('bytes', () => {
    const datum = parsePrototxt(String.raw`data: "\000\377a" 'é' label: 3`, { type: 'Datum' });
    expect(datum).toEqual({ data: Uint8Array.from([0, 255, 97, 0xc3, 0xa9]), label: 3 });
  });

  test('other message types, by name', () => {
    const solver = parsePrototxt('base_lr: 0.01 solver_mode: CPU', { type: 'SolverParameter' });
    expect(solver).toEqual({ base_lr: Math.fround(0.01), solver_mode: 0 });
    expect(typeNameOf(solver)).toBe('SolverParameter');
  });

  test('fields named as properties that every object has', () => {
    expect(errorOf(() => parse('constructor: 1')).reason).toBe(
      'Message type "caffe.NetParameter" has no field named "constructor".',
    );
    expect(errorOf(() => layerOf('pooling_param { pool: toString }')).reason).toBe(
      'Unknown enumeration value of "toString" for field "pool".',
    );
  });
});

describe('refuses, saying where and why', () => {
  test.each<[string, string, string]>([
    // Numbers
    [
      'a word for a number',
      'layer { name: "p" type: "Pooling" pooling_param { kernel_size: two } }',
      `1:64: layer 'p' (Pooling): Expected integer, got: two`,
    ],
    [
      'a negative unsigned number',
      'layer { name: "p" pooling_param { kernel_size: -2 } }',
      `1:48: layer 'p': Expected integer, got: -`,
    ],
    ['a fraction for a whole number', 'input_dim: 1.5', '1:12: Expected integer, got: 1.5'],
    ['an int32 too large', 'input_dim: 2147483648', '1:12: Integer out of range (2147483648)'],
    ['an int32 too small', 'input_dim: -2147483649', '1:13: Integer out of range (2147483649)'],
    [
      'a uint32 too large',
      'layer { convolution_param { num_output: 0x100000000 } }',
      '1:41: Integer out of range (0x100000000)',
    ],
    [
      'an int64 too large',
      'input_shape { dim: 9223372036854775808 }',
      '1:20: Integer out of range (9223372036854775808)',
    ],
    [
      'an int64 that JavaScript cannot hold exactly',
      'input_shape { dim: 9007199254740993 }',
      '1:20: Integer out of range (9007199254740993)\nhint: netspec keeps integers exactly up to 2^53 - 1',
    ],
    ['a leading zero that is not octal', 'input_dim: 08', '1:13: Numbers starting with leading zero must be in octal.'],
    ['hex without digits', 'input_dim: 0x', '1:14: "0x" must be followed by hex digits.'],
    ['an exponent without digits', 'layer { loss_weight: 1e }', '1:24: "e" must be followed by exponent.'],
    [
      'two points',
      'layer { loss_weight: 1.2.3 }',
      "1:25: Already saw decimal point or exponent; can't have another one.",
    ],
    ['a hex fraction', 'input_dim: 0x1.5', '1:15: Hex and octal numbers must be integers.'],
    ['a unit after a number', 'input_dim: 3px', '1:13: Need space between number and identifier.'],
    ['an identifier with a fraction', 'input_dim.5: 3', '1:10: Need space between identifier and decimal point.'],
    ['hex for a float', 'layer { loss_weight: 0x10 }', '1:22: Expect a decimal number, got: 0x10'],
    ['octal for a float', 'layer { loss_weight: 010 }', '1:22: Expect a decimal number, got: 010'],
    ['a word for a float', 'layer { loss_weight: half }', '1:22: Expected double, got: half'],
    ['a string for a float', 'layer { loss_weight: "1" }', '1:22: Expected double, got: "1"'],
    // Other scalars
    [
      'a word for a bool',
      'force_backward: yes',
      '1:20: Invalid value for boolean field "force_backward". Value: "yes".\nhint: write true or false',
    ],
    ['a number other than 0 and 1 for a bool', 'force_backward: 2', '1:17: Integer out of range (2)'],
    ['a word for a string', 'name: z', '1:7: Expected string, got: z\nhint: write "z"'],
    [
      'an unknown enum name',
      'layer { name: "p" type: "Pooling" pooling_param { pool: MEAN kernel_size: 2 } }',
      `1:62: layer 'p' (Pooling): Unknown enumeration value of "MEAN" for field "pool".\nhint: pool is one of MAX, AVE, STOCHASTIC`,
    ],
    [
      'a misspelt enum name at the end of its line',
      'layer {\n  pooling_param {\n    pool: AVG\n    stride: 2\n  }\n}',
      `4:5: Unknown enumeration value of "AVG" for field "pool".\nhint: did you mean 'AVE'?; the value is at 3:11`,
    ],
    [
      'an enum number that no name has',
      'state { phase: 7 }',
      '1:18: Unknown enumeration value of "7" for field "phase".\nhint: phase is one of TRAIN, TEST',
    ],
    [
      'a quoted enum name',
      'state { phase: "TEST" }',
      '1:16: Expected integer or identifier, got: "TEST"\nhint: write TEST without quotes',
    ],
    // Strings
    [
      'a string that does not end on its line',
      'name: "a\ninput: "b"',
      '1:9: String literals cannot cross line boundaries.\nhint: a closing " is missing',
    ],
    ['a string that does not end', "name: 'a", "1:9: Unexpected end of string.\nhint: a closing ' is missing"],
    [
      'an unknown escape',
      String.raw`name: "C:\data"`,
      String.raw`1:11: Invalid escape sequence in string literal.` + '\nhint: write \\\\ for a backslash',
    ],
    ['a hex escape without digits', String.raw`name: "\xg"`, '1:10: Expected hex digits for escape sequence.'],
    ['a short \\u', String.raw`name: "\u00g0"`, String.raw`1:12: Expected four hex digits for \u escape sequence.`],
    [
      'a \\U beyond Unicode',
      String.raw`name: "\U00110000"`,
      String.raw`1:10: Expected eight hex digits up to 10ffff for \U escape sequence.`,
    ],
    // Fields
    [
      'a misspelt field',
      'layer { name: "c" type: "Convolution" convolution_param { kernal_size: 3 } }',
      `1:70: layer 'c' (Convolution): Message type "caffe.ConvolutionParameter" has no field named "kernal_size".\nhint: did you mean 'kernel_size'?`,
    ],
    [
      'an unknown field of a small message',
      'layer { name: "r" type: "ReLU" relu_param { slope: 1 } }',
      `1:50: layer 'r' (ReLU): Message type "caffe.ReLUParameter" has no field named "slope".\nhint: ReLUParameter has negative_slope, engine; if some other Caffe has slope, give the caffe.proto of the Caffe that the net is for`,
    ],
    [
      'an unknown field of a large message',
      'layer { blend_factor: 1 }',
      `1:21: Message type "caffe.LayerParameter" has no field named "blend_factor".\nhint: no Caffe that netspec knows has blend_factor in LayerParameter: give the caffe.proto of the Caffe that the net is for`,
    ],
    [
      'a field given twice',
      'layer {\n  name: "r"\n  name: "q"\n}',
      `3:7: layer 'r': Non-repeated field "name" is specified multiple times.\nhint: it is first given at 2:3`,
    ],
    [
      'a message given twice',
      'state {} state {}',
      '1:16: Non-repeated field "state" is specified multiple times.\nhint: it is first given at 1:1',
    ],
    ['no colon before a scalar', 'name "a"', '1:6: Expected ":", found ""a"".'],
    ['a scalar for a message', 'state: 3', '1:8: Expected "{", found "3".'],
    [
      'a message for a scalar',
      'input_dim: { }',
      '1:12: Expected integer, got: {\nhint: if this is a template, fill in its values first',
    ],
    [
      'a list for a single value',
      'name: ["a"]',
      '1:7: Expected string, got: [\nhint: one value belongs here, not a list',
    ],
    ['a comma at the end of a list', 'input_dim: [1,]', '1:15: Expected integer, got: ]'],
    ['a list without commas', 'input_dim: [1 2]', '1:15: Expected ",", found "2".'],
    ['a number for a field name', '3: 4', '1:1: Expected identifier, got: 3'],
    ['two separators', 'name: "a";; input: "b"', '1:11: Expected identifier, got: ;'],
    [
      'an extension',
      'layer { [my.ext]: 3 }',
      '1:17: Extension "my.ext" is not defined or is not an extension of "caffe.LayerParameter".',
    ],
    // Brackets
    [
      'a message that does not end',
      'layer { name: "r" ',
      `1:19: layer 'r': Expected identifier, got: the end of the text\nhint: the } of layer opened at 1:1 is missing`,
    ],
    [
      'a message within a message that does not end',
      'layer {\n relu_param {\n}',
      '3:2: Expected identifier, got: the end of the text\nhint: the } of layer opened at 1:1 is missing',
    ],
    ['a bracket too many', 'layer { } }', '1:11: Expected identifier, got: }'],
    ['the other kind of bracket', 'state < level: 1 }', '1:18: Expected ">", found "}".'],
    ['a value that does not come', 'input_dim:', '1:11: Expected integer, got: the end of the text'],
    // Characters
    [
      'a byte order mark',
      '\ufeffname: "a"',
      '1:1: Interpreting non ascii codepoint 239.\nhint: the file has a byte order mark (U+FEFF); save it as UTF-8 without one, Caffe refuses it too',
    ],
    [
      'a full-width colon',
      'name： "a"',
      '1:5: Interpreting non ascii codepoint 239.\nhint: the character U+FF1A may stand only in strings and comments',
    ],
    ['a control character', 'name: "a" \u0001', '1:11: Invalid control characters encountered in text.'],
    ['a NUL within a comment', '# \0', '1:3: Invalid control characters encountered in text.'],
    ['a C++ comment', '// net', '1:1: Expected identifier, got: /'],
  ])('%s', (_, text, message) => {
    expect(errorOf(() => parse(text)).message).toBe(message);
  });

  test('with the name of the file', () => {
    expect(errorOf(() => parsePrototxt('name: z', { file: 'net.prototxt' })).message).toBe(
      'net.prototxt:1:7: Expected string, got: z\nhint: write "z"',
    );
  });

  test('with the field of the layer, as data', () => {
    const { details } = errorOf(() =>
      layerOf('name: "c" type: "Convolution" convolution_param { weight_filler { std: x } }'),
    );
    expect(details).toEqual({
      line: 1,
      column: 80,
      layer: { name: 'c', type: 'Convolution' },
      field: 'convolution_param.weight_filler.std',
      hint: undefined,
    });
  });

  test('a malformed token within a layer, with the layer', () => {
    expect(errorOf(() => layerOf('name: "c" top: "x')).message).toBe(
      `1:28: layer 'c': Unexpected end of string.\nhint: a closing " is missing`,
    );
  });
});

describe('columns are those of protobuf', () => {
  test.each<[string, string, number]>([
    ['a tab goes to the next multiple of 8', '\tname: z', 15],
    ['also from within one', '   \tname: z', 15],
    ['two tabs', '\t\tname: z', 23],
    ['other blanks count one', '\r\v\fname: z', 10],
    ['characters count their bytes of UTF-8', 'input: "é" name: z', 19],
    ['four bytes beyond the basic plane', 'input: "😀" name: z', 21],
  ])('%s', (_, text, column) => {
    expect(errorOf(() => parse(text)).details).toMatchObject({ line: 1, column });
  });
});

describe('addresses', () => {
  const text =
    '# a net\nname: "n"\nlayer {\n  name: "a" type: "ReLU"\n  bottom: "x"\n  bottom: "y"\n\trelu_param {\n  }\n}\nlayer [{}, {}]';
  const net = parsePrototxt(text, { file: 'net.prototxt' });
  const [a, b, c] = net.layer!;

  test('of a message: where its name stands', () => {
    expect(addressOf(net)).toMatchObject({ file: 'net.prototxt', line: 1, column: 1 });
    expect(addressOf(a!)).toMatchObject({ file: 'net.prototxt', line: 3, column: 1 });
    expect(addressOf(a!.relu_param!)).toMatchObject({ file: 'net.prototxt', line: 7, column: 9 });
  });

  test('of a message in a list: where its bracket stands', () => {
    expect(addressOf(b!)).toMatchObject({ line: 10, column: 8 });
    expect(addressOf(c!)).toMatchObject({ line: 10, column: 12 });
  });

  test('of a field: its first occurrence', () => {
    expect(addressOf(a!, 'type')).toEqual({ file: 'net.prototxt', line: 4, column: 13 });
    expect(addressOf(a!, 'bottom')).toEqual({ file: 'net.prototxt', line: 5, column: 3 });
  });

  test('of a field that is not given: its message', () => {
    expect(addressOf(a!, 'top')).toMatchObject({ line: 3, column: 1 });
  });

  test('stay with layers that are upgraded', () => {
    const old = parsePrototxt('name: "n"\nlayers {\n  name: "a"\n  type: RELU\n}');
    expect(old).toEqual({ name: 'n', layer: [{ name: 'a', type: 'ReLU' }] });
    expect(addressOf(old.layer![0]!, 'name')).toEqual({ line: 3, column: 3 });
  });
});

describe('upgrade', () => {
  const old = 'layers { name: "a" type: RELU }';

  test('is done unless it is turned off', () => {
    expect(parsePrototxt(old)).toEqual({ layer: [{ name: 'a', type: 'ReLU' }] });
    expect(parsePrototxt(old, { upgrade: false })).toEqual({ layers: [{ name: 'a', type: 18 }] });
  });

  test('is done to solvers', () => {
    expect(parsePrototxt('solver_type: ADAM', { type: 'SolverParameter' })).toEqual({ type: 'Adam' });
  });

  test('that Caffe refuses is an error with the name of the file', () => {
    expect(errorOf(() => parsePrototxt('layer {} layers {}', { file: 'net.prototxt' })).message).toMatch(
      /^net\.prototxt:/,
    );
  });
});

describe("a vendor's schema", () => {
  const schema = Schema.parse(`
    syntax = "proto2"; package caffe;
    message Tree { optional Tree left = 1; optional uint64 size = 2; oneof kind { int32 a = 3; int32 b = 4; } }
    enum Colour { option allow_alias = true; RED = 0; ROUGE = 0; NEGATIVE = -1; }
    message LayerParameter { optional string name = 1; optional Tree tree = 500; repeated Colour colour = 501; }
    message NetParameter { repeated LayerParameter layer = 100; repeated sint32 input_dim = 2; }`);

  test('has fields of its own', () => {
    const net = parsePrototxt('layer { tree { size: 1 left { a: -1 } } } input_dim: -3', { schema });
    expect(net).toEqual({ layer: [{ tree: { size: 1, left: { a: -1 } } }], input_dim: [-3] });
  });

  test('has enum values of its own, negative ones and aliases', () => {
    const net = parsePrototxt('layer { colour: [ROUGE, -1, NEGATIVE] }', { schema });
    expect(net).toEqual({ layer: [{ colour: [0, -1, -1] }] });
  });

  test('lacks the fields that BVLC has', () => {
    expect(errorOf(() => parsePrototxt('name: "a"', { schema })).reason).toBe(
      'Message type "caffe.NetParameter" has no field named "name".',
    );
  });

  test('two members of a oneof are refused', () => {
    expect(errorOf(() => parsePrototxt('layer { tree { a: 1 b: 2 } }', { schema })).message).toBe(
      '1:22: Field "b" is specified along with field "a", another member of the same oneof.',
    );
  });

  test('more messages than a text of its length is worth are refused', () => {
    const text = 'layer{}'.repeat(300_000);
    const most = 131072 + 2_100_000 / 32;
    expect(errorOf(() => parsePrototxt(text)).message).toBe(
      `1:${7 * (most - 1) + 1}: more than ${most} messages and unknown fields in 2100000 bytes: no net has so many`,
    );
  });

  test('messages nested 100 deep are read, deeper ones refused', () => {
    const nested = (depth: number): string => 'layer { tree { '.concat('left { '.repeat(depth - 2), '} '.repeat(depth));
    expect(() => parsePrototxt(nested(100), { schema })).not.toThrow();
    expect(errorOf(() => parsePrototxt(nested(101), { schema })).reason).toBe(
      'Message is too deep, the parser exceeded the configured recursion limit of 100.',
    );
    expect(errorOf(() => parsePrototxt(nested(100_000), { schema })).reason).toMatch(/^Message is too deep/);
  });
});

test('an unknown message type is an error', () => {
  expect(errorOf(() => parsePrototxt('', { type: 'Nothing' })).message).toBe('the schema has no message Nothing');
});

describe('fields of forks', () => {
  test("are known without a schema, and refused by BVLC's", () => {
    const text = 'layer { name: "p" type: "Permute" permute_param { order: 0 } }';
    expect(parse(text)).toMatchObject({ layer: [{ permute_param: { order: [0] } }] });
    expect(errorOf(() => parsePrototxt(text, { schema: defaultSchema() })).message).toContain(
      '1:49: layer \'p\' (Permute): Message type "caffe.LayerParameter" has no field named "permute_param".',
    );
  });

  test("BVLC's required fields hold where its schema is asked for", () => {
    const text = 'layer { name: "c"\n  clip_param { min: 0 } }';
    expect(errorOf(() => parsePrototxt(text, { schema: defaultSchema() })).message).toContain(
      "2:3: layer 'c': Message missing required fields: max",
    );
  });
});
