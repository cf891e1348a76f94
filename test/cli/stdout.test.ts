/** Output to a path that leads to stdout: the file's bytes and nothing else, through a pipe and into a file. */
import { spawnSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { fixture, netspec, programWords, temporaryFolder, TINY } from './support.js';

const root = path.join(import.meta.dirname, '..', '..');
const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);

/** Runs the command line and then the shell's `rest`, where `$OUT` is a file. */
function shell(rest: string, words: readonly string[]): { file: Buffer; stderr: string } {
  const command = [process.execPath, ...programWords(...words)].map((word) => `'${word}'`).join(' ');
  const env = { ...process.env, OUT: at('out') };
  const { stderr } = spawnSync('sh', ['-c', `${command} ${rest}`], { cwd: root, encoding: 'utf8', env });
  return { file: readFileSync(at('out')), stderr };
}

test.each(['| cat > "$OUT"', '> "$OUT"'])('-o /dev/stdout %s', async (rest) => {
  const [net, weights] = [at('net.prototxt'), at('net.caffemodel')];
  expect((await netspec('build', 'detection-v2', ...TINY, '-o', net)).code).toBe(0);
  const pack = ['pack-weights', net, '--from', fixture('detection-v2-tiny', 'state_dict_half.pth'), '-o'];
  const packed = await netspec(...pack, weights);

  const built = shell(rest, ['build', 'detection-v2', ...TINY, '-o', '/dev/stdout']);
  expect(built).toEqual({ file: readFileSync(net), stderr: 'wrote /dev/stdout\n' });
  const { file, stderr } = shell(rest, [...pack, '/dev/stdout']);
  expect(Buffer.compare(file, readFileSync(weights))).toBe(0);
  expect(stderr).toBe(packed.stdout.replace(weights, '/dev/stdout'));
  expect(lstatSync('/dev/stdout').isSymbolicLink()).toBe(true);
});
