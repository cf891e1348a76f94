/** The stages of the build: each runs when an input or an output has changed, and not otherwise. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runStages } from '../../scripts/stages.js';

let root: string;
let runs: string[];

const file = (name: string) => path.join(root, name);

/** Upper case of every source file, and then the number of letters. */
const STAGES = [
  {
    name: 'upper',
    inputs: ['src'],
    folder: 'src/generated',
    run: () => {
      runs.push('upper');
      mkdirSync(file('src/generated'), { recursive: true });
      writeFileSync(file('src/generated/upper'), readFileSync(file('src/text'), 'utf8').toUpperCase());
    },
  },
  {
    name: 'count',
    inputs: ['src'],
    folder: 'dist',
    run: () => {
      runs.push('count');
      mkdirSync(file('dist'), { recursive: true });
      writeFileSync(file('dist/count'), String(readFileSync(file('src/generated/upper'), 'utf8').length));
    },
  },
];

const build = async (stages: Parameters<typeof runStages>[1] = STAGES, force = false): Promise<string[]> => {
  runs = [];
  await runStages(root, stages, { force, log: () => undefined });
  return runs;
};

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'netspec-stages-'));
  mkdirSync(file('src'));
  writeFileSync(file('src/text'), 'blob');
});

afterEach(() => rmSync(root, { recursive: true }));

test('all stages run once, and none again while nothing changes', async () => {
  expect(await build()).toEqual(['upper', 'count']);
  expect(await build()).toEqual([]);
  expect(readFileSync(file('dist/count'), 'utf8')).toBe('4');
});

test('a change of an input runs the stages that read it', async () => {
  await build();
  writeFileSync(file('src/text'), 'blobs');
  expect(await build()).toEqual(['upper', 'count']);
  expect(readFileSync(file('dist/count'), 'utf8')).toBe('5');
});

test.each([
  ['edited', () => writeFileSync(file('dist/count'), '7')],
  ['removed', () => rmSync(file('dist/count'))],
  ['joined by a file that no stage wrote', () => writeFileSync(file('dist/stale'), '')],
])('outputs that were %s are built again', async (_, spoil) => {
  await build();
  spoil();
  expect(await build()).toEqual(['count']);
  expect(await build()).toEqual([]);
});

test('a file that is no longer written does not stay', async () => {
  await build();
  writeFileSync(file('dist/stale'), '');
  await build();
  expect(() => readFileSync(file('dist/stale'))).toThrow('ENOENT');
});

test('a stage that fails runs again', async () => {
  const failing = { ...STAGES[1]!, run: () => Promise.reject(new Error('disk full')) };
  await expect(build([STAGES[0]!, failing])).rejects.toThrow('disk full');
  expect(await build()).toEqual(['count']);
});

test('another host builds again, and so does --force', async () => {
  await build();
  const moved = STAGES.map((stage) => ({ ...stage, host: 'v99 riscv64' }));
  expect(await build(moved)).toEqual(['upper', 'count']);
  expect(await build(moved, true)).toEqual(['upper', 'count']);
});
