/** netspec forward: runs a net once and writes the blobs asked for, as .npy files or in the form that a toolchain takes. */
import path from 'node:path';
import { didYouMean, NetspecError } from '../../errors.js';
import { DUMP_FORMATS, type DumpFormat } from '../../dumps/index.js';
import type { Blob } from '../../engine/blob.js';
import type { Net } from '../../runtime/net.js';
import { defineCommand, EXIT, UsageError, type CommandContext } from '../shared/command.js';
import { DumpRecorder } from '../shared/dump-recorder.js';
import { loadNet, runOptions, setInputs } from '../shared/load-net.js';
import { NET_POSITIONAL } from '../shared/net-options.js';
import { print, printJson } from '../shared/print.js';
import { tableLines } from '../shared/table.js';

export const command = defineCommand({
  name: 'forward',
  describe: 'run a net once and write its output blobs as .npy files, or in the form of a toolchain',
  usage: 'NET -w W -i data=x.npy -o DIR',
  positionals: NET_POSITIONAL,
  options: {
    ...runOptions({ algorithm: 'auto', strict: false }),
    weights: {
      type: 'string',
      alias: 'w',
      describe: 'caffemodel; without it the fillers fill the parameters',
    },
    outputDir: { type: 'string', alias: 'o', describe: 'folder to write to; BLOB.npy with a / in a name as __' },
    blobs: { type: 'string', default: 'outputs', describe: "'outputs', 'all', or names separated by commas" },
    format: {
      type: 'string',
      choices: DUMP_FORMATS.map(({ name }) => name),
      describe: 'what to write: .npy files by default, or what a toolchain compares with; see docs/dumps.md',
    },
    seed: { type: 'number', default: 0, describe: 'seed of random fillers' },
    json: { type: 'boolean', describe: 'print the summary as JSON' },
  },
  examples: [['$0 net.prototxt -w net.caffemodel -i data=x.npy --blobs all --format ascend -o golden/', '']],
  run: async (options, context) => {
    const { outputDir } = options;
    if (options.format !== undefined && outputDir === undefined)
      throw new UsageError('--format says what is written: give the folder, -o DIR');
    const format: DumpFormat = DUMP_FORMATS.find(({ name }) => name === options.format) ?? DUMP_FORMATS[0];
    const ofLayers = outputDir !== undefined && format.of === 'layers';
    const net = await loadNet({ ...options, outputsOnly: options.blobs !== 'all' && !ofLayers }, context);
    try {
      const chosen = chooseBlobs(options.blobs, [...net.blobs.keys()], net.outputs);
      await setInputs(net, options.input, context);
      const recorder = new DumpRecorder(net, chosen, format.of);
      await net.forward({ blobs: chosen, ...(ofLayers && { onLayer: recorder.observe }) });
      if (outputDir !== undefined) await writeDump(format, outputDir, net, recorder, context);
      const rows = chosen.map((name) => ({ blob: name, ...statistics(net.blobs.get(name)!) }));
      if (options.json) printJson(context.stdout, rows);
      else
        print(
          context.stdout,
          ...tableLines(
            context.stdout,
            [
              { title: 'blob' },
              { title: 'shape' },
              ...['min', 'max', 'mean', 'not finite'].map((title) => ({ title, align: 'right' as const })),
            ],
            rows.map((r) => [
              r.blob,
              r.shape.join('x'),
              figure(r.min),
              figure(r.max),
              figure(r.mean),
              String(r.notFinite),
            ]),
          ),
        );
      return EXIT.ok;
    } finally {
      net.dispose();
    }
  },
});

/** Writes a dump into a folder; one that is a single file to a path with its extension too. */
async function writeDump(
  format: DumpFormat,
  output: string,
  net: Net,
  recorder: DumpRecorder,
  { stderr }: CommandContext,
): Promise<void> {
  const { writeFilesAtomically } = await import('../../node/files.js');
  const { files, notes = [] } = format.write({ net: net.name, tops: recorder.tops(), time: Date.now() * 1000 });
  for (const note of notes) print(stderr, `note: ${note}`);
  const isFile = format.extension !== undefined && output.endsWith(format.extension);
  await writeFilesAtomically(
    files.map(({ file, fill }) => ({
      file: isFile ? output : path.join(output, file),
      fill: async (sink) => {
        await fill(sink);
      },
    })),
    { makeFolders: true },
  );
}

function chooseBlobs(choice: string, all: readonly string[], outputs: readonly string[]): readonly string[] {
  if (choice === 'all') return all;
  if (choice === 'outputs') return outputs;
  const names = choice.split(',').map((name) => name.trim());
  for (const name of names)
    if (!all.includes(name))
      throw new NetspecError(`--blobs: the net has no blob '${name}'`, { hint: didYouMean(name, all) });
  return names;
}

/** Least, greatest and mean of the finite values. */
function statistics(blob: Blob) {
  let [min, max, sum, notFinite] = [Infinity, -Infinity, 0, 0];
  for (const v of blob.data) {
    if (!Number.isFinite(v)) {
      notFinite++;
      continue;
    }
    if (v < min) min = v;
    if (v > max) max = v;
    sum += v;
  }
  const finite = blob.count - notFinite;
  return {
    shape: blob.shape,
    min: finite ? min : null,
    max: finite ? max : null,
    mean: finite ? sum / finite : null,
    notFinite,
  };
}

function figure(value: number | null): string {
  return value === null ? '-' : String(Number(value.toPrecision(6)));
}
