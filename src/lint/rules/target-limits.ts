/** target-limits: kernels, strides, channels, axes and settings beyond what a toolchain takes. */
import type { LayerParameter } from '../../generated/messages.js';
import type { Problem } from '../finding.js';
import type { LintNet } from '../lint-net.js';
import type { Rule } from '../rule.js';
import { measure, MEASURES, type Measured } from '../targets/measures.js';
import type { Limit, Target } from '../targets/target.js';

export const targetLimits: Rule = {
  name: 'target-limits',
  severity: 'error',
  doc: 'settings and sizes beyond the limits of a target',
  check: (net) =>
    net.targets.flatMap((target) => (target.limits ?? []).flatMap((limit) => brokenBy(net, target, limit))),
};

function brokenBy(net: LintNet, { name, title, sources }: Target, limit: Limit): Problem[] {
  const { types, when, hint, severity } = limit;
  return net.layers
    .filter(
      (layer) =>
        (types?.includes(layer.type ?? '') ?? true) && (!when || measure(when.measure, layer, net) === when.is),
    )
    .flatMap((layer) => {
      const value = measure(limit.measure, layer, net);
      const wanted = value === undefined ? undefined : missed(limit, value, layer, net);
      if (wanted === undefined) return [];
      return [
        {
          layer,
          message: `${title} wants ${MEASURES[limit.measure].title} to be ${wanted}; it is ${shown(value)}.`,
          hint,
          severity,
          target: name,
          source: sources[limit.source],
          measure: limit.measure,
        },
      ];
    });
}

/** What is wanted where a value is not it; undefined where it is. */
function missed(limit: Limit, value: NonNullable<Measured>, layer: LayerParameter, net: LintNet): string | undefined {
  const { is, oneOf, min, max, multipleOf, atMost } = limit;
  const values = [value].flat();
  const all = (holds: (each: number, axis: number) => boolean): boolean =>
    values.every((each, i) => holds(Number(each), i));
  if (is !== undefined && !values.every((each) => each === is)) return String(is);
  if (oneOf !== undefined && !values.every((each) => oneOf.includes(each as string | number)))
    return oneOf.join(' or ');
  // A word is in no range, and compares with none.
  const isInRange = all((each) => !(each < (min ?? -Infinity)) && !(each > (max ?? Infinity)));
  if (!isInRange) {
    if (max === undefined) return `at least ${min!}`;
    return min === undefined ? `at most ${max}` : `from ${min} to ${max}`;
  }
  if (multipleOf !== undefined && !all((each) => each % multipleOf === 0)) return `a multiple of ${multipleOf}`;
  if (atMost) {
    const bound = measure(atMost.measure, layer, net);
    if (bound === undefined) return undefined;
    const bounds = [bound].flat().map((each) => Number(each) * (atMost.times ?? 1) + (atMost.plus ?? 0));
    if (!all((each, i) => each <= (bounds[i] ?? bounds[0]!))) return `at most ${bounds.join('x')}`;
  }
  return undefined;
}

const shown = (value: Measured): string => [value].flat().join('x');
