/** The layer classes that users registered. A module of its own, so that the DSL can ask without loading all layers. */
import type { LayerFacts } from './facts.js';
import type { LayerClass } from './layer.js';

/** By type: one class, or several that each declare a variant. */
export const ownLayers = new Map<string, readonly LayerClass[]>();

/** What a class declares about itself; what it inherits does not count. */
export function declaredFacts(cls: LayerClass): LayerFacts | undefined {
  return Object.hasOwn(cls, 'facts') ? cls.facts : undefined;
}

/** What the registered classes of a type declare about themselves. */
export function ownFacts(type: string): LayerFacts[] {
  return (ownLayers.get(type) ?? []).flatMap((cls) => declaredFacts(cls) ?? []);
}
