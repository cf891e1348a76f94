/** Files beside a model: in its folder or below, never elsewhere, whatever a path or a link says. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { besideFile } from '../../src/node/open-beside.js';
import { temporaryFolder } from '../cli/support.js';

const folder = temporaryFolder();
const models = path.join(folder, 'models');
mkdirSync(path.join(models, 'parts'), { recursive: true });
writeFileSync(path.join(folder, 'secret.bin'), 'secret');
writeFileSync(path.join(models, 'parts', 'w.bin'), 'weights');
symlinkSync(path.join(models, 'parts', 'w.bin'), path.join(models, 'inside.bin'));
symlinkSync(path.join(folder, 'secret.bin'), path.join(models, 'outside.bin'));
symlinkSync(folder, path.join(models, 'up'));
const open = besideFile(path.join(models, 'model.onnx'));

test.each(['parts/w.bin', 'inside.bin'])('%s is opened', async (name) => {
  const access = await open(name);
  expect(access.size).toBe('weights'.length);
  await access.close();
});

test.each(['../secret.bin', 'parts/../../secret.bin', 'outside.bin', 'up/secret.bin'])(
  '%s is refused',
  async (name) => {
    await expect(open(name)).rejects.toThrow("out of the model's folder");
  },
);

test('an absolute path means a file in the folder, which is not there', async () => {
  await expect(open(path.join(folder, 'secret.bin'))).rejects.toThrow('no such file');
});
