/**
 * Imports damaged ONNX models: each must be imported or refused in words, within a second, with no more memory than it is
 * worth. The same seed makes the same models; a failure names its own.
 *
 *     npx tsx bench/fuzz-onnx.ts [--runs 50000] [--seed 1]
 */
import { parseArgs } from 'node:util';
import { fuzzModels } from '../test/support/fuzz-onnx.js';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '50000' }, seed: { type: 'string', default: '1' } },
});
const { imported, refused, slowest } = await fuzzModels(Number(values.runs), Number(values.seed));
console.log(`${imported} imported, ${refused} refused; the slowest took ${slowest.toFixed(0)} ms`);
if (slowest > 1000) throw new Error('a model took more than a second');
