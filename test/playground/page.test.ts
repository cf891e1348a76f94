/**
 * The playground in Chromium, end to end: editing, completing, running with weights and inputs from files, the values bit for bit as
 * in Node, a comparison with a planted fault; isolated and not, light and dark, wide and narrow.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { viewFiles } from '../../src/cli/view/files.js';
import { serveView, type Serving } from '../../src/cli/view/server.js';
import { Net, formatNpy, parseNpy, randomizeParams, toBytes, writeNpz } from '../../src/node.js';
import { browserTest, launchChromium } from '../support/chromium.js';

const root = path.join(import.meta.dirname, '../..');
const built = path.join(root, 'playground/dist');

const NET = `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 32 dim: 32 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" convolution_param { num_output: 16 kernel_size: 3 pad: 1 } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2" convolution_param { num_output: 8 kernel_size: 3 } }
`;

let browser: Browser | undefined;
let serving: Serving | undefined;
afterAll(async () => {
  await browser?.close();
  await serving?.close();
});

/** The address of the page, which is built first unless it is up to date. */
async function address(): Promise<string> {
  if (!serving) {
    execFileSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts', 'playground'], { cwd: root, stdio: 'pipe' });
    serving = await serveView(viewFiles(built, undefined, undefined), 0);
  }
  return serving.url;
}

type Look = Parameters<Browser['newPage']>[0];

/** Opens a page; what it complains of comes into `complaints`. */
async function openPage(url: string, look: Look = {}): Promise<{ page: Page; complaints: string[] }> {
  browser ??= await launchChromium();
  const page = await browser.newPage(look);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(url);
  await page.waitForSelector('#graph svg', { state: 'attached' });
  return { page, complaints };
}

const file = (name: string, bytes: Uint8Array | string) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(bytes),
});

/** Presses Run, or does something else that ends with a status. */
async function status(page: Page, pattern: RegExp): Promise<string> {
  const has = (source: string): boolean =>
    new RegExp(source).test(
      (globalThis as unknown as { document: Document }).document.getElementById('status')!.textContent,
    );
  await page.waitForFunction(has, pattern.source);
  return (await page.textContent('#status'))!;
}

/** What Node computes. */
async function computed(input: Float32Array) {
  const net = await Net.load(NET, { threads: 1 });
  try {
    randomizeParams(net);
    const weights = toBytes();
    await net.save(weights);
    net.blobs.get('data')!.data.set(input);
    await net.forward();
    const of = (name: string) => ({
      name,
      shape: [...net.blobs.get(name)!.shape],
      data: net.blobs.get(name)!.data.slice(),
    });
    return { weights: weights.bytes(), blobs: ['conv1', 'pool1', 'conv2'].map(of) };
  } finally {
    net.dispose();
  }
}

