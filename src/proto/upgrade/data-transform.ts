/**
 * V1 data layers that hold scale, mean_file, crop_size and mirror themselves: these moved to transform_param.
 */
import type { NetParameter, V1LayerParameter } from '../../generated/messages.js';
import { enumNameOf } from '../message.js';
import { inherit } from './inherit.js';

const MOVED = ['scale', 'mean_file', 'crop_size', 'mirror'] as const;

/** By the name of the layer's type, which forks number differently. */
const parameterOf = new Map<string | undefined, 'data_param' | 'image_data_param' | 'window_data_param'>([
  ['DATA', 'data_param'],
  ['IMAGE_DATA', 'image_data_param'],
  ['WINDOW_DATA', 'window_data_param'],
]);

function parameterName(layer: V1LayerParameter) {
  return parameterOf.get(enumNameOf(layer, 'V1LayerParameter', 'type'));
}

/** True when any V1 data layer still holds a transformation setting. */
export function needsDataUpgrade(net: NetParameter): boolean {
  return (
    net.layers?.some((layer) => {
      const parameter = parameterName(layer);
      return parameter !== undefined && MOVED.some((field) => layer[parameter]?.[field] !== undefined);
    }) ?? false
  );
}

/** The net with these settings moved. Every data layer gets both messages, empty if need be, as in Caffe. */
export function upgradeDataTransform(net: NetParameter): NetParameter {
  return inherit({ ...net, layers: net.layers?.map(upgradeLayer) }, 'NetParameter', net);
}

function upgradeLayer(layer: V1LayerParameter): V1LayerParameter {
  const parameter = parameterName(layer);
  if (parameter === undefined) return layer;
  const before = layer[parameter] ?? {};
  const data: Record<string, unknown> = { ...before };
  const transform: Record<string, unknown> = { ...layer.transform_param };
  for (const field of MOVED) {
    if (before[field] === undefined) continue;
    transform[field] = before[field];
    Reflect.deleteProperty(data, field);
  }
  return inherit(
    {
      ...layer,
      [parameter]: inherit(data, dataTypeNames[parameter], before),
      transform_param: inherit(transform, 'TransformationParameter', layer.transform_param ?? before),
    },
    'V1LayerParameter',
    layer,
    { transform_param: parameter },
  );
}

const dataTypeNames = {
  data_param: 'DataParameter',
  image_data_param: 'ImageDataParameter',
  window_data_param: 'WindowDataParameter',
} as const;
