/**
 * Which layers a divergence could have come from: the layers without a reference that stand between a layer and the
 * nearest compared layers before it.
 */

/** A layer with the names of what it reads and writes, in network order. */
export interface TracedLayer {
  name: string;
  bottoms: readonly string[];
  tops: readonly string[];
}

/** What a layer wrote: the layer's index, and the blob. */
export interface TracedTop {
  layer: number;
  blob: string;
}

/**
 * Walks back from `layers[index]` along the blobs it reads and stops at tops for which `isChecked` holds.
 * An in-place layer is the producer of its blob for the layers after it, as it is when the net runs.
 * @returns the unchecked tops on the way, in network order; those of the layer itself are not among them.
 */
export function uncheckedBefore(
  layers: readonly TracedLayer[],
  index: number,
  isChecked: (layer: number, blob: string) => boolean,
): TracedTop[] {
  const found: TracedTop[] = [];
  const pending = [index];
  while (pending.length > 0) {
    const reader = pending.pop()!;
    for (const blob of layers[reader]!.bottoms) {
      const layer = layers.findLastIndex(({ tops }, i) => i < reader && tops.includes(blob));
      if (layer < 0 || isChecked(layer, blob)) continue;
      if (found.some((top) => top.layer === layer && top.blob === blob)) continue;
      if (!found.some((top) => top.layer === layer)) pending.push(layer);
      found.push({ layer, blob });
    }
  }
  const position = ({ layer, blob }: TracedTop): number => layers[layer]!.tops.indexOf(blob);
  return found.sort((a, b) => a.layer - b.layer || position(a) - position(b));
}
