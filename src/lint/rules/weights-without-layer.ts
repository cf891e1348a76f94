/** weights-without-layer: the caffemodel has layers that the net lacks. */
import { nearest } from '../../errors.js';
import type { Rule } from '../rule.js';

export const weightsWithoutLayer: Rule = {
  name: 'weights-without-layer',
  severity: 'warning',
  doc: 'weights of layers that the net does not have',
  needsWeights: true,
  check: ({ weights, layers }) => {
    const names = new Set(layers.map(({ name }) => name ?? ''));
    const folded = new Set([...names].map((name) => name.toLowerCase()));
    return (
      (weights?.layers ?? [])
        // A name that differs in case is another rule's.
        .filter(({ name, shapes }) => shapes.length > 0 && !names.has(name) && !folded.has(name.toLowerCase()))
        .map(({ name, type }) => {
          const near = nearest(name, names);
          return {
            message: `${weights!.name} holds weights of '${name}' (${type}), which the net does not have: Caffe ignores them silently.`,
            hint: near === undefined ? undefined : `did you mean '${near}'?`,
          };
        })
    );
  },
};
