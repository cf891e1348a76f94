/** docs/onnx.md has the tables that the operators and patterns make, and the output that the command gives. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { withTables } from '../../scripts/generate-onnx-docs.js';
import { netspec, temporaryFolder } from '../cli/support.js';

const folder = path.join(temporaryFolder(), 'port');
const text = readFileSync(path.join(import.meta.dirname, '../../docs/onnx.md'), 'utf8');

test('the tables of docs/onnx.md are up to date; run npx tsx scripts/generate-onnx-docs.ts', () => {
  expect(withTables(text)).toBe(text);
});

/** What ran the model depends on what is installed, and the last digits of a difference on the processor. */
function plain(output: string): string {
  return output.replace(/compared with .*?: /g, 'compared: ').replace(/within \S+ of/g, 'within x of');
}

test('the output that it shows is what the command prints', async () => {
  const [, shown = ''] = /<!-- output -->\n\n```\n([^]*?)```\n\n<!-- \/output -->/.exec(text) ?? [];
  const model = path.join(import.meta.dirname, '../fixtures/onnx/mobilenet_v1.onnx');
  const { code, stdout } = await netspec('import', model, '-o', folder);
  expect(code).toBe(0);
  expect(plain(stdout).replace(folder, 'port')).toBe(plain(shown));
});
