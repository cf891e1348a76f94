/** json: scales in a form of netspec's own that loses nothing: what `--scales` of verify reads has the same entries. */
import { NetspecError, valueText } from '../../errors.js';
import type { Quantizer } from '../quantizer.js';
import type { WeightScales } from '../twin.js';
import type { TableFormat } from './table.js';

export const JSON_TABLE: TableFormat = {
  name: 'json',
  describe: "netspec's own: scale and zero_point of every blob, scales of all weights",
  source: 'docs/simulate.md',
  write: ({ method, samples, weighted, values, kept }) =>
    JSON.stringify(
      {
        method,
        samples,
        kept,
        values: Object.fromEntries(
          values.map(({ blob, layer, quantizer: { scale, zeroPoint }, range }, i) => [
            // In-place layers write one blob several times.
            values.findIndex((value) => value.blob === blob) < i ? `${blob}@${layer}` : blob,
            { layer, scale, zero_point: zeroPoint, min: range.min, max: range.max },
          ]),
        ),
        weights: Object.fromEntries(weighted.map(({ name, weights }) => [name, weights])),
      },
      undefined,
      2,
    ) + '\n',
  read: (text) => {
    let table: unknown;
    try {
      table = JSON.parse(text);
    } catch (error) {
      throw new NetspecError('it is no JSON: expected an object with values and weights', { cause: error });
    }
    const { values: entries = {}, weights: matrices = {} } = asObject(table, 'the file');
    const blobs = new Map<string, Quantizer>();
    for (const [blob, entry] of Object.entries(asObject(entries, 'values'))) {
      const { scale, zero_point: zeroPoint = 0 } = asObject(entry, `values.${blob}`);
      if (!Number.isInteger(zeroPoint))
        throw new NetspecError(`values.${blob}.zero_point: expected a whole number, got ${valueText(zeroPoint)}`);
      blobs.set(blob, { scale: scaleIn(scale, `values.${blob}.scale`), zeroPoint: zeroPoint as number });
    }
    const weights = new Map<string, WeightScales>();
    for (const [name, scales] of Object.entries(asObject(matrices, 'weights'))) {
      if (!Array.isArray(scales) || scales.length === 0)
        throw new NetspecError(`weights.${name}: expected a list of scales, got ${valueText(scales)}`);
      weights.set(
        name,
        scales.map((scale, i) => scaleIn(scale, `weights.${name}[${i}]`)),
      );
    }
    return { blobs, weights };
  },
};

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new NetspecError(`${what}: expected an object, got ${valueText(value)}`);
}

function scaleIn(value: unknown, what: string): number {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return Math.fround(value);
  throw new NetspecError(`${what}: expected a scale above 0, got ${valueText(value)}`);
}
