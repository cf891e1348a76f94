/** netspec extract: the parameters of a weight file as .npy files, or as one .npz or safetensors file. */
import { asFloat32 } from '../../weights/elements.js';
import path from 'node:path';
import { NetspecError, didYouMean } from '../../errors.js';
import { fileNamesOf } from '../../weights/file-names.js';
import { WRITTEN_FORMATS } from '../../weights/formats/index.js';
import type { TensorInfo, WeightSource } from '../../weights/source.js';
import type { TensorToWrite } from '../../weights/write-archive.js';
import { defineCommand, EXIT, UsageError } from '../shared/command.js';
import { readSchema, SCHEMA_OPTIONS } from '../shared/net-options.js';
import { print, printJson } from '../shared/print.js';
import { createProgress } from '../shared/progress.js';
import { formatBytes, formatCount } from '../shared/table.js';
import { ENTRY_OPTION, WEIGHTS_HELP } from '../shared/weights-help.js';

/** Endings of files that hold all tensors. */
const ENDINGS = [...WRITTEN_FORMATS.keys()];

export const command = defineCommand({
  name: 'extract',
  describe: `write parameters as .npy files, or as one ${ENDINGS.join(' or ')} file`,
  usage: 'W --all -o DIR',
  positionals: {
    weights: { type: 'string', required: true, describe: WEIGHTS_HELP },
  },
  options: {
    ...SCHEMA_OPTIONS,
    output: {
      type: 'string',
      alias: 'o',
      required: true,
      describe: `${ENDINGS.map((ending) => `FILE${ending}`).join(', ')}, or a folder for .npy files`,
    },
    ...ENTRY_OPTION,
    layer: { type: 'string', array: true, describe: 'layers, or single tensors, to extract' },
    all: { type: 'boolean', describe: 'extract everything' },
    json: { type: 'boolean', describe: 'print what was written as JSON' },
  },
  examples: [['$0 net.caffemodel --layer conv1 --layer fc -o arrays/', '']],
  run: async ({ weights, output, layer, all, entry, proto, json }, { stdout, stderr }) => {
    if (all === layer.length > 0) throw new UsageError('say what to extract: --layer NAME …, or --all');
    const { openWeights, writeFileAtomically } = await import('../../node.js');
    const source = await openWeights(weights, { schema: await readSchema(proto), entry });
    const progress = await createProgress('extract', stderr);
    try {
      const chosen = all ? source.list() : choose(source, layer);
      if (chosen.length === 0) throw new NetspecError('there are no parameters', { file: weights });
      for (const { problem } of chosen) if (problem) throw problem;
      let done = 0;
      const tensors = chosen.map(({ name, shape }): TensorToWrite => ({
        name,
        shape,
        pieces: () => {
          progress.update(++done, chosen.length, name);
          return piecesOf(source, name);
        },
      }));
      const write = WRITTEN_FORMATS.get(path.extname(output));
      if (write)
        await writeFileAtomically(output, async (sink) => {
          await write(sink, tensors);
        });
      else await writeFolder(output, tensors);
      progress.stop();
      const values = chosen.reduce((sum, { shape }) => sum + shape.reduce((count, dim) => count * dim, 1), 0);
      if (json) printJson(stdout, { output, tensors: chosen.map(({ name, shape }) => ({ name, shape })) });
      else
        print(
          stdout,
          `wrote ${chosen.length} array${chosen.length === 1 ? '' : 's'} to ${output}: ` +
            `${formatCount(values)} values, ${formatBytes(values * 4)}`,
        );
      return EXIT.ok;
    } finally {
      progress.stop();
      await source.close();
    }
  },
});

/** The tensors of the layers named, or those of just these names. */
function choose(source: WeightSource, wanted: readonly string[]): TensorInfo[] {
  const all = source.list();
  const layerOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('.')));
  const chosen = new Set<TensorInfo>();
  for (const name of wanted) {
    const found = all.filter((tensor) => layerOf(tensor.name) === name || tensor.name === name);
    if (found.length === 0)
      throw new NetspecError(`${source.description} has no parameters of a layer '${name}'`, {
        hint: didYouMean(name, [...new Set(all.map((tensor) => layerOf(tensor.name)))]),
      });
    for (const tensor of found) chosen.add(tensor);
  }
  return all.filter((tensor) => chosen.has(tensor));
}

/** In pieces where the file has them so, else whole, one tensor at a time. */
async function* piecesOf(source: WeightSource, name: string): AsyncGenerator<Float32Array> {
  const pieces = source.pieces?.(name);
  if (pieces) {
    yield* pieces;
    return;
  }
  const { data } = await source.read(name);
  yield asFloat32(data);
}

/**
 * The files of tensors in a folder of .npy files. A / in a name makes a folder, as in the names that reading the folder gives.
 * @throws NetspecError for a name that would lead out of the folder, or stands for no file
 */
export function arrayFiles(folder: string, names: readonly string[]): string[] {
  for (const name of names)
    if (name.split('/').some((part) => part === '' || part === '.' || part === '..') || /[\\\0]/.test(name))
      throw new NetspecError(`'${name}' cannot be a file in ${folder}`, {
        hint: `write one ${ENDINGS.join(' or ')} file instead`,
      });
  const files = fileNamesOf(names, '/');
  return names.map((name) => path.join(folder, `${files.get(name)!}.npy`));
}

/** One file for each tensor; all of them, or none. */
async function writeFolder(folder: string, tensors: readonly TensorToWrite[]): Promise<void> {
  const { formatNpyHeader } = await import('../../weights/npy.js');
  const { writeFilesAtomically } = await import('../../node/files.js');
  const files = arrayFiles(
    folder,
    tensors.map(({ name }) => name),
  );
  await writeFilesAtomically(
    tensors.map(({ shape, pieces }, i) => ({
      file: files[i]!,
      fill: async (sink) => {
        await sink.write(formatNpyHeader(shape));
        for await (const { buffer, byteOffset, byteLength } of pieces())
          await sink.write(new Uint8Array(buffer, byteOffset, byteLength));
      },
    })),
    { makeFolders: true },
  );
}
