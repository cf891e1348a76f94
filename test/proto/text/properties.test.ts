/**
 * What holds for any message of the schema, and for any text however broken.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NetspecError } from '../../../src/errors.js';
import type { MessageType } from '../../../src/proto/descriptor.js';
import { decodeMessage, encodeMessage } from '../../../src/proto/codec.js';
import { defaultSchema } from '../../../src/proto/schema.js';
import { formatPrototxt } from '../../../src/proto/text/printer.js';
import { parsePrototxt } from '../../../src/proto/text/parser.js';

const scalars: Record<string, fc.Arbitrary<unknown>> = {
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  int64: fc.maxSafeInteger(),
  float: fc.float(),
  double: fc.double(),
  bool: fc.boolean(),
  string: fc.string({ unit: 'binary' }),
  bytes: fc.uint8Array({ maxLength: 20 }),
};

const made = new Map<MessageType, fc.Arbitrary<object>>();

/** Any message of a type, its sub-messages as deep as they go: Caffe's types are not recursive. */
function anyMessage(type: MessageType): fc.Arbitrary<object> {
  let message = made.get(type);
  if (!message) {
    const fields: Record<string, fc.Arbitrary<unknown>> = {};
    for (const field of type.fields) {
      const { enumType, messageType } = field;
      let value = scalars[field.kind];
      if (enumType) value = fc.constantFrom(...Object.values(enumType.values));
      if (messageType) value = anyMessage(messageType);
      const filled = field.repeated ? fc.array(value!, { minLength: 1, maxLength: 2 }) : value!;
      // One field in eight, so that a message with fifty of them does not grow without end.
      fields[field.name] = field.required
        ? filled
        : fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: filled });
    }
    message = fc
      .record(fields)
      .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));
    made.set(type, message);
  }
  return message;
}

test.each(['NetParameter', 'LayerParameter', 'SolverParameter', 'BlobProto', 'Datum', 'V1LayerParameter'] as const)(
  'any %s comes back from its text as it was, and prints the same again, also after a way through bytes',
  (type) => {
    fc.assert(
      fc.property(anyMessage(defaultSchema().message(type)), (message) => {
        const text = formatPrototxt(message, { type });
        const back = parsePrototxt(text, { type, upgrade: false });
        expect(back).toEqual(message);
        expect(formatPrototxt(back)).toBe(text);
        expect(formatPrototxt(decodeMessage(type, encodeMessage(type, message as never)))).toBe(text);
      }),
      { numRuns: 100 },
    );
  },
);

const lenet = readFileSync(new URL('../../fixtures/netspec/lenet.prototxt', import.meta.url), 'utf8');
const numbers = readFileSync(new URL('../../fixtures/netspec/numbers.prototxt', import.meta.url), 'utf8');
const compact =
  'name: "a" \'b\'; layer < name: "c", param [{lr_mult: 1}, <decay_mult: -.5e1f>] # end\n > input_dim: [0x1F, 017, -3]';
const pieces = fc.oneof(
  fc.constantFrom(
    ...Array.from('{}<>[]:;,-#"\'\\\n\t.0f'),
    '\\u',
    '\\x',
    '0x',
    '1e',
    '1.5',
    'layer {',
    'inf',
    '\ufeff',
    '\0',
    '새',
  ),
  fc.string({ maxLength: 5, unit: 'binary' }),
);
const broken = fc
  .tuple(
    fc.constantFrom(lenet, numbers, compact),
    fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(30), put: pieces }), {
      maxLength: 4,
    }),
  )
  .map(([text, edits]) =>
    edits.reduce((current, { at, cut, put }) => {
      const i = Math.floor(at * current.length);
      return current.slice(0, i) + put + current.slice(i + cut);
    }, text),
  );

test('broken text is read or refused with a line and a column, and nothing else happens', () => {
  fc.assert(
    fc.property(broken, (text) => {
      let message: object;
      try {
        message = parsePrototxt(text, { upgrade: false });
      } catch (error) {
        if (!(error instanceof NetspecError)) throw error;
        expect(error.details.line).toBeGreaterThan(0);
        expect(error.details.column).toBeGreaterThan(0);
        return;
      }
      const printed = formatPrototxt(message);
      expect(formatPrototxt(parsePrototxt(printed, { upgrade: false }))).toBe(printed);
    }),
    { numRuns: 600 },
  );
});

test('a text cut anywhere is read or refused', () => {
  for (let length = 0; length <= compact.length; length++) {
    try {
      parsePrototxt(compact.slice(0, length));
    } catch (error) {
      expect(error).toBeInstanceOf(NetspecError);
    }
  }
});

test('a thousand brackets are refused and do not exhaust the stack', () => {
  expect(() => parsePrototxt('layer {'.repeat(1000))).toThrow(NetspecError);
  expect(() => parsePrototxt('{'.repeat(100_000))).toThrow(NetspecError);
});

test('a long line takes time in proportion to its length', () => {
  // Counting columns anew for each of 20,000 layers on one line would be four thousand million steps.
  const net = parsePrototxt('layer { name: "é" } '.repeat(20_000));
  expect(net.layer).toHaveLength(20_000);
});
