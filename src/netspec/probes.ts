/**
 * An object that refuses unknown names must not refuse those that JavaScript and its tools ask any object for: `await`
 * looks for `then`, JSON.stringify for `toJSON`, test runners for the others.
 */
const probes = new Set(['then', 'toJSON', 'asymmetricMatch', '$$typeof', 'nodeType', 'tagName']);

/** Is this a name that no user wrote? */
export function isProbe(key: string): boolean {
  return probes.has(key);
}
