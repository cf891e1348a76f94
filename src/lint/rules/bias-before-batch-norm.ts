/** bias-before-batch-norm: a bias that the normalization behind it takes out again. */
import type { Rule } from '../rule.js';

export const biasBeforeBatchNorm: Rule = {
  name: 'bias-before-batch-norm',
  severity: 'note',
  doc: 'a bias in front of a BatchNorm layer',
  check: (net) =>
    net.layers.flatMap((layer) => {
      const term = net.factsOf(layer)?.biasTerm;
      const readers = net.flow.readersOf(layer);
      if (!term || layer.type === 'Scale' || readers.length === 0 || !readers.every(({ type }) => type === 'BatchNorm'))
        return [];
      if (!(layer[term.param]?.bias_term ?? term.byDefault)) return [];
      return [
        {
          layer,
          field: `${term.param}.bias_term`,
          message:
            `BatchNorm '${readers[0]!.name ?? ''}' subtracts the mean of what it reads, and the bias is in that mean: the layer needs ` +
            'no bias. A port from a layer without one must pack zeros.',
          hint: `write bias_term: false, and take bias · factor off the stored mean if the bias is not 0`,
        },
      ];
    }),
};
