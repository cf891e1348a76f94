/** net-file: nets in files, as text or as binary messages. */
import { NetspecError } from '../../errors.js';
import type { RandomAccess } from '../../proto/random-access.js';

const HEAD_BYTES = 4096;

/**
 * The first bytes of a file, as many as {@link isBinary} looks at.
 * @throws NetspecError when there are none: an empty file is a net for protobuf, and a mistake for everybody else.
 */
export async function headOf(source: RandomAccess, file: string): Promise<Uint8Array> {
  if (source.size === 0) throw new NetspecError('the file is empty', { file });
  const head = new Uint8Array(Math.min(HEAD_BYTES, source.size));
  await source.read(0, head);
  return head;
}

/** A binary message has control characters among its first tags and lengths; a text has none but white space. */
export function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, HEAD_BYTES).some((b) => b < 9 || (b > 13 && b < 32));
}
