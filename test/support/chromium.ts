/**
 * Headless Chromium for tests of pages. Where none is installed they are skipped and say so, unless
 * NETSPEC_REQUIRE_CHROMIUM=1 demands it.
 */
import { existsSync } from 'node:fs';
import { test } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';

const PLACES = [
  process.env.NETSPEC_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Nothing of it asks the network for anything. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const found = PLACES.find((place) => place !== undefined && existsSync(place));

/** `test`, or `test.skip` with the reason in the test's name. */
export function browserTest(name: string, body: () => Promise<void>): void {
  if (found !== undefined || process.env.NETSPEC_REQUIRE_CHROMIUM === '1') test(name, body);
  else test.skip(`${name} (skipped: no Chromium; install one or name it in NETSPEC_CHROMIUM)`, body);
}

/** A browser with a profile of its own; close it. */
export function launchChromium(): Promise<Browser> {
  if (found === undefined)
    throw new Error('NETSPEC_REQUIRE_CHROMIUM=1, and no Chromium was found: apt-get install chromium');
  return chromium.launch({ executablePath: found, headless: true, args: FLAGS });
}
