import { expect, test } from '@jest/globals';
import { parsePattern } from '../../../src/weights/maps/pattern.js';
import { RuleIndex } from '../../../src/weights/maps/rule-index.js';

const patterns = ['conv1', 'conv(\\d)', 'a\\.b', 'conv1', 'a.b', 'x|y', '', 'block\\(1\\)/a\\+', '\\d', 'a-b'];
const entries = patterns.map((text, number) => ({ number, layer: parsePattern(text) }));
const expressions = patterns.map((text) => new RegExp(`^(?:${text})$`, 'u'));

test.each(['conv1', 'conv2', 'a.b', 'a_b', 'x', '', 'block(1)/a+', '7', 'a-b', 'other'])(
  "the rules that fit '%s', in order, as by trying all",
  (name) => {
    const index = new RuleIndex(entries);
    const found = [...index.matching(name)].map(({ entry, match }) => [
      entry.number,
      ...Array.from({ length: entry.layer.captures + 1 }, (_, i) => match.capture(String(i))),
    ]);
    const expected = expressions.flatMap((expression, number) => {
      const match = expression.exec(name);
      return match ? [[number, ...match]] : [];
    });
    expect(found).toEqual(expected);
  },
);
