/** The map from a net's layers to the values of the model that they hold, as a rule file that `verify --map` reads. */
import type { NetParameter } from '../generated/messages.js';
import type { RuleFile } from '../weights/maps/rule-file.js';

/**
 * @param values by the blob's name
 * @param model what the map calls the model
 */
export function valueMap(net: NetParameter, values: ReadonlyMap<string, string>, model: string): RuleFile {
  const references = (net.layer ?? []).flatMap(({ name = '', type, top = [] }) => {
    const value = top.length === 1 ? values.get(top[0]!) : undefined;
    return value === undefined || type === 'Input'
      ? []
      : [{ layer: `^${escapePattern(name)}$`, from: escapeTemplate(value) }];
  });
  return { name: model, notes: `Which value of ${model} each layer's top holds.`, references };
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

function escapeTemplate(text: string): string {
  return text.replace(/\$/g, '$$$$').replace(/\{/g, '{{').replace(/\}/g, '}}');
}
