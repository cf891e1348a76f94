/**
 * What the runtime wants of its host: reading and writing files by path. The Node entry provides it; in a browser there
 * is none, and nets are given as text and bytes.
 */
import { NetspecError } from '../errors.js';
import type { ByteSink, RandomAccess } from '../proto/random-access.js';

export interface Platform {
  /** All of a file as text. */
  readText(path: string): Promise<string>;
  /** Opens a file for reading at any place; the caller closes it. */
  open(path: string): Promise<RandomAccess>;
  /** Writes a file that appears whole or not at all. */
  write(path: string, fill: (sink: ByteSink) => Promise<void>): Promise<void>;
}

let current: Platform | undefined;

/** Makes paths work in Net.load, copyFrom and save. */
export function setPlatform(platform: Platform): void {
  current = platform;
}

/**
 * The host's files.
 * @throws NetspecError where there are none.
 */
export function platform(path: string): Platform {
  if (!current)
    throw new NetspecError(`'${path}' looks like a path, and there are no files here`, {
      hint: 'give the net as prototxt text or a NetParameter, weights as bytes, a Blob or a RandomAccess',
    });
  return current;
}
