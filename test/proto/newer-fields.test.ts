/** What came after Caffe's tag 1.0: the table says all that the tag's own schema lacks. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { checkTypesOf, NEWER_FIELDS, newerThanTag } from '../../src/proto/newer-fields.js';
import type { MessageType } from '../../src/proto/descriptor.js';
import { Schema } from '../../src/proto/parse-schema.js';
import { defaultSchema } from '../../src/proto/schema.js';
import { fixture } from '../cli/support.js';

const tag = Schema.parse(readFileSync(fixture('cases', 'round-mode', 'caffe-1.0.proto'), 'utf8'));

test("the table names every field of a net that the tag's schema lacks", () => {
  const missing: string[] = [];
  const seen = new Set<string>();
  const compare = (now: MessageType, then: MessageType, path: string) => {
    if (seen.has(now.name)) return;
    seen.add(now.name);
    for (const field of now.inOrder) {
      const old = then.byName.get(field.name);
      const name = path === '' ? field.name : `${path}.${field.name}`;
      if (!old) missing.push(name);
      else if (field.messageType) compare(field.messageType, old.messageType!, name === 'layer' ? '' : name);
      else expect(Object.keys(old.enumType?.values ?? {})).toEqual(Object.keys(field.enumType?.values ?? {}));
    }
  };
  compare(defaultSchema().message('NetParameter'), tag.message('NetParameter'), '');
  // The settings of layers, whichever way they are reached.
  const names = missing.map((name) => name.replace(/^layers\./, ''));
  expect(new Set(names)).toEqual(
    new Set(NEWER_FIELDS.map(({ param, field }) => (field === undefined ? param : `${param}.${field}`))),
  );
});

test('layers say what of them is newer', () => {
  const pool = (pooling_param: object) => ({ type: 'Pooling', pooling_param });
  expect(newerThanTag([pool({ kernel_size: 2 }), { type: 'ReLU' }])).toEqual([]);
  expect(newerThanTag([pool({ round_mode: 0 }), { type: 'Clip' }, { type: 'Swish' }])).toEqual([
    'round_mode',
    'Clip',
    'Swish',
  ]);
});

test('a type without a message in the schema is refused', () => {
  expect(() => checkTypesOf([{ type: 'Swish' }], tag)).toThrow('the schema has no layers of type Swish');
  expect(() => checkTypesOf([{ type: 'Swish' }], defaultSchema())).not.toThrow();
  expect(() => checkTypesOf([{ type: 'Slice' }, {}], tag)).not.toThrow();
});
