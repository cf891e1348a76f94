/**
 * The descriptors that everything works with say what protobufjs's reflection says, of Caffe's schema and of a vendor's.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import protobuf from 'protobufjs';
import { schemaJson } from '../../src/generated/schema.js';
import type { Field } from '../../src/proto/descriptor.js';
import { Schema } from '../../src/proto/parse-schema.js';
import { UNKNOWN_FIELDS, resolve } from '../../src/proto/message.js';
import { decodeMessage } from '../../src/proto/codec.js';
import { defaultSchema } from '../../src/proto/schema.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { declarationsOf, definitionOf } from '../../src/proto/reflection.js';
import * as wire from './wire-bytes.js';

const caffeProto = readFileSync(new URL('../../caffe.proto', import.meta.url), 'utf8');

/** Whatever a vendor may write that Caffe does not. */
const vendorProto = `
  syntax = "proto2";
  package caffe;
  message NetParameter { repeated LayerParameter layer = 100; }
  message LayerParameter {
    optional string type = 2;
    optional string name = 1;
    oneof one { int32 left = 17; Kind middle = 18; Inner right = 19; }
    oneof two { bool yes = 20; bool no = 21; }
    optional Inner inner = 3;
    optional Sibling.Inner theirs = 4;
    optional .caffe.Sibling.Inner rooted = 5;
    enum Kind { option allow_alias = true; NEGATIVE = -1; ZERO = 0; NIL = 0; }
    message Inner { enum Kind { FIRST = 4; SECOND = 2; } repeated Kind kind = 1; optional Kind single = 2; }
    extensions 200 to 300;
    map<string, int32> sizes = 6;
    optional group Block = 7 { optional int32 x = 1; }
  }
  message Sibling {
    message Inner { required LayerParameter.Kind kind = 1; optional Sibling parent = 2; }
    repeated float packed = 1 [packed = true];
    repeated double unpacked = 2 [packed = false];
    repeated double plain = 3;
    repeated LayerParameter.Kind kinds = 4 [packed = true];
    repeated string names = 5;
  }
  message Defaults {
    optional float float = 1 [default = 0.1];
    optional double double = 2 [default = 0.1];
    optional float negative = 3 [default = -0.0];
    optional float infinite = 4 [default = -inf];
    optional double none = 5 [default = nan];
    optional int64 large = 6 [default = -9007199254740991];
    optional uint64 unsigned = 7 [default = 9007199254740991];
    optional bool bool = 8 [default = true];
    optional string string = 9 [default = "it's \\"quoted\\""];
    optional bytes bytes = 10 [default = "ab"];
    optional LayerParameter.Kind kind = 11 [default = NIL];
    optional LayerParameter.Kind first = 12;
    optional fixed64 zero = 13;
    optional bytes no_bytes = 14;
    optional LayerParameter layer = 15;
    repeated int32 list = 16;
  }
  extend LayerParameter { optional int32 extra = 200 [default = 7]; }`;

/** A field as protobufjs has it, in the words of a descriptor. */
function expected(field: protobuf.Field): object {
  const { resolvedType, repeated } = field;
  const enumType = resolvedType instanceof protobuf.Enum;
  const packs = !(resolvedType instanceof protobuf.Type) && field.type !== 'string' && field.type !== 'bytes';
  let value: unknown = field.defaultValue;
  if (repeated) value = [];
  else if (resolvedType instanceof protobuf.Type) value = undefined;
  else if (/int64|fixed64/.test(field.type)) value = Number(value);
  else if (field.type === 'float') value = Math.fround(value as number);
  return {
    name: field.name,
    number: field.id,
    form: repeated ? 'list' : 'one',
    kind: enumType ? 'enum' : resolvedType ? 'message' : field.type,
    type: resolvedType?.fullName.slice(1),
    repeated,
    required: field.required,
    packed: repeated && field.packed && packs,
    typedArray: repeated && field.packed && /^(float|double)$/.test(field.type),
    wireType: enumType ? 0 : ((protobuf.types.basic as Partial<Record<string, number>>)[field.type] ?? 2),
    rivals: field.partOf?.oneof.filter((name) => name !== field.name) ?? [],
    default: value,
  };
}

