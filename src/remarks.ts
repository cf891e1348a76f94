/**
 * Remarks: what netspec took for granted while it read or wrote something, where it could have been meant otherwise. Nothing is
 * wrong, so nothing is thrown; a command prints them on stderr.
 */

import { NetspecError } from './errors.js';

type Listener = (remark: string) => void;

const listeners = new Set<Listener>();

/**
 * Has each remark told from now on, one sentence each, without a full stop. Without a listener remarks go nowhere.
 * @returns a function that ends it
 * @throws NetspecError for what is no function
 * @example
 * const remarks: string[] = [];
 * const end = onRemark((remark) => remarks.push(remark));
 * parsePrototxt(await readText('net.prototxt'));
 * end();
 * remarks; // → []
 */
export function onRemark(listener: (remark: string) => void): () => void {
  // Otherwise the next remark would fail, in a reader that knows nothing of it.
  if (typeof listener !== 'function') throw new NetspecError(`onRemark takes a function, got ${typeof listener}`);
  // A listener that is given twice is told twice, and each ending ends one of them.
  const own: Listener = (remark) => {
    listener(remark);
  };
  listeners.add(own);
  return () => {
    listeners.delete(own);
  };
}

/** Tells a remark to whoever listens. */
export function remark(text: string): void {
  for (const listener of listeners) listener(text);
}
