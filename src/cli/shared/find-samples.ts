/**
 * find-samples: whether `--input` gives one input or many samples: a folder of .npy or .npz files, or an input that is given
 * several times. A sample bears the name of its file.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { NetspecError, didYouMean } from '../../errors.js';
import { WEIGHT_EXTENSIONS } from '../../weights/formats/index.js';
import { isFolder } from './is-folder.js';

/** A sample, and the words of `--input` that stand for it alone. */
export interface FoundSample {
  name: string;
  input: string[];
}

/** Files of inputs are numpy's alone; weights and references have more formats. */
const SUFFIXES = ['.npy', '.npz'] as const;

/** Endings of files that hold all references of a sample. An .npy has one tensor. */
const ARCHIVES = WEIGHT_EXTENSIONS.filter((ending) => ending !== '.npy');

/** The sample that such a file would be of. */
const sampleOf = (file: string): string => {
  const ending = ARCHIVES.find((each) => file.endsWith(each));
  return ending === undefined ? file : file.slice(0, -ending.length);
};

/**
 * The samples that `--input` gives; undefined where each input is one file.
 * @throws NetspecError for a folder without samples, two samples of one name, or inputs that have not the same samples.
 */
export function findSamples(words: readonly string[]): FoundSample[] | undefined {
  const files = new Map<string, string[]>();
  const folders = new Set<string>();
  let isSampled = false;
  for (const word of words) {
    const at = word.indexOf('=');
    // What is no pair is told by who reads the pairs.
    if (at <= 0 || at === word.length - 1) return undefined;
    const [name, file] = [word.slice(0, at), word.slice(at + 1)];
    const isMany = isFolder(file);
    const given = files.get(name);
    isSampled ||= isMany || given !== undefined;
    files.set(name, [...(given ?? []), ...(isMany ? filesIn(file) : [file])]);
    if (isMany) folders.add(name);
  }
  if (!isSampled) return undefined;
  // An input of one file beside others of many is the same for all samples.
  const sampled = new Map(
    [...files]
      .filter(([name, all]) => all.length > 1 || folders.has(name))
      .map(([name, all]) => [name, byName(name, all)]),
  );
  const [first] = sampled;
  const [firstName, samples] = first!;
  for (const [name, others] of sampled) checkSame([firstName, samples], [name, others]);
  return [...samples.keys()].map((sample) => ({
    name: sample,
    input: [...files].map(([name, all]) => `${name}=${sampled.get(name)?.get(sample) ?? all[0]!}`),
  }));
}

/**
 * The samples of a folder, as a person counts: `a2` before `a10`.
 * @throws NetspecError for a folder that has none
 */
export function filesIn(folder: string, suffixes: readonly string[] = SUFFIXES): string[] {
  const files = readdirSync(folder)
    .filter((file) => suffixes.some((suffix) => file.endsWith(suffix)))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  if (files.length === 0)
    throw new NetspecError(`the folder has no samples: no ${suffixes.join(' or ')} files`, {
      file: folder,
      hint: 'netspec preprocess makes them from pictures',
    });
  return files.map((file) => path.join(folder, file));
}

function byName(input: string, files: readonly string[]): Map<string, string> {
  const samples = new Map<string, string>();
  for (const file of files) {
    const name = path.basename(file).replace(/\.np[yz]$/, '');
    const other = samples.get(name);
    if (other !== undefined)
      throw new NetspecError(`two samples of input '${input}' have the name '${name}': ${other} and ${file}`, {
        hint: 'a sample bears the name of its file; give them other names',
      });
    samples.set(name, file);
  }
  return samples;
}

type Sampled = readonly [input: string, samples: ReadonlyMap<string, string>];

function checkSame([name, samples]: Sampled, [other, others]: Sampled): void {
  for (const [[has, a], [lacks, b]] of [
    [
      [name, samples],
      [other, others],
    ],
    [
      [other, others],
      [name, samples],
    ],
  ] as const)
    for (const sample of a.keys())
      if (!b.has(sample))
        throw new NetspecError(`input '${lacks}' has no sample '${sample}', which input '${has}' has`, {
          hint: didYouMean(sample, b.keys()) ?? `samples of '${lacks}': ${[...b.keys()].slice(0, 10).join(', ')}`,
        });
}

/**
 * Where the references of a sample are: `REF/{sample}`, a folder or a file of weights, `REF/{sample}.npz`.
 * @throws NetspecError where there are none
 */
export function referencesOfSample(folder: string, sample: string): string {
  const entries = isFolder(folder) ? readdirSync(folder) : undefined;
  if (!entries)
    throw new NetspecError('expected a folder with the references of each sample', {
      file: folder,
      hint: `for example ${path.join(folder, sample)}/ or ${path.join(folder, `${sample}.npz`)}`,
    });
  const found = ['', ...ARCHIVES].map((ending) => sample + ending).find((entry) => entries.includes(entry));
  if (found === undefined) {
    const names = entries.map(sampleOf);
    throw new NetspecError(`has no references of sample '${sample}': no ${sample}/ and no ${sample}.npz`, {
      file: folder,
      hint: didYouMean(sample, names) ?? `it has ${names.slice(0, 10).join(', ') || 'nothing'}`,
    });
  }
  return path.join(folder, found);
}

/** Names of references in a folder that no sample has. */
export function unusedReferences(folder: string, samples: readonly FoundSample[]): string[] {
  const names = new Set(samples.map(({ name }) => name));
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || sampleOf(entry.name) !== entry.name)
    .map(({ name }) => sampleOf(name))
    .filter((name) => !names.has(name));
}