function described({ messageType, enumType, ...field }: Field): object {
  return { ...field, type: messageType?.fullName ?? enumType?.fullName };
}

describe.each([
  ["Caffe's schema", caffeProto, defaultSchema(), [63, 26]],
  ["a vendor's", vendorProto, Schema.parse(vendorProto), [7, 2]],
])('%s', (_what, text, schema, [messageCount, enumCount]) => {
  const { root } = protobuf.parse(text, { keepCase: true });
  root.resolveAll();
  const { messages: types, enums } = declarationsOf(root);
  const messageOf = (type: protobuf.Type) => schema.message(type.fullName.replace('.caffe.', ''));

  test('has every message type, by its names', () => {
    expect(types).toHaveLength(messageCount!);
    for (const type of types) {
      const { fullName, name, simpleName } = messageOf(type);
      expect([`.${fullName}`, `.caffe.${name}`, simpleName]).toEqual([type.fullName, type.fullName, type.name]);
    }
  });

  test('has every field but groups and maps, in the order of the text', () => {
    for (const type of types) {
      const fields = type.fieldsArray.filter((field) => !field.map && !field.delimited);
      // Every schema has Input layers, if need be by a number that no Caffe has.
      const own = messageOf(type).fields.filter(({ number }) => number < 100_000_000);
      expect(own.map(described)).toEqual(fields.map(expected));
    }
  });

  test('finds fields by name and by number, and orders them by number', () => {
    for (const type of types) {
      const { fields, inOrder, byName, byNumber, defaults } = messageOf(type);
      expect([...inOrder]).toEqual([...fields].sort((a, b) => a.number - b.number));
      expect([...byName]).toEqual(inOrder.map((field) => [field.name, field]));
      expect([...byNumber]).toEqual(inOrder.map((field) => [field.number, field]));
      expect(Object.entries(defaults)).toEqual(fields.map((field) => [field.name, field.default]));
    }
  });

  test('has every enum with its values, and prints each number as C++ does', () => {
    const used = new Map(
      types.flatMap((type) =>
        messageOf(type).fields.flatMap(({ enumType: e }) => (e ? [[e.fullName, e] as const] : [])),
      ),
    );
    expect(enums).toHaveLength(enumCount!);
    expect([...used.keys()].map((name) => `.${name}`).sort()).toEqual(enums.map((e) => e.fullName).sort());
    for (const { fullName, name, values, valuesById } of enums) {
      const e = used.get(fullName.slice(1))!;
      expect(e.simpleName).toBe(name);
      expect(Object.entries(e.values)).toEqual(Object.entries(values));
      expect(Object.fromEntries(e.names)).toEqual({ ...valuesById });
    }
  });

  test('lists the enums of each message of the package in the order of the text', () => {
    const listed = [...schema.enumsByMessage()].map(([message, list]) => [message, list.map((e) => e.fullName)]);
    const nested = (type: protobuf.Type) => type.nestedArray.filter((each) => each instanceof protobuf.Enum);
    expect(listed).toEqual(
      types
        .filter((type) => type.parent?.fullName === '.caffe' && nested(type).length > 0)
        .map((type) => [type.name, nested(type).map((e) => e.fullName.slice(1))]),
    );
  });
});

test('what is generated from caffe.proto is what reading it gives', () => {
  expect(JSON.parse(schemaJson)).toStrictEqual(definitionOf(protobuf.parse(caffeProto, { keepCase: true }).root));
});

