/** error-lines: errors as the command line says them: with the options that help, of which the library knows nothing. */
import type { ErrorCode, NetspecError } from '../../errors.js';
import { asCommandLine } from './option-names.js';

/** What to do on the command line about what went wrong. */
const ADVICE: Readonly<Record<ErrorCode, string>> = {
  'message-too-large': '--share-params of netspec build stores the weights of layers that share them once',
  'model-too-large': '--external-data writes the weights to a file beside the model',
  'not-a-number': "'netspec forward --blobs all' counts such values of every blob",
  'no-reference-matches': 'choose the name map that fits the references with --map',
  'training-layer': '--deploy of netspec convert makes a net for deployment of one for training',
  'unknown-input-shape': '--input-shape BLOB=1x3x224x224 gives the shape of an input',
  'unknown-shape': 'give it with --shape BLOB=1x3x5x5, or the layer itself with --layers FILE.ts',
  'weights-incomplete': '--no-strict runs the net all the same',
  'unknown-layer-type': 'give layer types of your own with --layers FILE.ts',
};

/** The lines of an error. Each is one line, whatever names it holds. */
export function errorLines(error: NetspecError, prefix = 'netspec: '): string[] {
  const { items = [], hint, code } = error.details;
  const hints = [hint, code && ADVICE[code]].filter((text) => text !== undefined);
  return [error.headline, ...items.map((item) => `  ${item}`), ...hints.map((text) => `hint: ${text}`)]
    .map(asCommandLine)
    .map((line, i) => (i === 0 ? prefix + line : line));
}
