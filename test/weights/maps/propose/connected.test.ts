import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { connected } from '../../../../src/weights/maps/propose/connected.js';

test('parts that want nothing in common, each in order', () => {
  const wants: Record<string, number[]> = { a: [1, 2], b: [3], c: [2, 4], d: [3, 5], e: [6], f: [4] };
  expect(connected(Object.keys(wants), (member) => wants[member]!)).toEqual([['a', 'c', 'f'], ['b', 'd'], ['e']]);
});

test('as by comparing every two members', () => {
  const graphs = fc.array(fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 3 }), { maxLength: 12 });
  fc.assert(
    fc.property(graphs, (wants) => {
      const members = [...wants.keys()];
      const partOf = members.map((member) => member);
      for (let round = 0; round < members.length; round++)
        for (const a of members)
          for (const b of members)
            if (wants[a]!.some((thing) => wants[b]!.includes(thing)))
              partOf[a] = partOf[b] = Math.min(partOf[a]!, partOf[b]!);
      const expected = [...new Set(partOf)].map((part) => members.filter((member) => partOf[member] === part));
      expect(connected(members, (member) => wants[member]!)).toEqual(expected);
    }),
  );
});
