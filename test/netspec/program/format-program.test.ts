/** formatProgram: programs that build the same bytes, that the compiler takes, and that people would have written so. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { formatProgram, formatPrototxt, parsePrototxt } from '../../../src/index.js';
import { namedNets } from '../../../src/nets/named-nets.js';
import type { NetParameter } from '../../../src/generated/messages.js';
import { runProgram } from '../../support/run-program.js';

const fixturePath = (...names: string[]): string => path.join(import.meta.dirname, '../../fixtures', ...names);
const read = (text: string): NetParameter => parsePrototxt(text);

function expectSameBytes(net: NetParameter): string {
  const program = formatProgram(net);
  expect(formatPrototxt(runProgram(program))).toBe(formatPrototxt(net));
  return program;
}

function prototxtFiles(folder: string): string[] {
  return readdirSync(fixturePath(folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.prototxt') && !/solver|refused/.test(name))
    .map((name) => fixturePath(folder, name));
}

describe('builds the same bytes', () => {
  test.each(namedNets.map((net) => [net.name, net] as const))('%s', (_, net) => {
    expectSameBytes(net.build());
  });

  test.each(['nets', 'netspec', 'forks'].flatMap((folder) => prototxtFiles(folder)))('%s', (file) => {
    expectSameBytes(read(readFileSync(file, 'utf8')));
  });

  test.each([
    [
      'two producers of one blob, by phase',
      `layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN } data_param { source: "a" } }
       layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TEST } data_param { source: "b" } }
       layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 2 } }
       layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }`,
    ],
    [
      'names that are no identifiers, and quotes',
      `layer { name: "a/b-c" type: "Input" top: "it's \\"x\\"" }
       layer { name: "\${x}\`" type: "ReLU" bottom: "it's \\"x\\"" top: "\\\\n\\n" }
       layer { name: "constructor" type: "ReLU" bottom: "\\\\n\\n" top: "constructor" }
       layer { name: "tops" type: "ReLU" bottom: "constructor" top: "toProto" }
       layer { name: "__proto__" type: "ReLU" bottom: "toProto" top: "__proto__" }`,
    ],
    [
      'chains in place, one layer named as a later blob',
      `layer { name: "x" type: "Input" top: "x" }
       layer { name: "y" type: "ReLU" bottom: "x" top: "x" }
       layer { name: "d" type: "Dropout" bottom: "x" top: "x" }
       layer { name: "conv" type: "Convolution" bottom: "x" top: "y" convolution_param { num_output: 1 kernel_size: 1 } }
       layer { name: "conv" type: "ReLU" bottom: "y" top: "y" }`,
    ],
    [
      'shared parameters, loss weights, empty and repeated messages',
      `layer { name: "x" type: "Input" top: "x" }
       layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { name: "w" } param {} inner_product_param { num_output: 3 } }
       layer { name: "b" type: "InnerProduct" bottom: "x" top: "b" param { name: "w" } inner_product_param { num_output: 3 weight_filler {} } }
       layer { name: "r" type: "ReLU" bottom: "a" top: "ra" relu_param {} }
       layer { name: "s" type: "Silence" bottom: "ra" bottom: "b" }
       layer { name: "l" type: "EuclideanLoss" bottom: "a" bottom: "b" top: "l" loss_weight: 0 loss_weight: nan propagate_down: false propagate_down: true }`,
    ],
    [
      'unknown types, unknown bottoms, no names',
      `name: "odd" force_backward: true state { phase: TEST stage: "s" }
       layer { type: "Mine" bottom: "nowhere" top: "m" }
       layer { name: "py" type: "Python" bottom: "m" top: "p" top: "q" python_param { module: "m" layer: "l" param_str: "{'a': 1}" } }
       layer { name: "in place twice" type: "Scale" bottom: "p" bottom: "q" top: "p" }
       layer { name: "same" type: "Split" bottom: "q" top: "z" top: "z" }`,
    ],
    [
      'a V1 net, after its upgrade',
      `layers { name: "d" type: DUMMY_DATA top: "d" dummy_data_param { num: 1 channels: 1 height: 2 width: 2 } } layers { name: "r" type: RELU bottom: "d" top: "d" }`,
    ],
    [
      'a net with comments around nothing',
      `# first\nname: "c" # behind\nlayer { name: "x" type: "Input" top: "x" # inside\n}\n# last`,
    ],
    [
      'numbered tops: from 1, in the middle of names, read in part and in disorder',
      `layer { name: "x" type: "Input" top: "x" }
       layer { name: "s" type: "Slice" bottom: "x" top: "s1_a" top: "s2_a" top: "s3_a" top: "s4_a" slice_param { axis: 1 } }
       layer { name: "c" type: "Concat" bottom: "s1_a" bottom: "s2_a" bottom: "s3_a" top: "c" }
       layer { name: "d" type: "Concat" bottom: "c" bottom: "s4_a" bottom: "s3_a" bottom: "s2_a" bottom: "s1_a" bottom: "s1_a" top: "d" }
       layer { name: "t" type: "Slice" bottom: "d" top: "columns" top: "t1" top: "t2" top: "t3" top: "t4" }
       layer { name: "e" type: "Eltwise" bottom: "t4" bottom: "t1" top: "e" }`,
    ],
    ['a net without layers', `name: "none"`],
    [
      "a fork's layers and fields",
      `layer { name: "x" type: "Input" top: "x" }
       layer { name: "p" type: "Pooling" bottom: "x" top: "p" pooling_param { kernel_size: 2 ceil_mode: false } }
       layer { name: "perm" type: "Permute" bottom: "p" top: "perm" permute_param { order: 0 order: 2 order: 3 order: 1 } }`,
    ],
    [
      'numbers: zeros, floats, enums',
      `layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 9007199254740991 } } }
       layer { name: "p" type: "Power" bottom: "x" top: "p" power_param { power: -0 scale: 0.1 shift: 1e-30 } }
       layer { name: "q" type: "Pooling" bottom: "p" top: "q" pooling_param { pool: STOCHASTIC kernel_size: 0 pad: 0 } }
       layer { name: "l" type: "LRN" bottom: "q" top: "l" lrn_param { alpha: inf norm_region: WITHIN_CHANNEL engine: CUDNN } }`,
    ],
  ])('%s', (_, text) => {
    expectSameBytes(read(text));
  });
});

test('5,000 layers of all kinds stay what they are', () => {
  const parts = Array.from({ length: 1250 }, (_, i) => {
    const kinds = [
      (j: number) =>
        `layer { name: "c${j}" type: "Convolution" bottom: "b${j}" top: "b${j + 1}" convolution_param { num_output: ${8 + (j % 7)} kernel_size: 3 } }`,
      (j: number) => `layer { name: "r${j}" type: "ReLU" bottom: "b${j}" top: "b${j + 1}" }`,
      (j: number) =>
        `layer { name: "p${j}" type: "Pooling" bottom: "b${j}" top: "b${j + 1}" pooling_param { kernel_size: ${1 + (j % 3)} } }`,
    ];
    return Array.from({ length: 4 }, (_, k) => kinds[(i * i + k * 5 + (i >> 3)) % 3]!(4 * i + k)).join('\n');
  });
  expectSameBytes(read(`layer { name: "b0" type: "Input" top: "b0" }\n${parts.join('\n')}`));
});

describe('reads as if a person had written it', () => {
  const named = (name: string): string => formatProgram(namedNets.find((net) => net.name === name)!.build());

  test('ResNet-50 is a stage of bottlenecks, four times', () => {
    const program = named('resnet-50');
    expect(program.split('\n').length).toBeLessThan(120);
    expect(program).toContain('function bottleneck(');
    expect(program).toContain("x = stage(x, '4', 256, ['b', 'c', 'd', 'e', 'f']);\n");
  });

  test('detection-v2 is stages, a pyramid, and one head for five levels', () => {
    const program = named('detection-v2');
    expect(program.split('\n').length).toBeLessThan(150);
    expect(program).toContain("x = stage(x, '3', 256, ['1', '2', '3', '4', '5']);\n");
  });

  test('CRNN cuts a picture into columns, which a variable holds', () => {
    const program = named('crnn');
    expect(program.split('\n').length).toBeLessThan(80);
    expect(program).toContain(`const columns = L.Slice(x, { ntop: 26, axis: 3 });
columns.forEach((top, i) => (n[\`columns_\${i}\`] = top));
n.sequence_concat = L.Concat(...columns, { axis: 0 });
`);
    expect(program).toContain('n.sequence_reverse_concat = L.Concat(...[...columns].reverse(), { axis: 0 });\n');
    expect(program).toContain(`  steps.forEach((top, i) => (n[\`rnn.\${name}.steps_\${i}\`] = top));\n`);
  });

  test('layers that share parameters share their options too', () => {
    const program = named('retinanet');
    expect(program).toContain(`{
    ...conv3x3,
    param: [{ name: 'cls_tower_0_weight' }, { name: 'cls_tower_0_bias' }],
  }`);
  });

  test('functions bear the names of modules, and chains those of their layers', () => {
    const functionsOf = (name: string) => [...named(name).matchAll(/^function (\w+)/gm)].map(([, each]) => each);
    expect(functionsOf('googlenet')).toEqual(['convReluConvRelu', 'convRelu', 'inception']);
    expect(functionsOf('densenet-121')).toEqual(expect.arrayContaining(['denseblock', 'transition', 'denselayer']));
    expect(functionsOf('crnn')).toEqual(expect.arrayContaining(['convRelu', 'convBnRelu']));
  });

  test('names become template strings, recurring values constants, chains loops', () => {
    const layer = (i: number): string => `
      layer { name: "conv${i}" type: "Convolution" bottom: "${i === 1 ? 'data' : `conv${i - 1}`}" top: "conv${i}" param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
        convolution_param { num_output: 64 kernel_size: 3 weight_filler { type: "xavier" } } }
      layer { name: "relu${i}" type: "ReLU" bottom: "conv${i}" top: "conv${i}" }`;
    const net = read(`layer { name: "data" type: "Input" top: "data" } ${[1, 2, 3, 4, 5].map(layer).join('')}`);
    expect(expectSameBytes(net)).toBe(`import { L, NetSpec, type Bottom, type Top } from 'netspec';

const n = new NetSpec();

function convRelu(x: Bottom, name: string): Top {
  const conv = (n[\`conv\${name}\`] = L.Convolution(x, {
    param: [
      { lr_mult: 1, decay_mult: 1 },
      { lr_mult: 2, decay_mult: 0 },
    ],
    num_output: 64,
    kernel_size: 3,
    weight_filler: { type: 'xavier' },
  }));
  return (n[\`relu\${name}\`] = L.ReLU(conv, { in_place: true }));
}

n.data = L.Input();
let x: Bottom = n.data;
for (let i = 1; i <= 5; i++) x = convRelu(x, \`\${i}\`);

export default n;
`);
  });
});

test('programs type-check under strict', () => {
  const programs = new Map(
    [
      ...['resnet-50', 'detection-v2', 'crnn', 'retinanet'].map((name) =>
        namedNets.find((net) => net.name === name)!.build(),
      ),
      ...prototxtFiles('nets').map((file) => read(readFileSync(file, 'utf8'))),
      ...['Permute_00', 'PriorBox_00', 'DetectionOutput_00', 'Axpy_00'].map((name) =>
        read(readFileSync(fixturePath('forks', name, 'net.prototxt'), 'utf8')),
      ),
    ].map((net, i) => [`/program-${i}.ts`, formatProgram(net)]),
  );
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    moduleDetection: ts.ModuleDetectionKind.Force,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
    paths: { netspec: [fixturePath('..', '..', 'src', 'netspec', 'index.ts')] },
  };
  const host = ts.createCompilerHost(options);
  const [getSourceFile, fileExists, readFile] = [
    host.getSourceFile.bind(host),
    host.fileExists.bind(host),
    host.readFile.bind(host),
  ];
  host.getSourceFile = (name, target) =>
    programs.has(name) ? ts.createSourceFile(name, programs.get(name)!, target) : getSourceFile(name, target);
  host.fileExists = (name) => programs.has(name) || fileExists(name);
  host.readFile = (name) => programs.get(name) ?? readFile(name);
  const program = ts.createProgram([...programs.keys()], options, host);
  const messages = [...programs.keys()].flatMap((name) =>
    program
      .getSemanticDiagnostics(program.getSourceFile(name))
      .map(({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  );
  expect(messages).toEqual([]);
}, 60_000);
