/**
 * Feeds damaged files of every format to the readers of weights: each must be read or refused in words, within a second, and
 * with no more memory than the file is worth. The same seed makes the same files; a failure names its own.
 *
 *     npx tsx bench/fuzz-weights.ts [--runs 50000] [--seed 1] [--format NAME]
 */
import { parseArgs } from 'node:util';
import { FORMATS, fuzz } from '../test/support/fuzz-weights.js';

/** Longer than any file of a few kilobytes may take. */
const SLOWEST_MS = 1000;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '50000' },
    seed: { type: 'string', default: '1' },
    format: { type: 'string' },
  },
});

for (const format of Object.keys(FORMATS)) {
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
