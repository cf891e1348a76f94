/** docs/onnx.md has the tables that the operators and patterns make, and the output that the command gives. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { withTables } from '../../scripts/generate-onnx-docs.js';
import { writeNpyFile } from '../../src/node.js';
import { netspec, temporaryFolder } from '../cli/support.js';

const folder = path.join(temporaryFolder(), 'port');
const text = readFileSync(path.join(import.meta.dirname, '../../docs/onnx.md'), 'utf8');

test('the tables of docs/onnx.md are up to date; run npx tsx scripts/generate-onnx-docs.ts', () => {
  expect(withTables(text)).toBe(text);
});

/** What ran the model depends on what is installed, and the last digits of a difference on the processor. */
function plain(output: string): string {
  return output
    .replace(/compared with .*?: /g, 'compared: ')
    .replace(/(values of \S+ by) .*/g, '$1 x')
    .replace(/within \S+ of/g, 'within x of')
    .replace(/\d[\d.]*e-\d+/g, '0');
}

test('the output that it shows is what the command prints', async () => {
  const [, shown = ''] = /<!-- output -->\n\n```\n([^]*?)```\n\n<!-- \/output -->/.exec(text) ?? [];
  const model = path.join(import.meta.dirname, '../../examples/onnx/mobilenet_v1.onnx');
  const { code, stdout } = await netspec('import', model, '-o', folder);
  expect(code).toBe(0);
  expect(plain(stdout).replace(folder, 'port')).toBe(plain(shown));

  const [, found = ''] = /<!-- verify -->\n\n```\n([^]*?)```\n\n<!-- \/verify -->/.exec(text) ?? [];
  const prototxt = path.join(folder, 'net.prototxt');
  writeFileSync(prototxt, readFileSync(prototxt, 'utf8').replace('pool: AVE', 'pool: MAX'));
  const input = path.join(folder, 'x.npy');
  await writeNpyFile(
    input,
    [1, 3, 64, 64],
    Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => Math.sin(i)),
  );
  // The reader is in the folder above the port.
  const before = process.cwd();
  process.chdir(path.dirname(folder));
  const verified = await netspec(
    ...['verify', path.relative('.', prototxt), '-w', path.join(folder, 'net.caffemodel'), '-i', `data=${input}`],
    ...['--onnx', model, '--failures-only'],
  ).finally(() => {
    process.chdir(before);
  });
  expect(verified.code).toBe(1);
  const short = verified.stdout
    .replace(model, 'mobilenet_v1.onnx')
    .replace(/^(\s+[-+]{3} [ab]\/)\S+\/net\.prototxt$/gm, '$1port/net.prototxt');
  expect(plain(short)).toBe(plain(found));
});
