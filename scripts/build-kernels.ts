/**
 * Compiles assembly/ to WebAssembly and writes, under src/generated/:
 *   kernels-<variant>.ts   one module for each variant, as base64, so that it loads the same in Node and in a browser
 *   kernels.ts             the TypeScript signatures of the exported kernels, doc comments included
 *   finite.ts              the module of assembly/finite.ts
 */
import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import ts from 'typescript';

const root = new URL('../', import.meta.url);
const outDir = new URL('src/generated/', root);
const header = '// Generated from assembly/ by scripts/build-kernels.ts. Do not edit.\n';

/**
 * The first 64 KiB page is the modules' own: address 0 stays unused and constant tables fit behind it.
 * src/engine/wasm-arena.ts allocates from the second page on.
 */
const FIRST_TABLE_ADDRESS = 1024;
const PAGE = 65536;
const MAX_PAGES = 65536;

/** The module that {@link rangeDispatch} writes; it is nowhere on disk. */
const RANGES = 'assembly/ranges.ts';

/** Options of the kernels' modules: they share a memory that is given to them. */
const KERNELS = [
  '--importMemory',
  '--noExportMemory',
  '--initialMemory',
  '1',
  '--memoryBase',
  `${FIRST_TABLE_ADDRESS}`,
];
const VARIANTS = {
  simd: [...KERNELS, '--enable', 'simd,threads'],
  relaxed: [...KERNELS, '--enable', 'simd,threads,relaxed-simd'],
};

/** What is used of the compiler's interface. */
interface Compiler {
  createMemoryStream(): { toString(): string };
  main(
    words: readonly string[],
    host: {
      stdout: unknown;
      stderr: unknown;
      readFile(name: string, base: string): string | null;
      listFiles(): string[];
      writeFile(name: string, contents: string | Uint8Array): void;
    },
  ): Promise<{ error: Error | null }>;
}

// The package's own declarations give every array of this project AssemblyScript's `at`, which never gives undefined.
const COMPILER: string = 'assemblyscript/asc';
const asc = ((await import(COMPILER)) as { default: Compiler }).default;

async function compile(entry: string, options: readonly string[]): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const stdout = asc.createMemoryStream();
  const stderr = asc.createMemoryStream();
  const { error } = await asc.main(
    [
      entry,
      ...['--outFile', 'out.wasm', '--runtime', 'stub', '--use', 'abort='],
      // The host's own compiler does the rest: -O3 takes longer and gains nothing that could be measured.
      ...['-O2', '--noAssert'],
      ...options,
    ],
    {
      stdout,
      stderr,
      readFile: (name, base) => {
        if (name === RANGES) return rangeDispatch();
        try {
          return readFileSync(new URL(`${base}/${name}`, root), 'utf8');
        } catch {
          return null;
        }
      },
      listFiles: () => [],
      writeFile: (_name, contents) => {
        binary = contents as Uint8Array;
      },
    },
  );
  if (error || !binary) throw new Error(`${stderr.toString()}${stdout.toString()}${error?.message ?? 'no output'}`);
  return binary;
}

/** LEB128, as WebAssembly writes unsigned integers. */
function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}

/**
 * The same module over shared memory. All that differs is the import's type: flags 3 (shared, with a maximum) instead of
 * 0, and the maximum. The import section is `2, length, 1 import, "env", "memory", 2 for a memory, flags, initial pages`.
 */
function withSharedMemory(binary: Uint8Array): Uint8Array {
  const imported = [1, 3, ...Buffer.from('env'), 6, ...Buffer.from('memory'), 2];
  const before = [2, imported.length + 2, ...imported, 0, 1];
  const after = [2, imported.length + 2 + leb(MAX_PAGES).length, ...imported, 3, 1, ...leb(MAX_PAGES)];
  const bytes = Buffer.from(binary);
  const at = bytes.indexOf(Buffer.from(before));
  if (at < 0) throw new Error('the module does not import its memory as expected');
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(after), bytes.subarray(at + before.length)]);
}

