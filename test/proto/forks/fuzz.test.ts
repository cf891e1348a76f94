/** Nets of forks whose fields, types and values were exchanged: accepted or refused in words. `bench/fuzz-forks.ts` makes more of them. */
import { expect, test } from '@jest/globals';
import { fuzzForks } from '../../support/fuzz-forks.js';

const RUNS = 400;

test(`${RUNS} nets with the fields of several forks are accepted or refused in words`, async () => {
  const outcomes = [];
  for (let seed = 1; seed <= RUNS; seed++) outcomes.push(await fuzzForks(seed));
  // Both happen, so that the nets are neither all whole nor all hopeless.
  expect(new Set(outcomes)).toEqual(new Set(['accepted', 'refused']));
});
