/** An interrupted pack leaves no partial file, and an older file as it was. */
import { spawn } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { formatNpyHeader } from '../../src/weights/npy.js';
import { programWords, temporaryFolder } from './support.js';

const root = path.join(import.meta.dirname, '..', '..');
const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);

test.each(['SIGINT', 'SIGTERM'] as const)('%s while pack-weights writes', async (signal) => {
  // 256 MB of zeros that take no disk: long enough in writing to be interrupted.
  const shape = [8192, 8192];
  mkdirSync(at('npy'), { recursive: true });
  const file = openSync(at('npy/fc_weight.npy'), 'w');
  const header = formatNpyHeader(shape);
  writeSync(file, header);
  ftruncateSync(file, header.length + shape[0]! * shape[1]! * 4);
  closeSync(file);
  writeFileSync(
    at('net.prototxt'),
    'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 8192 } } }\n' +
      'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 8192 bias_term: false } }\n',
  );
  const output = at('net.caffemodel');
  writeFileSync(output, 'the old file');
  const before = readdirSync(folder).sort();

  const words = ['pack-weights', at('net.prototxt'), '--from', at('npy'), '--map', 'identity', '-o', output];
  const child = spawn(process.execPath, programWords(...words), {
    cwd: root,
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.on('exit', (code, by) => resolve({ code, signal: by })),
  );
  // The temporary file beside the target shows that writing has begun.
  while (child.exitCode === null && readdirSync(folder).length === before.length) await sleep(2);
  child.kill(signal);
  const { code, signal: by } = await ended;

  expect(by === signal || (code ?? 0) > 0).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(before);
  expect(readFileSync(output, 'utf8')).toBe('the old file');
});
