/**
 * Reads the imports of a set of source files and holds them to an order of folders: a file may import from its own folder
 * and from those before it, never from those after it, and no files import each other in a circle.
 */
import { builtinModules } from 'node:module';
import path from 'node:path';
import ts from 'typescript';

/**
 * The folders of src/, lowest first; a file directly in src/ counts as a folder of its name. `index` is what a browser
 * gets, `node` what Node gets beside it.
 */
export const IMPORT_ORDER: readonly string[] = [
  ...[
    'errors',
    'arguments',
    'remarks',
    'shapes',
    'generated',
    'proto',
    'engine',
    'layers',
    'netspec',
    'nets',
    'runtime',
    'weights',
    'dumps',
    'compare',
  ],
  ...[
    'onnx',
    'lint',
    'optimize',
    'retarget',
    'diff',
    'draw',
    'vision',
    'verify',
    'simulate',
    'language',
    'index',
    'node',
    'cli',
  ],
];

/** Generated files that belong to another folder than `generated`, which is the lowest. */
const GENERATED: Readonly<Record<string, string>> = { 'src/generated/layers.ts': 'netspec' };

/** Folders that may use Node's own modules. */
const NODE_ONLY: ReadonlySet<string> = new Set(['node', 'cli']);

/** What a file imports: the specifier, undefined where it is computed at run time. */
type Specifier = string | undefined;

/**
 * @param files text of each TypeScript file by its path, `src/proto/text/lexer.ts`
 * @returns one line for each import that breaks the order, and for each circle; none when all is well
 */
export function checkImports(files: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [file, text] of files) {
    const folder = folderOf(file);
    const targets: string[] = [];
    graph.set(file, targets);
    if (!IMPORT_ORDER.includes(folder)) problems.push(`${file}: the folder '${folder}' has no place in the order`);
    for (const specifier of importsOf(file, text)) {
      if (specifier === undefined) {
        if (!NODE_ONLY.has(folder)) problems.push(`${file}: imports what is known only at run time`);
      } else if (isBuiltin(specifier)) {
        if (!NODE_ONLY.has(folder)) problems.push(`${file} -> ${specifier}: only src/node and src/cli may`);
      } else if (specifier.startsWith('.')) {
        const target = path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts');
        if (!files.has(target)) problems.push(`${file} -> ${target}: there is no such file`);
        else {
          targets.push(target);
          const above = folderOf(target);
          if (IMPORT_ORDER.indexOf(above) > IMPORT_ORDER.indexOf(folder))
            problems.push(`${file} -> ${target}: '${folder}' comes before '${above}'`);
        }
      }
    }
  }
  return [...problems, ...circles(graph).map((circle) => `circle: ${circle.join(' -> ')}`)];
}

/** The folder of src/ that a file is in; of a file directly in src/ its name. */
function folderOf(file: string): string {
  const [, folder = ''] = file.split('/');
  return GENERATED[file] ?? folder.replace(/\.ts$/, '');
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

/** Everything that a file imports, in whichever form: statements, `export … from`, `import()`, types, `require`. */
function importsOf(file: string, text: string): Set<Specifier> {
  const found = new Set<Specifier>();
  const literal = (node: ts.Node | undefined): Specifier =>
    node && ts.isStringLiteralLike(node) ? node.text : undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) found.add(literal(node.moduleSpecifier));
    else if (ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier) found.add(literal(node.moduleSpecifier));
    } else if (ts.isExternalModuleReference(node)) found.add(literal(node.expression));
    else if (ts.isImportTypeNode(node))
      found.add(ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : undefined);
    else if (ts.isCallExpression(node)) {
      const { expression, arguments: given } = node;
      const isRequire = ts.isIdentifier(expression) && expression.text === 'require';
      if (expression.kind === ts.SyntaxKind.ImportKeyword || isRequire) found.add(literal(given[0]));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return found;
}

/** A shortest circle through each group of files that reach one another, its first file repeated at its end. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const known = new Set<string>();
  for (const start of graph.keys()) {
    if (known.has(start)) continue;
    const circle = shortestCircle(graph, start);
    if (!circle) continue;
    for (const file of circle) known.add(file);
    found.push(circle);
  }
  return found;
}

/** The fewest steps from a file back to itself. */
function shortestCircle(graph: ReadonlyMap<string, readonly string[]>, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const pending = [start];
  for (const file of pending)
    for (const target of graph.get(file)!) {
      if (target === start) {
        const way = [start];
        for (let at = file; at !== start; at = cameFrom.get(at)!) way.unshift(at);
        return [start, ...way];
      }
      if (cameFrom.has(target)) continue;
      cameFrom.set(target, file);
      pending.push(target);
    }
  return undefined;
}
