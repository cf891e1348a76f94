/**
 * Headless Chromium for tests of pages. Where none is installed they are skipped and say so, unless
 * NETSPEC_REQUIRE_CHROMIUM=1 demands it.
 */
import { test } from '@jest/globals';
import { found } from './launch-chromium.js';

export { launchChromium } from './launch-chromium.js';

/** `test`, or `test.skip` with the reason in the test's name. */
export function browserTest(name: string, body: () => Promise<void>): void {
  if (found !== undefined || process.env.NETSPEC_REQUIRE_CHROMIUM === '1') test(name, body);
  else test.skip(`${name} (skipped: no Chromium; install one or name it in NETSPEC_CHROMIUM)`, body);
}
