/** The table of operators, and each one's Caffe form against its reference over random shapes and attributes. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../src/engine/random.js';
import { OPERATORS } from '../../src/onnx/operators/index.js';
import { checkImport } from '../support/onnx-check.js';
import { CASES, type Draw } from '../support/onnx-cases.js';

const folder = path.join(import.meta.dirname, '../../src/onnx/operators');

describe('the table', () => {
  test('has a row for every file, and no name twice', () => {
    const files = readdirSync(folder).filter(
      (name) => name.endsWith('.ts') && !['index.ts', 'operator.ts', 'refused.ts'].includes(name),
    );
    const own = OPERATORS.filter(({ grade }) => grade !== 'refused');
    // Scatter is ScatterElements under its old name.
    expect(own.length).toBe(files.length + 1);
    const names = OPERATORS.map(({ domain = '', type }) => `${domain}:${type}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test('says what each one becomes, and has a form unless it is for constants only', () => {
    for (const operator of OPERATORS) {
      const { type, caffe, grade } = operator;
      expect(`${type}: ${caffe}`).toMatch(/: .+/);
      const isForConstants =
        grade === 'constant only' ||
        type === 'Constant' ||
        type === 'ConstantOfShape' ||
        type === 'Shape' ||
        type === 'Size';
      expect([type, operator.emit === undefined]).toEqual([type, isForConstants]);
    }
  });

  test('every operator with a form is tried against its reference', () => {
    const tried = new Set(CASES.map(({ op }) => op));
    // What patterns make is tried with the patterns.
    const missing = OPERATORS.filter(
      (each) => each.emit && each.grade !== 'refused' && each.domain !== 'netspec' && !tried.has(each.type),
    );
    expect(missing.map(({ type }) => type)).toEqual([]);
  });
});

/** Tries of each case; more are made with NETSPEC_ONNX_TRIES. */
const TRIES = Number(process.env['NETSPEC_ONNX_TRIES'] ?? 3);

describe.each(CASES.map((each) => [each.op, each] as const))('%s', (_, { make, range, tolerance, options }) => {
  test('does in Caffe what its reference does', async () => {
    for (let seed = 1; seed <= TRIES; seed++) {
      const random = seededRandom(seed, 'shape');
      const draw: Draw = {
        int: (low, high) => low + Math.floor((high - low + 1) * random()),
        of: (list) => list[Math.floor(list.length * random())]!,
        flag: () => random() < 0.5,
        shape: (least, most, largest = 5) =>
          Array.from(
            { length: least + Math.floor((most - least + 1) * random()) },
            () => 1 + Math.floor(largest * random()),
          ),
        numbers: (count, low = -1, high = 1) => Array.from({ length: count }, () => low + (high - low) * random()),
      };
      const model = make(draw);
      try {
        await checkImport(model, { allowApproximate: true, style: 'exact-bvlc', range, tolerance, seed, ...options });
      } catch (error) {
        const what = JSON.stringify({
          ...model,
          constants: Object.fromEntries(
            Object.entries(model.constants ?? {}).map(([name, { shape }]) => [name, shape]),
          ),
        });
        throw new Error(`seed ${seed}: ${(error as Error).message}\n${what}`, { cause: error });
      }
    }
  });
});
