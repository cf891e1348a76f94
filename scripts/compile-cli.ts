/**
 * Keeps what V8 compiles of the bundled command line; src/cli/load-bundle.ts hands it back. V8 compiles functions when they are
 * first called, so commands are run here on test data; what they do not reach is compiled when it is used.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { codeFile, formatCode, OTHER_COMMANDS, runBundle } from '../src/cli/load-bundle.js';
import { hasRelaxedSimd } from '../src/engine/kernels.js';

/** The net that the test data are of. */
const TINY = '--stem-width 8 --stage-widths 8,16,32,64 --pyramid-channels 32 --input-size 96x128'.split(' ');

const bundle = createRequire(import.meta.url).resolve('../dist/cli/netspec.cjs');
const { exports, script } = runBundle(bundle);
const needsFlag = !hasRelaxedSimd();

/** What was compiled by the end of each command, so that a command which ran early gets little that it does not need. */
const codes = new Map<string, Buffer>();

const folder = mkdtempSync(path.join(tmpdir(), 'netspec-'));
try {
  const temporary = (name: string) => path.join(folder, name);
  const fixture = (name: string) =>
    fileURLToPath(new URL(`../test/fixtures/detection-v2-tiny/${name}`, import.meta.url));
  const [net, weights] = [temporary('net.prototxt'), temporary('net.caffemodel')];
  await run('list');
  keepCode('list');
  writeFileSync(net, await run('build', 'detection-v2', ...TINY));
  keepCode('build');
  await run('inspect', net);
  keepCode('inspect');
  for (const source of ['state_dict_half.pth', 'npy_save'])
    await run('pack-weights', net, '--from', fixture(source), '-o', weights);
  await run('pack-weights', net, '--from', weights, '--map', 'identity', '-o', temporary('again.caffemodel'));
  keepCode('pack-weights');
  await run('inspect', weights);
  const input = `data=${fixture('input.npy')}`;
  await run('verify', net, '-w', weights, '-i', input, '-r', fixture('outputs_ceil'));
  keepCode(OTHER_COMMANDS);
} finally {
  rmSync(folder, { recursive: true });
}
turnOff();
// Under a profiler or a coverage tool, for instance. Commands do without it.
if ([...codes.values()].some((code) => runBundle(bundle, code).script.cachedDataRejected))
  console.warn('V8 does not take back what it compiled: not kept');
else writeFileSync(codeFile(bundle), formatCode(codes));

function keepCode(command: string): void {
  const wasOn = hasRelaxedSimd();
  turnOff();
  codes.set(command, script.createCachedData());
  if (needsFlag && wasOn) setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/** V8 takes code back only under the options that it has when code is kept, and commands begin without this one. */
function turnOff(): void {
  if (needsFlag) setFlagsFromString('--no-experimental-wasm-relaxed-simd');
}

/** What a command line prints. */
async function run(...words: string[]): Promise<string> {
  let printed = '';
  const write = (chunk: string | Uint8Array) => (printed += String(chunk));
  const exitCode = await exports.runCli(words, { stdout: { write }, stderr: { write } });
  if (exitCode !== 0) throw new Error(`netspec ${words.join(' ')}: ${printed}`);
  return printed;
}
