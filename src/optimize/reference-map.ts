/**
 * reference-map: which outputs of the model the layers of an optimized net give. A convolution that a normalization was
 * merged into gives what the normalization gave.
 */
import { escapedPattern, escapedTemplate } from '../weights/maps/escape.js';
import type { RuleFile } from '../weights/maps/index.js';
import type { OptimizeReport } from './report.js';

/**
 * The map that `verify` takes to hold an optimized net against the dump of the net as it was; undefined where nothing was
 * merged. A layer's reference is that of the last layer merged into it that has one, and never its own.
 * @param base the map that the references of the net as it was are found by
 * @example
 * const reader = await CaffemodelReader.open(await openFile('net.caffemodel'));
 * const { report } = await optimizeNet('net.prototxt', reader);
 * mergedReferences(report); // → undefined
 */
export function mergedReferences({ passes }: Pick<OptimizeReport, 'passes'>, base = 'identity'): RuleFile | undefined {
  const merged = new Map<string, string[]>();
  for (const { pass, changes } of passes)
    if (pass === 'merge')
      for (const { layer, into } of changes)
        if (into !== undefined) merged.set(into, [layer, ...(merged.get(into) ?? [])]);
  // What was merged into a layer that was then merged itself.
  const allOf = (layer: string): string[] => (merged.get(layer) ?? []).flatMap((each) => [each, ...allOf(each)]);
  const into = new Set([...merged.values()].flat());
  const references = [...merged.keys()]
    .filter((layer) => !into.has(layer))
    .flatMap((layer) =>
      allOf(layer).map((from) => ({ layer: escapedPattern(layer), from: escapedTemplate(from), only: true })),
    );
  return references.length === 0 ? undefined : { extends: base, references };
}
