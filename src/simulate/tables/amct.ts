/**
 * amct: the record file of Ascend's AMCT for Caffe: a text message with scale and offset of what each layer reads (d) and of its
 * weights (w). Its integers stand for (integer - offset) * scale.
 */
import { NetspecError } from '../../errors.js';
import type { Quantizer } from '../quantizer.js';
import type { WeightScales } from '../twin.js';
import type { TableFormat } from './table.js';

export const AMCT: TableFormat = {
  name: 'amct',
  describe: "record file of Ascend's AMCT: scale and offset of what each layer reads, and of its weights",
  source: 'the AMCT (Caffe) manual, "Record file"',
  write: ({ weighted }) =>
    weighted
      .filter(({ kept }) => !kept)
      .map(({ name, input, weights }) =>
        [
          'record {',
          `  key: ${JSON.stringify(name)}`,
          '  value {',
          `    scale_d: ${number(input.scale)}`,
          `    offset_d: ${input.zeroPoint}`,
          ...weights.map((scale) => `    scale_w: ${number(scale)}`),
          ...weights.map(() => '    offset_w: 0'),
          '  }',
          '}',
          '',
        ].join('\n'),
      )
      .join(''),
  read: (text) => {
    const inputs = new Map<string, Quantizer>();
    const weights = new Map<string, WeightScales>();
    const records = [...text.matchAll(/record\s*\{\s*key\s*:\s*"((?:[^"\\]|\\.)*)"\s*value\s*\{([^{}]*)\}\s*\}/g)];
    if (records.length === 0 && text.trim() !== '')
      throw new NetspecError('expected record { key: "layer" value { scale_d: … } }, found none');
    for (const [, key = '', fields = ''] of records) {
      const name = JSON.parse(`"${key}"`) as string;
      const [scale] = numbersOf(fields, 'scale_d', name);
      const [offset = 0] = numbersOf(fields, 'offset_d', name);
      if (scale !== undefined)
        inputs.set(name, { scale: Math.fround(positive(scale, 'scale_d', name)), zeroPoint: offset });
      const scales = numbersOf(fields, 'scale_w', name);
      if (scales.length > 0)
        weights.set(
          name,
          scales.map((each) => Math.fround(positive(each, 'scale_w', name))),
        );
    }
    return { inputs, weights };
  },
};

/** As protobuf prints a float. */
function number(value: number): string {
  return String(Number(value.toPrecision(9)));
}

function numbersOf(fields: string, field: string, name: string): number[] {
  return [...fields.matchAll(new RegExp(`\\b${field}\\s*:\\s*(\\S+)`, 'g'))].map(([, word]) => {
    const value = Number(word);
    if (!Number.isFinite(value)) throw new NetspecError(`'${name}': ${field}: expected a number, got '${word!}'`);
    return value;
  });
}

function positive(scale: number, field: string, name: string): number {
  if (scale > 0) return scale;
  throw new NetspecError(`'${name}': ${field}: expected a scale above 0, got ${scale}`);
}
