/**
 * The playground in Chromium, end to end: editing, completing, programs, files of every kind, the values bit for bit as in Node, a
 * comparison with a planted fault; isolated and not, light and dark, wide and narrow. Few pages are loaded: that takes longest.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { viewFiles } from '../../src/cli/view/files.js';
import { serveView, type Serving } from '../../src/cli/view/server.js';
import { Net, formatNpy, parseNpy, randomizeParams, toBytes, writeNpz } from '../../src/node.js';
import { browserTest, launchChromium } from '../support/chromium.js';
import { onnxModel } from '../support/onnx-model.js';

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

interface FileInput {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

const file = (name: string, bytes: Uint8Array | string, mimeType = 'application/octet-stream'): FileInput => ({
  name,
  mimeType,
  buffer: Buffer.from(bytes),
});

/** Drops files on the page, as a hand with a mouse does. */
async function drop(page: Page, ...files: readonly FileInput[]): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    (given) => {
      const transfer = new DataTransfer();
      for (const [name, type, base64] of given) {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type }));
      }
      return transfer;
    },
    files.map(({ name, mimeType, buffer }) => [name, mimeType, buffer.toString('base64')] as const),
  );
  await page.dispatchEvent('main', 'drop', { dataTransfer });
}

/** What the page says, as soon as it is this. */
async function status(page: Page, pattern: RegExp): Promise<string> {
  const has = (source: string): boolean =>
    new RegExp(source).test(
      (globalThis as unknown as { document: Document }).document.getElementById('status')!.textContent,
    );
  await page.waitForFunction(has, pattern.source);
  return (await page.textContent('#status'))!;
}

/** Waits until the graph has so many nodes. */
async function graphOf(page: Page, nodes: number): Promise<void> {
  await page.waitForFunction((count) => document.querySelectorAll('#graph .node').length === count, nodes);
}

/** Goes to a layer by its name, as a reader does; gives what is said of it. */
async function find(page: Page, name: string): Promise<string> {
  await page.fill('#find', name);
  await page.press('#find', 'Enter');
  await page.waitForSelector(`#layer h3:has-text("${name}")`);
  return (await page.textContent('#layer'))!;
}

/** The values of the blob that is shown. */
async function savedBlob(page: Page): Promise<{ shape: number[]; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=Save as .npy')]);
  const { shape, data } = parseNpy(new Uint8Array(readFileSync(await download.path())));
  return { shape: [...shape], bytes: Buffer.from(Float32Array.from(data as Float32Array).buffer) };
}

const INPUT = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => ((i * 53) % 97) / 48 - 1);
const BLOBS = ['conv1', 'pool1', 'conv2'];

/** What Node computes of a net for INPUT: its weights, an archive of its blobs, and the bytes of the last one. */
async function computed(text: string, given?: Uint8Array) {
  const net = await Net.load(text, { threads: 1 });
  try {
    if (given) await net.copyFrom(given);
    else randomizeParams(net);
    const weights = toBytes();
    await net.save(weights);
    net.blobs.get('data')!.data.set(INPUT);
    await net.forward();
    const archive = toBytes();
    const tensors = BLOBS.map((name) => {
      const { shape, data } = net.blobs.get(name)!;
      return { name, shape, pieces: () => [data] };
    });
    await writeNpz(archive, tensors);
    const last = net.blobs.get(BLOBS.at(-1)!)!;
    return { weights: weights.bytes(), archive: archive.bytes(), last: Buffer.from(last.data.slice().buffer) };
  } finally {
    net.dispose();
  }
}

/** A white picture. */
const white = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#ffffff' } })
    .png()
    .toBuffer();

