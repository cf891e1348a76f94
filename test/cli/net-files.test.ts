/** Nets that commands read from files: text or binary alike where the net is not run, and only from what is a file. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Net, writeNpyFile } from '../../src/node.js';
import { netspec, programWords, temporaryFolder } from './support.js';

const root = path.join(import.meta.dirname, '..', '..');
const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);
const [net, weights, fifo] = [at('net.prototxt'), at('net.caffemodel'), at('fifo')];

const NET = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 } } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 2 } }`;

beforeAll(async () => {
  const built = await Net.load(NET);
  await built.save(weights);
  built.dispose();
  // As saved, with its name and phases, but without the weights.
  await netspec('convert', weights, net, '--no-blobs');
  await writeNpyFile(at('x.npy'), [1, 2], Float32Array.of(1, 2));
  expect(spawnSync('mkfifo', [fifo]).status).toBe(0);
});

describe('a caffemodel as the net', () => {
  test.each([
    ['inspect', []],
    ['draw', []],
    ['map', ['--from', weights]],
    ['convert', ['--to', 'text', '--no-blobs']],
    ['pack-weights', ['--from', weights, '--map', 'identity', '--dry-run']],
  ])('%s says of it what it says of the prototxt', async (command, words) => {
    const binary = await netspec(command, weights, ...words);
    expect(binary).toEqual(await netspec(command, net, ...words));
    expect(binary.code).toBe(0);
  });

  test('optimize', async () => {
    const words = ['--runs', '0', '-o', at('small.prototxt')];
    expect(await netspec('optimize', weights, weights, ...words)).toEqual(
      await netspec('optimize', net, weights, ...words),
    );
  });
});

describe('what is no file', () => {
  const hint = 'hint: save what the pipe gives in a file first\n';
  test.each([
    ['inspect', [fifo]],
    ['draw', [fifo]],
    ['convert', [fifo]],
    ['diff', [net, fifo]],
    ['forward', [fifo]],
    ['forward', [net, '-w', fifo, '-i', `data=${at('x.npy')}`]],
    ['forward', [net, '-i', `data=${fifo}`]],
    ['pack-weights', [net, '--from', fifo, '-o', at('new.caffemodel')]],
    ['inspect', [net, '--proto', fifo]],
    ['preprocess', [fifo, '-o', at('y.npy')]],
  ])('a pipe is refused at once: %s %p', async (command, words) => {
    const { code, stderr } = await netspec(command, ...words);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `netspec: ${fifo}: cannot read: it is no regular file\n${hint}`,
    });
  });

  test('a device is refused at once', async () => {
    for (const words of [
      ['draw', '/dev/zero'],
      ['pack-weights', net, '--from', '/dev/zero', '--dry-run'],
    ])
      expect(await netspec(...words)).toEqual({
        code: 2,
        stdout: '',
        stderr: 'netspec: /dev/zero: cannot read: it is no regular file\n',
      });
  });

  test("the program's own input is read to its end", async () => {
    const read = (words: readonly string[], redirection: string) => {
      const line = [process.execPath, ...programWords(...words)].map((word) => `'${word}'`).join(' ');
      const { stdout, stderr } = spawnSync('sh', ['-c', redirection.replace('COMMAND', line)], {
        cwd: root,
        encoding: 'utf8',
      });
      return { stdout, stderr };
    };
    const { stdout } = await netspec('inspect', net);
    expect(read(['inspect', '/dev/stdin'], `cat '${net}' | COMMAND`)).toEqual({ stdout, stderr: '' });
    expect(read(['inspect', '/dev/stdin'], `cat '${weights}' | COMMAND`)).toEqual({ stdout, stderr: '' });
    expect(read(['inspect', '/dev/stdin'], `COMMAND < '${net}'`)).toEqual({ stdout, stderr: '' });
    expect(read(['inspect', '/dev/stdin'], 'COMMAND < /dev/zero').stderr).toBe(
      'netspec: /dev/stdin: cannot read: it is no regular file\n',
    );
  });
});
