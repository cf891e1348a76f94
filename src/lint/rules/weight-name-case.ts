/** weight-name-case: names that differ in upper and lower case alone. */
import { derive } from '../../proto/derive.js';
import type { Rule } from '../rule.js';

export const weightNameCase: Rule = {
  name: 'weight-name-case',
  severity: 'error',
  doc: 'a layer whose name differs from that of its weights in case alone',
  needsWeights: true,
  check: ({ weights, layers }) => {
    const exact = new Set(weights?.layers.map(({ name }) => name));
    const byFolded = new Map(weights?.layers.map(({ name }) => [name.toLowerCase(), name]));
    return layers.flatMap((layer) => {
      const { name = '' } = layer;
      const stored = byFolded.get(name.toLowerCase());
      if (stored === undefined || exact.has(name)) return [];
      return [
        {
          layer,
          field: 'name',
          message: `${weights!.name} calls it '${stored}'. Caffe tells names apart by case, and leaves the layer at its fillers' values.`,
          edit: {
            title: `call it '${stored}'`,
            isExact: !layers.some((other) => other.name === stored),
            before: [layer],
            after: [derive(layer, { name: stored })],
          },
        },
      ];
    });
  },
};
