/** A sink in memory that is written to at any place, as files are. */
import type { ByteSink } from '../../src/proto/random-access.js';

export interface PlacingSink extends ByteSink {
  /** Where each write began, in order. */
  readonly positions: readonly number[];
  /** What was written; throws when a byte was left out or written twice. */
  bytes(): Uint8Array;
}

export function placingSink(): PlacingSink {
  const pieces: { position: number; bytes: Uint8Array }[] = [];
  return {
    get positions() {
      return pieces.map(({ position }) => position);
    },
    write: () => Promise.reject(new Error('written in order')),
    writeAt(position, bytes) {
      if (bytes.length > 0) pieces.push({ position, bytes: new Uint8Array(bytes) });
      return Promise.resolve();
    },
    bytes() {
      const ordered = [...pieces].sort((a, b) => a.position - b.position);
      const end = ordered.reduce((at, { position, bytes }) => {
        if (position !== at) throw new Error(`a write ends at byte ${at}, the next begins at ${position}`);
        return at + bytes.length;
      }, 0);
      const joined = new Uint8Array(end);
      for (const { position, bytes } of ordered) joined.set(bytes, position);
      return joined;
    },
  };
}
