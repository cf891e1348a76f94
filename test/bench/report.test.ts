/** The benchmark's tables: which figures are shown, and that ratios are taken within rounds. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';
import { LAYER_CASES, QUICK_LAYERS } from '../../bench/cases.js';
import { layersTable, netTable, writeDocument } from '../../bench/report.js';
import type { CaseResults, Results } from '../../bench/results.js';

const folder = mkdtempSync(path.join(tmpdir(), 'netspec-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const time = (median: number, min = median, othersBusy = 0) => ({ median, min, othersBusy });

/** Three rounds, of which the second was slow for all. */
const body: CaseResults = {
  machine: 'a machine',
  macs: 2e9,
  engines: {
    'netspec | 1': { engine: 'netspec', threads: 1, variant: 'auto', residentBytes: 5e8, difference: 0 },
    'netspec | 2': { engine: 'netspec', threads: 2, variant: 'auto', residentBytes: 6e8, difference: 0 },
    'Other 1.0 | 2': { engine: 'Other 1.0', threads: 2, residentBytes: 2.5e9, difference: 1.25e-6 },
  },
  rounds: [
    {
      at: '2026-01-01T10:00:00.000Z',
      times: { 'netspec | 1': time(2), 'netspec | 2': time(1), 'Other 1.0 | 2': time(3) },
    },
    {
      at: '2026-01-01T10:01:00.000Z',
      times: { 'netspec | 1': time(8), 'netspec | 2': time(5, 5, 1), 'Other 1.0 | 2': time(20, 19) },
    },
    { at: '2026-01-02T10:00:00.000Z', times: { 'netspec | 2': time(1.5), 'Other 1.0 | 2': time(3) } },
  ],
};

test('a net: a row for each engine, ratios within rounds', () => {
  expect(netTable(body)).toEqual([
    "| engine    | threads |  median | fastest | passes | GFLOP/s | netspec's time × | resident | difference |",
    '| --------- | ------: | ------: | ------: | -----: | ------: | ---------------: | -------: | ---------: |',
    '| netspec   |       1 | 5.000 s | 2.000 s |      2 |       1 |             1.80 | 500.0 MB |          0 |',
    '| netspec   |       2 | 1.500 s | 1.000 s |      3 |       3 |             1.00 | 600.0 MB |          0 |',
    '| Other 1.0 |       2 | 3.000 s | 3.000 s |      3 |       1 |             3.00 |  2.50 GB |     1.3e-6 |',
  ]);
});

test('layers: a row for each, others as multiples, and their geometric mean', () => {
  const layer = (factor: number): CaseResults => ({
    ...body,
    rounds: [{ at: '', times: { 'netspec | 2': time(0.01), 'Other 1.0 | 2': time(0.01 * factor) } }],
    engines: { 'netspec | 2': body.engines['netspec | 2']!, 'Other 1.0 | 2': body.engines['Other 1.0 | 2']! },
  });
  const results: Results = { 'layer 7x7 stem': layer(2), 'layer softmax': { ...layer(8), macs: 0 } };
  expect(layersTable(results)).toEqual([
    '| layer          |   MACs | netspec, 2 threads: ms | GFLOP/s | Other 1.0, 2 threads: × |',
    '| -------------- | -----: | ---------------------: | ------: | ----------------------: |',
    '| 7x7 stem       | 2.00 G |                  10.00 |   400.0 |                    2.00 |',
    '| softmax        |        |                  10.00 |         |                    8.00 |',
    '| geometric mean |        |                        |         |                    4.00 |',
  ]);
});

test('the tables replace those between the marks, and nothing else', () => {
  const file = path.join(folder, 'doc.md');
  const [begin, end] = ['<!-- figures: begin, made by npm run bench -- --write -->', '<!-- figures: end -->'];
  writeFileSync(file, `before\n${begin}\nold\n${end}\nafter\n`);
  writeDocument(file, { body });
  writeDocument(file, { body });
  const text = readFileSync(file, 'utf8');
  expect(text.replace(/\| .*\n/g, '')).toBe(
    `before\n${begin}\n\n### detection-v2, the body up to C4\n\na machine. 2026-01-01, 2026-01-02. In 1 of 8 measurements ` +
      `other processes or guests took more than a tenth of a core.\n\n${end}\nafter\n`,
  );
  writeFileSync(file, 'no marks');
  expect(() => {
    writeDocument(file, { body });
  }).toThrow(`${file} has no ${begin} … ${end}`);
});

test('names of layers are unique, and the quick ones exist', () => {
  const names = LAYER_CASES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining([...QUICK_LAYERS]));
});

describe('bench/run.ts', () => {
  const run = (...words: string[]) =>
    promisify(execFile)(process.execPath, ['--import', 'tsx', 'bench/run.ts', ...words, '--cache', folder]);

  test('measures a layer by two variants, and keeps the times', async () => {
    const words = '--case layers --layer softmax --ours auto,gemm --threads 1 --peers none --rounds 2'.split(' ');
    const { stdout } = await run(...words);
    expect(stdout.replaceAll(/\d+\.\d+/g, '#').replaceAll(/ +|-+/g, ' ')).toContain('| softmax | | # | | # |');
    const results = JSON.parse(readFileSync(path.join(folder, 'results.json'), 'utf8')) as Results;
    const { engines, rounds } = results['layer softmax']!;
    // One layer without a convolution: both variants do the same.
    expect(Object.values(engines).map(({ variant, difference }) => [variant, difference])).toEqual([
      ['auto', 0],
      ['gemm', 0],
    ]);
    expect(rounds.map(({ times }) => Object.keys(times).sort())).toEqual([
      ['netspec | 1', 'netspec, `gemm` | 1'],
      ['netspec | 1', 'netspec, `gemm` | 1'],
    ]);
  });

  test('refuses a variant that does not exist', async () => {
    await expect(run('--ours', 'fast')).rejects.toThrow('--ours fast: there are auto, gemm, ');
  });
});
