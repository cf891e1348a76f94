/** weights-help: what the help says of options that take weights, by the table of formats. */
import type { WeightSource } from '../../weights/source.js';
import { options } from './options.js';
import { WEIGHT_EXTENSIONS } from '../../weights/formats/index.js';

/** Which of several models in one file. */
export const ENTRY_OPTION = options({
  entry: { type: 'string', describe: 'which part to take of a file that holds several models, as ema of a checkpoint' },
});

/** Where there are several and none was chosen, how to choose. */
export function entryAdvice({ entries = [] }: Pick<WeightSource, 'entries'>): string | undefined {
  if (entries.length < 2) return undefined;
  const names = entries.map(({ name, tensors }) => `${name} (${tensors} tensors)`);
  return `the file holds several models: choose one with --entry: ${names.join(', ')}`;
}

/** What holds weights. */
export const WEIGHTS_HELP = `a folder of .npy files, or a file of weights: ${WEIGHT_EXTENSIONS.join(', ')}`;
