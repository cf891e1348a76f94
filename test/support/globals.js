/** What '@jest/globals' exports, from where runner.js's processes have it. */
export const { jest, expect, test, it, describe, beforeAll, afterAll, beforeEach, afterEach } = globalThis;
