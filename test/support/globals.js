/**
 * What '@jest/globals' exports, from where runner.js's processes have it. The runner does not know the time limits of tests and
 * hooks, so they are held here.
 */
import { bind } from 'jest-each';

export const { jest, expect, describe } = globalThis;

/** For a test or hook that gives no limit of its own, in milliseconds. */
const LIMIT = 60_000;

/** The function, which fails where its promise is not settled in time. */
function within(fn, limit = LIMIT) {
  if (typeof fn !== 'function') return fn;
  return async () => {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`exceeded its limit of ${limit} ms`)), limit);
    });
    try {
      await Promise.race([fn(), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}

function limitedTest(add) {
  const limited = (name, fn, limit) => add(name, within(fn, limit), limit);
  return Object.assign(limited, { each: bind(limited) });
}

export const test = limitedTest(globalThis.test);
for (const kind of ['skip', 'only']) test[kind] = limitedTest(globalThis.test[kind]);
test.todo = globalThis.test.todo;
export const it = test;

const limitedHook = (add) => (fn, limit) => add(within(fn, limit), limit);
export const beforeAll = limitedHook(globalThis.beforeAll);
export const afterAll = limitedHook(globalThis.afterAll);
export const beforeEach = limitedHook(globalThis.beforeEach);
export const afterEach = limitedHook(globalThis.afterEach);
