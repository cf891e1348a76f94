/**
 * netspec import: a prototxt as the program that builds it; an ONNX model as a Caffe net with its weights, its program, and the proof
 * that it is the same.
 */
import path from 'node:path';
import { NetspecError } from '../../errors.js';
import type { FileToWrite } from '../../node/files.js';
import type { OnnxModelFile } from '../../node/onnx-references.js';
import type { ImportedNet } from '../../onnx/import-onnx.js';
import type { Comparison } from '../../compare/compare.js';
import type { Net } from '../../runtime/net.js';
import type { VerifyReport } from '../../verify/result.js';
import type { References } from '../shared/check-import.js';
import { tooCostly, verifyCommand } from '../shared/check-cost.js';
import { defineCommand, EXIT, UsageError, type CommandContext, type ExitCode } from '../shared/command.js';
import { INPUT_OPTION, setInputs } from '../shared/load-net.js';
import { options, type OptionTable, type ValuesOf } from '../shared/options.js';
import { SCHEMA_OPTIONS } from '../shared/net-options.js';
import { asCommandLine } from '../shared/option-names.js';
import { print, printJson, reportStream } from '../shared/print.js';
import { formatBytes } from '../shared/table.js';
import { parseShapes, parseValues } from '../shared/values.js';

const POSITIONALS = {
  model: { type: 'string', required: true, describe: 'a prototxt, or an ONNX model' },
} as const satisfies OptionTable;
const OPTIONS = options({
  output: {
    type: 'string',
    alias: 'o',
    describe:
      'of a prototxt: file to write the program to; of a model: folder for net.prototxt, net.caffemodel, net.ts and map.json',
  },
  ...SCHEMA_OPTIONS,
  target: {
    type: 'string',
    default: 'bvlc',
    describe: "the Caffe that the net is for: bvlc (BVLC's master), caffe-1.0 (its tag), or a fork, as ssd",
  },
  style: {
    type: 'string',
    choices: ['readable', 'exact-bvlc'],
    default: 'readable',
    describe: 'exact-bvlc writes what BVLC layers express only by heavy constructions; readable refuses that',
  },
  allowApproximate: {
    type: 'boolean',
    describe: 'accept layers that come near what the model computes, and name the error',
  },
  inputShape: { type: 'string', array: true, describe: 'NAME=1x3x224x224: the shape of an input' },
  inputValue: {
    type: 'string',
    array: true,
    describe: 'NAME=16000: the value that an input has for good; the net has no such input',
  },
  inputs: { type: 'string', describe: 'begin the net at these values of the model: a,b' },
  outputs: { type: 'string', describe: 'end the net at these values of the model: a,b' },
  keepBatchNorm: {
    type: 'boolean',
    describe: 'keep BatchNorm and Scale layers instead of folding them into the layer before',
  },
  shareParams: {
    type: 'boolean',
    default: true,
    describe: 'write the weights of layers that have the same ones once, by param name',
  },
  check: {
    type: 'boolean',
    default: undefined,
    describe: 'run the model and the net on the same input and compare them; without it, unless that takes long',
  },
  ...INPUT_OPTION,
  json: { type: 'boolean', describe: 'print the report as JSON' },
});
type ImportOptions = ValuesOf<typeof POSITIONALS> & ValuesOf<typeof OPTIONS>;

export const command = defineCommand({
  name: 'import',
  describe: "write a prototxt as a program of the DSL, or an ONNX model in Caffe's layers, and compare both",
  usage: 'NET.prototxt|MODEL.onnx -o net.ts|DIR',
  positionals: POSITIONALS,
  options: OPTIONS,
  examples: [
    ['$0 net.prototxt > net.ts', 'the program with which netspec build makes the same prototxt'],
    ['$0 model.onnx -o port/', ''],
    ['$0 yolo.onnx -o port/ --input-shape images=1x3x320x320 --outputs p3,p4,p5', 'without what comes after the heads'],
  ],
  run: async (options, context) => {
    const { output, model } = options;
    if (await isText(model)) return writeProgram(options, context);
    if (output === undefined) throw new UsageError('say where to write with -o DIR');
    await checkKind(model);
    const [{ OnnxModelFile }, { importModel }] = await Promise.all([
      import('../../node/onnx-references.js'),
      import('../../onnx/import-onnx.js'),
    ]);
    const inputValues = parseValues('input-value', options.inputValue);
    const opened = await OnnxModelFile.open(model, inputValues);
    const imported = await importModel(opened.model, {
      target: options.target,
      style: options.style,
      allowApproximate: options.allowApproximate,
      keepBatchNorm: options.keepBatchNorm,
      shareParams: options.shareParams,
      inputShapes: parseShapes('input-shape', options.inputShape),
      inputValues,
      inputs: listed(options.inputs),
      outputs: listed(options.outputs),
    });
    for (const remark of imported.remarks) print(context.stderr, `note: ${asCommandLine(remark)}`);
    return writeAll(imported, opened, { ...options, output }, context);
  },
});

