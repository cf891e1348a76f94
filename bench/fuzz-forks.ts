/**
 * Damages nets of forks and puts them through text, bytes and shapes: each must be accepted or refused in words, within a second. The
 * same seed makes the same nets; a failure names its own.
 *
 *     npx tsx bench/fuzz-forks.ts [--runs 20000] [--seed 1]
 */
import { parseArgs } from 'node:util';
import { fuzzForks, type Outcome } from '../test/support/fuzz-forks.js';

/** Longer than a net of a few layers may take, in milliseconds of processor time. */
const SLOWEST_MS = 1000;

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});
const first = Number(values.seed);
const count: Record<Outcome, number> = { accepted: 0, refused: 0 };
let slowest = { seed: 0, ms: 0 };
await fuzzForks(first);
for (let seed = first; seed < first + Number(values.runs); seed++) {
  const started = process.cpuUsage();
  try {
    count[await fuzzForks(seed)]++;
  } catch (error) {
    console.error(`seed ${seed}:`, error);
    process.exitCode = 1;
  }
  const { user, system } = process.cpuUsage(started);
  const ms = (user + system) / 1000;
  if (ms > slowest.ms) slowest = { seed, ms };
}
console.log(
  `${count.accepted} accepted, ${count.refused} refused; slowest ${slowest.ms.toFixed(0)} ms (seed ${slowest.seed})`,
);
if (slowest.ms > SLOWEST_MS) process.exitCode = 1;
