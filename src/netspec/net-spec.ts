/**
 * NetSpec: names for Tops. `n.conv1 = L.Convolution(…)` names blob and layer; `n.toProto()` is the net of all named ones.
 */
import type { NetParameter } from '../generated/messages.js';
import type { Schema } from '../proto/schema.js';
import { NetspecError, didYouMean } from '../errors.js';
import { describe } from './fields.js';
import { isProbe } from './probes.js';
import { forTarget, targetSchema, type ToProtoOptions } from './targets.js';
import { LayerFunction, Top, autoNaming, collectLayers, type Bottom } from './top.js';

/** In which NetSpec, under which name, a Top was put last. */
const lastNames = new WeakMap<Bottom, { tops: ReadonlyMap<string, Bottom>; name: string }>();

const names: ProxyHandler<NamedTops> = {
  get(target, key): unknown {
    const top = typeof key === 'string' ? target.tops.get(key) : undefined;
    if (top || typeof key === 'symbol' || key in target || isProbe(key)) return top ?? Reflect.get(target, key);
    throw new NetspecError(`the NetSpec has no top '${key}'`, { hint: didYouMean(key, target.tops.keys()) });
  },
  set(target, key, value) {
    target.tops.set(...checkAssignment(key, value));
    lastNames.set(value as Bottom, { tops: target.tops, name: key as string });
    return true;
  },
  has: (target, key) => (typeof key === 'string' && target.tops.has(key)) || key in target,
  deleteProperty(target, key) {
    if (typeof key === 'string') target.tops.delete(key);
    return true;
  },
  ownKeys: ({ tops }) => [...tops.keys()],
  getOwnPropertyDescriptor({ tops }, key) {
    const value = typeof key === 'string' ? tops.get(key) : undefined;
    return value && { value, writable: true, enumerable: true, configurable: true };
  },
};

function checkAssignment(key: string | symbol, value: unknown): [string, Bottom] {
  if (typeof key === 'symbol' || key === 'tops' || key === 'toProto')
    throw new NetspecError(`'${String(key)}' is a member of NetSpec and no name for a top`);
  if (value instanceof LayerFunction && value.tops.length > 0)
    throw new NetspecError(`n['${key}']: expected a Top, got the layer ${value.type}`, { hint: 'assign its tops' });
  if (value instanceof Top || value instanceof LayerFunction) return [key, value];
  throw new NetspecError(`n['${key}']: expected a Top, got ${describe(value)}`, {
    hint: Array.isArray(value) ? 'name each Top: [n.data, n.label] = L.Data({ ntop: 2, … })' : undefined,
  });
}

class NamedTops {
  /** The named Tops (and layers without tops), in the order in which their names were first given. */
  readonly tops = new Map<string, Bottom>();

  constructor() {
    return new Proxy(this, names);
  }

  /**
   * The net of all named Tops and of what they need. A blob has the name that was given last, a layer that of its first
   * top; what has none is named by type and number: `Convolution1`.
   * @throws NetspecError when a blob belongs to another NetSpec, or a made-up name clashes with a given one; for a layer that the
   * `target` lacks
   */
  toProto(options: ToProtoOptions = {}): NetParameter {
    const target = targetSchema(options);
    return forTarget(specToProto(this.tops, target), target);
  }

  /** Name and Top of each, in order. */
  [Symbol.iterator](): MapIterator<[name: string, top: Bottom]> {
    return this.tops.entries();
  }
}

/** Tops by name. Reading a name that was never given throws and says which is near. */
export type NetSpec = Pick<NamedTops, 'toProto' | typeof Symbol.iterator> & {
  readonly tops: ReadonlyMap<string, Bottom>;
} & Record<string, Bottom>;
/** What `new NetSpec()` calls. */
export interface NetSpecConstructor {
  /** An empty NetSpec. */
  new (): NetSpec;
}

/** Makes an empty NetSpec. */
export const NetSpec = NamedTops as unknown as NetSpecConstructor;

function specToProto(tops: ReadonlyMap<string, Bottom>, target: Schema | undefined): NetParameter {
  const given = new Map([...tops].map(([name, top]) => [top, name]));
  const naming = autoNaming(given, (top, autoName) => {
    const last = lastNames.get(top);
    if (last && last.tops !== tops && last.tops.get(last.name) === top)
      throw new NetspecError(`top '${last.name}' belongs to another NetSpec`, {
        hint: `build both parts in one NetSpec, or name it in this one too: n['${last.name}'] = other['${last.name}']`,
      });
    if (tops.has(autoName))
      throw new NetspecError(`the name '${autoName}' is given to one blob and made up for another`, {
        hint: `name the other ${autoName.replace(/\d+$/, '')} too, or rename '${autoName}'`,
      });
  });
  return { layer: collectLayers(tops.values(), naming, target) };
}
