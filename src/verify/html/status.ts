/** status: what the report says of a layer in a class, a mark and a sentence. */
import type { LayerResult } from '../result.js';
import { isFailing } from '../rows.js';
import { formatFigure } from '../../compare/figures.js';

/**
 * `arises`: outside the tolerance although it is fed references, or no isolated pass was made; `inherited`: only because
 * of what it reads; `alone`: only when it is fed references;
 * `unfed`: it cannot be run on references.
 */
export type Verdict = 'agrees' | 'arises' | 'inherited' | 'alone' | 'unfed' | 'shape' | 'unchecked';

/** Marks tell verdicts apart without colour. */
export const MARKS: Readonly<Record<Verdict, string>> = {
  agrees: '✓',
  arises: '✗',
  inherited: '↧',
  alone: '!',
  unfed: '?',
  shape: '≠',
  unchecked: '·',
};

/** What each mark means, for legends. */
export const MEANINGS: Readonly<Record<Verdict, string>> = {
  agrees: 'agrees',
  arises: 'differs: an error arises here',
  inherited: 'differs because of what it reads',
  alone: 'differs only when fed the references',
  unfed: 'differs, and cannot be fed the references',
  shape: 'another shape',
  unchecked: 'not compared',
};

export function verdictOf({ status, isolated }: Pick<LayerResult, 'status' | 'isolated'>): Verdict {
  switch (status) {
    case 'no reference':
    case 'stepped over':
      return 'unchecked';
    case 'shape differs':
      return isolated?.status === 'agrees' ? 'inherited' : isolated?.status === 'not fed' ? 'unfed' : 'shape';
    case 'agrees':
      return isolated && isFailing(isolated) ? 'alone' : 'agrees';
    case 'diverges':
      return isolated?.status === 'agrees' ? 'inherited' : isolated?.status === 'not fed' ? 'unfed' : 'arises';
  }
}

/** From what matters least to what matters most. */
const SEVERITY: readonly Verdict[] = ['unchecked', 'agrees', 'alone', 'inherited', 'unfed', 'arises', 'shape'];

/** The result that a layer is marked by: of several tops the one that is furthest off. */
export function worstOf(results: readonly LayerResult[]): LayerResult | undefined {
  const rank = (result: LayerResult): number => SEVERITY.indexOf(verdictOf(result));
  const error = ({ comparison }: LayerResult): number => comparison?.maxRel ?? 0;
  return results.reduce<LayerResult | undefined>((worst, each) => {
    if (!worst || rank(each) > rank(worst)) return each;
    return rank(each) === rank(worst) && error(each) > error(worst) ? each : worst;
  }, undefined);
}

/** The results of each layer's tops, by the layer's index; a module's stand for each of its layers. */
export function resultsByLayer(results: readonly LayerResult[]): Map<number, LayerResult[]> {
  const byLayer = new Map<number, LayerResult[]>();
  for (const result of results)
    for (const index of [...(result.includes ?? []), result.index])
      byLayer.set(index, [...(byLayer.get(index) ?? []), result]);
  return byLayer;
}

/** The verdict in a sentence. */
export function sentenceOf(layer: LayerResult): string {
  const verdict = verdictOf(layer);
  switch (verdict) {
    case 'agrees':
      return 'agrees with its reference';
    case 'arises':
      return layer.isolated
        ? 'differs from its reference even when it is fed the references of what it reads: an error arises here'
        : 'differs from its reference';
    case 'inherited':
      return 'differs because of what it reads: fed the references of that, it agrees';
    case 'alone':
      return 'agrees in the net, but not when it is fed the references of what it reads';
    case 'unfed':
      return `differs from its reference, and cannot be run on the references of what it reads: ${layer.isolated!.reason!}`;
    case 'shape':
      return `gives ${layer.shape.join('x')}, the reference is ${layer.referenceShape?.join('x') ?? 'of another shape'}`;
    case 'unchecked':
      return 'was not compared: there is no reference of its name';
  }
}

/** How large the error is, in six steps from rounding to nonsense: the colour of a layer. */
export function errorLevel({ comparison, status }: Pick<LayerResult, 'comparison' | 'status'>): string {
  if (status === 'shape differs') return 'bad3';
  if (!comparison) return 'none';
  const { maxRel } = comparison;
  if (status === 'agrees') return maxRel <= 1e-6 ? 'ok1' : maxRel <= 1e-5 ? 'ok2' : 'ok3';
  return maxRel <= 1e-2 ? 'bad1' : maxRel <= 1e-1 ? 'bad2' : 'bad3';
}

/** `✗ max rel 0.12`, as a node of the graph says it. */
export function shortVerdict(layer: LayerResult): string {
  const verdict = verdictOf(layer);
  const { comparison, isolated } = layer;
  if (!comparison) return `${MARKS[verdict]} ${MEANINGS[verdict]}`;
  const alone = verdict === 'inherited' ? `, alone ${formatFigure(isolated!.comparison!.maxRel)}` : '';
  return `${MARKS[verdict]} max rel ${formatFigure(comparison.maxRel)}${alone}`;
}

/** A line of a report as a sentence's beginning. */
export function capitalized(line: string): string {
  return line.charAt(0).toUpperCase() + line.slice(1);
}
