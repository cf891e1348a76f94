/**
 * The recipes of CONTRIBUTING.md, followed to the letter one after the other in one copy of the sources: each touches no more
 * files than it says, and what they add passes the type check, the formatter and the tests.
 */
import { afterAll, expect, test } from '@jest/globals';
import path from 'node:path';
import ts from 'typescript';
import { Copy, stepsBelow, type Step } from './support/recipe.js';

const copy = new Copy();
afterAll(() => {
  copy.dispose();
});

interface Recipe {
  heading: string;
  /** Files that are new or other than before, but for CHANGELOG.md. */
  files: readonly string[];
  /** Test files that the recipe concerns. */
  tests: readonly string[];
  /** The tests of these files that run, if not all. */
  only?: string;
}

const LAYER_FILES = (name: string) => [
  ...['docs/layers.md', 'docs/onnx.md', 'src/layers/table.ts', 'src/onnx/export/layers/index.ts'],
  ...[`src/layers/${name}.ts`, `src/onnx/export/layers/${name}.ts`, `test/layers/${name}.test.ts`],
];

const RECIPES: readonly Recipe[] = [
  {
    heading: '### A layer without settings',
    files: LAYER_FILES('softsign'),
    tests: ['layers/gate', 'layers/registry', 'layers/softsign', 'scripts/layer-docs', 'onnx/export/gate', 'onnx/docs'],
  },
  {
    heading: "### A fork's layer with settings",
    files: LAYER_FILES('thresholded-relu'),
    tests: ['layers/thresholded-relu'],
  },
  {
    heading: '## Adding a command',
    files: ['README.md', 'src/cli/commands/index.ts', 'src/cli/commands/shapes.ts', 'test/cli/shapes.test.ts'],
    tests: ['cli/shapes', 'cli/commands'],
  },
  {
    heading: '## Adding a weights format',
    files: [
      ...['docs/weights.md', 'src/weights/formats/index.ts', 'src/weights/formats/savetxt.ts'],
      ...['test/fixtures/weights/savetxt/matrix.txt', 'test/weights/savetxt.test.ts'],
    ],
    tests: ['weights/formats', 'weights/savetxt'],
  },
  {
    heading: '## Adding a hypothesis',
    files: [
      ...['docs/verify.md', 'src/verify/hypotheses/exp-base.ts', 'src/verify/hypotheses/index.ts'],
      'test/verify/function-faults.ts',
    ],
    tests: ['verify/faults'],
    // The planted faults of the other hypotheses are as they were.
    only: 'an Exp with another base|every hypothesis',
  },
];

/** Puts lines before the first line of `text` that `isNext` accepts. */
function insertedBefore(text: string, added: string, isNext: (line: string) => boolean): string {
  const lines = text.split('\n');
  const at = lines.findIndex(isNext);
  if (at < 0) throw new Error(`there is no place for ${added}`);
  return lines.toSpliced(at, 0, added.trimEnd()).join('\n');
}

/**
 * Whether a reader has followed a recipe in this folder: the first file that it writes is there, as the recipe has it. Then the tests
 * that run in this folder hold it, and the copy has nothing to add.
 */
function isFollowed(heading: string): boolean {
  const first = stepsBelow(heading).find(({ text }) => text.startsWith('Write '));
  return first?.file !== undefined && copy.has(first.file) && copy.read(first.file) === first.blocks[0]?.code;
}

const recipes = RECIPES.filter(({ heading }) => !isFollowed(heading));

/** Whether a line comes after another, whatever the case. */
const isLater = (line: string, added: string): boolean => line.toLowerCase() > added.toLowerCase();

/** Where the rows of a table go: the first line that is to come after a row, and after its import. */
const NEXT_ROW: Readonly<Record<string, { row: (line: string, row: string) => boolean; indent: string }>> = {
  'src/layers/table.ts': { row: (line, row) => /^ {2}\w+Layer,$/.test(line) && line.trim() > row, indent: '  ' },
  'src/onnx/export/layers/index.ts': {
    row: (line, row) => /^ {2}\w+,$/.test(line) && isLater(line.trim(), row),
    indent: '  ',
  },
  'src/cli/commands/index.ts': { row: (line) => line === "  list: () => import('./list.js'),", indent: '  ' },
  'src/weights/formats/index.ts': { row: (line) => line === '  caffemodel,', indent: '  ' },
  'src/verify/hypotheses/index.ts': { row: (line) => line === '  missingActivation,', indent: '  ' },
  'test/verify/function-faults.ts': { row: (line) => line.startsWith("  activation('Hardswish"), indent: '  ' },
  'docs/verify.md': { row: (line) => line.startsWith('| `missing-activation` |'), indent: '' },
};

