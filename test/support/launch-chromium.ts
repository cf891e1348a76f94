/** Headless Chromium, as tests and scripts start it. */
import { existsSync } from 'node:fs';
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

/** The program; undefined where none is installed. */
export const found = PLACES.find((place) => place !== undefined && existsSync(place));

/** A browser with a profile of its own; close it. */
export function launchChromium(): Promise<Browser> {
  if (found === undefined)
    throw new Error('NETSPEC_REQUIRE_CHROMIUM=1, and no Chromium was found: apt-get install chromium');
  return chromium.launch({ executablePath: found, headless: true, args: FLAGS });
}
