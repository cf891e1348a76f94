/** file-head: the first bytes of a file, which tell what kind of file it is. */
import type { RandomAccess } from '../random-access.js';
import { encodeUtf8 } from '../utf8.js';

/** As many bytes as the kinds of files are told by. */
const HEAD_BYTES = 4096;

/** The first bytes of a file, or all of it when it has fewer. */
export interface FileHead {
  readonly bytes: Uint8Array;
  /** One character for each byte. */
  readonly text: string;
}

export function headOfBytes(bytes: Uint8Array): FileHead {
  const head = bytes.subarray(0, HEAD_BYTES);
  return { bytes: head, text: String.fromCharCode(...head) };
}

/** Of a text that was a file: bytes that are no UTF-8 count as they were. */
export function headOfText(text: string): FileHead {
  return headOfBytes(encodeUtf8(text.slice(0, HEAD_BYTES)));
}

/** @throws NetspecError when reading fails */
export async function readHead(access: RandomAccess): Promise<FileHead> {
  const bytes = new Uint8Array(Math.min(HEAD_BYTES, access.size));
  await access.read(0, bytes);
  return headOfBytes(bytes);
}
