/** targets: the toolchains that the lint knows, out of the JSON files beside this one. */
import { didYouMean, NetspecError } from '../../errors.js';
import { targetsJson } from '../../generated/targets.js';
import type { Target } from './target.js';

/** The targets, in the order of their names. */
export const TARGETS = JSON.parse(targetsJson) as readonly Target[];

/** @throws NetspecError for a name that no target has */
export function targetNamed(name: string): Target {
  const found = TARGETS.find((target) => target.name === name);
  if (found) return found;
  const names = TARGETS.map((target) => target.name);
  throw new NetspecError(`no target '${name}'; there are ${names.join(', ')}`, { hint: didYouMean(name, names) });
}
