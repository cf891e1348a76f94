/** blobs: where each blob of a text is named, who makes it, and what renaming it changes. */
import { NetspecError } from '../errors.js';
import type { TextEdit } from '../proto/text/edit.js';
import { textOfValue } from './cursor.js';
import type { TextRange } from './places.js';
import { contentOf } from './scan.js';
import { layerMessages, type SyntaxField, type SyntaxMessage } from './syntax.js';

/** One place that names a blob; the range is the name without its quotes. */
export interface BlobName extends TextRange {
  readonly blob: string;
  readonly role: 'bottom' | 'top' | 'input';
  /** Index of the layer; -1 for an input of the net itself. */
  readonly layer: number;
  /** A top that is a bottom of its layer as well, or a bottom that is a top. */
  readonly isInPlace: boolean;
}

/** The places that name blobs, in the order of the text. */
export function blobNamesOf(root: SyntaxMessage): BlobName[] {
  const names: BlobName[] = [];
  const add = (fields: readonly SyntaxField[], field: string, role: BlobName['role'], layer: number): void => {
    for (const { name, values } of fields)
      if (name.text === field)
        for (const value of values) {
          const [token] = value.tokens;
          const blob = token?.kind === 'string' ? textOfValue(value) : undefined;
          if (blob === undefined || blob === '') continue;
          const { start, end } = contentOf(token!);
          names.push({ blob, role, layer, start, end, isInPlace: false });
        }
  };
  add(root.fields, 'input', 'input', -1);
  layerMessages(root).forEach(({ fields }, index) => {
    const from = names.length;
    add(fields, 'bottom', 'bottom', index);
    add(fields, 'top', 'top', index);
    const own = names.splice(from);
    const has = (role: string, blob: string): boolean => own.some((each) => each.role === role && each.blob === blob);
    for (const each of own) names.push({ ...each, isInPlace: has('bottom', each.blob) && has('top', each.blob) });
  });
  return names.sort((a, b) => a.start - b.start);
}

/** The name of a blob that an offset is in or touches. */
export function blobAt(names: readonly BlobName[], offset: number): BlobName | undefined {
  return names.find(({ start, end }) => start <= offset && offset <= end);
}

/**
 * Where the blob of a name is made: the tops of the layers that make it and do not overwrite one. There are several where layers of
 * different phases make it.
 */
export function makersOf(names: readonly BlobName[], { blob, layer }: BlobName): BlobName[] {
  const isMaker = (each: BlobName): boolean => each.blob === blob && each.role !== 'bottom' && !each.isInPlace;
  const makers = names.filter(isMaker);
  const before = makers.filter((each) => each.layer <= layer);
  return before.length > 0 ? before : makers;
}

/**
 * The edits that rename a blob everywhere: of an in-place chain all layers are concerned, since all of them name the same blob.
 * @throws NetspecError for a name that is none, and for one that another blob has
 */
export function renameEdits(names: readonly BlobName[], { blob }: BlobName, to: string): TextEdit[] {
  if (to === '' || /["'\\\p{Cc}]/u.test(to))
    throw new NetspecError('the name of a blob has at least one character, and no quotes, backslashes or line ends');
  if (to === blob) return [];
  if (names.some((each) => each.blob === to)) throw new NetspecError(`there is a blob '${to}' already`);
  return names.filter((each) => each.blob === blob).map(({ start, end }) => ({ start, end, text: to }));
}
