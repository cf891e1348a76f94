/** loadLayers: registers the layer types of a user's own module. */
import { NetspecError } from '../errors.js';
import type { LayerClass } from '../layers/layer.js';
import { ownLayers } from '../layers/own-layers.js';
import { registerLayer } from '../layers/registry.js';
import { importModule } from './import-module.js';

/** A module is run once. */
const loaded = new Map<string, Promise<void>>();

/**
 * Runs a JavaScript or TypeScript module and registers the layer types that it has: those for which it calls
 * `registerLayer`, and each class with a `forward` that it exports under the name of a type, or that stands under such a
 * name in the object that it exports as its default.
 * @throws NetspecError naming the file when there is none, when running it fails, when a type is registered already, and
 * when it has no layer types.
 */
export function loadLayers(file: string): Promise<void> {
  const loading = loaded.get(file) ?? register(file);
  loaded.set(file, loading);
  return loading;
}

async function register(file: string): Promise<void> {
  const before = new Map(ownLayers);
  const exported = await importModule(file);
  const { default: whole, ...named } = exported;
  const classes = Object.entries({ ...(isObject(whole) ? whole : {}), ...named }).filter(isLayerEntry);
  for (const [type, cls] of classes) {
    // Exported, and given to registerLayer too.
    if (ownLayers.get(type)?.includes(cls)) continue;
    try {
      registerLayer(type, cls);
    } catch (error) {
      throw error instanceof NetspecError ? error.within({ file }) : error;
    }
  }
  const isNew = ([type, own]: [string, readonly LayerClass[]]) => before.get(type) !== own;
  if (classes.length === 0 && ![...ownLayers].some(isNew))
    throw new NetspecError('the module has no layer types', {
      file,
      hint: "call registerLayer('Foo', FooLayer), or export the class of each type by the type's name",
    });
}

function isLayerEntry(entry: [string, unknown]): entry is [string, LayerClass] {
  const [, value] = entry;
  if (typeof value !== 'function') return false;
  const { prototype } = value as { prototype?: { forward?: unknown } };
  return typeof prototype?.forward === 'function';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
