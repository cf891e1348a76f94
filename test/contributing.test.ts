/**
 * The recipes of CONTRIBUTING.md, followed to the letter one after the other in one copy of the sources: each touches no more
 * files than it says, and what they add passes the type check, the formatter and the tests.
 */
import { spawnSync } from 'node:child_process';
import { afterAll, expect, test } from '@jest/globals';
import path from 'node:path';
import ts from 'typescript';
import { Copy, root, stepsBelow, type Step } from './support/recipe.js';

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
  /** Of a test file, the tests that run. The others of the file are not about what the recipe adds. */
  only?: Readonly<Record<string, string>>;
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
    files: [
      ...['README.md', 'schemas/shapes-report.schema.json', 'src/cli/commands/index.ts', 'src/cli/commands/shapes.ts'],
      ...['test/cli/shapes.test.ts', 'test/schemas.test.ts'],
    ],
    tests: ['cli/shapes', 'cli/commands', 'schemas'],
    only: { schemas: 'shapes|every command' },
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
      ...['docs/verify.md', 'src/verify/hypotheses/index.ts', 'src/verify/hypotheses/threshold-value.ts'],
      'test/verify/function-faults.ts',
    ],
    tests: ['verify/faults'],
    only: { 'verify/faults': 'a Threshold with another threshold|every hypothesis' },
  },
  {
    heading: '## Adding a lint rule',
    files: [
      ...['docs/lint.md', 'docs/lint/repeated-softmax.md', 'src/lint/rules/index.ts'],
      'src/lint/rules/repeated-softmax.ts',
    ],
    tests: ['lint/rules', 'scripts/lint-docs'],
    only: { 'lint/rules': 'repeated-softmax|each rule|rules that' },
  },
  {
    heading: '## Adding a target',
    files: ['docs/targets.md', 'src/lint/targets/my-chip.json', 'test/lint/targets-kept.test.ts'],
    tests: ['lint/targets'],
    only: { 'lint/targets': 'my-chip|there are the targets|there is a net for each' },
  },
  {
    heading: '## Adding an ONNX operator',
    files: [
      ...['docs/onnx.md', 'src/onnx/operators/index.ts', 'src/onnx/operators/quick-gelu.ts'],
      'test/support/onnx-cases.ts',
    ],
    tests: ['onnx/operators'],
    only: { 'onnx/operators': 'QuickGelu|the table' },
  },
  {
    heading: '## Adding a rewrite for a target',
    files: [
      ...['docs/retarget.md', 'src/retarget/rewrites/abs-val.ts', 'src/retarget/rewrites/index.ts'],
      'test/retarget/rewrites.test.ts',
    ],
    tests: ['retarget/rewrites'],
    only: { 'retarget/rewrites': 'abs-val|each rewrite' },
  },
];

/** Puts lines before the first line of `text` that `isNext` accepts. */
function insertedBefore(text: string, added: string, isNext: (line: string) => boolean): string {
  const lines = text.split('\n');
  const at = lines.findIndex(isNext);
  if (at < 0) throw new Error(`there is no place for ${added}`);
  return lines.toSpliced(at, 0, added.trimEnd()).join('\n');
}

/** The file that a recipe writes first, and what it writes there. */
function firstFileOf(heading: string): { file: string; code: string } {
  const first = stepsBelow(heading).find(({ text }) => text.startsWith('Write '))!;
  return { file: first.file!, code: first.blocks[0]!.code };
}

/** Whether a reader has followed a recipe in this folder: its first file is there, as the recipe has it. */
function isFollowed(heading: string): boolean {
  const { file, code } = firstFileOf(heading);
  return copy.has(file) && copy.read(file) === code;
}

const isFollowedHere = new Set(RECIPES.map(({ heading }) => heading).filter(isFollowed));
const recipes = RECIPES.filter(({ heading }) => !isFollowedHere.has(heading));

/** The file's name if it is committed here; what is no working copy of git has nothing committed. */
function committed(file: string): string[] {
  const { stdout } = spawnSync('git', ['ls-files', '--', file], { cwd: root, encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '');
}

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
  'test/schemas.test.ts': { row: (line) => line === "    ['doctor', []],", indent: '    ' },
  'test/lint/targets-kept.test.ts': { row: (line) => line === '  ncnn: [', indent: '  ' },
  'src/lint/rules/index.ts': { row: (line) => line === '  targetLayers,', indent: '  ' },
  'src/onnx/operators/index.ts': {
    row: (line, row) => /^ {2}\w+,$/.test(line) && isLater(line.trim(), row),
    indent: '  ',
  },
  'test/support/onnx-cases.ts': { row: (line) => line === "  unary('Identity'),", indent: '  ' },
  'src/retarget/rewrites/index.ts': { row: (line) => line === '  upsample,', indent: '  ' },
  'test/retarget/rewrites.test.ts': { row: (line) => line.startsWith("  { rewrite: 'bias',"), indent: '  ' },
  'docs/retarget.md': { row: (line) => line.startsWith('| `upsample` |'), indent: '' },
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
  else if (file !== undefined && /^(Add its|Add a run|Plant) /.test(text)) addTo(file, code);
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

test.each(RECIPES.map((recipe) => [recipe.heading, recipe] as const))(
  '%s',
  (heading, { files }) => {
    if (isFollowedHere.has(heading)) {
      // A reader who tries the recipe runs the tests in this folder, and they hold what the reader wrote. A second row would be one
      // too many. Only a reader's own try may be there: once the example is committed, the recipe shows how to add what exists.
      const { file } = firstFileOf(heading);
      expect({ heading, committed: committed(file), advice: 'give the recipe another example' }).toMatchObject({
        committed: [],
      });
      return;
    }
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
  const run = (names: readonly string[], ...options: string[]) => {
    // Without a name all tests would run, this one among them.
    if (names.length === 0) return;
    const files = names.map((name) => `test/${name}`);
    copy.run('node_modules/jest/bin/jest.js', '--silent', '-w', '2', ...options, ...files);
  };
  const only = new Map(recipes.flatMap((recipe) => Object.entries(recipe.only ?? {})));
  run(recipes.flatMap(({ tests }) => tests.filter((name) => !only.has(name))));
  run([...only.keys()], '-t', [...only.values()].join('|'));
}, 600_000);