describe('the playground', () => {
  browserTest('edits, runs and compares', async () => {
    const { page, complaints } = await openPage(await address());
    const { weights, last } = await computed(NET);

    // An error stands at its place, and is gone when it is mended; a field is completed.
    await page.setInputFiles('#open', file('net.prototxt', NET));
    await graphOf(page, 4);
    await page.click('.cm-line:has-text("pool1") >> text=kernel_size');
    await page.keyboard.press('End');
    await page.keyboard.press('Control+ArrowLeft');
    await page.locator('#editor .cm-content').pressSequentially('x: 1 ');
    await page.waitForSelector('.cm-line:has-text("pool1") .cm-lintRange-error');
    expect(await page.textContent('#problems')).toBe('1 error, 0 remarks');
    await page.keyboard.press('Control+z');
    await page.waitForSelector('#editor .cm-lintRange-error', { state: 'detached' });
    await drop(page, file('net.prototxt', `${NET}layer { name: "r" type: "ReLU" bottom: "conv2" top: "r" }\n`));
    await graphOf(page, 5);
    await page.locator('#editor .cm-content').press('Control+End');
    await page.locator('#editor .cm-content').pressSequentially('lay');
    await page.locator('.cm-completionLabel', { hasText: /^layer$/ }).click();
    await page.waitForFunction(() => /layer \{\s*\}$/.test(document.querySelector('#editor .cm-content')!.textContent));

    // Weights and an input are dropped together with the net; the values are Node's, bit for bit.
    const inputs = toBytes();
    await writeNpz(inputs, [{ name: 'data', shape: [1, 3, 32, 32], pieces: () => [INPUT] }]);
    await drop(page, file('net.caffemodel', weights), file('inputs.npz', inputs.bytes()), file('net.prototxt', NET));
    await status(page, /Set data/);
    await page.click('#run');
    await status(page, /^Ran in/);
    expect(await find(page, 'conv2')).toContain('Writes conv2: 1x8x14x14');
    await page.waitForSelector('#blob h3:has-text("conv2: 1x8x14x14")');
    expect(await savedBlob(page)).toEqual({ shape: [1, 8, 14, 14], bytes: last });

    // Verify's page inside, with the cause of a planted fault: the references were pooled by average.
    const { archive } = await computed(NET.replace('pool: MAX', 'pool: AVE'), weights);
    await drop(page, file('references.npz', archive));
    await page.click('text=References to verify');
    expect(await status(page, /is wrong/)).toBe(
      "Layer 'pool1' is wrong: the reference takes the mean of each window, this layer the maximum.",
    );
    await page.frameLocator('#report iframe').locator('text=pooling-method at pool1').first().waitFor();
    await page.click('#report >> text=Close');
    expect(await page.textContent('#graph .wrong .line0')).toBe('pool1');

    // A white picture: (255 - 55) / 2 everywhere.
    await page.evaluate(() => {
      (document.getElementById('mean') as HTMLInputElement).value = '55';
      (document.getElementById('scale') as HTMLInputElement).value = '0.5';
    });
    await drop(page, file('white.png', await white(1, 1), 'image/png'));
    await status(page, /^Ran in/);
    await find(page, 'data');
    await page.waitForSelector('#blob h3:has-text("data: 1x3x32x32")');
    expect(await page.textContent('#blob .remark')).toContain('least 100, greatest 100');
    expect(complaints).toEqual([]);
    await page.close();
  });

  browserTest('shows a new user the layer that is wrong, runs programs, takes every kind of file', async () => {
    const { page, complaints } = await openPage(await address(), { colorScheme: 'dark' });

    // What the page itself says is enough: an example with a fault, and a button that compares.
    await page.selectOption('#example', 'fault');
    await graphOf(page, 9);
    await page.click('text=Compare');
    await page.frameLocator('#report iframe').locator('text=pooling-method at pool2').first().waitFor();
    await page.click('#report >> text=Close');
    expect(await page.textContent('#graph .wrong .line0')).toBe('pool2');
    expect(await page.textContent('#layer')).toContain('the reference takes the maximum of each window');

    // A program in TypeScript, with completion: first an error at its place, then the net.
    await page.click('#tab-program');
    expect(await page.textContent('#program .cm-content')).toContain('L.Convolution(n.data, {');
    const program = page.locator('#program .cm-content');
    await program.press('Control+a');
    await page.keyboard.insertText(
      "import { L, NetSpec, type Top } from 'netspec';\nconst n = new NetSpec();\n" +
        'const x: Top = (n.data = L.Input({ shape: { dim: [1, 3, 8, 8] } }));\nn.out = L.Convolution(x, { num_output: 2 ',
    );
    await page.waitForSelector('#program .cm-lintRange-error');
    await program.pressSequentially(', kern');
    await page.locator('.cm-completionLabel', { hasText: /^kernel_size$/ }).click();
    await program.pressSequentially('3');
    await page.keyboard.insertText(' });\n');
    await page.waitForSelector('#program .cm-lintRange-error', { state: 'detached' });
    await page.click('#apply');
    await graphOf(page, 2);
    expect(await find(page, 'out')).toContain('Writes out: 1x2x6x6');

    // PyTorch's weights, an ONNX model with its weights, and what is none of them.
    const folder = path.join(root, 'test/fixtures/cases/avgpool');
    await drop(page, ...['net.prototxt', 'm.pth'].map((name) => file(name, readFileSync(path.join(folder, name)))));
    await status(page, /^m\.pth: 4 blobs filled/);
    const model = onnxModel({
      nodes: [{ op: 'Conv', inputs: ['x', 'w'], outputs: ['y'], name: 'only' }],
      inputs: { x: [1, 1, 4, 4] },
      constants: { w: { shape: [1, 1, 3, 3], data: [0, 0, 0, 0, 2, 0, 0, 0, 0] } },
      outputs: ['y'],
    });
    await drop(page, file('model.onnx', model));
    await status(page, /^model\.onnx: imported/);
    await page.click('#run');
    await status(page, /^Ran in/);
    await find(page, 'y');
    // Twice the inner values of the input: value i is ((37 i) % 201) / 100 - 1.
    await page.waitForSelector('#blob h3:has-text("1x1x2x2")');
    expect((await page.locator('#blob td').allTextContents()).map(Number)).toEqual([1.7, -1.58, 0.64, 1.38]);
    await drop(page, file('other.pth', 'no weights'));
    await page.waitForSelector('#status.bad');

    // A detector: the box of a picture, whatever the picture is.
    const detector = await plantedDetector();
    await drop(page, file('ssd.prototxt', detector.text), file('ssd.caffemodel', detector.weights));
    await status(page, /layers filled/);
    await drop(page, file('white.png', await white(80, 40), 'image/png'));
    await page.waitForSelector('#layer .picture');
    expect(await page.textContent('#layer .picture h3')).toBe('1 box');
    const pixels = await page.evaluate(() => {
      const context = document.querySelector<HTMLCanvasElement>('#layer .picture canvas')!.getContext('2d')!;
      const { data } = context.getImageData(0, 20, 80, 1);
      return [20, 40, 60].map((x) => [...data.slice(4 * x, 4 * x + 3)]);
    });
    const [red, paper] = [
      [230, 25, 75],
      [255, 255, 255],
    ];
    expect(pixels).toEqual([red, paper, red]);
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
      const { weights, last } = await computed(NET);
      await drop(
        page,
        file('net.prototxt', NET),
        file('net.caffemodel', weights),
        file('data.npy', formatNpy([1, 3, 32, 32], INPUT)),
      );
      await status(page, /Set data/);
      await page.click('#run');
      expect(await status(page, /^Ran in/)).toMatch(/on 1 thread\.$/);
      for (const pane of ['text', 'graph', 'values']) {
        await page.click(`[data-show=${pane}]`);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      }
      expect((await savedBlob(page)).bytes).toEqual(last);
      expect(complaints).toEqual([]);
      await page.close();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

/** A detector with the outputs of SSD, as its weights have them: one box of class 2, a quarter of the picture in its middle. */
async function plantedDetector(): Promise<{ text: string; weights: Uint8Array }> {
  const planted: Readonly<Record<string, { shape: number[]; values: number[] }>> = {
    loc: { shape: [1, 4], values: [0, 0, 0, 0] },
    conf: { shape: [1, 3], values: [0.1, 0.2, 0.7] },
    priors: { shape: [1, 2, 4], values: [0.25, 0.25, 0.75, 0.75, 0.1, 0.1, 0.2, 0.2] },
  };
  const layers = Object.entries(planted).map(
    ([name, { shape }]) =>
      `layer { name: "${name}" type: "Parameter" top: "${name}"
        parameter_param { shape { ${shape.map((d) => `dim: ${d}`).join(' ')} } } }`,
  );
  const text = `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 64 dim: 64 } } }
    layer { name: "unread" type: "Silence" bottom: "data" }
    ${layers.join('\n')}
    layer { name: "out" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "priors" top: "out"
      detection_output_param { num_classes: 3 code_type: CENTER_SIZE confidence_threshold: 0.5 } }`;
  const net = await Net.load(text);
  for (const [name, { values }] of Object.entries(planted)) net.params.get(name)![0]!.data.set(values);
  const weights = toBytes();
  await net.save(weights);
  net.dispose();
  return { text, weights: weights.bytes() };
}

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