describe("a vendor's schema", () => {
  const schema = Schema.parse(vendorProto);

  test('names are looked up from where they stand', () => {
    const typeOf = (message: string, field: string) => {
      const { messageType, enumType } = schema.message(message).byName.get(field)!;
      return (messageType ?? enumType)!.fullName;
    };
    expect(typeOf('LayerParameter', 'inner')).toBe('caffe.LayerParameter.Inner');
    expect(typeOf('LayerParameter', 'theirs')).toBe('caffe.Sibling.Inner');
    expect(typeOf('LayerParameter', 'rooted')).toBe('caffe.Sibling.Inner');
    expect(typeOf('LayerParameter', 'middle')).toBe('caffe.LayerParameter.Kind');
    expect(typeOf('LayerParameter.Inner', 'single')).toBe('caffe.LayerParameter.Inner.Kind');
  });

  test('a type that holds itself is one type', () => {
    const sibling = schema.message('Sibling');
    expect(schema.message('Sibling.Inner').byName.get('parent')!.messageType).toBe(sibling);
    expect(schema.message('Sibling')).toBe(sibling);
  });

  test('defaults', () => {
    expect({ ...schema.message('Defaults').defaults }).toEqual({
      float: Math.fround(0.1),
      double: 0.1,
      negative: -0,
      infinite: -Infinity,
      none: NaN,
      large: Number.MIN_SAFE_INTEGER,
      unsigned: Number.MAX_SAFE_INTEGER,
      bool: true,
      string: `it's "quoted"`,
      bytes: expect.objectContaining({ length: 2 }),
      kind: 0,
      first: -1,
      zero: 0,
      no_bytes: [],
      layer: undefined,
      list: [],
    });
  });

  test('groups and maps are kept as unknown fields', () => {
    const [map, group] = [wire.bytes(6, wire.bytes(1, 'a')), wire.group(7, wire.int(1, 2))];
    const bytes = Uint8Array.from([...wire.bytes(2, 'T'), ...map, ...group]);
    expect(decodeMessage('LayerParameter', bytes, schema)).toEqual({
      type: 'T',
      [UNKNOWN_FIELDS]: [Uint8Array.from(map), Uint8Array.from(group)],
    });
  });

  test('lacks what it does not declare', () => {
    expect(schema.has('BlobProto')).toBe(false);
    expect(schema.has('Sibling.Inner')).toBe(true);
    expect(() => schema.message('LayerParameter.Kind')).toThrow('the schema has no message LayerParameter.Kind');
    expect(() => schema.message('toString')).toThrow('the schema has no message toString');
  });
});

test('an optional scalar of proto3 has no default, and lists of numbers are packed', () => {
  const schema = Schema.parse(`syntax = "proto3"; package caffe; message NetParameter {}
    message LayerParameter { optional int32 a = 1; int32 b = 2; repeated int32 c = 3; repeated string d = 4; }`);
  const { defaults, fields } = schema.message('LayerParameter');
  expect(defaults).toEqual({ a: null, b: 0, c: [], d: [] });
  expect(fields.slice(0, 4).map(({ packed }) => packed)).toEqual([false, false, true, false]);
});

describe('Schema.parse', () => {
  test('gives a Schema', () => {
    expect(Schema.parse(vendorProto)).toBeInstanceOf(Schema);
    expect(defaultSchema()).toBeInstanceOf(Schema);
  });

  test("reads caffe.proto, whose fields are then resolved as the built-in schema's", () => {
    const schema = Schema.parse(caffeProto);
    const given = { kernel_size: [3], pad: [0] };
    expect(resolve('ConvolutionParameter', given, schema)).toEqual(resolve('ConvolutionParameter', given));
    expect(resolve('ConvolutionParameter', given, schema).group).toBe(1);
  });

  test("a field that a fork's schema lacks has BVLC's default", () => {
    const text =
      'layer { type: "BN" bn_param { bn_mode: LEARN } } layer { type: "Convolution" convolution_param { group: 2 } }';
    const { convolution_param } = parsePrototxt(text).layer![1]!;
    expect(resolve('ConvolutionParameter', convolution_param)).toMatchObject({ group: 2, axis: 1, bias_term: true });
  });

  test.each([
    ['package caffe; message {', "a.proto: not a .proto file: illegal type name '{' (line 1)"],
    [
      'syntax = "proto2"; package caffe; message NetParameter { optional Absent a = 1; }',
      "a.proto: the .proto file does not resolve: no such Type or Enum 'Absent' in Type .caffe.NetParameter",
    ],
    [
      'syntax = "proto2"; package caffe; message NetParameter {}',
      'a.proto: the schema must declare package caffe with messages NetParameter and LayerParameter',
    ],
    [
      'syntax = "proto2"; package caffe2; message NetParameter {} message LayerParameter {}',
      'a.proto: the schema must declare package caffe with messages NetParameter and LayerParameter',
    ],
  ])('refuses %s', (text, message) => {
    expect(() => Schema.parse(text, 'a.proto')).toThrow(expect.objectContaining({ name: 'NetspecError', message }));
  });
});
