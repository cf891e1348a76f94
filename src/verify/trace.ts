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

/**
 * Walks back from `layers[index]` along the blobs it reads and stops at layers for which `isChecked` holds.
 * An in-place layer is the producer of its blob for the layers after it, as it is when the net runs.
 * @returns the unchecked layers on the way, in network order; the layer itself is not among them.
 */
export function uncheckedBefore(
  layers: readonly TracedLayer[],
  index: number,
  isChecked: (index: number) => boolean,
): number[] {
  const found = new Set<number>();
  const pending = [index];
  while (pending.length > 0) {
    const reader = pending.pop()!;
    for (const blob of layers[reader]!.bottoms) {
      const producer = layers.findLastIndex((layer, i) => i < reader && layer.tops.includes(blob));
      if (producer < 0 || found.has(producer) || isChecked(producer)) continue;
      found.add(producer);
      pending.push(producer);
    }
  }
  return [...found].sort((a, b) => a - b);
}
