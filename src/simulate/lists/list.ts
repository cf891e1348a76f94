/** list: what a form of calibration list is: a file that names, or holds, the samples that a toolchain takes ranges from. */
import { NetspecError } from '../../errors.js';

/** The samples of a calibration. */
export interface SampleList {
  /** Names of the net's inputs, in order. */
  readonly inputs: readonly string[];
  /** For each sample the file of each input, absolute. */
  readonly samples: readonly Readonly<Record<string, string>>[];
  /** The values of an input of a sample. */
  readonly values: (sample: number, input: string) => Promise<Float32Array>;
}

/** A file of a list. */
export interface ListFile {
  /** The input that it is of; undefined where one file is of all. */
  readonly input?: string;
  readonly text: () => Promise<string> | string;
}

/** A form of calibration list. */
export interface ListFormat {
  /** `rknn`: what users call it. */
  readonly name: string;
  /** One line for lists. */
  readonly describe: string;
  /** The page or program that says how the file looks. */
  readonly source: string;
  readonly write: (list: SampleList) => readonly ListFile[];
}

/**
 * The list of a form with a line for each sample: the files of all its inputs.
 * @throws NetspecError for a file name that has what separates names in the list.
 */
export function lineForSample({ inputs, samples }: SampleList, separator: ' ' | ',', form: string): ListFile {
  const lineOf = (sample: Readonly<Record<string, string>>): string => {
    const files = inputs.map((input) => sample[input]!);
    return `${namesBetween(files, separator, form)}\n`;
  };
  return { text: () => samples.map(lineOf).join('') };
}

function namesBetween(files: readonly string[], separator: ' ' | ',', form: string): string {
  for (const file of files)
    if (file.includes(separator) || file.includes('\n'))
      throw new NetspecError(
        `${form} lists have ${separator === ' ' ? 'a space' : 'a comma'} between names: '${file}' has one`,
        {
          hint: 'rename the file or its folder',
        },
      );
  return files.join(separator);
}
