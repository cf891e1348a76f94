/**
 * V1 → V2: `layers { type: CONVOLUTION }` of 2014 becomes `layer { type: "Convolution" }`, and the parallel lists of
 * names, learning rates and decays become one `param { … }` per blob.
 */
import { NetspecError } from '../../errors.js';
import type { LayerParameter, NetParameter, ParamSpec, V1LayerParameter } from '../../generated/messages.js';
import { UNKNOWN_FIELDS, addressOf, schemaOf, type WithUnknownFields } from '../message.js';
import { forks } from '../forks/catalog.js';
import { fieldNamed } from '../forks/fit.js';
import { defaultSchema } from '../schema.js';
import { inherit } from './inherit.js';
import { nameOfV1Type } from './layer-types.js';
import type { Warn } from './warn.js';

/** True when the net has V1 layers. */
export function needsV1Upgrade(net: NetParameter): boolean {
  return (net.layers?.length ?? 0) > 0;
}

/** @throws NetspecError when the net has both kinds of layers, in Caffe's words. */
export function refuseMixedLayers(net: NetParameter): void {
  if (!net.layer?.length || !net.layers?.length) return;
  throw new NetspecError(
    "Refusing to upgrade inconsistent NetParameter input; the definition includes both 'layer' and 'layers' fields: " +
      `${net.layer.length} and ${net.layers.length}`,
    {
      ...addressOf(net.layers[0]!),
      hint: `write every layer as layer { type: "Name" … }, none as layers { type: NAME … }`,
    },
  );
}

/** The net with V2 layers; everything else stays. */
export function upgradeV1(net: NetParameter, warn: Warn): NetParameter {
  const { layers = [], ...rest } = net;
  return inherit({ ...rest, layer: layers.map((layer) => upgradeLayer(layer, warn)) }, 'NetParameter', net, {
    layer: 'layers',
  });
}

function upgradeLayer(v1: V1LayerParameter & WithUnknownFields, warn: Warn): LayerParameter {
  const { type, param, blob_share_mode, blobs_lr, weight_decay, layer: v0, [UNKNOWN_FIELDS]: unknown, ...same } = v1;
  const layer: LayerParameter = withTodaysRules(same);
  if (type !== undefined) {
    layer.type = nameOfV1Type(v1);
    if (layer.type === undefined)
      throw new NetspecError(`Unknown V1LayerParameter layer type: ${String(type)}`, {
        ...addressOf(v1, 'type'),
        layer: { name: v1.name },
      });
  }
  if (unknown) warn(`layer '${v1.name ?? ''}': fields that the schema does not know are dropped`);
  if (v0) warn(`layer '${v1.name ?? ''}': has a V0 layer inside, which is ignored`);

  const count = Math.max(...[param, blob_share_mode, blobs_lr, weight_decay].map((list) => list?.length ?? 0));
  if (count > 0)
    layer.param = Array.from({ length: count }, (_, i) => {
      // Only what was given is set: an absent share_mode is not an explicit STRICT.
      const spec: ParamSpec = {};
      if (param && i < param.length) spec.name = param[i];
      if (blob_share_mode && i < blob_share_mode.length) spec.share_mode = blob_share_mode[i];
      if (blobs_lr && i < blobs_lr.length) spec.lr_mult = blobs_lr[i];
      if (weight_decay && i < weight_decay.length) spec.decay_mult = weight_decay[i];
      return inherit(spec, 'ParamSpec', v1, { name: 'param', lr_mult: 'blobs_lr', decay_mult: 'weight_decay' });
    });
  return inherit(withoutOldFields(layer, v1, warn), 'LayerParameter', v1, {
    param: 'blobs_lr',
    include: 'enable',
    exclude: 'disable',
  });
}

/** What `include` and `exclude` were called while they were written, in the Caffe that the first nets with phases are for. */
const FORMER_RULES = { enable: 'include', disable: 'exclude' } as const;

/** The fields with `enable` and `disable` under the names of today: the same rules, under the same numbers in binary. */
function withTodaysRules(fields: object): LayerParameter {
  const renamed = Object.entries(fields).map(([name, value]) => [
    Object.hasOwn(FORMER_RULES, name) ? FORMER_RULES[name as keyof typeof FORMER_RULES] : name,
    value as unknown,
  ]);
  return Object.fromEntries(renamed) as LayerParameter;
}

/** The layer without what a fork had in V1 layers and has no place in today's. */
function withoutOldFields(layer: LayerParameter, v1: V1LayerParameter, warn: Warn): LayerParameter {
  const schemas = [schemaOf(v1) ?? defaultSchema(), defaultSchema()].filter((schema) => schema.has('LayerParameter'));
  const hasPlace = (name: string) =>
    schemas.some((schema) => schema.message('LayerParameter').byName.has(name)) ||
    forks().some(({ own }) => fieldNamed(own, 'caffe.LayerParameter', name));
  const kept = Object.entries(layer).filter(([name, value]) => {
    if (value === undefined || hasPlace(name)) return true;
    warn(`layer '${v1.name ?? ''}': ${name} has no place in today's format, and is left out`);
    return false;
  });
  return Object.fromEntries(kept);
}
