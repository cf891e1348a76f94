/** The map from a net's layers to the values of the model that they hold, as a rule file that `verify --map` reads. */
import type { NetParameter } from '../generated/messages.js';
import type { ReferenceRule, RuleFile } from '../weights/maps/rule-file.js';

/**
 * @param values by the blob's name
 * @param model what the map calls the model
 */
export function valueMap(net: NetParameter, values: ReadonlyMap<string, string>, model: string): RuleFile {
  const references = (net.layer ?? []).flatMap(({ name = '', type, top = [] }) => {
    if (type === 'Input') return [];
    return top.flatMap((blob) => {
      const value = values.get(blob);
      // Of a layer with several tops, each goes by its blob's name.
      return value === undefined ? [] : [ruleFor(top.length === 1 ? name : blob, value)];
    });
  });
  return ruleFile(references, model);
}

/**
 * The same for a net that was exported: of a layer that works in place, the value that it made.
 * @param layers as {@link ExportedModel.layers}
 */
export function exportedValueMap(
  layers: readonly { readonly name: string; readonly type: string; readonly values: readonly string[] }[],
  model: string,
): RuleFile {
  const references = layers.flatMap(({ name, type, values }) =>
    type === 'Input' || type === 'Split' || values.length !== 1 ? [] : [ruleFor(name, values[0]!)],
  );
  return ruleFile(references, model);
}

function ruleFor(layer: string, value: string): ReferenceRule {
  return { layer: `^${escapePattern(layer)}$`, from: escapeTemplate(value) };
}

function ruleFile(references: readonly ReferenceRule[], model: string): RuleFile {
  return { name: model, notes: `Which value of ${model} each layer's top holds.`, references };
}

/** What {@link valueMap} made a map of: the values, by the names of layers or tops; undefined of a map that is none of its. */
export function valuesOfMap({ references, ...others }: RuleFile): ReadonlyMap<string, string> | undefined {
  const isOther = Object.keys(others).some((key) => !['name', 'notes'].includes(key));
  if (isOther || !references || references.some(({ type, only }) => type !== undefined || only !== undefined))
    return undefined;
  const unescaped = references.map(({ layer, from }): [string, string] => [
    layer.replace(/^\^|\$$/g, '').replace(/\\(.)/g, '$1'),
    from.replace(/\$\$/g, '$').replace(/\{\{/g, '{').replace(/\}\}/g, '}'),
  ]);
  return new Map(unescaped);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

function escapeTemplate(text: string): string {
  return text.replace(/\$/g, '$$$$').replace(/\{/g, '{{').replace(/\}/g, '}}');
}
