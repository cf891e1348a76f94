/** Follows a recipe of CONTRIBUTING.md to the letter, in a copy of the sources. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** One numbered step of a recipe. */
export interface Step {
  text: string;
  /** The first file that the step names. */
  file: string | undefined;
  blocks: readonly { language: string; code: string }[];
}

/**
 * The steps below a heading.
 * @param heading with its marks: `### A layer without settings`
 */
export function stepsBelow(heading: string): Step[] {
  const text = readFileSync(path.join(root, 'CONTRIBUTING.md'), 'utf8');
  const start = text.indexOf(`${heading}\n`);
  if (start < 0) throw new Error(`CONTRIBUTING.md has no ${heading}`);
  const section = text.slice(start + heading.length).split(/\n##+ /)[0]!;
  return section
    .split(/^\d+\. /m)
    .slice(1)
    .map((step) => ({
      text: step,
      file: /`((?:src|test|docs|forks|schemas)\/[\w./-]+\.\w+)`/.exec(step)?.[1],
      blocks: [...step.matchAll(/^ {3}(```|~~~)(\w+)\n([^]*?)^ {3}\1$/gm)].map(([, , language, code]) => ({
        language: language!,
        code: code!.replace(/^ {3}/gm, ''),
      })),
    }));
}

/** What a copy has besides folders. */
const FILES = [
  ...['caffe.proto', 'package.json', 'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'tsconfig.json'],
  ...['jest.config.js', '.oxlintrc.json', '.prettierrc.json', '.prettierignore'],
];

/** A copy of the sources with the tests; the packages, the examples and the fixtures are links to this one's. */
export class Copy {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'netspec-recipe-'));
  readonly #before: ReadonlyMap<string, string>;

  constructor() {
    const fixtures = path.join(root, 'test/fixtures');
    for (const name of ['src', 'scripts', 'test', 'docs', 'forks', 'schemas'])
      cpSync(path.join(root, name), this.path(name), { recursive: true, filter: (from) => from !== fixtures });
    for (const name of FILES) cpSync(path.join(root, name), this.path(name));
    for (const name of ['node_modules', 'examples']) symlinkSync(path.join(root, name), this.path(name), 'dir');
    this.#link('test/fixtures', 'weights');
    cpSync(path.join(root, 'test/fixtures/weights'), this.path('test/fixtures/weights'), { recursive: true });
    this.#before = this.#files();
  }

  /** Makes a folder whose entries, but for one, are links to those of this repository's. */
  #link(folder: string, except: string): void {
    mkdirSync(this.path(folder));
    for (const name of readdirSync(path.join(root, folder)))
      if (name !== except) symlinkSync(path.join(root, folder, name), this.path(path.join(folder, name)));
  }

  path(name: string): string {
    return path.join(this.#folder, name);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  write(name: string, text: string): void {
    mkdirSync(path.dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  /** Runs a script of Node's, which is to end well. Returns what it printed. */
  run(script: string, ...args: readonly string[]): string {
    try {
      return execFileSync(process.execPath, [script, ...args], { cwd: this.#folder, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${script} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error });
    }
  }

  /** Files that are new or other than at first, but for those that are not committed. */
  changed(): string[] {
    return [...this.#files()].flatMap(([name, text]) => (this.#before.get(name) === text ? [] : name)).sort();
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #files(): Map<string, string> {
    const names = readdirSync(this.#folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(this.#folder, path.join(entry.parentPath, entry.name)));
    const committed = names.filter((name) => !name.startsWith('src/generated/'));
    return new Map(committed.map((name) => [name, this.read(name)]));
  }
}
