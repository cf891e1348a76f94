/** Which modules fit which targets. Targets of one kind and the same shapes have the same modules: they are asked once. */
import { fitOf, sizeOfTarget, sizesOfModule, type Fit, type Layout } from './fit.js';
import { tensorOf, type SourceModule } from './source-module.js';
import { rolesOf, type Target } from './targets.js';

/** Targets that the same modules fit. */
export interface TargetClass {
  /** Positions of the targets, in order. */
  readonly targets: readonly number[];
  /** The modules by their positions, in order, and how each fits. */
  readonly fits: ReadonlyMap<number, Fit>;
}

/** The targets by class. */
export function classesOf(targets: readonly Target[], modules: readonly SourceModule[]): TargetClass[] {
  const members = new Map<string, number[]>();
  for (const [i, target] of targets.entries()) {
    const key = signature(target);
    const same = members.get(key);
    if (same) same.push(i);
    else members.set(key, [i]);
  }
  const bySize = new Map<number, number[]>();
  for (const [i, module] of modules.entries())
    for (const size of sizesOfModule(module)) {
      const same = bySize.get(size);
      if (same) same.push(i);
      else bySize.set(size, [i]);
    }
  const groups = [...members.values()];
  const fitting = (group: readonly number[], layout: Layout): Map<number, Fit> => {
    const target = targets[group[0]!]!;
    const candidates = bySize.get(sizeOfTarget(target)) ?? [];
    return new Map(
      candidates.flatMap((i) => {
        const fit = fitOf(target, modules[i]!, layout);
        return fit ? [[i, fit] as const] : [];
      }),
    );
  };
  const layout = layoutOf(targets, modules, groups, fitting);
  return groups.map((group) => ({ targets: group, fits: fitting(group, layout) }));
}

/** What decides which modules fit. */
function signature(target: Target): string {
  const parts = target.layers.map((part) => [part.layer.type, part.shapes, rolesOf(part), part.input?.slice(1)]);
  const [{ layer }] = target.layers as [Target['layers'][number]];
  return JSON.stringify([target.kind, parts, layer.inner_product_param?.transpose]);
}

/** The layout in which more of the net's convolutions find a module; by the tensors' names where it has none. */
function layoutOf(
  targets: readonly Target[],
  modules: readonly SourceModule[],
  groups: readonly (readonly number[])[],
  fitting: (group: readonly number[], layout: Layout) => Map<number, Fit>,
): Layout {
  const convolutions = groups.filter((group) => {
    const { kind, layers } = targets[group[0]!]!;
    return kind === 'layer' && layers[0]!.shapes[0]!.length > 2;
  });
  const found = (layout: Layout) =>
    convolutions.reduce((sum, group) => sum + (fitting(group, layout).size > 0 ? group.length : 0), 0);
  const [usual, other] = [found('OIHW'), found('HWIO')];
  if (usual !== other) return other > usual ? 'HWIO' : 'OIHW';
  return modules.some((module) => tensorOf(module, 'weight')?.word.startsWith('kernel')) ? 'HWIO' : 'OIHW';
}
