/**
 * Makes the pictures of the site in docs/public/ from the real thing: the page that verify writes for the port of
 * docs/port-a-detector.md, in a light and in a dark theme.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { launchChromium } from '../test/support/launch-chromium.js';
import { runTutorial } from '../test/support/tutorial.js';

const PUBLIC = fileURLToPath(new URL('../docs/public/', import.meta.url));
const TUTORIAL = new URL('../docs/port-a-detector.md', import.meta.url);

const folder = mkdtempSync(path.join(tmpdir(), 'netspec-screenshots-'));
const browser = await launchChromium();
try {
  const report = path.join(folder, 'report.html');
  // The tutorial up to the step that writes the page.
  const [steps = ''] = readFileSync(TUTORIAL, 'utf8').split('## 9.');
  runTutorial(steps.replace('--report report.html', `--report "${report}"`));
  for (const scheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    await page.goto(pathToFileURL(report).href);
    const picture = await page.screenshot();
    // A palette keeps the text sharp in a third of the bytes.
    await sharp(picture)
      .png({ palette: true, colours: 128 })
      .toFile(path.join(PUBLIC, `verify-${scheme}.png`));
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
