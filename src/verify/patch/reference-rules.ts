/** reference-rules: which reference each layer of a verified net was held against, as a rule file that `--map` takes. */
import { escapedPattern, escapedTemplate } from '../../weights/maps/escape.js';
import type { RuleFile } from '../../weights/maps/index.js';
import { NAME_MAPS } from '../../weights/maps/index.js';
import type { VerifyReport } from '../result.js';

/** The rules of a report: one for each layer that has one top. Weights are found by the preset that found the references. */
export function referenceRules({ layers, map }: VerifyReport): RuleFile {
  const rules = layers.flatMap(({ name, label, reference }) =>
    reference === undefined || label.startsWith(`${name}: `)
      ? []
      : [{ layer: escapedPattern(name), from: escapedTemplate(reference) }],
  );
  return { extends: map !== undefined && NAME_MAPS.includes(map) ? map : 'identity', references: rules };
}
