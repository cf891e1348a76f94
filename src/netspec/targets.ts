/** targets: the one Caffe that a net is made for, and what to say where it lacks something. */
import { NetspecError } from '../errors.js';
import { forkSchema, forks } from '../proto/forks/catalog.js';
import { fieldNamed } from '../proto/forks/fit.js';
import { tagType } from '../proto/message.js';
import { defaultSchema, Schema } from '../proto/schema.js';
import type { NetParameter } from '../generated/messages.js';
import { describe } from './fields.js';
import { layerForm } from './layer-forms.js';

/** What `toProto` may be told. */
export interface ToProtoOptions {
  /**
   * The Caffe that the net is for: 'bvlc', a name that `forkSchema` takes, or a schema. A layer with fields that it lacks is refused, and
   * the net is written with its numbers. Default: each layer as it was made.
   */
  target?: string | Schema;
}

/** Forks that a hint names. */
const MOST_NAMED = 3;

/** The schema of a target; undefined without one. */
export function targetSchema({ target }: ToProtoOptions): Schema | undefined {
  if (target === undefined || target instanceof Schema) return target;
  if (typeof target !== 'string')
    throw new NetspecError(`target: expected the name of a Caffe, or a schema, got ${describe(target)}`);
  return target === 'bvlc' ? defaultSchema() : forkSchema(target);
}

/** The net, to be written with the schema of its target. */
export function forTarget(net: NetParameter, schema: Schema | undefined): NetParameter {
  if (!schema) return net;
  const type = schema.message('LayerParameter');
  for (const layer of net.layer ?? []) tagType(layer, type);
  tagType(net, schema.message('NetParameter'));
  return net;
}

/** @throws NetspecError for a layer type whose settings a Caffe lacks, and which others have. */
export function checkHasType(type: string, schema: Schema): void {
  const [own] = layerForm(type)?.params ?? [];
  if (own === undefined || schema.message('LayerParameter').byName.has(own)) return;
  throw new NetspecError(`${titleOf(schema)} has no ${own}`, { hint: ownersHint(own) });
}

export function titleOf(schema: Schema): string {
  return schema === defaultSchema() ? "BVLC's Caffe" : (schema.title ?? 'the target');
}

function ownersHint(field: string): string | undefined {
  const owners = forks().filter(({ own }) => fieldNamed(own, 'caffe.LayerParameter', field));
  if (defaultSchema().message('LayerParameter').byName.has(field)) return "BVLC's Caffe has it: target: 'bvlc'";
  if (owners.length === 0) return undefined;
  const named = owners.slice(0, MOST_NAMED).map(({ name }) => `'${name}'`);
  const more = owners.length - named.length;
  return `these have it: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
