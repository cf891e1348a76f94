/**
 * cut-points: the places of a net where it can be cut, by name: `conv1` is what blob conv1 holds after the pass,
 * `conv1@bn1` what layer bn1 writes there, before a later in-place layer overwrites it.
 */
import { didYouMean, NetspecError } from '../../errors.js';
import type { Net } from '../../runtime/net.js';
import { lastWriters } from '../match-references.js';
import type { Version } from '../wiring.js';

/**
 * The value that a name stands for.
 * @param option what the error calls the list that the name is in: `options.from`
 * @throws NetspecError for a blob or a layer that the net has not.
 */
export function cutPoint(net: Net, name: string, option: string): Version {
  const writers = lastWriters(net);
  const last = writers.get(name);
  if (last !== undefined) return { layer: last, top: net.topNamesOf(last).indexOf(name) };
  const at = name.lastIndexOf('@');
  const blob = at > 0 ? name.slice(0, at) : name;
  if (!writers.has(blob))
    throw new NetspecError(`${option}: the net has no blob '${blob}'`, { hint: didYouMean(blob, writers.keys()) });
  const layer = name.slice(at + 1);
  const writing = net.layerNames.filter((_, i) => net.layers[i]!.type !== 'Split' && net.topNamesOf(i).includes(blob));
  if (!writing.includes(layer))
    throw new NetspecError(`${option}: layer '${layer}' does not write blob '${blob}'`, {
      hint: `these do: ${writing.join(', ')}`,
    });
  const index = net.layerNames.findIndex((each, i) => each === layer && net.topNamesOf(i).includes(blob));
  return { layer: index, top: net.topNamesOf(index).indexOf(blob) };
}

/** A cut point as {@link cutPoint} takes it. */
export function cutPointName(net: Net, { layer, top }: Version): string {
  const blob = net.topNamesOf(layer)[top]!;
  return lastWriters(net).get(blob) === layer ? blob : `${blob}@${net.layerNames[layer]!}`;
}
