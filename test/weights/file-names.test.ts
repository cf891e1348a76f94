/** Which files names go to: no two to one, and back again. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  escapeFileName,
  fileNamesOf,
  memberNameOf,
  tensorNamesOf,
  unescapeFileName,
} from '../../src/weights/file-names.js';

const files = (names: string[], separator: '__' | '/' = '__') => [...fileNamesOf(names, separator).values()];

describe('fileNamesOf', () => {
  test.each<[string, string[], string[]]>([
    ['a / becomes __ where nothing else does', ['a/b', 'c', 'conv1_1'], ['a__b', 'c', 'conv1_1']],
    ['a name that another becomes', ['a/b', 'a__b'], ['a%2Fb', 'a__b']],
    ['three ways to one file', ['a/b', 'a__b', 'a%2Fb'], ['a%2Fb', 'a__b', 'a%252%46b']],
    ['names that differ in case only', ['Conv', 'conv', 'CONV'], ['%43onv', 'conv', '%43%4F%4E%56']],
    ['names that differ in composition only', ['\u00e9', 'e\u0301'], ['%C3%A9', 'e%CC%81']],
    ['names that Windows reserves', ['aux', 'Nul', 'com1.x', 'console'], ['%61ux', '%4Eul', '%63om1.x', 'console']],
    ['names of folders', ['.', '..', ''], ['%2E', '%2E%2E', '%']],
    ['hidden names, and ends that Windows drops', ['.a', 'a.', 'a '], ['%2Ea', 'a%2E', 'a%20']],
    ['control characters and backslashes', ['a\x1b[31m', 'a\nb', 'a\\b'], ['a%1B[31m', 'a%0Ab', 'a%5Cb']],
    ['bytes that are no UTF-8', ['\udcff', '\udcfe'], ['%FF', '%FE']],
    [
      'signs, and letters of all alphabets, stay',
      ['a:0', 'x y', 'ÀÉ', '卷积', '😀'],
      ['a:0', 'x y', 'ÀÉ', '卷积', '😀'],
    ],
    ['what looks escaped is escaped', ['%41', '%4', '100%'], ['%2541', '%4', '100%']],
  ])('%s', (_, names, expected) => {
    expect(files(names)).toEqual(expected);
  });

  test('in folders, part by part', () => {
    expect(files(['a/b', 'a__b', 'A/b', 'aux/c'], '/')).toEqual(['a/b', 'a__b', '%41/b', '%61ux/c']);
  });

  const name = fc.string({
    unit: fc.constantFrom(
      'a',
      'A',
      'b',
      '/',
      '_',
      '__',
      '%',
      '4',
      '1',
      '2',
      'F',
      '.',
      ' ',
      '\\',
      '\n',
      'é',
      '\udc80',
      'aux',
    ),
    maxLength: 6,
  });

  test.each(['__', '/'] as const)('with %s no two names become one file, and reading gives them back', (separator) => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 12 }), (names) => {
        const made = files(names, separator);
        expect(new Set(made.map((file) => file.normalize('NFC').toLowerCase())).size).toBe(names.length);
        const read = tensorNamesOf(made);
        // What became of a / cannot be told from __, which is as tools expect it.
        names.forEach((each, i) => {
          expect([each, made[i]]).toContain(read[i]);
          if (read[i] !== each) expect(made[i]).toBe(each.replaceAll('/', '__'));
        });
        // No part that is empty, hidden, or leads elsewhere.
        for (const file of made) expect(file).not.toMatch(/(^|\/)(\/|\.|$)|\\|\p{Cc}/u);
      }),
    );
  });
});

describe('escaping', () => {
  test('is undone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        expect(unescapeFileName(escapeFileName(name))).toBe(name);
      }),
    );
  });

  test('what it would not make stands for itself', () => {
    for (const part of ['50%', '%zz', '%61', 'a%2fb', '%%']) expect(unescapeFileName(part)).toBe(part);
  });

  test('a file that stands beside the one it is escaped from keeps its name', () => {
    expect(tensorNamesOf(['%41', 'A', '%42'])).toEqual(['%41', 'A', 'B']);
  });
});

describe('memberNameOf', () => {
  test.each([
    ['block/prelu.weight', 'block/prelu.weight'],
    ['Conv:0', 'Conv:0'],
    ['../../evil.weight', '%2E%2E/%2E%2E/evil.weight'],
    ['/etc/passwd', '%/etc/passwd'],
    ['a//b/.', 'a/%/b/%2E'],
    ['C:/x', '%43%3A/x'],
    ['..\\x', '%2E.%5Cx'],
  ])('%p', (name, expected) => {
    expect(memberNameOf(name)).toBe(expected);
    expect(tensorNamesOf([expected])).toEqual([name]);
  });
});