/** Whether an import from the same folder comes after another: by their text. */
const isLaterImport = (line: string, added: string): boolean =>
  /^import \{.* from '\.\//.test(line) && isLater(line, added);

function addTo(file: string, blocks: Step['blocks']): void {
  const next = NEXT_ROW[file];
  if (!next) throw new Error(`no recipe has added to ${file}`);
  for (const code of blocks.map((block) => block.code.trimEnd()))
    copy.write(
      file,
      code.startsWith('import ')
        ? insertedBefore(copy.read(file), code, (line) => isLaterImport(line, code))
        : insertedBefore(copy.read(file), code.replace(/^(?=.)/gm, next.indent), (line) => next.row(line, code)),
    );
}

function follow({ text, file, blocks }: Step): void {
  const [code, commands] = [
    blocks.filter(({ language }) => language !== 'sh'),
    blocks.filter((b) => b.language === 'sh'),
  ];
  if (file?.endsWith('.proto')) checkSettings(file, code);
  else if (file !== undefined && /^(Write|Put) /.test(text) && code.length > 0) copy.write(file, code[0]!.code);
  else if (file !== undefined && /^(Add its|Plant) /.test(text)) addTo(file, code);
  for (const command of commands.flatMap((block) => block.code.trim().split('\n')))
    // The kernels, which npm run generate compiles first, have nothing to do with it.
    copy.run(
      'node_modules/tsx/dist/cli.mjs',
      command.replace('npm run generate', 'npx tsx scripts/generate-schema.ts').replace(/^npx tsx /, ''),
    );
}

/** Whether the copy has what the step says that a fork's file must have. */
function checkSettings(file: string, blocks: Step['blocks']): void {
  const missing = blocks.flatMap(({ code }) => code.split('\n')).filter((line) => !copy.read(file).includes(line));
  expect({ file, missing }).toEqual({ file, missing: [] });
}

/** The types of these files alone: nothing else has been changed. */
function typeErrorsOf(configuration: string, files: readonly string[]): string[] {
  const { config } = ts.readConfigFile(configuration, (file) => ts.sys.readFile(file)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files },
    ts.sys,
    path.dirname(configuration),
  );
  const program = ts.createProgram(files, options);
  return files
    .flatMap((file) => program.getSemanticDiagnostics(program.getSourceFile(file)))
    .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
}

test.each(recipes.map((recipe) => [recipe.heading, recipe] as const))(
  '%s',
  (heading, { files }) => {
    const before = new Set(copy.changed());
    const texts = new Map([...before].map((name) => [name, copy.read(name)]));
    for (const step of stepsBelow(heading)) follow(step);
    const changed = copy.changed().filter((name) => texts.get(name) !== copy.read(name));
    expect(changed).toEqual([...files].sort());
  },
  300_000,
);

test('what the recipes added passes the type check and the formatter', () => {
  const changed = copy.changed();
  const sources = changed.filter((name) => name.endsWith('.ts'));
  expect(
    typeErrorsOf(
      copy.path('tsconfig.json'),
      sources.map((name) => copy.path(name)),
    ),
  ).toEqual([]);
  copy.run('node_modules/prettier/bin/prettier.cjs', '--check', '--ignore-unknown', ...changed);
}, 600_000);

test('what the recipes added passes the tests', () => {
  const run = (recipes: readonly Recipe[], ...options: string[]) => {
    const files = recipes.flatMap(({ tests }) => tests.map((name) => `test/${name}`));
    copy.run('node_modules/jest/bin/jest.js', '--silent', '-w', '2', ...options, ...files);
  };
  run(recipes.filter(({ only }) => only === undefined));
  for (const recipe of recipes) if (recipe.only !== undefined) run([recipe], '-t', recipe.only);
}, 600_000);
