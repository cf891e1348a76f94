/**
 * The layer classes that users registered. A module of its own, so that the DSL can ask without loading all layers.
 *
 * A process may hold this module several times: the command line is a bundle, and a user's module that it imports brings the
 * library along. So the table belongs to the process, and a layer that one copy registers is known to all.
 */
import type { LayerFacts } from './facts.js';
import type { LayerClass } from './layer.js';

type OwnLayers = Map<string, readonly LayerClass[]>;

const TABLE = Symbol.for('netspec.ownLayers');
const processWide = globalThis as { [TABLE]?: OwnLayers };

/** By type: one class, or several that each declare a variant. */
export const ownLayers: OwnLayers = (processWide[TABLE] ??= new Map<string, readonly LayerClass[]>());

/** What a class declares about itself; what it inherits does not count. */
export function declaredFacts(cls: LayerClass): LayerFacts | undefined {
  return Object.hasOwn(cls, 'facts') ? cls.facts : undefined;
}

/** What the registered classes of a type declare about themselves. */
export function ownFacts(type: string): LayerFacts[] {
  return (ownLayers.get(type) ?? []).flatMap((cls) => declaredFacts(cls) ?? []);
}
