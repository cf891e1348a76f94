/**
 * Makes the pictures of the site in docs/public/ from the real thing, in a light and in a dark theme: the page that verify
 * writes for the port of docs/port-a-detector.md, and the playground with a photograph behind filters.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { viewFiles } from '../src/cli/view/files.js';
import { serveView } from '../src/cli/view/server.js';
import { launchChromium } from '../test/support/launch-chromium.js';
import { runTutorial } from '../test/support/tutorial.js';

const PUBLIC = fileURLToPath(new URL('../docs/public/', import.meta.url));
const TUTORIAL = new URL('../docs/port-a-detector.md', import.meta.url);

const PHOTOGRAPH = fileURLToPath(new URL('../test/fixtures/images/astronaut_512x438.jpg', import.meta.url));
const PLAYGROUND = fileURLToPath(new URL('../playground/dist', import.meta.url));

/** Writes what the page shows to `NAME-light.png` or `NAME-dark.png`. */
async function take(page: Page, name: string): Promise<void> {
  const picture = await page.screenshot();
  // A palette keeps the text sharp in a third of the bytes.
  await sharp(picture)
    .png({ palette: true, colours: 128 })
    .toFile(path.join(PUBLIC, `${name}.png`));
}

execFileSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts', 'playground'], { stdio: 'inherit' });
const folder = mkdtempSync(path.join(tmpdir(), 'netspec-screenshots-'));
const browser = await launchChromium();
const serving = await serveView(viewFiles(PLAYGROUND, undefined, undefined), 0);
try {
  const report = path.join(folder, 'report.html');
  // The tutorial up to the step that writes the page.
  const [steps = ''] = readFileSync(TUTORIAL, 'utf8').split('## 9.');
  runTutorial(steps.replace('--report report.html', `--report "${report}"`));
  for (const scheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    await page.goto(pathToFileURL(report).href);
    await take(page, `verify-${scheme}`);

    await page.goto(serving.url);
    await page.selectOption('#example', 'filters');
    await page.setInputFiles('#open', PHOTOGRAPH);
    await page.waitForSelector('#picture:not([hidden])');
    await page.click('#run');
    await page.click('#graph .node:has-text("edges")');
    await page.waitForSelector('#blob canvas');
    await take(page, `playground-${scheme}`);
    await context.close();
  }
} finally {
  await serving.close();
  await browser.close();
  rmSync(folder, { recursive: true });
}