async function writeAll(
  imported: ImportedNet,
  model: OnnxModelFile,
  options: ImportOptions & { output: string },
  context: CommandContext,
): Promise<ExitCode> {
  const { formatProgram, formatPrototxt, htmlReport, LayerSamples, ruleMap, writeCaffemodel } =
    await import('../../node.js');
  const { textFile, writeFilesAtomically } = await import('../../node/files.js');
  const { valueMap } = await import('../../onnx/value-map.js');
  const { net, weights, schema } = imported;
  const folder = options.output;
  const map = valueMap(net, imported.values, path.basename(options.model), model.inputValues);
  const text = formatPrototxt(net, { schema });
  const file = (name: string): string => path.join(folder, name);
  const samples = new LayerSamples();
  let bytes = 0;
  let checked: Checked | undefined;
  let page = '';
  const files: FileToWrite[] = [
    {
      file: file('net.caffemodel'),
      fill: async (sink, written) => {
        bytes = await writeCaffemodel(sink, weights.net, weights.blobs, { schema });
        if (!isComparedNow(imported, bytes, options, context)) return;
        const { copyInputs, Net } = await import('../../node.js');
        const { checkImport } = await import('../shared/check-import.js');
        // The model is run on the net's inputs alone: the memory of both is not needed at once.
        const layer = net.layer!.filter(({ type }) => type === 'Input');
        const fed = await Net.load({ ...net, layer }, { phase: 'TEST', schema });
        try {
          const references = await runModel(fed, imported, model, options, context);
          if (!references) return;
          const loaded = await Net.load(net, { phase: 'TEST', weights: written, algorithm: 'gemm', schema });
          try {
            copyInputs(fed, loaded);
            const report = await checkImport(loaded, references, ruleMap(map, 'map.json'), samples);
            checked = { report, by: references.by };
            page = await htmlReport(loaded, checked.report, {
              samples,
              facts: { model: options.model, net: 'net.prototxt', weights: 'net.caffemodel', references: checked.by },
            });
          } finally {
            loaded.dispose();
          }
        } finally {
          fed.dispose();
        }
      },
    },
    textFile(file('net.prototxt'), () => text),
    textFile(file('net.ts'), () => formatProgram(net, schema)),
    textFile(file('map.json'), () => `${JSON.stringify(map, null, 2)}\n`),
  ];
  await writeFilesAtomically(files, { makeFolders: true });
  const names = ['net.prototxt', 'net.caffemodel', 'net.ts', 'map.json'];
  if (checked) {
    await writeFilesAtomically([textFile(file('report.html'), page)]);
    names.push('report.html');
  }
  return report(imported, { folder, names, bytes, checked }, options, context);
}

/** Whether the net is compared before `import` ends: as the command line says, else where that takes a few seconds. */
function isComparedNow(
  { macs, schema }: ImportedNet,
  bytes: number,
  { check, input, model, output }: ImportOptions & { output: string },
  { stderr }: CommandContext,
): boolean {
  if (check !== undefined) return check;
  // Who gives an input wants to see what it gives.
  const why = input.length > 0 ? undefined : tooCostly({ macs, bytes });
  if (why === undefined) return true;
  const command = verifyCommand({ model, folder: output, proto: schema?.name });
  print(stderr, `note: not compared with the model, as ${why} would take a while; this command does it: ${command}`);
  return false;
}

/** Whether a file is text: then it is a prototxt, or nothing that can be imported. */
async function isText(file: string): Promise<boolean> {
  const [{ openFile }, { isBinary, readHead }] = await Promise.all([
    import('../../node.js'),
    import('../../proto/file-kinds/index.js'),
  ]);
  const access = await openFile(file);
  try {
    return access.size > 0 && !isBinary(await readHead(access));
  } finally {
    await access.close();
  }
}

/** A prototxt as a program, on stdout or in a file. */
async function writeProgram({ model, output, proto }: ImportOptions, context: CommandContext): Promise<ExitCode> {
  const [{ formatProgram }, { textFile, writeFilesAtomically }, { checkHasLayers, readNet }] = await Promise.all([
    import('../../node.js'),
    import('../../node/files.js'),
    import('../shared/net-file.js'),
  ]);
  const { net, options } = await readNet(
    model,
    { proto, phase: 'TEST', level: 0, stage: [], shape: [], layers: [] },
    'text',
  );
  checkHasLayers(net.layer, model);
  const isFile = proto !== undefined && options.schema !== undefined && /[./\\]/.test(proto);
  const text = formatProgram(net, options.schema, isFile ? { protoFile: proto } : {});
  if (output === undefined) context.stdout.write(text);
  else {
    await writeFilesAtomically([textFile(output, () => text)]);
    print(reportStream([output], context), `wrote ${output}`);
  }
  return EXIT.ok;
}

