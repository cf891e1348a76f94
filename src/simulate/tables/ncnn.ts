/** ncnn: the table that ncnn2table writes and ncnn2int8 reads: factors by which floats become integers, so 1 / scale. */
import { NetspecError } from '../../errors.js';
import { numberIn, wordLines } from './lines.js';
import type { Quantizer } from '../quantizer.js';
import type { WeightScales } from '../twin.js';
import type { TableFormat } from './table.js';

/** Behind the name of a layer: the line is for its weights. */
const WEIGHTS = '_param_0';

export const NCNN: TableFormat = {
  name: 'ncnn',
  describe: 'table of ncnn2int8: factors of the weights, a channel each, and of what each layer reads',
  source: "ncnn's tools/quantize/ncnn2table.cpp",
  write: ({ weighted }) => {
    const used = weighted.filter(({ kept }) => !kept);
    const shifted = used.find(({ input }) => input.zeroPoint !== 0);
    if (shifted)
      throw new NetspecError(`an ncnn table has no zero points, and what '${shifted.name}' reads has one`, {
        hint: 'simulate without zero points',
      });
    const factors = (scales: readonly number[]): string => scales.map((scale) => (1 / scale).toFixed(6)).join(' ');
    return [
      ...used.map(({ name, weights }) => `${name}${WEIGHTS} ${factors(weights)}\n`),
      ...used.map(({ name, input }) => `${name} ${factors([input.scale])}\n`),
    ].join('');
  },
  read: (text) => {
    const inputs = new Map<string, Quantizer>();
    const weights = new Map<string, WeightScales>();
    for (const { line, words } of wordLines(text)) {
      const [name = '', ...factors] = words;
      const numbers = factors.map((word) => numberIn(word, line, 'a factor above 0', (n) => n > 0));
      if (numbers.length === 0) throw new NetspecError(`line ${line}: expected a factor after '${name}', got nothing`);
      const scales = numbers.map((factor) => Math.fround(1 / factor));
      if (name.endsWith(WEIGHTS)) weights.set(name.slice(0, -WEIGHTS.length), scales);
      else inputs.set(name, { scale: scales[0]!, zeroPoint: 0 });
    }
    return { inputs, weights };
  },
};
