/**
 * Gate of the table of weight formats: each format has its file, its examples, its row in the docs and its place in the help
 * and in the error for other files. The fuzzer takes the examples: see robustness.test.ts.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readFormatDocs, withFormatTable } from '../../scripts/generate-format-docs.js';
import { fromBytes } from '../../src/proto/random-access.js';
import { WEIGHT_FORMATS } from '../../src/weights/formats/index.js';
import { openWeightFile } from '../../src/weights/open.js';
import { netspec } from '../cli/support.js';
import { refusal } from '../support/refusal.js';
import { WEIGHTS_FOLDER, examplesOf } from '../support/weight-files.js';

const root = path.join(import.meta.dirname, '..', '..');
const names = WEIGHT_FORMATS.map(({ name }) => name);

test('each name is there once, and every file of a format is in the table', () => {
  const files = readdirSync(path.join(root, 'src/weights/formats')).map((file) => file.replace(/\.ts$/, ''));
  expect(files.filter((file) => !['index', 'format'].includes(file)).sort()).toEqual([...names].sort());
});

test('every folder of examples belongs to a format', () => {
  const folders = readdirSync(WEIGHTS_FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual([...names].sort());
});

describe.each(WEIGHT_FORMATS)('$name', (format) => {
  test('has examples in test/fixtures/weights/ that the table takes for its own, one of which can be read', async () => {
    expect(existsSync(path.join(WEIGHTS_FOLDER, format.name))).toBe(true);
    const { files, beside } = await examplesOf(format);
    expect(files.size).toBeGreaterThan(0);
    const read: string[] = [];
    for (const [name, bytes] of files) {
      const opened = openWeightFile(fromBytes(bytes, name), {
        openBeside: (other) => Promise.resolve(fromBytes(beside.get(other)!, other)),
      });
      const source = await opened.catch(() => undefined);
      if (source && source.list().length > 0) read.push(name);
      await source?.close();
    }
    expect(read).not.toEqual([]);
  });

  test('is in the help of the commands that take weights', async () => {
    for (const command of ['pack-weights', 'map', 'extract']) {
      const { stdout } = await netspec(command, '--help');
      // The help breaks its lines anywhere.
      for (const extension of format.extensions) expect(stdout.replace(/\s+/g, ' ')).toContain(extension);
    }
  });

  test('is in the error for a file of no format', async () => {
    const message = await refusal(() => openWeightFile(fromBytes(new TextEncoder().encode('hello, world'))));
    for (const extension of format.extensions) expect(message.split(/[ ,\n]+/)).toContain(extension);
  });
});

test('docs/weights.md has the table; run npx tsx scripts/generate-format-docs.ts', () => {
  const text = readFormatDocs();
  expect(text).toBe(withFormatTable(text));
});
