/**
 * Feeds damaged files of every format to the readers of weights: each must be read or refused in words, within a second, with
 * no more memory than the file is worth, and without touching any file. The same seed makes the same files; a failure names
 * its own.
 *
 *     npx tsx bench/fuzz-weights.ts [--runs 50000] [--seed 1] [--format NAME]
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { parseArgs } from 'node:util';
import { WEIGHT_FORMATS } from '../src/weights/formats/index.js';
import { fuzz } from '../test/support/fuzz-weights.js';

/** Longer than any file of a few kilobytes may take. */
const SLOWEST_MS = 1000;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '50000' },
    seed: { type: 'string', default: '1' },
    format: { type: 'string' },
  },
});

/** What changes files, of node:fs and node:fs/promises. */
const WRITES =
  /^(append|chmod|chown|copyFile|cp|createWriteStream|fchmod|fchown|ftruncate|futimes|lchmod|lchown|link|lutimes|mkdir|mkdtemp|open|rename|rm|symlink|truncate|unlink|utimes|write)/;

/** Has every attempt to open or change a file fail: the damaged ones are in memory, and nothing else is theirs. */
function forbidFiles(): void {
  // What prints results wants its own way to write first.
  console.log('damaged files are in memory; opening or changing any other is an error');
  for (const module of [fs, fs.promises] as unknown as Record<string, unknown>[])
    for (const name of Object.keys(module).filter((each) => WRITES.test(each)))
      module[name] = () => {
        throw new Error(`node:fs ${name} was called`);
      };
  syncBuiltinESMExports();
}

// Fixtures are read, and modules loaded, before.
for (const { name } of WEIGHT_FORMATS) await fuzz(name, 1, 0);
forbidFiles();
for (const { name: format } of WEIGHT_FORMATS) {
  if (values.format !== undefined && values.format !== format) continue;
  const started = process.cpuUsage();
  let last = { seed: 0, at: process.cpuUsage() };
  let slowest = { seed: 0, ms: 0 };
  const finish = (seed: number): void => {
    // Processor time: another program's work is not ours.
    const { user, system } = process.cpuUsage(last.at);
    const ms = (user + system) / 1000;
    if (ms > slowest.ms && last.seed > 0) slowest = { seed: last.seed, ms };
    last = { seed, at: process.cpuUsage() };
  };
  const { read, refused } = await fuzz(format, Number(values.runs), Number(values.seed), finish);
  finish(0);
  const { user, system } = process.cpuUsage(started);
  console.log(
    `${format}: ${read} read, ${refused} refused; slowest ${slowest.ms.toFixed(0)} ms (seed ${slowest.seed}), ` +
      `${((user + system) / 1e6).toFixed(0)} s in all`,
  );
  if (slowest.ms > SLOWEST_MS) process.exitCode = 1;
}
