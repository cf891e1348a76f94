/** The Caffe that a net is for: which layers it has beside, or less than, those of BVLC's master. */
import { layerTypes } from '../../generated/layer-types.js';
import type { NetParameter } from '../../generated/messages.js';
import { NetspecError, didYouMean } from '../../errors.js';
import { findFork, forks, type Fork } from '../../proto/forks/catalog.js';
import type { Schema } from '../../proto/schema.js';
import { FORK_LAYERS } from './fork-layers.js';

export interface Target {
  readonly name: string;
  /** What people call it: 'SSD'. */
  readonly title: string;
  /** The fork's; undefined for BVLC's master. */
  readonly schema?: Schema;
  /** Whether it has a layer type of a name, or a field of one: `Clip`, `Pooling.round_mode`, `Permute`. */
  has(feature: string): boolean;
  /** What a layer of the net has that this Caffe lacks: `Tile`, or `Convolution.dilation`; undefined when nothing. */
  lacks(layer: NonNullable<NetParameter['layer']>[number]): string | undefined;
}

/** What came into BVLC's master after the tag 1.0. */
const AFTER_1_0: ReadonlySet<string> = new Set(['Clip', 'Swish', 'Pooling.round_mode']);

const BVLC: Target = {
  name: 'bvlc',
  title: "BVLC's Caffe",
  has: (feature) => AFTER_1_0.has(feature),
  lacks: () => undefined,
};

/**
 * A target by its name: `bvlc`, `caffe-1.0`, or one of the forks whose schemas are built in.
 * @throws NetspecError for a name that is none
 */
export function targetNamed(name: string): Target {
  if (name === BVLC.name) return BVLC;
  const fork = findFork(name);
  if (fork) return targetOf(fork);
  const names = [BVLC.name, ...forks().map((each) => each.name)];
  throw new NetspecError(`there is no target '${name}'`, {
    hint: didYouMean(name, names) ?? `targets are ${BVLC.name}, caffe-1.0, and the names of forks`,
  });
}

/** By what its schema has: a fork with a parameter has the layer that the parameter is for. */
function targetOf(fork: Fork): Target {
  const fields = fieldsOf(fork);
  const layer = fields('LayerParameter');
  const features = new Map<string, boolean>([
    ['Clip', layer.has('clip_param')],
    ['Swish', layer.has('swish_param')],
    ['Pooling.round_mode', fields('PoolingParameter').has('round_mode')],
    ...FORK_LAYERS.map(({ type, isIn }): [string, boolean] => [type, isIn(fork.name, fields)]),
  ]);
  return {
    name: fork.name,
    title: fork.title,
    schema: fork.schema,
    has: (feature) => features.get(feature) ?? false,
    lacks(made) {
      const type = made.type!;
      const known = Object.hasOwn(layerTypes, type) ? layerTypes[type as keyof typeof layerTypes].params : [];
      // Input is how a net says what it is given, in whatever Caffe.
      if (type === 'Input') return undefined;
      // A type that means several layers has the settings of any of them.
      if (known.length > 0 && known.every((param) => !layer.has(param))) return type;
      for (const [name, value] of Object.entries(made)) {
        if (!name.endsWith('_param') || typeof value !== 'object' || value === null) continue;
        const given = layer.get(name);
        if (!given) return type;
        const inner = given.type === undefined ? undefined : fields(given.type.replace(/^caffe\./, ''));
        const missing = Object.keys(value as object).find((field) => inner && !inner.has(field));
        if (missing !== undefined) return `${type}.${missing}`;
      }
      return undefined;
    },
  };
}

/** The fields of a message of a fork's, by name. */
function fieldsOf({ definition }: Fork): (message: string) => ReadonlyMap<string, { type?: string; label?: string }> {
  return (message) => new Map((definition.messages[`caffe.${message}`] ?? []).map((field) => [field.name, field]));
}
