/**
 * Keeps what V8 compiles of the bundles of the command line; src/cli/load-bundle.ts hands it back. V8 compiles functions when they are
 * first called, so commands are run here on test data; what they do not reach is compiled when it is used.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { codeFile, formatCode, OTHER_COMMANDS, runBundle, type BUNDLES } from '../src/cli/load-bundle.js';
import { hasRelaxedSimd } from '../src/engine/kernels.js';

/** The net that the test data are of. */
const TINY = '--stem-width 8 --stage-widths 8,16,32,64 --pyramid-channels 32 --input-size 96x128'.split(' ');

const require = createRequire(import.meta.url);
const needsFlag = !hasRelaxedSimd();

const folder = mkdtempSync(path.join(tmpdir(), 'netspec-'));
const temporary = (name: string) => path.join(folder, name);
const fixture = (name: string) => fileURLToPath(new URL(`../test/fixtures/detection-v2-tiny/${name}`, import.meta.url));
const [net, weights] = [temporary('net.prototxt'), temporary('net.caffemodel')];
try {
  await compile('quick', async (run, keep) => {
    await run('list');
    keep('list');
    writeFileSync(net, await run('build', 'detection-v2', ...TINY));
    keep('build');
    await run('inspect', net);
    keep('inspect');
  });
  await compile('netspec', async (run, keep) => {
    for (const source of ['state_dict_half.pth', 'npy_save'])
      await run('pack-weights', net, '--from', fixture(source), '-o', weights);
    await run('pack-weights', net, '--from', weights, '--map', 'identity', '-o', temporary('again.caffemodel'));
    keep('pack-weights');
    await run('inspect', weights);
    const input = `data=${fixture('input.npy')}`;
    await run('verify', net, '-w', weights, '-i', input, '-r', fixture('outputs_ceil'));
    keep(OTHER_COMMANDS);
  });
} finally {
  rmSync(folder, { recursive: true });
}

/** Runs a command line, and gives what it prints. */
type Run = (...words: string[]) => Promise<string>;

/**
 * Keeps the code of a bundle beside it.
 * @param runAll runs commands, and says after each of which command the code by then is: one that ran early gets little that it
 *   does not need
 */
async function compile(
  name: keyof typeof BUNDLES,
  runAll: (run: Run, keep: (command: string) => void) => Promise<void>,
): Promise<void> {
  const bundle = require.resolve(`../dist/cli/${name}.cjs`);
  turnOff();
  const { exports, script } = runBundle(bundle);
  const codes = new Map<string, Buffer>();
  const run: Run = async (...words) => {
    let printed = '';
    const write = (chunk: string | Uint8Array) => (printed += String(chunk));
    const exitCode = await exports.runCli(words, { stdout: { write }, stderr: { write } });
    if (exitCode !== 0) throw new Error(`netspec ${words.join(' ')}: ${printed}`);
    return printed;
  };
  await runAll(run, (command) => {
    const wasOn = hasRelaxedSimd();
    turnOff();
    codes.set(command, script.createCachedData());
    if (needsFlag && wasOn) setFlagsFromString('--experimental-wasm-relaxed-simd');
  });
  turnOff();
  // Under a profiler or a coverage tool, for instance. Commands do without it.
  if ([...codes.values()].some((code) => runBundle(bundle, code).script.cachedDataRejected))
    console.warn('V8 does not take back what it compiled: not kept');
  else writeFileSync(codeFile(bundle), formatCode(codes));
}

/** V8 takes code back only under the options that it has when code is kept, and commands begin without this one. */
function turnOff(): void {
  if (needsFlag) setFlagsFromString('--no-experimental-wasm-relaxed-simd');
}