describe('the playground', () => {
  browserTest('edits, runs and compares', async () => {
    const { page, complaints } = await openPage(await address());
    const input = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => ((i * 53) % 97) / 48 - 1);
    const { weights, blobs } = await computed(input);

    // An error stands at its place, and is gone when it is mended; a field is completed.
    await page.setInputFiles('#open', file('net.prototxt', NET));
    await page.waitForFunction(() => document.querySelectorAll('#graph .node').length === 4);
    await page.click('.cm-line:has-text("pool1") >> text=kernel_size');
    await page.keyboard.press('End');
    await page.keyboard.press('Control+ArrowLeft');
    await page.locator('#editor .cm-content').pressSequentially('x: 1 ');
    await page.waitForSelector('#editor .cm-lintRange-error');
    expect(await page.textContent('#problems')).toBe('1 error, 0 remarks');
    await page.keyboard.press('Control+z');
    await page.waitForSelector('#editor .cm-lintRange-error', { state: 'detached' });
    await page.setInputFiles(
      '#open',
      file('net.prototxt', `${NET}layer { name: "r" type: "ReLU" bottom: "conv2" top: "r" }\n`),
    );
    await page.waitForFunction(() => document.querySelectorAll('#graph .node').length === 5);
    await page.keyboard.press('Control+End');
    await page.locator('#editor .cm-content').press('Control+End');
    await page.locator('#editor .cm-content').pressSequentially('lay');
    await page.locator('.cm-completionLabel', { hasText: /^layer$/ }).click();
    await page.waitForFunction(() => /layer \{\s*\}$/.test(document.querySelector('#editor .cm-content')!.textContent));

    // Weights and an input from files; the values are Node's, bit for bit.
    await page.setInputFiles('#open', file('net.prototxt', NET));
    await page.setInputFiles('#open', file('net.caffemodel', weights));
    await status(page, /2 layers filled/);
    await page.setInputFiles('#open', file('data.npy', formatNpy([1, 3, 32, 32], input)));
    await status(page, /Set data/);
    await page.click('#run');
    await status(page, /^Ran in/);
    // The third convolution of a reader's question: choose it, read its shape, save its values.
    await page.fill('#find', 'conv2');
    await page.press('#find', 'Enter');
    await page.waitForSelector('#blob h3:has-text("conv2: 1x8x14x14")');
    expect(await page.textContent('#layer')).toContain('Writes conv2: 1x8x14x14');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=Save as .npy')]);
    const saved = parseNpy(new Uint8Array(readFileSync(await download.path())));
    expect(saved.shape).toEqual([1, 8, 14, 14]);
    expect(Buffer.from(Float32Array.from(saved.data as Float32Array).buffer)).toEqual(
      Buffer.from(blobs[2]!.data.buffer),
    );

    // Verify's page inside, with the cause of a planted fault: the references were pooled by average.
    const faulty = await Net.load(NET.replace('pool: MAX', 'pool: AVE'), { weights, threads: 1 });
    faulty.blobs.get('data')!.data.set(input);
    await faulty.forward();
    const archive = toBytes();
    const tensors = ['conv1', 'pool1', 'conv2'].map((name) => {
      const { shape, data } = faulty.blobs.get(name)!;
      return { name, shape, pieces: () => [data] };
    });
    await writeNpz(archive, tensors);
    faulty.dispose();
    await page.setInputFiles('#open', file('references.npz', archive.bytes()));
    await page.click('text=References to verify');
    expect(await status(page, /Not all layers agree/)).toContain('pool1');
    await page.frameLocator('#report iframe').locator('text=AVE').first().waitFor();
    await page.click('#report >> text=Close');

    // A white picture: (255 - 55) / 2 everywhere.
    const white = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==',
      'base64',
    );
    await page.evaluate(() => {
      (document.getElementById('mean') as HTMLInputElement).value = '55';
      (document.getElementById('scale') as HTMLInputElement).value = '0.5';
    });
    await page.setInputFiles('#open', { name: 'white.png', mimeType: 'image/png', buffer: white });
    await status(page, /^Ran in/);
    await page.fill('#find', 'data');
    await page.press('#find', 'Enter');
    await page.waitForSelector('#blob h3:has-text("data: 1x3x32x32")');
    expect(await page.textContent('#blob .remark')).toContain('least 100, greatest 100');
    expect(complaints).toEqual([]);
    await page.close();
  });

  browserTest('runs on one thread where the page is not isolated, and fits a narrow screen', async () => {
    await address();
    const server = createServer((request, response) => {
      const name = (request.url ?? '/').slice(1) || 'index.html';
      if (name.endsWith('.js')) response.setHeader('Content-Type', 'text/javascript');
      if (name.endsWith('.css')) response.setHeader('Content-Type', 'text/css');
      response.end(readFileSync(path.join(built, name)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as { port: number };
      const { page, complaints } = await openPage(`http://127.0.0.1:${port}/`, {
        viewport: { width: 360, height: 740 },
        colorScheme: 'dark',
      });
      await page.click('#run');
      expect(await status(page, /^Ran in/)).toMatch(/on 1 threads?/);
      for (const pane of ['text', 'graph', 'values']) {
        await page.click(`[data-show=${pane}]`);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      }
      expect(complaints).toEqual([]);
      await page.close();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('the colours', () => {
  const css = readFileSync(path.join(root, 'playground/src/style.css'), 'utf8');
  const [light = '', dark = ''] = css.match(/:root \{[^}]*\}/g) ?? [];
  const colors = (block: string) =>
    Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, value]) => [name!, value!]));
  const themes = { light: colors(light), dark: { ...colors(light), ...colors(dark) } };
  /** Relative luminance, as WCAG 2 defines it. */
  const luminance = (hex: string): number => {
    const [r, g, b] = [1, 3, 5]
      .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const pairs = [
    ...['ink', 'soft', 'bad', 'good', 'choice'].flatMap((ink) =>
      ['paper', 'panel'].map((paper) => [ink, paper] as const),
    ),
    ...['name', 'string', 'number', 'word'].map((kind) => [`code-${kind}`, 'paper'] as const),
    ...([
      ['ink', 'mark'],
      ['ink', 'box'],
      ['soft', 'box'],
      ['soft', 'mark'],
      ['choice-ink', 'choice'],
    ] as const),
  ];
  test.each(Object.entries(themes))('%s: text has a contrast of 4.5 at least', (_, theme) => {
    const weak = pairs.filter(([ink, paper]) => {
      const [a, b] = [luminance(theme[ink]!), luminance(theme[paper]!)].sort((x, y) => y - x);
      return (a! + 0.05) / (b! + 0.05) < 4.5;
    });
    expect(weak).toEqual([]);
  });
});
