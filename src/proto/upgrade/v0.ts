/**
 * V0 → V1: nets from 2013, where each layer's settings are all in one flat `layer { … }` inside `layers { … }`.
 */
import { NetspecError, didYouMean } from '../../errors.js';
import type { NetParameter, V0LayerParameter, V1LayerParameter } from '../../generated/messages.js';
import { addressOf } from '../message.js';
import { defaultSchema } from '../schema.js';
import { inherit } from './inherit.js';
import { numberOfV1Type, v0WordList, v1TypeOfV0Word } from './layer-types.js';
import type { Warn } from './warn.js';

/** True when any of `layers` is a V0 layer. */
export function needsV0Upgrade(net: NetParameter): boolean {
  return net.layers?.some((connection) => connection.layer !== undefined) ?? false;
}

/** The net with V1 layers. Like Caffe it keeps the name, inputs, input_dim and force_backward, and drops what V0 never had. */
export function upgradeV0(net: NetParameter, warn: Warn): NetParameter {
  const { name, input, input_dim, force_backward } = net;
  const upgraded: NetParameter = { name, input, input_dim, force_backward };
  upgraded.layers = absorbPadding(net).map((connection) => upgradeLayer(connection, warn));
  return inherit(upgraded, 'NetParameter', net);
}

/** Removes padding layers; the convolution or pooling layer that reads one gets its pad and its bottom. */
function absorbPadding(net: NetParameter): V1LayerParameter[] {
  const producers = new Map<string, V1LayerParameter | undefined>();
  for (const name of net.input ?? []) producers.set(name, undefined);
  const kept: V1LayerParameter[] = [];
  for (const connection of net.layers ?? []) {
    const { bottom = [], top = [], layer } = connection;
    const type = layer?.type ?? '';
    const refuse = (reason: string, bottomName: string): NetspecError =>
      new NetspecError(`${reason} (bottom '${bottomName}')`, {
        ...addressOf(connection, 'bottom'),
        layer: { name: layer?.name, type },
      });
    let result = connection;
    for (const [i, name] of bottom.entries()) {
      if (!producers.has(name)) throw refuse('Unknown blob input', name);
      const padding = producers.get(name);
      if (padding?.layer?.type !== 'padding') continue;
      if (type !== 'conv' && type !== 'pool')
        throw refuse(`Padding layer input to non-convolutional / non-pooling layer type ${type}`, name);
      if (bottom.length !== 1) throw refuse('Conv Layer takes a single blob as input', name);
      if (padding.bottom?.length !== 1) throw refuse('Padding Layer takes a single blob as input', name);
      if (padding.top?.length !== 1) throw refuse('Padding Layer produces a single blob as output', name);
      result = inherit(
        { ...result, bottom: bottom.with(i, padding.bottom[0]!), layer: { ...layer, pad: padding.layer.pad ?? 0 } },
        'V1LayerParameter',
        connection,
      );
      if (layer) inherit(result.layer!, 'V0LayerParameter', layer);
    }
    if (type !== 'padding') kept.push(result);
    for (const name of top) producers.set(name, connection);
  }
  return kept;
}

/**
 * Where a V0 setting went, by the type of its layer; `any` for every type. `[]` marks a field that became a list.
 * A setting on a layer of another type is dropped with a warning, as Caffe does.
 */
