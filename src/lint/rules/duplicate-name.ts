/** duplicate-name: two layers of one name. */
import type { LayerParameter } from '../../generated/messages.js';
import type { Rule } from '../rule.js';

export const duplicateName: Rule = {
  name: 'duplicate-name',
  severity: 'warning',
  doc: 'two layers of one name in the same phase',
  check: ({ layers, shapes }) => {
    const first = new Map<string, LayerParameter>();
    return layers.flatMap((layer) => {
      const { name = '' } = layer;
      if (name === '') return [];
      const other = first.get(name);
      if (!other) {
        first.set(name, layer);
        return [];
      }
      const hasWeights = shapes?.params.has(name) ?? false;
      return [
        {
          layer,
          field: 'name',
          severity: hasWeights ? ('error' as const) : undefined,
          message:
            `Another ${other.type ?? 'unknown'} layer before it is called '${name}' too.` +
            (hasWeights
              ? ' Weights are found by name, so both would get the same.'
              : ' Tools that look layers up by name find one of them.'),
        },
      ];
    });
  },
};
