/**
 * newer-fields: what BVLC's schema has that the tag 1.0 of April 2017 has not. Many compilers and forks read that tag's
 * schema, and refuse what came after it.
 */
import { NetspecError } from '../errors.js';
import type { LayerParameter } from '../generated/messages.js';
import type { Schema } from './schema.js';

interface NewerField {
  /** The field of LayerParameter that holds it, or is it. */
  readonly param: 'pooling_param' | 'clip_param' | 'swish_param';
  /** The field within that. */
  readonly field?: string;
  /** The layer type that came with it. */
  readonly layerType?: string;
}

/** What came into nets after the tag 1.0. */
export const NEWER_FIELDS: readonly NewerField[] = [
  { param: 'pooling_param', field: 'round_mode' },
  { param: 'clip_param', layerType: 'Clip' },
  { param: 'swish_param', layerType: 'Swish' },
];

/** What of layers came after the tag 1.0, as one calls it: `round_mode`, `Clip`. */
export function newerThanTag(layers: readonly LayerParameter[]): string[] {
  const has = (layer: LayerParameter, { param, field, layerType }: NewerField): boolean =>
    layer.type === layerType || (field !== undefined && Object.hasOwn(layer[param] ?? {}, field));
  return NEWER_FIELDS.filter((newer) => layers.some((layer) => has(layer, newer))).map(
    ({ field, layerType }) => layerType ?? field!,
  );
}

/**
 * Checks that a schema knows the types of layers, as far as a schema can tell: a type that came after the tag 1.0 came with
 * a message of its own.
 * @throws NetspecError naming the type
 */
export function checkTypesOf(layers: readonly LayerParameter[], schema: Schema): void {
  const { byName } = schema.message('LayerParameter');
  for (const { param, layerType } of NEWER_FIELDS)
    if (layerType !== undefined && !byName.has(param) && layers.some(({ type }) => type === layerType))
      throw new NetspecError(`the schema has no layers of type ${layerType}`);
}
