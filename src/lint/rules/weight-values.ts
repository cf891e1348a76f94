/** weight-values: NaN and infinity, variances that are none, a factor of 0. */
import type { Problem } from '../finding.js';
import type { Rule } from '../rule.js';

export const weightValues: Rule = {
  name: 'weight-values',
  severity: 'error',
  doc: 'weights that are not finite, negative variances, and a BatchNorm factor of 0',
  needsWeights: true,
  check: async ({ weights, layers }) => {
    const problems: Problem[] = [];
    const byName = new Map(layers.map((layer) => [layer.name ?? '', layer]));
    for (const [i, { name, type, shapes }] of (weights?.layers ?? []).entries()) {
      const layer = byName.get(name);
      const find = (message: string): void => {
        problems.push({ layer, message: layer ? message : `Layer '${name}': ${message}` });
      };
      for (const j of shapes.keys()) {
        const values = await weights!.read(i, j);
        const bad = values.findIndex((value) => !Number.isFinite(value));
        if (bad >= 0)
          find(`Blob ${j} of its weights holds ${values[bad]!} at ${bad}: every result behind it is not finite.`);
        if (type !== 'BatchNorm') continue;
        const negative = values.findIndex((value) => value < 0);
        if (j === 1 && negative >= 0)
          find(`Its variance at ${negative} is ${values[negative]!}, which has no square root: the result is NaN.`);
        if (j === 2 && values[0] === 0)
          find(
            'Blob 2, the factor that mean and variance are divided by, is 0: Caffe then takes both for 0. A file that was never ' +
              'trained, or a converter that left it out, has it so; 1 is what a converter writes.',
          );
      }
    }
    return problems;
  },
};
