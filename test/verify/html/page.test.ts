/**
 * The HTML report in a real browser: that it opens without asking for anything, that layers can be clicked, found and
 * sorted, and that a net's names cannot run as code. The net has a wrong factor at its third layer.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { LayerSamples, Net, fromTensors, htmlReport, verify } from '../../../src/node.js';
import { identityMap } from '../../../src/weights/maps/identity.js';
import { browserTest, launchChromium } from '../../support/chromium.js';

const EVIL = `</script><img src=x onerror="window.hacked=1"><b>'&`;
const NET = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 3 dim: 4 } } }
layer { name: "first" type: "Power" bottom: "data" top: "first" power_param { shift: 1 } }
layer { name: "wrong" type: "Power" bottom: "first" top: "wrong" power_param { scale: 3 } }
layer { name: "after" type: "Power" bottom: "wrong" top: "after" power_param { shift: 1 } }
layer { name: "loose" type: "ReLU" bottom: "after" top: "loose" }
layer { name: "cut" type: "Slice" bottom: "first" top: "upper" top: "lower" }
layer { name: ${JSON.stringify(EVIL)} type: "Power" bottom: "after" top: "evil" }`;

const values = Float32Array.from({ length: 24 }, (_, i) => i - 12);
/** What the net should give: the third layer doubles. */
const tensor = (of: (x: number) => number) => ({ shape: [1, 2, 3, 4], data: values.map(of) });
const REFERENCES = {
  first: tensor((x) => x + 1),
  wrong: tensor((x) => 2 * (x + 1)),
  after: tensor((x) => 2 * (x + 1) + 1),
  upper: { shape: [1, 1, 3, 4], data: values.subarray(0, 12).map((x) => x + 1) },
  lower: { shape: [1, 1, 3, 4], data: values.subarray(12).map((x) => x + 3) },
  [EVIL]: tensor((x) => 2 * (x + 1) + 1),
};

async function pageOf(references: Parameters<typeof fromTensors>[0]): Promise<string> {
  const net = await Net.load(NET);
  try {
    net.blobs.get('data')!.data.set(values);
    const samples = new LayerSamples();
    const source = fromTensors(references, EVIL);
    const report = await verify(net, { references: source, map: identityMap(), onCompared: samples.observe });
    return await htmlReport(net, report, { samples, facts: { net: EVIL } });
  } finally {
    net.dispose();
  }
}

let html: string;
beforeAll(async () => {
  html = await pageOf(REFERENCES);
});

