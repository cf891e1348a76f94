/** foreign-field: settings of another layer type. */
import { factsOf, knownLayerTypes } from '../../layers/registry.js';
import { likeRead } from '../../proto/derive.js';
import type { Rule } from '../rule.js';

export const foreignField: Rule = {
  name: 'foreign-field',
  severity: 'warning',
  doc: 'settings that another layer type reads',
  check: (net) =>
    net.layers.flatMap((layer) => {
      const own = net.factsOf(layer)?.params;
      if (!own) return [];
      return Object.keys(layer)
        .filter((field) => !COMMON.has(field) && !own.includes(field) && isOfSomeType(field))
        .map((field) => {
          const after = likeRead(Object.fromEntries(Object.entries(layer).filter(([key]) => key !== field)), layer);
          return {
            layer,
            field,
            message: `${layer.type!} does not read ${field}${own.length > 0 ? `; its settings are in ${own[0]!}` : ''}.`,
            edit: { title: 'take it out', isExact: true, before: [layer], after: [after] },
          };
        });
    }),
};

/** What every layer type may have: data layers read the first, losses the second. */
const COMMON = new Set(['transform_param', 'loss_param']);

let fields: ReadonlySet<string> | undefined;

/** Whether a field holds the settings of some layer type. Some forks have fields that every layer may have. */
function isOfSomeType(field: string): boolean {
  fields ??= new Set(knownLayerTypes().flatMap((type) => factsOf({ type })?.params ?? []));
  return fields.has(field);
}
