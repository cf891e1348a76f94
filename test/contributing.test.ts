/** The recipes of CONTRIBUTING.md for a layer, followed to the letter, end green and touch no more files than they say. */
import { expect, test } from '@jest/globals';
import { Copy, stepsBelow, type Step } from './support/recipe.js';

/** Puts a line among the lines that match `kind`, where their order wants it. */
function inserted(text: string, line: string, kind: RegExp, keyOf: (line: string) => string): string {
  const lines = text.split('\n');
  const at = lines.findIndex((each) => kind.test(each) && keyOf(each) > keyOf(line));
  return lines.toSpliced(at, 0, line).join('\n');
}

/** Adds an import and a row to the table of layers. */
function addRow(text: string, [importLine, row]: readonly string[]): string {
  const withImport = inserted(text, importLine!, /^import \{ \w+Layer \}/, (line) => line.toLowerCase());
  return inserted(withImport, `  ${row!}`, /^ {2}\w+Layer,$/, (line) => line);
}

function follow(copy: Copy, { text, file, blocks }: Step): void {
  if (text.startsWith('Write')) copy.write(file!, blocks[0]!.code);
  else if (text.startsWith('Add its import'))
    copy.write(
      file!,
      addRow(
        copy.read(file!),
        blocks.map(({ code }) => code.trimEnd()),
      ),
    );
  for (const { code } of blocks.filter(({ language }) => language === 'sh'))
    for (const command of code.trim().split('\n'))
      // The kernels, which npm run generate compiles first, have nothing to do with it.
      copy.run(
        'node_modules/tsx/dist/cli.mjs',
        command.replace('npm run generate', 'npx tsx scripts/generate-schema.ts').replace(/^npx tsx /, ''),
      );
}

/** Whether the copy has what the step says that a fork's file must have. */
function checkSettings(copy: Copy, { file, blocks }: Step): void {
  const lines = blocks.filter(({ language }) => language === 'proto').flatMap(({ code }) => code.split('\n'));
  const missing = lines.filter((line) => !copy.read(file!).includes(line));
  expect({ file, missing }).toEqual({ file, missing: [] });
}

test.each([
  ['### A layer without settings', 'softsign'],
  ["### A fork's layer with settings", 'thresholded-relu'],
])(
  '%s',
  (heading, name) => {
    const steps = stepsBelow(heading);
    const copy = new Copy();
    try {
      for (const step of steps) {
        if (step.file?.endsWith('.proto')) checkSettings(copy, step);
        follow(copy, step);
      }
      const source = ['src/layers/table.ts', `src/layers/${name}.ts`, `test/layers/${name}.test.ts`];
      expect(copy.changed()).toEqual(['docs/layers.md', ...source].sort());
      copy.write('tsconfig.recipe.json', JSON.stringify({ extends: './tsconfig.json', include: source }));
      copy.run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.recipe.json');
      copy.run('node_modules/prettier/bin/prettier.cjs', '--check', ...copy.changed());
      const tests = ['layers/gate', 'layers/registry', `layers/${name}`, 'scripts/layer-docs'];
      copy.run('node_modules/jest/bin/jest.js', '--silent', ...tests.map((name) => `test/${name}`));
    } finally {
      copy.dispose();
    }
  },
  300_000,
);
