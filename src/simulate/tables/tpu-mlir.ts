/** tpu-mlir: the calibration table of Sophgo's run_calibration: a threshold and a range for each value, by its layer. */
import { symmetricQuantizer, type Quantizer } from '../quantizer.js';
import { numberIn, wordLines } from './lines.js';
import type { TableFormat } from './table.js';

export const TPU_MLIR: TableFormat = {
  name: 'tpu-mlir',
  describe: 'calibration table of tpu-mlir: threshold, min and max of what each layer gives',
  source: 'the tpu-mlir manual, "Calibration table"',
  write: ({ method, samples, values }) =>
    [
      `# quantization threshold calculation method: ${method}`,
      `# sample number: ${samples}`,
      '###',
      '# op_name    threshold    min    max',
      ...values.map(({ layer, range, seen }) => {
        const threshold = Math.max(Math.abs(range.min), Math.abs(range.max));
        return [layer, ...[threshold, seen.min, seen.max].map((value) => value.toFixed(7))].join(' ');
      }),
      '',
    ].join('\n'),
  read: (text) => {
    const layers = new Map<string, Quantizer>();
    for (const { line, words } of wordLines(text)) {
      const [name = '', ...rest] = words;
      const threshold = numberIn(rest[0], line, 'a threshold of 0 or more', (n) => n >= 0);
      numberIn(rest[1], line, 'the least value', () => true);
      numberIn(rest[2], line, 'the largest value', () => true);
      layers.set(name, symmetricQuantizer(threshold));
    }
    return { layers };
  },
};
