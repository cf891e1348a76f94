/** netspec export: a net with its weights as an ONNX model. The weights are copied while the model is written, blob by blob. */
import path from 'node:path';
import { NetspecError } from '../../errors.js';
import type { FileToWrite } from '../../node/files.js';
import type { ExportedModel } from '../../onnx/export/export-onnx.js';
import type { CaffemodelReader } from '../../proto/caffemodel-reader.js';
import type { ByteSink } from '../../proto/random-access.js';
import { defineCommand, EXIT, UsageError } from '../shared/command.js';
import { checkHasLayers, readNet } from '../shared/net-file.js';
import { NET_FILE_POSITIONAL, STATE_OPTIONS } from '../shared/net-options.js';
import { options } from '../shared/options.js';
import { print, printJson, reportStream } from '../shared/print.js';
import { createProgress } from '../shared/progress.js';
import { formatBytes, formatCount } from '../shared/table.js';

const OPTIONS = options({
  ...STATE_OPTIONS,
  weights: { type: 'string', alias: 'w', describe: 'caffemodel; not needed where the net is read from one' },
  output: { type: 'string', alias: 'o', required: true, describe: 'model to write' },
  opset: { type: 'number', default: 17, describe: "version of ONNX's operators, 11 to 21" },
  externalData: {
    type: 'boolean',
    describe: 'write the weights to MODEL.data, beside the model; a model of more than 2 GiB needs it',
  },
  map: { type: 'string', describe: 'file to write, for verify --map: which value of the model each layer makes' },
  json: { type: 'boolean', describe: 'print the report as JSON' },
});

export const command = defineCommand({
  name: 'export',
  describe: 'write a net and its weights as an ONNX model',
  usage: 'NET -w W -o MODEL.onnx',
  positionals: NET_FILE_POSITIONAL,
  options: OPTIONS,
  examples: [
    ['$0 net.prototxt -w net.caffemodel -o model.onnx', ''],
    ['$0 net.prototxt -w net.caffemodel -o model.onnx --opset 13', 'for tools that do not read later opsets'],
  ],
  run: async (options, context) => {
    const { CaffemodelReader, exportOnnx, Net, openFile } = await import('../../node.js');
    const { textFile, writeFilesAtomically } = await import('../../node/files.js');
    const { exportedMap } = await import('../../onnx/export/exported-map.js');
    const { output } = options;
    if (!Number.isInteger(options.opset)) throw new UsageError('--opset expects a whole number');
    for (const read of [options.net, options.weights])
      if (read !== undefined && path.resolve(read) === path.resolve(output))
        throw new NetspecError(`${output} would be overwritten, which is read`, { hint: 'write somewhere else' });
    const { net: param, options: state, isBinary } = await readNet(options.net, options);
    checkHasLayers(param.layer, options.net);
    // A caffemodel that holds the net holds its weights too.
    const weights = options.weights ?? (isBinary ? options.net : undefined);
    const source = weights === undefined ? undefined : await openFile(weights);
    try {
      const reader = source && (await CaffemodelReader.open(source, { schema: state.schema }));
      const net = await Net.load(param, {
        ...state,
        shapesOnly: true,
        stepOver: 'open',
        paramShapes: reader && shapesIn(reader),
      });
      try {
        if (!reader && net.params.size > 0) throw new UsageError('the net has parameters: give its weights with -w');
        const file = `${output}.data`;
        const model = await exportOnnx(net, {
          opset: options.opset,
          weights: reader,
          externalData: options.externalData ? path.basename(file) : undefined,
        });
        for (const remark of model.remarks) print(context.stderr, `note: ${remark}`);
        const progress = await createProgress('export', context.stderr, formatBytes);
        const total = model.byteLength + model.dataLength;
        let done = 0;
        const counted = (sink: ByteSink): ByteSink => ({
          write: async (bytes) => {
            await sink.write(bytes);
            progress.update((done += bytes.length), total, path.basename(output));
          },
        });
        const files: FileToWrite[] = [
          { file: output, fill: (sink) => model.write(counted(sink)) },
          ...(options.externalData ? [{ file, fill: (sink: ByteSink) => model.writeData(counted(sink)) }] : []),
          ...(options.map === undefined
            ? []
            : [textFile(options.map, `${JSON.stringify(exportedMap(model, path.basename(output)), null, 2)}\n`)]),
        ];
        try {
          await writeFilesAtomically(files, { makeFolders: true });
        } finally {
          progress.stop();
        }
        const out = reportStream([output], context);
        if (options.json) printJson(out, reportOf(model, files));
        else print(out, ...linesOf(model, files));
        return EXIT.ok;
      } finally {
        net.dispose();
      }
    } finally {
      await source?.close();
    }
  },
});

/** Shapes of the blobs by layer: some types of forks are told by them. */
function shapesIn({ layers }: CaffemodelReader): Map<string, (readonly number[])[]> {
  return new Map(layers.map(({ name, blobs }) => [name, blobs.map(({ shape }) => shape)]));
}

function reportOf(model: ExportedModel, files: readonly FileToWrite[]) {
  const { opset, nodes, inputs, outputs, byteLength, dataLength, remarks, values, layers } = model;
  const renamed = Object.fromEntries([...values].filter(([blob, value]) => blob !== value));
  const written = files.map(({ file }) => file);
  return { opset, nodes, inputs, outputs, bytes: byteLength + dataLength, values: renamed, layers, remarks, written };
}

function linesOf(model: ExportedModel, files: readonly FileToWrite[]): string[] {
  const { opset, nodes, inputs, outputs, byteLength, dataLength } = model;
  const listed = (what: string, list: ExportedModel['inputs']) =>
    `${what}: ${list.map(({ name, shape }) => `${name} ${shape.map((size) => (size < 0 ? '?' : size)).join('x')}`).join(', ') || 'none'}`;
  return [
    `${formatCount(nodes)} nodes of opset ${opset}, ${formatBytes(byteLength + dataLength)}`,
    listed('inputs', inputs),
    listed('outputs', outputs),
    `wrote ${files.map(({ file }) => file).join(', ')}`,
  ];
}
