/**
 * What each layer type must have: a row in the table, complete facts, and a case that the real Caffe, or the fork, computed, or
 * the reason why there is none. test/scripts/layer-docs.test.ts holds docs/layers.md to the table.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import protobuf from 'protobufjs';
import { implementationName, type LayerFacts } from '../../src/layers/facts.js';
import { LAYER_TABLE } from '../../src/layers/table.js';
import { caseNames } from '../support/golden.js';

const root = new URL('../../', import.meta.url);

/** What src/layers/ has beside a file for each implementation, and src/layers/shared/. */
const INFRASTRUCTURE = [
  'dialect.ts',
  'facts.ts',
  'foreign-types.ts',
  'index.ts',
  'layer.ts',
  'own-layers.ts',
  'registry.ts',
  'table.ts',
];

const FAMILIES = ['input', 'weights', 'scaling', 'pooling', 'joining', 'activation', 'other'];

/** Fields of LayerParameter that Caffe's schema or a fork's knows, with the name of the message that each holds. */
const settings = new Map<string, string>();
const forks = new URL('forks/', root);
const schemas = [
  new URL('caffe.proto', root),
  ...(existsSync(forks) ? readdirSync(forks).filter((file) => file.endsWith('.proto')) : []).map(
    (file) => new URL(file, forks),
  ),
];
for (const schema of schemas) {
  const message = protobuf.parse(readFileSync(schema, 'utf8'), { keepCase: true }).root.lookup('LayerParameter');
  if (message instanceof protobuf.Type) for (const { name, type } of message.fieldsArray) settings.set(name, type);
}

const rows = LAYER_TABLE.map(({ facts }) => [implementationName(facts), facts] as const);
/** Cases by type; those of a fork by the name of the implementation too, and by the type alone, which other forks may share. */
const cases = new Set(
  [...caseNames('layers'), ...caseNames('forks')].flatMap((name) => {
    const key = name.replace(/_\d+$/, '');
    return [key, key.replace(/-.*$/, '')];
  }),
);

/** Types whose name some fork gave to a message that the implementation here does not read. */
const OTHER_MESSAGES: ReadonlySet<string> = new Set(['DepthwiseConvolution', 'LSTM', 'Mish', 'Region', 'Split']);

describe('the table', () => {
  test('has a row for each file in src/layers/', () => {
    const table = readFileSync(new URL('src/layers/table.ts', root), 'utf8');
    const files = readdirSync(new URL('src/layers/', root)).filter((file) => file.endsWith('.ts'));
    const forgotten = files.filter(
      (file) => !INFRASTRUCTURE.includes(file) && !table.includes(`from './${file.replace(/ts$/, 'js')}'`),
    );
    expect(forgotten).toEqual([]);
  });

  test('has each implementation once, by type in the order in which Caffe lists types', () => {
    const names = rows.map(([name]) => name);
    expect(new Set(names).size).toBe(names.length);
    const types = [...new Set(rows.map(([, { type }]) => type))];
    expect(types).toEqual([...types].sort());
    expect(rows.filter(([, { type }], i) => types.indexOf(type) < types.indexOf(rows[i - 1]?.[1].type ?? ''))).toEqual(
      [],
    );
  });
});

describe.each(rows)('%s', (name, facts: LayerFacts) => {
  test('declares what it is', () => {
    expect(facts.type).toMatch(/^[A-Z]\w*$/);
    expect(facts.origin).toMatch(/^\S/);
    expect(FAMILIES).toContain(facts.family);
    expect(facts.doc).toMatch(/^[^\n]{3,}\.$/);
  });

  test('names its bottoms and tops, optional ones after required ones and at most one list', () => {
    for (const names of [facts.bottoms, facts.tops]) {
      for (const each of names) expect(each).toMatch(/^(\.\.\.)?[a-zA-Z]\w*\??$/);
      expect(new Set(names).size).toBe(names.length);
      expect(names.filter((each) => each.startsWith('...')).length).toBeLessThanOrEqual(1);
      const optional = names.findIndex((each) => each.endsWith('?'));
      if (optional >= 0) expect(names.slice(optional).filter((each) => !each.endsWith('?'))).toEqual([]);
    }
  });

  test('reads settings that a schema knows, a message of its own among them', () => {
    expect((facts.params ?? []).filter((param) => !settings.has(param))).toEqual([]);
    const own = [...settings].filter(([, message]) => message === `${facts.type}Parameter`).map(([param]) => param);
    if (own.length > 0 && !OTHER_MESSAGES.has(facts.type) && !facts.variant)
      expect(own.some((param) => facts.params?.includes(param))).toBe(true);
  });

  test('has a case, or says why there is none', () => {
    const excused = facts.withoutCase !== undefined || facts.unsupported !== undefined;
    expect({ name, hasCase: cases.has(name) }).toEqual({ name, hasCase: !excused });
  });

  test('says what to write instead, if it is not run', () => {
    const { purpose = 'run', instead = () => 'nothing' } = facts.unsupported ?? {};
    expect(`${facts.type} layers ${purpose}`).toMatch(/\w$/);
    expect(instead({ type: facts.type })).toMatch(/\S/);
  });

  test('is told from the other implementations of its type', () => {
    const others = rows.filter(([, other]) => other.type === facts.type && other !== facts);
    if (!facts.variant?.claims) expect(others.filter(([, { variant }]) => !variant?.claims)).toEqual([]);
    if (facts.variant) {
      expect(facts.variant.name ?? 'x').toMatch(/^[a-z][a-z0-9_-]*$/);
      expect(facts.variant.when).toMatch(/\S/);
      const taken = others.flatMap(([, { variant }]) => variant?.schemas ?? []);
      expect(facts.variant.schemas.filter((schema) => taken.includes(schema))).toEqual([]);
    }
  });
});
