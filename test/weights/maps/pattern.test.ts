/** Patterns of rule files mean what they mean in JavaScript, and take no longer than a name is long. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePattern } from '../../../src/weights/maps/pattern.js';

/** The whole match and the captures, by JavaScript's own engine. */
function byJavaScript(pattern: string, name: string): (string | undefined)[] | undefined {
  return new RegExp(`^(?:${pattern})$`, 'u').exec(name)?.slice();
}

function byPattern(text: string, name: string): (string | undefined)[] | undefined {
  const pattern = parsePattern(text);
  const match = pattern.match(name);
  expect(pattern.test(name)).toBe(match !== undefined);
  return match && Array.from({ length: pattern.captures + 1 }, (_, i) => match.capture(String(i)));
}

test.each([
  ['res(\\d)([a-z])_branch2([abc])', 'res4f_branch2c'],
  ['res(\\d)([a-z])_branch2([abc])', 'res4f_branch2d'],
  ['(a|ab)(c|bcd)?', 'abcd'],
  ['(\\w+?)_(\\w+)', 'a_b_c'],
  ['(\\w+)_(\\w+)', 'a_b_c'],
  ['fc(\\d)?', 'fc'],
  ['(x)|(y)', 'y'],
  ['.*', 'ünïcödé/😀'],
  ['[^/]*/\\u0041', 'layer/A'],
  ['conv1\\.weight', 'conv1.weight'],
  ['conv1\\.weight', 'conv1xweight'],
  ['', ''],
])("%s of '%s'", (pattern, name) => {
  expect(byPattern(pattern, name)).toEqual(byJavaScript(pattern, name));
});

test('patterns of letters, groups and repetitions, on any names of these letters', () => {
  const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
    part: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\d', '_'),
      tie('pattern').map((inner) => `(${inner})`),
      tie('pattern').map((inner) => `(?:${inner})`),
    ),
    pattern: fc
      .array(fc.tuple(tie('part'), fc.constantFrom('', '', '', '?', '+', '*', '{1,2}', '??')), { maxLength: 3 })
      .map((parts) => parts.map((part) => part.join('')).join('')),
  }));
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '_', '1'), maxLength: 8 });
  // What a repeated group holds in the end is a matter of taste when it may match nothing; whether a name fits is none.
  fc.assert(
    fc.property(pattern, name, (text, word) => {
      expect(parsePattern(text).test(word)).toBe(byJavaScript(text, word) !== undefined);
    }),
    { numRuns: 500 },
  );
});

test('captures by name', () => {
  const pattern = parsePattern('(?<stage>\\d)(?<block>[a-z])(_x)?');
  const match = pattern.match('4f')!;
  expect([match.capture('stage'), match.capture('block'), match.capture('3')]).toEqual(['4', 'f', undefined]);
  expect(['0', '3', '4', 'stage', 'other', 'constructor'].map((which) => pattern.hasCapture(which))).toEqual([
    ...[true, true, false],
    ...[true, false, false],
  ]);
});

test('a pattern that backtracking takes ages for', () => {
  expect(parsePattern('(a+)+b').test('a'.repeat(50_000))).toBe(false);
  expect(parsePattern('(a|a)*(a|a)*c').test('a'.repeat(50_000))).toBe(false);
});

test.each([
  ['(', "'(' is no regular expression: Unterminated group"],
  ['a)(b', "'a)(b' is no regular expression: Unmatched ')'"],
  ['(?!x).*', "'(?!x).*' uses what patterns of names do not have: lookahead, lookbehind, a backreference"],
  ['(?<=x)y', "'(?<=x)y' uses what patterns of names do not have: lookahead, lookbehind, a backreference"],
  ['(a)\\1', "'(a)\\1' uses what patterns of names do not have: lookahead, lookbehind, a backreference"],
  ['a{5000}', "'a{5000}' uses what patterns of names do not have: more than 1000 repetitions"],
  ['((a{99}){99}){99}', "'((a{99}){99}){99}' uses what patterns of names do not have: more than 1000 repetitions"],
])('%s is refused', (text, reason) => {
  let message = '';
  try {
    parsePattern(text);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message.split('\n')[0]).toBe(reason);
});
