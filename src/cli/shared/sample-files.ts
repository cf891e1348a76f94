/**
 * sample-files: the samples that a simulation runs on, or takes ranges from: for each input a .npy file, a folder of them, an .npz with
 * an array for each sample, or a list of files.
 */
import path from 'node:path';
import { NetspecError, didYouMean } from '../../errors.js';
import type { Net, Tensor } from '../../runtime/net.js';
import { asFloats } from '../../verify/tensors.js';
import { filesIn } from './find-samples.js';
import { isFolder } from './is-folder.js';
import { feedableNames } from './load-net.js';
import { parsePairs } from './values.js';

/** Samples in files. */
export interface FileSamples {
  readonly length: number;
  /** For each sample the file of each input; undefined where several samples are in one file. */
  readonly files: readonly (Readonly<Record<string, string>> | undefined)[];
  /** Values of the inputs by name. */
  read(sample: number): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

/** The samples of one input. */
interface InputFiles {
  readonly length: number;
  readonly files?: readonly string[];
  read(sample: number): Promise<Tensor>;
  close(): Promise<void>;
}

/**
 * Opens samples: `NAME=PATH` for each input. Sample i of all inputs belong together.
 * @param option the option's name, for errors
 * @throws NetspecError for a name that is no input, an input left out, another number of samples, and files that cannot be read.
 */
export async function openSamples(net: Net, option: string, args: readonly string[]): Promise<FileSamples> {
  const pairs = parsePairs(option, args);
  const names = feedableNames(net);
  for (const name of pairs.keys())
    if (!names.includes(name))
      throw new NetspecError(`the net has no input '${name}'; its inputs are ${names.join(', ') || 'none'}`, {
        hint: didYouMean(name, names),
      });
  for (const missing of net.inputs.filter((name) => !pairs.has(name)))
    throw new NetspecError(`input '${missing}' has no values`, {
      hint: `give them with --${option} ${missing}=FILE.npy, or ${missing}=FOLDER of .npy files`,
    });
  const inputs: (readonly [string, InputFiles])[] = [];
  const close = async (): Promise<void> => {
    for (const [, input] of inputs) await input.close();
  };
  try {
    for (const [name, file] of pairs) inputs.push([name, await openInput(file)]);
    const [first, ...others] = inputs;
    for (const [name, { length }] of others)
      if (length !== first![1].length)
        throw new NetspecError(
          `every input needs the same number of samples: '${first![0]}' has ${first![1].length}, '${name}' ${length}`,
        );
    const length = first?.[1].length ?? 1;
    return {
      length,
      files: Array.from({ length }, (_, sample) =>
        inputs.every(([, { files }]) => files)
          ? Object.fromEntries(inputs.map(([name, { files }]) => [name, files![sample]!]))
          : undefined,
      ),
      read: async (sample) => {
        const values: Record<string, Tensor> = {};
        for (const [name, input] of inputs) values[name] = await input.read(sample);
        return values;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openInput(file: string): Promise<InputFiles> {
  if (isFolder(file)) return npyFiles(filesIn(file, ['.npy']).map((name) => path.resolve(name)));
  if (file.endsWith('.txt')) return npyFiles(await listedIn(file));
  if (!file.endsWith('.npz')) return npyFiles([path.resolve(file)]);
  const { openWeights } = await import('../../node.js');
  const source = await openWeights(file);
  const names = source.list().map(({ name }) => name);
  if (names.length === 0) throw new NetspecError('the file has no arrays', { file });
  return {
    length: names.length,
    read: async (sample) => {
      return asFloats(await source.read(names[sample]!));
    },
    close: () => source.close(),
  };
}

/** The files of a list, a line each; empty lines and comments are left out. Relative ones are relative to the list. */
async function listedIn(list: string): Promise<string[]> {
  const { readText } = await import('../../node.js');
  const files = (await readText(list)).split('\n').flatMap((line) => {
    const name = line.trim();
    return name === '' || name.startsWith('#') ? [] : [path.resolve(path.dirname(list), name)];
  });
  if (files.length === 0) throw new NetspecError('the list names no files', { file: list });
  return files;
}

function npyFiles(files: readonly string[]): InputFiles {
  return {
    length: files.length,
    files,
    read: async (sample) => {
      const { readNpyFile } = await import('../../node.js');
      return asFloats(await readNpyFile(files[sample]!));
    },
    close: () => Promise.resolve(),
  };
}
