/**
 * Remarks: what netspec took for granted while it read or wrote something, where it could have been meant otherwise. Nothing is
 * wrong, so nothing is thrown; a command prints them on stderr.
 */

type Listener = (remark: string) => void;

const listeners = new Set<Listener>();

/**
 * Has each remark told from now on, one sentence each, without a full stop. Without a listener remarks go nowhere.
 * @returns a function that ends it
 * @example
 * const remarks: string[] = [];
 * const end = onRemark((remark) => remarks.push(remark));
 * parsePrototxt(await readText('net.prototxt'));
 * end();
 * remarks; // → []
 */
export function onRemark(listener: (remark: string) => void): () => void {
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