describe('the text of the page', () => {
  test('names nothing that a browser would fetch, and allows its own script only', () => {
    expect(html).not.toMatch(/\b(src|href)="(?!#")/);
    expect(html).not.toMatch(/url\((?!#arrow\))|@import/);
    expect(html).toMatch(/default-src 'none'.*script-src 'sha256-[\w+/]{43}='"/);
  });

  test('escapes what comes from the net', () => {
    expect(html).not.toContain('<img');
    // Its end would end the page's data: two scripts, two ends.
    expect(html.match(/<\/script>/g)).toHaveLength(2);
  });

  test('says so when everything agrees, and offers no failure', async () => {
    const right = { first: REFERENCES.first };
    const page = await pageOf(right);
    expect(page).toContain('Every matched layer agrees: 1 of 1');
    expect(page).not.toMatch(/First failure|FIRST FAILURE|first failure<\/button>/);
  });
});

describe('the page in Chromium', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'netspec-page-'));
  let browser: Browser | undefined;
  let shared: Page | undefined;
  const asked: string[] = [];
  const complaints: string[] = [];
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The page, opened once; whatever it asks for and whatever goes wrong in it is kept. */
  async function opened(): Promise<Page> {
    if (shared) return shared;
    const file = path.join(folder, 'report.html');
    writeFileSync(file, html);
    browser = await launchChromium();
    shared = await browser.newPage({ viewport: { width: 1200, height: 800 }, colorScheme: 'light' });
    shared.on('request', (request) => asked.push(request.url()));
    shared.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    shared.on('pageerror', (error) => complaints.push(error.message));
    await shared.goto(pathToFileURL(file).href);
    return shared;
  }

  const node = (name: string) => `#graph .node:has(text.line0:text-is("${name}"))`;
  const title = (page: Page) => page.textContent('#details h3');
  const rows = (page: Page) => page.locator('#layers tbody tr:visible td:nth-child(2)').allTextContents();

  browserTest('opens at the first failure; a click on a layer shows its numbers', async () => {
    const page = await opened();
    expect(await title(page)).toBe('wrong');
    expect(await page.textContent(`${node('wrong')} .line2`)).toContain('FIRST FAILURE');

    await page.click(node('after'));
    expect(await title(page)).toBe('after');
    const cells = await page.locator('#details table tr').allInnerTexts();
    // Wrong by x + 1 at most 12 (x = 11) where the reference's largest is 25; fed its reference, the layer is exact.
    expect(cells.map((cell) => cell.split('\t'))).toEqual([
      ['', 'in the net', 'fed references'],
      ['max abs', '12', '0'],
      ['max rel', '0.48', '0'],
      ['cosine', expect.stringMatching(/^0\.99/), '1.000000'],
      ['outside the tolerance', '23 of 24', '0 of 24'],
      ['worst at', '[0, 1, 2, 3]', '–'],
      ["reference's largest", '25', '25'],
    ]);
    expect(await page.textContent('#details .sentence')).toContain('differs because of what it reads');
    expect(await page.locator('#details svg.histogram').count()).toBe(2);

    await page.click(`${node('loose')} .box`);
    expect(await page.textContent('#details .sentence')).toContain('was not compared');
  });

  browserTest('a layer with several tops is marked by the worst, and shows each', async () => {
    const page = await opened();
    expect(await page.textContent(`${node('cut')} .line2`)).toBe('✗ max rel 0.143');
    await page.click(node('cut'));
    expect(await page.locator('#details h4.top').allTextContents()).toEqual(['upper', 'lower', 'upper', 'lower']);
    expect(await page.locator('#details .sentence').allTextContents()).toEqual([
      '✓ agrees with its reference',
      '✗ differs from its reference even when it is fed the references of what it reads: an error arises here',
    ]);
    expect(await page.locator('#details svg.histogram').count()).toBe(4);
    expect(await page.locator('tr.chosen-row').count()).toBe(2);
  });

  browserTest('the keyboard goes from layer to layer, and / finds one by name', async () => {
    const page = await opened();
    await page.click(node('wrong'));
    await page.keyboard.press('ArrowDown');
    expect(await title(page)).toBe('after');
    await page.keyboard.press('Home');
    expect(await title(page)).toBe('data');
    await page.keyboard.press('/');
    await page.keyboard.type('relu');
    expect(await page.textContent('#found')).toBe('1 of 1');
    await page.keyboard.press('Enter');
    expect(await title(page)).toBe('loose');
    await page.fill('#search', 'nothing');
    expect(await page.textContent('#found')).toBe('none');
    await page.press('#search', 'Escape');
    expect(await page.textContent('#found')).toBe('');
  });

  browserTest('the table sorts by its heads and shows failures alone', async () => {
    const page = await opened();
    expect((await rows(page)).slice(0, 4)).toEqual(['first', 'wrong', 'after', 'loose']);
    const head = page.locator('#layers th', { hasText: 'max abs' });
    await head.getByRole('button').click();
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    // All three are off by 12; the one without figures comes last.
    expect(await rows(page)).toEqual(['wrong', 'after', EVIL, 'cut: lower', 'first', 'cut: upper', 'loose']);
    await page.check('#failures');
    expect(await rows(page)).toEqual(['wrong', 'after', EVIL, 'cut: lower']);
    await page.fill('#filter', 'WRO');
    expect(await rows(page)).toEqual(['wrong']);
    await page.click('#layers a:visible');
    expect(await title(page)).toBe('wrong');
  });

  browserTest('zooming keeps what is looked at; the whole net fits', async () => {
    const page = await opened();
    const width = () => page.locator('#graph').evaluate((svg) => svg.getBoundingClientRect().width);
    const before = await width();
    await page.click('#zoom-in');
    expect(await width()).toBeCloseTo(before * 1.4, 0);
    await page.click('#zoom-fit');
    const [svg, frame] = await page
      .locator('#graph, #viewport')
      .evaluateAll((both) => both.map((each) => each.getBoundingClientRect().height).sort((a, b) => a - b));
    expect(svg).toBeLessThanOrEqual(frame!);
    await page.click('#zoom-one');
    expect(await width()).toBe(before);
  });

  browserTest('pictures of the failing layer are painted, and repainted for the other theme', async () => {
    const page = await opened();
    const middle = () =>
      page
        .locator('canvas[data-plane=difference]')
        .first()
        .evaluate((canvas: HTMLCanvasElement) => [...canvas.getContext('2d')!.getImageData(3, 2, 1, 1).data]);
    // The largest difference, at the last place of the last channel: the end of the light scale, then of the dark one.
    expect(await middle()).toEqual([165, 25, 25, 255]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await middle()).toEqual([255, 150, 120, 255]);
  });

  browserTest('nothing is wider than a narrow screen', async () => {
    const page = await opened();
    await page.setViewportSize({ width: 360, height: 800 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await page.click('text=✗ first failure');
    expect(await title(page)).toBe('wrong');
  });

  browserTest('a name with markup is text, nothing was fetched, and nothing went wrong', async () => {
    const page = await opened();
    await page.click(`#graph .node:has(text.line0:has-text("img src"))`);
    expect(await title(page)).toBe(EVIL);
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    expect(asked.filter((url) => !url.endsWith('/report.html'))).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
