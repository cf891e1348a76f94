/** The map from the layers of a net to the values of the model that it was exported to. */
import type { RuleFile } from '../../weights/maps/rule-file.js';
import { valueMap } from '../value-map.js';
import type { ExportedModel } from './export-onnx.js';

/**
 * A rule file that `verify --map` reads. Of a layer that works in place it names the value that the layer made, which does not bear the
 * blob's name.
 * @param model what the map calls the model
 */
export function exportedMap({ layers }: Pick<ExportedModel, 'layers'>, model: string): RuleFile {
  // Layers with several tops do not work in place: their values bear the names of their blobs.
  const single = layers.filter(({ type, values }) => type !== 'Input' && type !== 'Split' && values.length === 1);
  const layer = single.map(({ name, type }, i) => ({ name, type, top: [String(i)] }));
  return valueMap({ layer }, new Map(single.map(({ values }, i) => [String(i), values[0]!])), model);
}
