/** Every layer type has a form in ONNX, or the reason why it has none. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { implementationName } from '../../../src/layers/facts.js';
import { LAYER_TABLE } from '../../../src/layers/table.js';
import { EXPORTS } from '../../../src/onnx/export/layers/index.js';
import { NO_FORM } from '../../../src/onnx/export/layers/no-form.js';
import { sentencesOf } from '../../support/sentences.js';

const folder = path.join(import.meta.dirname, '../../../src/onnx/export/layers');

const written = EXPORTS.flatMap(({ layers }) => layers);
const refused = NO_FORM.flatMap(({ layers }) => layers);

describe('the table of exports', () => {
  test.each(LAYER_TABLE.map((row) => [implementationName(row.facts), row] as const))('%s', (_, row) => {
    const isInput = row.facts.fed === true && row.facts.type !== 'DummyData';
    const places = [
      ...written.filter((each) => each === row),
      ...refused.filter((each) => each === row),
      // Types that are not run say in their facts why, and inputs are inputs.
      ...(row.facts.unsupported || isInput ? ['facts'] : []),
    ];
    expect(places).toHaveLength(1);
  });

  test('has a row for each file', () => {
    const table = readFileSync(path.join(folder, 'index.ts'), 'utf8');
    const files = readdirSync(folder).filter((file) => file !== 'index.ts');
    expect(files.filter((file) => !table.includes(`from './${file.replace(/ts$/, 'js')}'`))).toEqual([]);
    expect(EXPORTS).toHaveLength(files.length - 1);
  });

  test('gives reasons in short sentences', () => {
    const long = NO_FORM.flatMap(({ why, instead }) => [...sentencesOf(why), ...sentencesOf(instead)]);
    expect(long.filter(({ words }) => words > 30)).toEqual([]);
  });
});
