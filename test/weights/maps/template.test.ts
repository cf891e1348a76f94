import { describe, expect, test } from '@jest/globals';
import { parsePattern, type NamePattern } from '../../../src/weights/maps/pattern.js';
import { escapeTemplate, parseTemplate } from '../../../src/weights/maps/template.js';

function expand(template: string, pattern: NamePattern, name: string): string {
  return parseTemplate(template).expand(pattern.match(name)!);
}

const RES = parsePattern('res(\\d)(?<block>[a-z])_branch2([a-c])');

describe('expand', () => {
  test.each([
    ["layer{$1-1}.{$2-'a'}.conv{$3-'a'+1}", 'layer3.5.conv3'],
    ["layer{ $1 - 1 }.{ $<block> - 'a' }", 'layer3.5'],
    ['$1$2$3 $<block>', '4fc f'],
    ["{'a'+$1}", 'e'],
    ['{$2-1}', 'e'],
    ['{$1+10}', '14'],
    ["{-'a'+$2}", '5'],
    ['$$1 {{$1}}', '$1 {4}'],
    ['plain.weight', 'plain.weight'],
    ['', ''],
  ])('%s', (template, expected) => {
    expect(expand(template, RES, 'res4f_branch2c')).toBe(expected);
  });

  test('a capture that took no part is empty text', () => {
    expect(expand('fc$1', parsePattern('fc(\\d)?'), 'fc')).toBe('fc');
  });

  test.each([
    ['{$1-5}', "{$1-5} cannot be worked out for 'res4f_branch2c': it is -1"],
    ['{$1+$2+$3}', "{$1+$2+$3} cannot be worked out for 'res4f_branch2c': it is neither a number nor a letter"],
    ['{$2+50}', "{$2+50} cannot be worked out for 'res4f_branch2c': it is neither a number nor a letter"],
    [
      '{$0+1}',
      "{$0+1} cannot be worked out for 'res4f_branch2c': the capture is 'res4f_branch2c', neither a number nor a letter",
    ],
  ])('%s does not work out', (template, message) => {
    expect(() => expand(template, RES, 'res4f_branch2c')).toThrow(new Error(message));
  });
});

test('says which captures it uses', () => {
  expect(parseTemplate("a$1.{$2-'a'+$<n>}.$<m>").captures).toEqual(['1', '2', 'n', 'm']);
});

test('escaped text stands for itself', () => {
  const text = 'a{0}$1}$';
  expect(parseTemplate(escapeTemplate(text)).expand(RES.match('res4f_branch2c')!)).toBe(text);
});

describe('refused', () => {
  const sums = "\nhint: between braces stands a sum of captures, numbers and quoted letters, as {$1-1} or {$2-'a'}";
  test.each([
    ['a$', "'$' in 'a$' names no capture\nhint: write $1, $<name>, or $$ for the character"],
    ['a{$1', "'{' in 'a{$1' is not closed\nhint: write {{ for the character"],
    ['a}', "'}' in 'a}' closes nothing\nhint: write }} for the character"],
    ['{}', `cannot read '{}' in '{}'${sums}`],
    ['{$1 1}', `cannot read '{$1 1}' in '{$1 1}'${sums}`],
    ["{$1-'ab'}", `cannot read '{$1-'ab'}' in '{$1-'ab'}'${sums}`],
    ['{$1*2}', `cannot read '{$1*2}' in '{$1*2}'${sums}`],
    ['{$1-}', `cannot read '{$1-}' in '{$1-}'${sums}`],
  ])('%s', (template, message) => {
    expect(() => parseTemplate(template)).toThrow(new Error(message));
  });
});
