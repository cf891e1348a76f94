/** The API reference as data: what TypeDoc finds in the entries of the package, as typedoc.json lists them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A name that an entry exports. */
export interface ApiName {
  readonly name: string;
  readonly kind: 'class' | 'function' | 'value' | 'type';
  /** The first sentence of its docstring. */
  readonly summary: string;
  /** Code of each `@example`, those of its methods included. */
  readonly examples: readonly string[];
}

export interface ApiReference {
  /** The names of each entry, `netspec` first; those of a subpath are among those of the whole. */
  readonly entries: ReadonlyMap<string, readonly ApiName[]>;
  /** What TypeDoc complains of: names without docstrings, types that signatures mention and nobody can import, dead links. */
  readonly warnings: readonly string[];
}

/** As TypeDoc writes it, as far as it is read here. */
interface Reflection {
  readonly id: number;
  readonly name: string;
  readonly kind: number;
  readonly variant: string;
  readonly target?: number;
  readonly children?: readonly Reflection[];
  readonly signatures?: readonly Reflection[];
  readonly getSignature?: Reflection;
  readonly comment?: {
    readonly summary: readonly Words[];
    readonly blockTags?: readonly { readonly tag: string; readonly content: readonly Words[] }[];
  };
}

interface Words {
  readonly text: string;
}

/** TypeDoc's numbers for what a name is. */
const KINDS: Readonly<Record<number, ApiName['kind']>> = {
  32: 'value',
  64: 'function',
  128: 'class',
  256: 'type',
  2097152: 'type',
};

/** Runs TypeDoc, which takes about ten seconds. */
export function readApiReference(): ApiReference {
  const folder = mkdtempSync(path.join(tmpdir(), 'netspec-api-'));
  try {
    const file = path.join(folder, 'api.json');
    const typedoc = path.join(root, 'node_modules/typedoc/bin/typedoc');
    const { status, stderr, stdout } = spawnSync(process.execPath, [typedoc, '--json', file, '--pretty', 'false'], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    });
    if (status !== 0) throw new Error(`${stdout}${stderr}`);
    const said = `${stdout}\n${stderr}`.split('\n').filter((line) => /\[(warning|error)\]/.test(line));
    const project = JSON.parse(readFileSync(file, 'utf8')) as Reflection;
    return {
      entries: entriesOf(project),
      warnings: said.map((line) => line.replace(/^.*\[/, '[')).filter((line) => !/ Found \d+ errors? and/.test(line)),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function entriesOf({ children = [] }: Reflection): Map<string, ApiName[]> {
  const byId = new Map(children.flatMap((entry) => entry.children ?? []).map((each) => [each.id, each]));
  return new Map(
    children.map((entry) => [
      entry.name === 'node' ? 'netspec' : entry.name.replace('node/exports', 'netspec'),
      (entry.children ?? []).map((child) => nameOf(child.target === undefined ? child : byId.get(child.target)!)),
    ]),
  );
}

function nameOf(reflection: Reflection): ApiName {
  const { name, kind, signatures = [] } = reflection;
  const comments = [reflection, ...signatures].flatMap(({ comment }) => (comment ? [comment] : []));
  const text = comments[0]?.summary.map((words) => words.text).join('') ?? '';
  return { name, kind: KINDS[kind] ?? 'value', summary: firstSentence(text), examples: examplesOf(reflection) };
}

/** Up to the first full stop that ends a sentence, in one line. */
function firstSentence(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return /^.*?[.:](?= [A-Z`-]|$)/.exec(line)?.[0].replace(/:$/, '.') ?? line;
}

function examplesOf({ comment, signatures = [], children = [], getSignature }: Reflection): string[] {
  const own = (comment?.blockTags ?? []).filter(({ tag }) => tag === '@example').map(({ content }) => codeOf(content));
  return [...own, ...[...signatures, ...children, ...(getSignature ? [getSignature] : [])].flatMap(examplesOf)];
}

/** TypeDoc puts an example into a fence unless it is in one. */
function codeOf(content: readonly Words[]): string {
  const text = content.map((words) => words.text).join('');
  return /```ts\n([^]*?)\n?```/.exec(text)?.[1] ?? text;
}