/** What comparing the net with its model gave, and what ran the model. */
interface Checked {
  readonly report: VerifyReport;
  readonly by: string;
}

/**
 * Runs the model.
 * @param fed the inputs of the net, which are set
 * @returns undefined where nothing at hand runs it, which is said
 */
async function runModel(
  fed: Net,
  imported: ImportedNet,
  model: OnnxModelFile,
  { input, inputShape }: ImportOptions,
  context: CommandContext,
): Promise<References | undefined> {
  const { referencesOf } = await import('../shared/check-import.js');
  const isSet = input.length > 0;
  if (isSet) await setInputs(fed, input, context);
  const inputShapes = parseShapes('input-shape', inputShape);
  const references = await referencesOf(imported, model, fed, { isSet, inputShapes });
  if ('why' in references) {
    print(
      context.stderr,
      `note: not compared: the model is too large for the references of the operators; ${references.why}`,
    );
    return undefined;
  }
  for (const remark of references.remarks) print(context.stderr, `note: ${remark}`);
  return references;
}

function report(
  { net, inputs, outputs, remarks }: ImportedNet,
  {
    folder,
    names,
    bytes,
    checked,
  }: { folder: string; names: readonly string[]; bytes: number; checked: Checked | undefined },
  options: ImportOptions,
  { stdout, stderr }: CommandContext,
): ExitCode {
  const result = checked?.report;
  const worst = result && worstOf(result);
  if (options.json)
    printJson(stdout, {
      model: options.model,
      layers: net.layer?.length,
      inputs,
      outputs,
      bytes,
      remarks: remarks.map(asCommandLine),
      check: result
        ? {
            ok: result.ok,
            by: checked.by,
            matched: result.matched,
            worst: worst?.share,
            ...(worst?.nearZero !== undefined && { worstNearZero: worst.nearZero }),
            firstDivergence: result.firstDivergence?.name,
          }
        : null,
      written: names.map((name) => path.join(folder, name)),
    });
  else {
    print(stdout, `${net.layer?.length ?? 0} layers, weights ${formatBytes(bytes)}`);
    if (result) {
      const agree = result.layers.filter(({ status }) => status === 'agrees').length;
      const nearZero =
        worst!.nearZero === undefined
          ? ''
          : `; where all are below ${result.tolerance.atol}, within ${worst!.nearZero.toExponential(1)}`;
      print(
        stdout,
        `compared with ${checked.by}: ${agree} of ${result.matched} values agree, the worst within ${worst!.share.toExponential(1)} of the largest${nearZero}`,
      );
    }
    print(stdout, `wrote ${names.join(', ')} to ${folder}`);
  }
  if (!result || result.ok) return EXIT.ok;
  print(
    stderr,
    `the net differs from the model at layer '${result.firstDivergence!.name}': see ${path.join(folder, 'report.html')}`,
  );
  return EXIT.checkFailed;
}

/**
 * The largest difference, as a part of the largest element of its value. Of values that are all below the absolute tolerance a part says
 * nothing: a sigmoid of -20 is 2e-9, and a runtime's differs from it by as much. Theirs is the difference itself.
 */
function worstOf({ layers, tolerance }: VerifyReport): { share: number; nearZero?: number } {
  const compared = layers.flatMap(({ comparison }) => (comparison ? [comparison] : []));
  const isNearZero = ({ referenceMax, maxAbs }: Comparison): boolean =>
    referenceMax < tolerance.atol && maxAbs < tolerance.atol;
  const differing = compared.filter((each) => isNearZero(each) && each.maxAbs > 0);
  return {
    share: Math.max(0, ...compared.filter((each) => !isNearZero(each)).map(({ maxRel }) => maxRel)),
    ...(differing.length > 0 && { nearZero: Math.max(...differing.map(({ maxAbs }) => maxAbs)) }),
  };
}

/** @throws NetspecError when the file is told to be something else */
async function checkKind(file: string): Promise<void> {
  const { openFile } = await import('../../node.js');
  const { kindOf, readHead } = await import('../../proto/file-kinds/index.js');
  const access = await openFile(file);
  try {
    const kind = kindOf(await readHead(access));
    if (kind.id === 'onnx' || kind.id === 'unknown' || kind.id === 'binary' || kind.id === 'caffemodel') return;
    throw new NetspecError(`expected an ONNX model, got ${kind.is}`, { file });
  } finally {
    await access.close();
  }
}

function listed(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
