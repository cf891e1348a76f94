/** netspec forward: runs a net once and writes the blobs asked for as .npy files. */
import path from 'node:path';
import { didYouMean, NetspecError } from '../../errors.js';
import type { Blob } from '../../engine/blob.js';
import { fileNamesOf } from '../../weights/file-names.js';
import { defineCommand, EXIT } from '../shared/command.js';
import { loadNet, runOptions, setInputs } from '../shared/load-net.js';
import { NET_POSITIONAL } from '../shared/net-options.js';
import { print, printJson } from '../shared/print.js';
import { tableLines } from '../shared/table.js';

export const command = defineCommand({
  name: 'forward',
  describe: 'run a net once and write its output blobs as .npy files',
  usage: 'NET -w W -i data=x.npy -o DIR',
  positionals: NET_POSITIONAL,
  options: {
    ...runOptions({ algorithm: 'auto', strict: false }),
    weights: {
      type: 'string',
      alias: 'w',
      describe: 'caffemodel; without it the fillers fill the parameters',
    },
    outputDir: { type: 'string', alias: 'o', describe: 'where to write BLOB.npy (a / in a name becomes __)' },
    blobs: { type: 'string', default: 'outputs', describe: "'outputs', 'all', or names separated by commas" },
    seed: { type: 'number', default: 0, describe: 'seed of random fillers' },
    json: { type: 'boolean', describe: 'print the summary as JSON' },
  },
  run: async (options, context) => {
    const net = await loadNet({ ...options, outputsOnly: options.blobs !== 'all' }, context);
    try {
      const chosen = chooseBlobs(options.blobs, [...net.blobs.keys()], net.outputs);
      await setInputs(net, options.input, context);
      await net.forward({ blobs: chosen });
      if (options.outputDir !== undefined) {
        const { npyFile } = await import('../../node/npy-folder.js');
        const { writeFilesAtomically } = await import('../../node/files.js');
        const files = fileNamesOf(chosen, '__');
        for (const [name, file] of files)
          if (file !== name.replaceAll('/', '__')) print(context.stderr, `note: blob '${name}' goes to ${file}.npy`);
        await writeFilesAtomically(
          [...files].map(([name, file]) => {
            const { shape, data } = net.blobs.get(name)!;
            return npyFile(path.join(options.outputDir!, `${file}.npy`), shape, data);
          }),
          { makeFolders: true },
        );
      }
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
