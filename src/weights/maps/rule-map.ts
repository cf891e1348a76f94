/** ruleMap: a rule file as a name map. */
import { asFloat32 } from '../elements.js';
import { NetspecError } from '../../errors.js';
import { KERNELS } from './kernels.js';
import { constantRecipe, type NameMap, type ParamBlob, type Recipe } from './map.js';
import { moduleRecipes } from './module-recipes.js';
import type { NameMatch } from './pattern.js';
import { nameMap, presetEps } from './presets.js';
import {
  checkRuleFile,
  type CheckedReference,
  type CheckedRule,
  type CheckedRuleFile,
  type RuleFile,
} from './rule-file.js';
import { RuleIndex } from './rule-index.js';
import { PYTORCH_NAMES, type TensorNames } from './tensor-names.js';
import { applyAll, shapeAfter } from './transforms.js';

/** Names of counters that only training uses. */
const COUNTERS = /(^|[._])num_batches_tracked$/;

/**
 * The name map of a rule file. A blob goes to the first rule whose `layer`, `type` and `blob` fit it; when that rule is not
 * `optional`, later ones and the extended preset are not asked, so that a misspelt tensor is an error and not another
 * tensor.
 * @param rules the file's contents; checked here, since they may come from JSON
 * @param file what errors call it
 * @throws NetspecError naming the rule and the field that cannot be understood
 * @example
 * const net = parsePrototxt(await readText('net.prototxt'));
 * const source = await openWeights('model.npz');
 * const map = ruleMap({ extends: 'identity', rules: [{ layer: 'fc', blob: 1, constant: 0 }], ignore: ['fc\\.bias'] });
 * planPack({ net, source, map }).report.filled.length; // → 3
 */
export function ruleMap(rules: RuleFile, file?: string): NameMap {
  const checked = checkRuleFile(rules, file);
  return new RuleMap(checked, file);
}

class RuleMap implements NameMap {
  readonly name: string;
  readonly #base: NameMap | undefined;
  readonly #eps: number;
  readonly #names: TensorNames;
  readonly #rules: RuleIndex<CheckedRule>;
  readonly #references: RuleIndex<CheckedReference & { number: number }>;

  constructor(
    readonly file: CheckedRuleFile,
    path: string | undefined,
  ) {
    this.name = file.name ?? path ?? 'rules';
    const base = extended(file, path);
    this.#base = base?.map;
    this.#eps = file.batchNormEps ?? base?.eps ?? 1e-5;
    this.#names = { ...PYTORCH_NAMES, ...file.tensors };
    this.#rules = new RuleIndex(file.rules);
    this.#references = new RuleIndex(file.references.map((reference, i) => ({ ...reference, number: i + 1 })));
  }

