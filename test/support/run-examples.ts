/**
 * Runs the examples of docstrings. An example is a program of its own: it may use every name that the package exports and
 * `readFile`, without importing them, and the files of {@link writeExampleFiles}, which lie in the folder where it runs. A comment
 * `// → value` behind a statement, or below it, says what its expression must be.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import {
  formatNpy,
  formatPrototxt,
  fromRgba,
  parsePrototxt,
  Net,
  writeImage,
  writeNpz,
  toBytes,
} from '../../src/node.js';
import { onnxModel } from './onnx-model.js';

const root = path.join(import.meta.dirname, '..', '..');

/** An example, and what it is of. */
export interface Example {
  readonly of: string;
  readonly code: string;
}

/** What a value must be; undefined for none. */
const EXPECTATION = /^\s*\/\/ → (.*)$/;

/**
 * The example as a module. Its expectations are calls of `check(actual, expected)`, which it imports with the package's names.
 * @param names of the package
 */
export function programOf({ code }: Example, names: readonly string[]): string {
  const file = ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true);
  const checks: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  const expectationAfter = (statement: ts.Statement): string | undefined => {
    const [comment] = [
      ...(ts.getTrailingCommentRanges(code, statement.end) ?? []),
      ...(ts.getLeadingCommentRanges(code, statement.end) ?? []),
    ];
    return comment && EXPECTATION.exec(code.slice(comment.pos, comment.end))?.[1];
  };
  const visit = (node: ts.Node): void => {
    if (ts.isExpressionStatement(node)) {
      const expected = expectationAfter(node);
      if (expected !== undefined)
        checks.push({
          start: node.getStart(),
          end: node.end,
          text: `check(${node.expression.getText()}, ${expected});`,
        });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  const wanted = code.match(/\/\/ → /g)?.length ?? 0;
  if (checks.length !== wanted) throw new Error(`${wanted - checks.length} values are not behind an expression`);
  const body = checks
    .sort((a, b) => b.start - a.start)
    .reduce((text, { start, end, text: check }) => text.slice(0, start) + check + text.slice(end), code);
  const used = names.filter((name) => new RegExp(`\\b${name.replace('$', '\\$')}\\b`).test(body));
  return `import { ${used.join(', ')} } from 'netspec';\nimport { readFile } from 'node:fs/promises';\nimport { check } from './check.js';\n\n${body}\nvoid [readFile, check];\n`;
}

/** Writes `check.ts`, which the programs import, and a file for each example into a folder. Returns the files. */
export function writePrograms(folder: string, examples: readonly Example[], names: readonly string[]): string[] {
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    path.join(folder, 'check.ts'),
    `import { expect } from '@jest/globals';\nexport const check = (actual: unknown, expected: unknown): void => expect(actual).toEqual(expected);\n`,
  );
  return examples.map((example, i) => {
    const file = path.join(folder, `${example.of}-${i}.ts`);
    writeFileSync(file, programOf(example, names));
    return file;
  });
}

/** What the compiler says of the programs, a line for each error. */
export function typeErrors(files: readonly string[]): string[] {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: { compilerOptions: Record<string, unknown> };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const host = ts.createCompilerHost(options);
  // The programs lie elsewhere: they find packages where the tests do, and this one in its sources.
  const resolve = (name: string, from: string) => {
    if (name === 'netspec') {
      const resolvedFileName = path.join(root, 'src/node.ts');
      return { resolvedModule: { resolvedFileName, extension: ts.Extension.Ts, isExternalLibraryImport: false } };
    }
    const importer = name.startsWith('.') ? from : path.join(root, 'test/any.ts');
    return ts.resolveModuleName(name, importer, options, host, undefined, undefined, ts.ModuleKind.ESNext);
  };
  host.resolveModuleNameLiterals = (literals, from) => literals.map(({ text }) => resolve(text, from));
  const program = ts.createProgram(
    [...files],
    { ...options, typeRoots: [path.join(root, 'node_modules/@types')] },
    host,
  );
  return files.flatMap((file) =>
    program.getSemanticDiagnostics(program.getSourceFile(file)).map(({ messageText }) => {
      return `${path.basename(file)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    }),
  );
}

const NET = `name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "fc" type: "InnerProduct" bottom: "pool1" top: "fc"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
`;

const TRAIN_VAL = `name: "small"
layer { name: "data" type: "Data" top: "data" top: "label"
  transform_param { crop_size: 8 mean_value: 104 mean_value: 117 mean_value: 123 } data_param { source: "lmdb" batch_size: 4 } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 5 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
`;

/** One anchor in each cell of eight by eight pixels. */
const DETECTOR = `name: "detector"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 32 dim: 32 } } }
layer { name: "logits" type: "Convolution" bottom: "data" top: "logits"
  convolution_param { num_output: 1 kernel_size: 8 stride: 8 bias_filler { type: "constant" value: 1 } } }
layer { name: "deltas" type: "Convolution" bottom: "data" top: "deltas"
  convolution_param { num_output: 4 kernel_size: 8 stride: 8 } }
`;

/**
 * Writes the files that examples use: `net.prototxt` with `net.caffemodel`, its weights as `model.npz`, its input `x.npy` and its
 * blobs `references.npz`; `detector.prototxt` with `detector.caffemodel`; `train_val.prototxt`; `model.onnx`;
 * `photo.png`.
 */
export async function writeExampleFiles(folder: string): Promise<void> {
  const at = (name: string) => path.join(folder, name);
  for (const [name, text] of [
    ['net', NET],
    ['detector', DETECTOR],
  ] as const) {
    writeFileSync(at(`${name}.prototxt`), formatPrototxt(parsePrototxt(text)));
    await (await Net.load(text, { seed: 1 })).save(at(`${name}.caffemodel`));
  }
  writeFileSync(at('train_val.prototxt'), TRAIN_VAL);
  const net = await Net.load(NET, { weights: at('net.caffemodel') });
  const data = net.blobs.get('data')!;
  data.data.forEach((_, i, values) => (values[i] = Math.sin(i)));
  writeFileSync(at('x.npy'), formatNpy(data.shape, data.data));
  await net.forward();
  const archive = async (
    name: string,
    tensors: readonly (readonly [string, Pick<typeof data, 'shape' | 'data'>])[],
  ) => {
    const sink = toBytes();
    await writeNpz(
      sink,
      tensors.map(([tensor, { shape, data }]) => ({ name: tensor, shape, pieces: () => [data] })),
    );
    writeFileSync(at(name), sink.bytes());
  };
  await archive(
    'references.npz',
    ['conv1', 'pool1', 'fc', 'prob'].map((name) => [name, net.blobs.get(name)!] as const),
  );
  const params = [...net.params].flatMap(([layer, blobs]) =>
    blobs.map((blob, i) => [`${layer}.${['weight', 'bias'][i]!}`, blob] as const),
  );
  await archive('model.npz', params);
  const pixels = Uint8ClampedArray.from({ length: 24 * 16 * 4 }, (_, i) => (i * 7) % 256);
  await writeImage(at('photo.png'), fromRgba({ width: 24, height: 16, data: pixels }));
  const relu = { op: 'Relu', inputs: ['x'], outputs: ['y'] };
  writeFileSync(at('model.onnx'), onnxModel({ nodes: [relu], inputs: { x: [1, 3, 4, 4] }, outputs: ['y'] }));
}
