/**
 * V1 data layers that hold scale, mean_file, crop_size and mirror themselves: these moved to transform_param.
 */
import {
  V1LayerParameter_LayerType as V1,
  type NetParameter,
  type V1LayerParameter,
} from '../../generated/messages.js';
import { inherit } from './inherit.js';

const MOVED = ['scale', 'mean_file', 'crop_size', 'mirror'] as const;

const parameterOf = new Map<number, 'data_param' | 'image_data_param' | 'window_data_param'>([
  [V1.DATA, 'data_param'],
  [V1.IMAGE_DATA, 'image_data_param'],
  [V1.WINDOW_DATA, 'window_data_param'],
]);

/** True when any V1 data layer still holds a transformation setting. */
export function needsDataUpgrade(net: NetParameter): boolean {
  return (
    net.layers?.some((layer) => {
      const parameter = parameterOf.get(layer.type ?? V1.NONE);
      return parameter !== undefined && MOVED.some((field) => layer[parameter]?.[field] !== undefined);
    }) ?? false
  );
}

/** The net with these settings moved. Every data layer gets both messages, empty if need be, as in Caffe. */
export function upgradeDataTransform(net: NetParameter): NetParameter {
  return inherit({ ...net, layers: net.layers?.map(upgradeLayer) }, 'NetParameter', net);
}

function upgradeLayer(layer: V1LayerParameter): V1LayerParameter {
  const parameter = parameterOf.get(layer.type ?? V1.NONE);
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
