/** docs/onnx.md has the tables that the operators and patterns make. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { withTables } from '../../scripts/generate-onnx-docs.js';

test('the tables of docs/onnx.md are up to date; run npx tsx scripts/generate-onnx-docs.ts', () => {
  const text = readFileSync(path.join(import.meta.dirname, '../../docs/onnx.md'), 'utf8');
  expect(withTables(text)).toBe(text);
});