const moves: readonly [keyof V0LayerParameter, Readonly<Record<string, string>>][] = [
  ['num_output', { conv: 'convolution_param.num_output', innerproduct: 'inner_product_param.num_output' }],
  ['biasterm', { conv: 'convolution_param.bias_term', innerproduct: 'inner_product_param.bias_term' }],
  ['weight_filler', { conv: 'convolution_param.weight_filler', innerproduct: 'inner_product_param.weight_filler' }],
  ['bias_filler', { conv: 'convolution_param.bias_filler', innerproduct: 'inner_product_param.bias_filler' }],
  ['pad', { conv: 'convolution_param.pad[]', pool: 'pooling_param.pad' }],
  ['kernelsize', { conv: 'convolution_param.kernel_size[]', pool: 'pooling_param.kernel_size' }],
  ['group', { conv: 'convolution_param.group' }],
  ['stride', { conv: 'convolution_param.stride[]', pool: 'pooling_param.stride' }],
  ['pool', { pool: 'pooling_param.pool' }],
  ['dropout_ratio', { dropout: 'dropout_param.dropout_ratio' }],
  ['local_size', { lrn: 'lrn_param.local_size' }],
  ['alpha', { lrn: 'lrn_param.alpha' }],
  ['beta', { lrn: 'lrn_param.beta' }],
  ['k', { lrn: 'lrn_param.k' }],
  [
    'source',
    {
      data: 'data_param.source',
      hdf5_data: 'hdf5_data_param.source',
      images: 'image_data_param.source',
      window_data: 'window_data_param.source',
      infogain_loss: 'infogain_loss_param.source',
    },
  ],
  ['scale', { any: 'transform_param.scale' }],
  ['meanfile', { any: 'transform_param.mean_file' }],
  [
    'batchsize',
    {
      data: 'data_param.batch_size',
      hdf5_data: 'hdf5_data_param.batch_size',
      images: 'image_data_param.batch_size',
      window_data: 'window_data_param.batch_size',
    },
  ],
  ['cropsize', { any: 'transform_param.crop_size' }],
  ['mirror', { any: 'transform_param.mirror' }],
  ['rand_skip', { data: 'data_param.rand_skip', images: 'image_data_param.rand_skip' }],
  ['shuffle_images', { images: 'image_data_param.shuffle' }],
  ['new_height', { images: 'image_data_param.new_height' }],
  ['new_width', { images: 'image_data_param.new_width' }],
  ['concat_dim', { concat: 'concat_param.concat_dim' }],
  ['det_fg_threshold', { window_data: 'window_data_param.fg_threshold' }],
  ['det_bg_threshold', { window_data: 'window_data_param.bg_threshold' }],
  ['det_fg_fraction', { window_data: 'window_data_param.fg_fraction' }],
  ['det_context_pad', { window_data: 'window_data_param.context_pad' }],
  ['det_crop_mode', { window_data: 'window_data_param.crop_mode' }],
  ['hdf5_output_param', { hdf5_output: 'hdf5_output_param' }],
];

function upgradeLayer(connection: V1LayerParameter, warn: Warn): V1LayerParameter {
  const { layer } = connection;
  const upgraded: V1LayerParameter = { bottom: connection.bottom, top: connection.top };
  if (!layer) {
    const { name } = connection;
    warn(`layer '${name ?? ''}' is a V1 layer in a net of V0 layers: only its bottoms and tops are kept`);
    return inherit(upgraded, 'V1LayerParameter', connection);
  }
  const type = layer.type ?? '';
  upgraded.name = layer.name;
  if (layer.type !== undefined) {
    const v1Type = v1TypeOfV0Word(type);
    if (v1Type === undefined)
      throw new NetspecError(`Unknown layer name: ${type}`, {
        ...addressOf(layer, 'type'),
        layer: { name: layer.name, type },
        hint: didYouMean(type, v0WordList()),
      });
    upgraded.type = numberOfV1Type(v1Type, connection) as typeof v1Type;
  }
  upgraded.blobs = layer.blobs;
  upgraded.blobs_lr = layer.blobs_lr;
  upgraded.weight_decay = layer.weight_decay;
  const placed = new Map<string, Placed>();
  for (const [field, targets] of moves) {
    const value = layer[field];
    if (value === undefined) continue;
    const target = targets[type] ?? targets['any'];
    if (target === undefined) warn(`layer '${layer.name ?? ''}': Unknown parameter ${field} for layer type ${type}`);
    else place(placed, target, field, value);
  }
  for (const [parameter, { whole, values, renamed }] of placed) {
    const message = whole ?? inherit(values, typeOfParameter(parameter), layer, renamed);
    (upgraded as Record<string, unknown>)[parameter] = message;
  }
  return inherit(upgraded, 'V1LayerParameter', connection, {}, layer);
}

/** A parameter message of the new layer, as far as it is filled. */
interface Placed {
  /** The message itself, where V0 had the same. */
  whole?: unknown;
  values: Record<string, unknown>;
  /** Names in V0 of its fields. */
  renamed: Record<string, string>;
}

/** Notes a value under `convolution_param.pad[]` and the like. */
function place(placed: Map<string, Placed>, target: string, from: string, value: unknown): void {
  const [parameter, field] = target.split('.') as [string, string | undefined];
  const entry = placed.get(parameter) ?? { values: {}, renamed: {} };
  placed.set(parameter, entry);
  if (field === undefined) {
    entry.whole = value;
    return;
  }
  const name = field.replace('[]', '');
  entry.values[name] = field === name ? value : [value];
  entry.renamed[name] = from;
}

function typeOfParameter(parameter: string): string {
  return defaultSchema().message('V1LayerParameter').byName.get(parameter)!.messageType!.name;
}
