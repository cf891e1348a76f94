/** The output of netspec export that docs/onnx.md shows is what the command prints. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { Net } from '../../../src/node.js';
import { netspec, temporaryFolder } from '../../cli/support.js';

const folder = temporaryFolder();
const text = readFileSync(path.join(import.meta.dirname, '../../../docs/onnx.md'), 'utf8');

test('the output that it shows is what the command prints', async () => {
  const [, command = '', shown = ''] =
    /```sh\n(netspec export .*)\n```\n\n<!-- export output -->\n\n```\n([^]*?)```\n\n<!-- \/export output -->/.exec(
      text,
    ) ?? [];
  const file = (name: string) => path.join(folder, name);
  const { stdout: prototxt } = await netspec('build', 'lenet');
  writeFileSync(file('lenet.prototxt'), prototxt);
  const net = await Net.load(prototxt);
  await net.save(file('lenet.caffemodel'));
  net.dispose();
  const words = command.split(' ').slice(1);
  const { code, stdout } = await netspec(...words.map((word) => (word.startsWith('lenet.') ? file(word) : word)));
  expect(code).toBe(0);
  expect(stdout.replaceAll(`${folder}/`, '')).toBe(shown);
});