/** The files that assembly/index.ts re-exports. */
function families(): string[] {
  const index = readFileSync(new URL('assembly/index.ts', root), 'utf8');
  return [...index.matchAll(/^export \* from '\.\/(.+)';$/gm)].map((match) => match[1]!);
}

/** One exported function of a family as a member of the interface Kernels. */
function signature(fn: ts.FunctionDeclaration, source: ts.SourceFile): string {
  const name = fn.name!.text;
  const numeric = (type: ts.TypeNode | undefined): string => {
    const text = type?.getText(source) ?? 'void';
    if (text === 'void') return 'void';
    if (/^([iu](8|16|32)|[iu]size|f32|f64|bool)$/.test(text)) return 'number';
    throw new Error(`assembly/${source.fileName}: ${name}: a kernel cannot take or return ${text}`);
  };
  if (!/^[a-z][a-z0-9_]*__(simd|scalar)$/.test(name))
    throw new Error(`assembly/${source.fileName}: expected a name as f32_gemm_4x8__simd, got ${name}`);
  const params = fn.parameters.map((p) => `${p.name.getText(source)}: ${numeric(p.type)}`);
  const leading = source.text.slice(fn.getFullStart(), fn.getStart(source));
  const doc = [...leading.matchAll(/\/\*\*[^]*?\*\//g)].pop()?.[0];
  if (!doc) throw new Error(`assembly/${source.fileName}: ${name} lacks a doc comment`);
  return `${doc}\n${name}: (${params.join(', ')}) => ${numeric(fn.type)};`
    .replace(/^/gm, '  ')
    .replace(/^ +\*/gm, '   *');
}

/** All exported functions of a family. */
function exported(family: string): { fn: ts.FunctionDeclaration; source: ts.SourceFile }[] {
  const text = readFileSync(new URL(`assembly/${family}.ts`, root), 'utf8');
  const source = ts.createSourceFile(`${family}.ts`, text, ts.ScriptTarget.ES2022);
  return source.statements
    .filter(ts.isFunctionDeclaration)
    .filter((fn) => fn.modifiers?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword))
    .map((fn) => ({ fn, source }));
}

/** A kernel whose last parameters are `begin, end`: threads can share its range. */
interface RangeKernel {
  name: string;
  family: string;
  parameters: { name: string; type: string }[];
}

function rangeKernels(): RangeKernel[] {
  return families()
    .filter((family) => !NO_RANGES.has(family))
    .flatMap((family) =>
      exported(family).map(({ fn, source }) => ({
        name: fn.name!.text,
        family,
        parameters: fn.parameters.map((p) => ({ name: p.name.getText(source), type: p.type!.getText(source) })),
      })),
    )
    .filter(({ name, parameters }) => {
      const [begin, end] = parameters.slice(-2).map((p) => p.name);
      return name.endsWith('__simd') && begin === 'begin' && end === 'end';
    });
}

/** Families that import the dispatch, or whose ranges are cut by other means. */
const NO_RANGES = new Set(['pool', 'pack', 'product', 'winograd']);

/** Bytes of a task of the job `range` before the kernel's own arguments: see src/engine/parallel-for.ts. */
const RANGE_HEADER = 20;

/**
 * The kernel of the job `range`: runs a part of the range of any kernel that has one. Each thread gets a piece of its own
 * of what the kernel's `scratch` points to.
 */
function rangeDispatch(): string {
  const kernels = rangeKernels();
  const names = (family: string): string[] => kernels.filter((k) => k.family === family).map((k) => k.name);
  const imports = [...new Set(kernels.map(({ family }) => family))].map(
    (family) => `import { ${names(family).join(', ')} } from './${family}';`,
  );
  const argument = ({ name, type }: { name: string; type: string }, i: number): string => {
    const at = RANGE_HEADER + 4 * i;
    if (name === 'scratch') return `load<usize>(task, ${at}) + worker * load<usize>(task, 16)`;
    return type === 'bool' ? `load<u32>(task, ${at}) != 0` : `load<${type}>(task, ${at})`;
  };
  const cases = kernels.map(({ name, parameters }, i) => {
    const [begin] = parameters.slice(-2);
    const cast = begin!.type === 'usize' ? (what: string) => what : (what: string) => `<${begin!.type}>${what}`;
    const args = [...parameters.slice(0, -2).map(argument), cast('begin'), cast('end')];
    return `    case ${i}: ${name}(${args.join(', ')}); break;`;
  });
  return `${imports.join('\n')}
export function parallelFor(task: usize, unit: usize, worker: usize): void {
  const begin = load<usize>(task, 4) + unit * load<usize>(task, 12);
  const end = min(begin + load<usize>(task, 12), load<usize>(task, 8));
  switch (load<u32>(task)) {
${cases.join('\n')}
    default: unreachable();
  }
}
`;
}

/** The kernels of the job `range` by number, with the positions of their float arguments and of their scratch. */
function rangeTable(): string {
  const rows = rangeKernels().map(({ name, parameters }, i) => {
    const own = parameters.slice(0, -2);
    const floats = own.flatMap(({ type }, at) => (type === 'f32' ? [at] : []));
    const scratch = own.findIndex((p) => p.name === 'scratch');
    return `  ${name}: { id: ${i}, floats: [${floats.join(', ')}], hasScratch: ${String(scratch >= 0)} },`;
  });
  return `\n/** Kernels whose range threads can share; \`floats\` are the positions of float arguments. */\nexport const RANGE_KERNELS = {\n${rows.join('\n')}\n} as const;\n`;
}

function signatures(): string {
  const members = families().flatMap((family) => exported(family).map(({ fn, source }) => signature(fn, source)));
  return `${header}\n/** The kernels that every WebAssembly variant exports. Pointers are byte addresses; nothing is checked. */\nexport interface Kernels {\n${members.join('\n')}\n}\n${rangeTable()}`;
}

/** Throws when the constant tables have outgrown the page that the arena leaves to the modules. */
async function checkTables(binary: Uint8Array): Promise<void> {
  const module = await WebAssembly.compile(new Uint8Array(binary));
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { tablesEnd } = (await WebAssembly.instantiate(module, { env: { memory } })).exports;
  const end = (tablesEnd as WebAssembly.Global<'i32'>).value;
  if (!(end >= FIRST_TABLE_ADDRESS && end <= PAGE))
    throw new Error(`constant tables of the kernels end at ${end}, beyond the ${PAGE} bytes reserved for them`);
}

const built: { name: string; binary: Uint8Array }[] = [];
for (const variant of ['simd', 'relaxed'] as const) {
  const binary = await compile('assembly/index.ts', VARIANTS[variant]);
  if (variant === 'simd') await checkTables(binary);
  built.push({ name: variant, binary }, { name: `${variant}-shared`, binary: withSharedMemory(binary) });
}
const finite = await compile('assembly/finite.ts', ['--enable', 'simd', '--initialMemory', '1']);

/** A module as TypeScript. */
function writeModule(file: string, description: string, binary: Uint8Array): void {
  const base64 = Buffer.from(binary).toString('base64');
  const text = `${header}\n/** ${description}: a WebAssembly module in base64. */\nexport const wasm =\n  '${base64}';\n`;
  writeFileSync(new URL(file, outDir), text);
}

mkdirSync(outDir, { recursive: true });
for (const { name, binary } of built) writeModule(`kernels-${name}.ts`, `The '${name}' variant of the kernels`, binary);
writeModule('finite.ts', 'hasNonFinite of assembly/finite.ts, with a memory of one page', finite);
writeFileSync(new URL('kernels.ts', outDir), signatures());
console.log(
  `compiled kernels: ${built.map(({ name, binary }) => `${name} ${(binary.length / 1024).toFixed(1)} KiB`).join(', ')}`,
);