  recipes(blob: ParamBlob): readonly Recipe[] {
    const recipes: Recipe[] = [];
    for (const { entry: rule, match } of this.#rules.matching(blob.layer.name ?? '')) {
      if (!isFor(rule, blob)) continue;
      recipes.push(...within(`rule ${rule.number}`, () => this.#recipesOf(rule, match, blob)));
      if (!rule.optional) return recipes;
    }
    return [...recipes, ...(this.#base?.recipes(blob) ?? [])];
  }

  isIgnorable(tensorName: string): boolean {
    if (COUNTERS.test(tensorName)) return true;
    if (this.file.ignore.some((pattern) => pattern.test(tensorName))) return true;
    return this.#base?.isIgnorable(tensorName) ?? false;
  }

  referenceNames(layerName: string, type?: string): string[] {
    const names: string[] = [];
    let hasOthers = true;
    const fits = (wanted: string | undefined) => type === undefined || wanted === undefined || wanted === type;
    for (const { entry, match } of this.#references.matching(layerName)) {
      const { number, type: wanted, from } = entry;
      if (!fits(wanted)) continue;
      names.push(within(`reference ${number}`, () => from.expand(match)));
      hasOthers &&= !entry.only;
    }
    if (!hasOthers) return [...new Set(names)];
    for (const { entry, match } of this.#rules.matching(layerName)) {
      const { number, type: wanted, source } = entry;
      // A module's output is that of the Scale behind the BatchNorm, not the BatchNorm's.
      if (source.kind !== 'module' || !fits(wanted) || (type ?? wanted) === 'BatchNorm') continue;
      const module = within(`rule ${number}`, () => (source.batchNorm ?? source.module).expand(match));
      names.push(`${module}_output`, module);
      break;
    }
    names.push(...(this.#base?.referenceNames(layerName, type) ?? [`${layerName}_output`, layerName]));
    return [...new Set(names)];
  }

  remarks(blobs: readonly ParamBlob[]): string[] {
    const applied = new Set<number>();
    const fitting = new Set<number>();
    for (const blob of blobs) {
      let decided = false;
      for (const { entry: rule } of this.#rules.matching(blob.layer.name ?? '')) {
        if (!isFor(rule, blob)) continue;
        fitting.add(rule.number);
        if (!decided) applied.add(rule.number);
        decided ||= !rule.optional;
      }
    }
    const remarks = this.file.rules.flatMap(({ number, layer, type, source }) => {
      if (applied.has(number)) return [];
      const of = type === undefined ? '' : ` of type ${type}`;
      const blob = source.kind === 'module' ? '' : ` with a blob ${source.blob}`;
      return fitting.has(number)
        ? [`rule ${number} is never used: earlier rules take all that it fits`]
        : [`rule ${number} is never used: no layer${of}${blob} is called '${layer.text}'`];
    });
    return [...remarks, ...(this.#base?.remarks?.(blobs) ?? [])];
  }

  #recipesOf({ number, source }: CheckedRule, match: NameMatch, blob: ParamBlob): Recipe[] {
    const origin = `rule ${number}`;
    switch (source.kind) {
      case 'constant':
        return [{ ...constantRecipe(source.value), origin }];
      case 'kernel': {
        const data = KERNELS[source.name]!(source.size, blob.shape);
        return [{ inputs: [], origin, operation: `${source.name} ${source.size}`, compute: () => data }];
      }
      case 'module': {
        const module = source.module.expand(match);
        const recipes = moduleRecipes(module, blob, {
          eps: source.eps ?? this.#eps,
          names: this.#names,
          // The one or the other, as the name itself has it: both are found.
          separator: module.includes('_') && !module.includes('.') ? '_' : '.',
          fold: source.fold,
          batchNorm: source.batchNorm?.expand(match),
          statistics: source.statistics?.expand(match),
        });
        return recipes.map((recipe) => ({ ...recipe, origin }));
      }
      case 'tensors': {
        const inputs = source.from.map((template) => ({ name: template.expand(match) }));
        const { transforms } = source;
        if (transforms.length === 0) return [{ inputs, origin }];
        return [
          {
            inputs,
            origin,
            operation: transforms.map(({ label }) => label).join(', '),
            shapeOf: (shapes) => shapeAfter(transforms, shapes as readonly (readonly number[])[]),
            compute: (values, _count, shapes) => {
              const tensors = values.map((data, i) => ({ data: data!, shape: shapes[i]! }));
              const { data } = applyAll(transforms, tensors);
              return asFloat32(data);
            },
          },
        ];
      }
    }
  }
}

/** Adds the rule to errors about what a match makes of it. */
function within<T>(rule: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    throw new NetspecError(`${rule}: ${error.reason}`, { hint: error.details.hint });
  }
}

/** The preset that a file extends. */
function extended(
  { extends: name, batchNormEps }: CheckedRuleFile,
  file: string | undefined,
): { map: NameMap; eps: number } | undefined {
  if (name === undefined) return undefined;
  try {
    return { map: nameMap(name, { batchNormEps }), eps: presetEps(name) };
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    throw new NetspecError(`'extends': ${error.reason}`, { file, hint: error.details.hint });
  }
}

/** Whether a rule whose pattern fits the layer's name is about this blob. */
function isFor({ type, source }: CheckedRule, blob: ParamBlob): boolean {
  if (type !== undefined && type !== blob.layer.type) return false;
  return source.kind === 'module' || source.blob === blob.index;
}
