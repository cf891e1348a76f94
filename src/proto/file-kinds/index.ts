/**
 * file-kinds: what a file is that was given for a prototxt, a caffemodel or other weights and is none. Readers of all three
 * ask here, so that a wrong file is called by its kind everywhere.
 */
import { NetspecError } from '../../errors.js';
import type { FileHead } from './file-head.js';
import { FILE_KINDS, type ExpectedFile, type FileKind } from './table.js';

export { headOfBytes, headOfText, readHead, type FileHead } from './file-head.js';
export { FILE_KINDS, isBinary, type ExpectedFile, type FileKind } from './table.js';

/** What errors call the file that was expected. */
const EXPECTED: Readonly<Record<ExpectedFile, string>> = {
  net: 'the prototxt of a net',
  'net file': 'a net (a prototxt or a caffemodel)',
  solver: 'the prototxt of a solver',
  caffemodel: 'a caffemodel',
  weights: 'weights',
  message: 'a binary message',
};

/** Kinds that readers of the expected file read, so that a failure has another reason. */
const READ: Readonly<Record<ExpectedFile, readonly string[]>> = {
  net: ['prototxt', 'text', 'unknown'],
  'net file': ['prototxt', 'caffemodel', 'text', 'binary', 'unknown'],
  solver: ['solver', 'text', 'unknown'],
  caffemodel: ['caffemodel', 'binary', 'unknown'],
  weights: ['caffemodel', 'binary', 'unknown'],
  message: ['caffemodel', 'binary', 'mean-file', 'solver-state', 'unknown'],
};

/** The kind of a file, by its first bytes. */
export function kindOf(head: FileHead): FileKind {
  return FILE_KINDS.find(({ match }) => match(head))!;
}

/** Whether a file is of the kind with this id. */
export function isOfKind(id: string, head: FileHead): boolean {
  return kindOf(head).id === id;
}

/**
 * The hint for a file that is not what was expected: `this is a web page (HTML); download the raw file`. Undefined where
 * the file may be what was expected.
 */
export function wrongKindHint(head: FileHead, expected: ExpectedFile): string | undefined {
  const kind = kindOf(head);
  if (READ[expected].includes(kind.id)) return undefined;
  const advice = adviceOf(kind, head, expected);
  return `this is ${kind.is}${advice === undefined ? '' : `; ${advice}`}`;
}

/**
 * The error for a file that is not what was expected; undefined where it may be that.
 * @param failed whether reading it as what was expected failed: kinds that are told with certainty are refused before
 */
export function wrongKind(head: FileHead, expected: ExpectedFile, failed: boolean): NetspecError | undefined {
  const kind = kindOf(head);
  if (READ[expected].includes(kind.id) || (kind.uncertain && !failed)) return undefined;
  if (kind.id === 'empty') return new NetspecError('the file is empty');
  return new NetspecError(`expected ${EXPECTED[expected]}, got ${kind.is}`, {
    hint: adviceOf(kind, head, expected),
  });
}

function adviceOf({ advice = {} }: FileKind, head: FileHead, expected: ExpectedFile): string | undefined {
  const by = typeof advice === 'function' ? advice(head) : advice;
  return by[expected] ?? (expected === 'net file' ? by.net : undefined) ?? by.any;
}
