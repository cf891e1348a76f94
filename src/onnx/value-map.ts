/** The map from a net's layers to the values of the model that they hold, as a rule file that `verify --map` reads. */
import type { NetParameter } from '../generated/messages.js';
import type { RuleFile } from '../weights/maps/rule-file.js';

/**
 * @param values by the blob's name
 * @param model what the map calls the model
 * @param inputs values of the model's inputs that are constants of the net
 */
export function valueMap(
  net: NetParameter,
  values: ReadonlyMap<string, string>,
  model: string,
  inputs: ReadonlyMap<string, readonly number[]> = new Map(),
): RuleFile {
  const references = (net.layer ?? []).flatMap(({ name = '', type, top = [] }) => {
    if (type === 'Input') return [];
    return top.flatMap((blob) => {
      const value = values.get(blob);
      // Of a layer with several tops, each goes by its blob's name.
      const pattern = escapePattern(top.length === 1 ? name : blob);
      return value === undefined ? [] : [{ layer: `^${pattern}$`, from: escapeTemplate(value) }];
    });
  });
  return {
    name: model,
    notes: `Which value of ${model} each layer's top holds.`,
    ...(inputs.size > 0 && { inputs: Object.fromEntries(inputs) }),
    references,
  };
}

/** What {@link valueMap} made a map of: the values, by the names of layers or tops; undefined of a map that is none of its. */
export function valuesOfMap({ references, ...others }: RuleFile): ReadonlyMap<string, string> | undefined {
  const isOther = Object.keys(others).some((key) => !['name', 'notes', 'inputs'].includes(key));
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
