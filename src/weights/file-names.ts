/**
 * file-names: which files blobs and tensors go to, and which names such files stand for. Names of nets hold everything that
 * file systems do not allow or do not tell apart. No two names become one file, and reading gives the names back.
 */
import { decodeUtf8, encodeUtf8 } from '../proto/utf8.js';

/**
 * The file of each name, without its extension. A `/` becomes `separator`. Where that would not do, `%` and two hexadecimal
 * digits stand for each byte of a character: when two files would be the same, for a file system that ignores case too; when the
 * name is one that Windows reserves (`aux`), or is hidden; when it has control characters.
 * @param separator `__` for files side by side, as tools that read blobs expect them; `/` for folders
 * @example
 * fileNamesOf(['a/b', 'c'], '__'); // a/b → a__b, c → c
 * fileNamesOf(['a/b', 'a__b'], '__'); // a/b → a%2Fb, a__b → a__b
 */
export function fileNamesOf(names: readonly string[], separator: '__' | '/'): Map<string, string> {
  const plain = new Map(names.map((name) => [name, name.split('/').join(separator)]));
  const escaped = new Map(
    names.map((name) => [
      name,
      separator === '/' ? name.split('/').map(escapeFileName).join('/') : escapeFileName(name),
    ]),
  );
  const mustEscape = new Set(names.filter((name) => plain.get(name)!.split('/').some(isUnsafe)));
  const fileOf = (name: string): string => (mustEscape.has(name) ? escaped : plain).get(name)!;
  // Escaping one may make it the same as another that stands as it is; escaped names are never the same.
  for (let before = -1; before < mustEscape.size;) {
    before = mustEscape.size;
    const byFile = new Map<string, string[]>();
    for (const name of plain.keys()) {
      const file = folded(fileOf(name));
      byFile.set(file, [...(byFile.get(file) ?? []), name]);
    }
    for (const same of byFile.values()) if (same.length > 1) for (const name of same) mustEscape.add(name);
  }
  return new Map([...plain.keys()].map((name) => [name, fileOf(name)]));
}

/**
 * The name of a tensor's member in an archive, without its extension: the tensor's name, but for parts that would lead out of
 * the folder that the archive is unpacked in. They are escaped.
 */
export function memberNameOf(name: string): string {
  const leadsOut = (part: string, i: number) => /^\.{0,2}$|\\|\p{Cc}/u.test(part) || (i === 0 && /^[a-z]:/i.test(part));
  return name
    .split('/')
    .map((part, i) => (leadsOut(part, i) || isRead(part) ? escapeFileName(part) : part))
    .join('/');
}

/** The names that files stand for, in the same order; paths as they are, but for what {@link fileNamesOf} escapes. */
export function tensorNamesOf(files: readonly string[]): string[] {
  const names = files.map((file) => file.split('/').map(unescapeFileName).join('/'));
  const taken = new Set(files.filter((file, i) => names[i] === file));
  return files.map((file, i) => (taken.has(names[i]!) ? file : names[i]!));
}

/**
 * A name as one part of a path, on every system: what is no lower-case letter, digit or harmless sign is escaped. No two names
 * give the same, even when case is ignored.
 */
export function escapeFileName(name: string): string {
  if (name === '') return '%';
  const device = DEVICE.test(name);
  return name.replaceAll(/[\ud800-\udbff][\udc00-\udfff]|[^]/g, (character, at: number) => {
    const ends = at === 0 || at + character.length === name.length;
    const stays = /[a-z0-9_+=@,()[\]-]/.test(character) || (/[. ]/.test(character) && !ends);
    if (stays && !(device && at === 0)) return character;
    return [...encodeUtf8(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  });
}

/** The name that {@link escapeFileName} made a part of a path of; a part that it would not make stands for itself. */
export function unescapeFileName(part: string): string {
  if (!part.includes('%')) return part;
  const bytes: number[] = [];
  for (const [piece] of part.matchAll(/%[0-9A-F]{2}|[^]/g))
    bytes.push(piece.length === 3 ? parseInt(piece.slice(1), 16) : piece.charCodeAt(0));
  const name = part === '%' ? '' : decodeUtf8(Uint8Array.from(bytes));
  return escapeFileName(name) === part ? name : part;
}

/** Names of devices in every folder of Windows, whatever extension follows. */
const DEVICE = /^(con|prn|aux|nul|com[\d\xb9\xb2\xb3]|lpt[\d\xb9\xb2\xb3])(\.|$)/i;

/**
 * Whether a part of a path is no file's name, is another file's on some system, is passed over in listings, or would be read
 * back as another name. Lone surrogates stand for bytes that are no UTF-8.
 */
function isUnsafe(part: string): boolean {
  return /^$|^\.|[. ]$|\\|\p{Cc}|\p{Cs}/u.test(part) || DEVICE.test(part) || isRead(part);
}

/** Whether a part looks as if it had been escaped. */
function isRead(part: string): boolean {
  return unescapeFileName(part) !== part;
}

/** What file systems take for the same. */
function folded(file: string): string {
  return file.normalize('NFC').toLowerCase();
}
