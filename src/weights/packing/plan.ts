/**
 * planPack: decides where each parameter blob of a net comes from, and checks all of it before a single value is read.
 * A plan exists only when every blob has its values and every tensor its use, or when the caller allowed otherwise.
 */
import { MESSAGE, OBJECT, checkArguments, fields } from '../../arguments.js';
import { deterministicFill, isDeterministicFiller } from '../../engine/deterministic-fillers.js';
import { NetspecError } from '../../errors.js';
import type { FillerParameter, LayerParameter, NetParameter } from '../../generated/messages.js';
import { formatShape } from '../../proto/blob-proto.js';
import { isKnownType } from '../../layers/registry.js';
import { caffemodelSize } from '../../proto/caffemodel-writer.js';
import { halfBlob } from '../../proto/half-blob.js';
import { resolve } from '../../proto/message.js';
import type { Schema } from '../../proto/schema.js';
import { product, sameShape } from '../../shapes.js';
import { operationOf, type NameMap, type Recipe } from '../maps/map.js';
import { canonicalName, NameIndex } from '../name-index.js';
import type { NumericArray, TensorInfo, WeightSource } from '../source.js';
import { misshapen } from './misshapen.js';
import {
  checkFill,
  fillerOf,
  ignoresStatistics,
  isUpsampling,
  targetsToFill,
  withShapes,
  type NetToFill,
  type ShapedNet,
  type Target,
} from './net-to-fill.js';
import { PackError, type PackProblem } from './problems.js';
import type { BlobId, PackReport } from './report.js';
import { missingAdvice } from './missing-advice.js';
import { sourceAdvice } from './source-advice.js';
import { shapeAdvice } from './shape-advice.js';
import { suggestNames } from './suggest-names.js';

/** What is packed into what. */
export interface PackOptions extends NetToFill {
  source: WeightSource;
  map: NameMap;
  /** Tensors that no layer wants are reported instead of refused. */
  allowUnused?: boolean;
  /** Layers for which there are no tensors are left out of the file, and reported, instead of refused. */
  allowUnfilled?: boolean;
  /** Layers whose tensors have other shapes are left out of the file, and reported, instead of refused. */
  skipMismatched?: boolean;
  /** Values are written in half precision, as NVIDIA's Caffe does; BVLC's Caffe does not read such a file. */
  half?: boolean;
}

/** Where one blob's values come from. */
export type BlobPlan = {
  readonly shape: readonly number[];
  readonly count: number;
} & (
  | {
      readonly kind: 'computed';
      /** Makes the values. */
      readonly values: () => Float32Array;
    }
  | {
      readonly kind: 'source';
      /** Names in the source, in the recipe's order; undefined for an optional tensor that is not there. */
      readonly tensors: readonly (string | undefined)[];
      /** How many values each of them has, 0 where there is none. */
      readonly counts: readonly number[];
      /** Makes the blob's values of the tensors'; absent where they are the values. */
      readonly compute?: (inputs: readonly (NumericArray | undefined)[], count: number) => Float32Array;
      /** The tensor that is a variance, and what is added to it before its root is taken. */
      readonly variance?: { readonly tensor: string; readonly eps: number };
    }
);

/** Everything that is needed to write the file. Made by {@link planPack}, carried out by executePack. */
export interface PackPlan {
  /** The layers that the file holds, without blobs. */
  readonly net: NetParameter;
  /** Blobs of each of these layers. */
  readonly layers: readonly (readonly BlobPlan[])[];
  readonly source: WeightSource;
  readonly schema?: Schema;
  /** See {@link PackOptions.half}. */
  readonly half: boolean;
  /** What will be done; values are not judged yet. */
  readonly report: PackReport;
}

/** What the source has for a blob: a plan, and what the report says of it; or why what it has cannot be taken. */
type Found = { readonly tensors: readonly string[] } & (
  | {
      readonly kind: 'plan';
      readonly plan: BlobPlan;
      readonly filled?: PackReport['filled'][number];
      readonly computed?: PackReport['computed'][number];
      readonly remark?: string;
    }
  | { readonly kind: 'refused'; readonly problems: readonly PackProblem[] }
);

const NO_STATISTICS = 'without running mean or variance in the source: taken as 0 and 1';

/** The plan of a blob, so far: undefined where nothing fills it. */
type Outcome = BlobPlan | 'failed' | undefined;

/**
 * Plans a packing without reading values.
 *
 * - A blob takes the first of the name map's recipes whose tensors exist. Shapes, after what the recipe does, must agree,
 *   dimensions of one aside.
 * - An upsampling Deconvolution (an explicit `weight_filler` of type bilinear, or constant and not zero) is no learnable
 *   layer: when the source has nothing for it, its blobs are computed, for other readers refuse a layer without them. So are
 *   the statistics of a BatchNorm that reads none (`use_global_stats: false`).
 * - Layers whose blobs all belong to an earlier layer, by `param { name }`, are left out: Caffe shares the owner's.
 * - Of layers that share a name, those that the net's state leaves out do not count.
 * @throws PackError listing every problem: blobs without values, tensors of another shape, unreadable, or without use.
 * @throws NetspecError for a net that cannot be built, when its shapes are not given
 * @example
 * const net = parsePrototxt(await readText('net.prototxt'));
 * const source = await openWeights('model.npz');
 * const plan = planPack({ net, source, map: nameMap('identity') });
 * plan.report.filled.length; // → 4
 */
export function planPack(options: PackOptions): PackPlan {
  checkArguments('planPack()', {
    options: [options, fields('options { net, source, map }', { net: MESSAGE, source: OBJECT, map: OBJECT })],
  });
  if (options.net.layers?.length)
    throw new NetspecError(`the net has ${options.net.layers.length} V1 layers`, {
      hint: 'pass the net through upgradeNet',
    });
  const tensors = options.source.list();
  const map = options.map.forSource?.(tensors) ?? options.map;
  return new Planner({ ...withShapes(options), map }, tensors).plan();
}

class Planner {
  readonly #index: NameIndex;
  readonly #problems: PackProblem[] = [];
  readonly #used = new Set<string>();
  /** Tensors of blobs that have a problem already: not counted as unused on top of it. */
  readonly #claimed = new Set<string>();
  /** Plans of blobs that have a `param { name }`, for the layers that share them. */
  readonly #owners = new Map<string, { layer: string; blob: number; plan?: BlobPlan }>();
  /** Layers with parameters so far. */
  readonly #names = new Set<string>();
  /** Layers of whose normalization the source has not all, by what is to be said of them. */
  readonly #incomplete = new Map<string, Set<string>>();
  readonly #report: PackReport;

  constructor(
    readonly options: PackOptions & ShapedNet,
    readonly tensors: readonly TensorInfo[],
  ) {
    const { net, source, map } = options;
    this.#index = new NameIndex(tensors);
    this.#report = {
      net: net.name ?? '',
      source: source.description,
      map: map.name,
      parameters: 0,
      bytes: 0,
      sources: tensors.length,
      filled: [],
      computed: [],
      shared: [],
      unfilled: [],
      mismatched: [],
      usedSources: 0,
      unusedSources: [],
      ignoredSources: [],
      notes: [...(source.notes ?? [])],
    };
  }

  plan(): PackPlan {
    const { net, source, schema, half = false } = this.options;
    const kept: LayerParameter[] = [];
    const blobs: BlobPlan[][] = [];
    const wanted = new Map(targetsToFill(this.options).map((target) => [target.layer, target]));
    for (const layer of net.layer ?? []) {
      const target = wanted.get(layer);
      if (target && this.#isSecond(layer)) continue;
      const plans = target ? this.#layer(target) : this.#isElsewhere(layer) ? undefined : [];
      if (!plans || (!target && this.#hasUnknownParameters(layer))) continue;
      kept.push({ ...layer, blobs: undefined });
      blobs.push(plans);
    }
    this.#leftOver();
    this.#noteIncomplete();
    const asked = [...wanted.values()].flatMap((target) => target.blobs);
    const remarks = this.options.map.remarks?.(asked) ?? [];
    this.#report.notes.push(...remarks);
    if (this.#problems.length > 0) throw new PackError(this.#problems, this.#report, this.#hint(), remarks);

    const written = { ...net, layer: kept };
    const report = this.#report;
    report.parameters = blobs.flat().reduce((sum, { count }) => sum + count, 0);
    report.bytes = caffemodelSize(
      written,
      blobs.map((plans) => ({
        blobs: plans.map(({ shape }) => (half ? halfBlob(shape, noValues) : { shape, read: () => [] })),
      })),
      { schema },
    );
    return { net: written, layers: blobs, source, schema, half, report };
  }

  /** A layer with rules and no parameters in this phase may have them in another, where an empty entry is refused. */
  #isElsewhere(layer: LayerParameter): boolean {
    return Boolean(layer.include?.length) || Boolean(layer.exclude?.length);
  }

  /**
   * Whether a layer is of a type that is not known and the source has arrays of its name. It is left out of the file: Caffe refuses an
   * entry with fewer blobs than the layer has.
   */
  #hasUnknownParameters({ name = '', type = '' }: LayerParameter): boolean {
    if (isKnownType(type)) return false;
    const modules = [name, ...this.options.map.referenceNames(name, type)].map(canonicalName);
    const own = this.tensors.filter((tensor) => {
      const canonical = canonicalName(tensor.name.slice(this.#index.prefix.length));
      return modules.some((module) => canonical.startsWith(`${module}_`));
    });
    if (own.length === 0) return false;
    for (const tensor of own) this.#claimed.add(tensor.name);
    this.#report.notes.push(
      `layer '${name}' (${type}) is left out, since nothing is known of its parameters; ` +
        `the source has ${own.map((tensor) => tensor.name).join(', ')}`,
    );
    return true;
  }

  /** Weights find their layer by its name. */
  #isSecond(layer: LayerParameter): boolean {
    const { name = '', type = '' } = layer;
    if (!this.#names.has(name)) {
      this.#names.add(name);
      return false;
    }
    this.#problems.push({
      code: 'duplicate',
      layer: name,
      type,
      message: 'a second layer of this name; weights are copied by name, and only the first would get them',
    });
    return true;
  }

  /** The plans of a layer's blobs; undefined when the layer is not to be in the file. */
  #layer(target: Target): BlobPlan[] | undefined {
    const { layer, shapes } = target;
    const name = layer.name ?? '';
    const owners = shapes.map((_, i) => this.#ownerOf(layer, i));
    if (owners.every((owner) => owner !== undefined)) {
      this.#report.shared.push({ layer: name, type: layer.type ?? '', owner: owners[0]!.layer });
      return undefined;
    }
    const found = shapes.map((_, i) => (owners[i] ? undefined : this.#fromSource(target, i)));
    if (this.options.skipMismatched && this.#skips(target, found)) return undefined;
    const fromSource = found.some((each) => each?.kind === 'refused' || each?.plan.kind === 'source');
    const upsampling = isUpsampling(layer);
    if (!fromSource && ignoresStatistics(layer)) found.fill(undefined);
    const computes = found.every((each) => each === undefined) && (upsampling || ignoresStatistics(layer));
    const plans = shapes.map((shape, i): Outcome => {
      const owner = owners[i];
      if (owner) return owner.plan && { ...owner.plan, shape };
      return this.#taken(found[i]) ?? (computes ? this.#computed(target, i) : undefined);
    });
    this.#remember(layer, plans);
    if (found.some((each) => each?.kind === 'plan' && each.plan.kind === 'source') && upsampling)
      this.#report.notes.push(
        `layer '${name}' (Deconvolution): taken from the source, though its filler could compute the upsampling kernel`,
      );
    return this.#complete(target, plans);
  }

  /** Enters what was found for a blob in the report, or among the problems. */
  #taken(found: Found | undefined): Outcome {
    if (!found) return undefined;
    for (const tensor of found.tensors) (found.kind === 'refused' ? this.#claimed : this.#used).add(tensor);
    if (found.kind === 'refused') {
      this.#problems.push(...found.problems);
      return 'failed';
    }
    const { remark } = found;
    if (remark !== undefined) {
      const layers = this.#incomplete.get(remark) ?? new Set();
      this.#incomplete.set(remark, layers.add((found.filled ?? found.computed)!.layer));
    }
    if (found.filled) this.#report.filled.push(found.filled);
    if (found.computed) this.#report.computed.push(found.computed);
    return found.plan;
  }

  /** Whether a layer is left out since the shapes of its tensors are others; if so it is reported. */
  #skips({ layer, shapes }: Target, found: readonly (Found | undefined)[]): boolean {
    const refused = found.flatMap((each) => (each?.kind === 'refused' ? each.problems : []));
    if (refused.length === 0 || refused.some(({ code }) => code !== 'shape')) return false;
    for (const { blob = 0, message, hint } of refused)
      this.#report.mismatched.push({
        ...idOf(layer, blob),
        shape: shapes[blob]!,
        reason: message,
        ...(hint && { hint }),
      });
    for (const each of found) for (const tensor of each?.tensors ?? []) this.#claimed.add(tensor);
    return true;
  }

  /** Fills what is still missing, where that is allowed, or says that it is missing. */
  #complete(target: Target, plans: readonly Outcome[]): BlobPlan[] | undefined {
    const { layer, shapes } = target;
    const leaveOut = !plans.some((plan) => plan === 'failed' || plan?.kind === 'source');
    const complete: BlobPlan[] = [];
    for (const [i, plan] of plans.entries()) {
      if (plan === 'failed') continue;
      if (plan) {
        complete.push(plan);
        continue;
      }
      const id = { ...idOf(layer, i), shape: shapes[i]! };
      const { lookedFor, origin, present } = this.#requirements(target, i);
      if (!this.options.allowUnfilled) {
        this.#problems.push(this.#missing(target, id, lookedFor, origin));
        for (const tensor of present) this.#claimed.add(tensor);
        continue;
      }
      this.#report.unfilled.push({ ...id, lookedFor, leftOut: leaveOut });
      if (leaveOut) continue;
      const filler = fillerOf(target, i);
      if (isDeterministicFiller(filler)) complete.push(computedPlan(shapes[i]!, filler));
      else
        this.#problems.push({
          code: 'missing',
          ...id,
          message: `no values for it, and its filler '${filler?.type ?? ''}' is random: Caffe takes all blobs of a layer or none`,
        });
    }
    if (complete.length === plans.length) return complete;
    this.#report.computed = this.#report.computed.filter((blob) => blob.layer !== layer.name);
    return undefined;
  }

  /** The earlier owner of a blob that is shared by name. */
  #ownerOf(layer: LayerParameter, index: number): { layer: string; blob: number; plan?: BlobPlan } | undefined {
    const shared = layer.param?.[index]?.name;
    return shared ? this.#owners.get(shared) : undefined;
  }

  #remember(layer: LayerParameter, plans: readonly Outcome[]): void {
    for (const [i, plan] of plans.entries()) {
      const shared = layer.param?.[i]?.name;
      if (!shared || this.#owners.has(shared)) continue;
      this.#owners.set(shared, { layer: layer.name ?? '', blob: i, plan: plan === 'failed' ? undefined : plan });
    }
  }

  /** What the source has for a blob; undefined when it has nothing. */
  #fromSource(target: Target, index: number): Found | undefined {
    const shape = target.shapes[index]!;
    const id = { ...idOf(target.layer, index), shape };
    let recipes: readonly Recipe[];
    try {
      recipes = this.#recipes(target, index);
    } catch (error) {
      if (!(error instanceof NetspecError)) throw error;
      return { kind: 'refused', tensors: [], problems: [{ code: 'map', ...id, message: error.reason }] };
    }
    const has = (name: string) => this.#index.find(name).length > 0;
    const recipe = recipes.find(
      ({ inputs, requires = [], without = [] }) =>
        inputs.every(({ name, optional }) => optional || has(name)) && requires.every(has) && !without.some(has),
    );
    if (!recipe) return undefined;
    if (recipe.inputs.length === 0) {
      const count = product(shape);
      const plan: BlobPlan = { kind: 'computed', shape, count, values: () => recipe.compute!([], count, []) };
      const computed = { ...id, operation: operationOf(recipe, []) ?? 'computed' };
      return { kind: 'plan', tensors: [], plan, computed, remark: recipe.remark };
    }
    const candidates = recipe.inputs.map(({ name }) => this.#index.find(name));
    const infos = candidates.map(([info]) => info);
    const problems = candidates.flatMap((each) => this.#unfit(id, each));
    if (problems.length === 0) problems.push(...this.#misshapen(target, id, recipe, infos));
    const tensors = candidates.flat().map(({ name }) => name);
    if (problems.length > 0) return { kind: 'refused', tensors, problems };
    const lacks = recipe.inputs.some(({ role }, i) => !infos[i] && (role === 'mean' || role === 'variance'));
    const remark = lacks ? NO_STATISTICS : recipe.remark;
    return { kind: 'plan', tensors, remark, ...planOf(target, id, recipe, infos) };
  }

  #recipes({ blobs }: Target, index: number): readonly Recipe[] {
    return this.options.map.recipes(blobs[index]!);
  }

  #misshapen(target: Target, id: BlobId, recipe: Recipe, infos: readonly (TensorInfo | undefined)[]): PackProblem[] {
    return misshapen(id, recipe, infos).map(({ problem, given, asIs = false }): PackProblem => {
      const mismatch = given && { net: this.options, target, blob: id.blob, wanted: id.shape, given, asIs };
      const advice = mismatch && shapeAdvice(mismatch);
      return {
        ...problem,
        message: problem.message + (advice?.facts === undefined ? '' : `; ${advice.facts}`),
        ...(advice?.hint !== undefined && { hint: advice.hint }),
      };
    });
  }

  /** What keeps tensors of the wanted name from being taken for a blob. */
  #unfit(id: BlobId, candidates: readonly TensorInfo[]): PackProblem[] {
    const [info] = candidates;
    if (!info) return [];
    if (candidates.length > 1)
      return [
        {
          code: 'ambiguous',
          ...id,
          tensors: candidates.map(({ name }) => name),
          message: `${candidates.map(({ name }) => `'${name}'`).join(' and ')} are both in the source and mean the same name`,
        },
      ];
    const tensors = [info.name];
    if (info.problem)
      return [{ code: 'unreadable', ...id, tensors, message: `tensor '${info.name}': ${info.problem.message}` }];
    return [];
  }

  #computed({ layer, shapes }: Target, index: number): BlobPlan | 'failed' {
    const shape = shapes[index]!;
    const filler = fillerOf({ layer, shapes }, index);
    const { type, value } = resolve('FillerParameter', filler);
    const id = { ...idOf(layer, index), shape };
    try {
      checkFill(shape, filler);
    } catch (error) {
      if (!(error instanceof NetspecError)) throw error;
      this.#problems.push({ code: 'filler', ...id, message: error.reason });
      return 'failed';
    }
    this.#report.computed.push({ ...id, operation: type === 'constant' ? `constant ${value}` : type });
    return computedPlan(shape, filler);
  }

  /** What a blob's recipes require: names that the source has not, where that stands, and tensors that it has. */
  #requirements(target: Target, index: number): { lookedFor: string[]; origin?: string; present: string[] } {
    const lookedFor = new Set<string>();
    const present: string[] = [];
    const recipes = this.#recipes(target, index);
    const origin = recipes.findLast((recipe) => recipe.origin !== undefined)?.origin;
    for (const { inputs, requires = [], fallback } of recipes)
      for (const { name, optional } of [...inputs, ...requires.map((name) => ({ name, optional: false }))]) {
        const found = this.#index.find(name);
        present.push(...found.map((info) => info.name));
        if (found.length === 0 && !optional && !fallback) lookedFor.add(name);
      }
    return { lookedFor: [...lookedFor], origin, present };
  }

  #missing(target: Target, id: BlobId, lookedFor: readonly string[], origin?: string): PackProblem {
    const message =
      lookedFor.length > 0
        ? `the source has no ${lookedFor.map((name) => `'${name}'`).join(' or ')}${origin ? ` (${origin})` : ''}`
        : `name map '${this.options.map.name}' does not know what belongs there`;
    const hint = missingAdvice(target, id.blob, this.tensors);
    return { code: 'missing', ...id, tensors: lookedFor, message, ...(hint && { hint }) };
  }

  /** Sorts what no blob took into ignorable and unused. */
  #leftOver(): void {
    const { map, allowUnused } = this.options;
    const report = this.#report;
    const free = this.tensors.filter(({ name }) => !this.#used.has(name) && !this.#claimed.has(name));
    for (const { name, shape } of free)
      if (map.isIgnorable(name.slice(this.#index.prefix.length))) report.ignoredSources.push(name);
      else report.unusedSources.push({ name, shape });
    report.usedSources = this.#used.size;
    suggestNames(
      this.#problems,
      report.unusedSources.map(({ name }) => name),
    );
    if (allowUnused) return;
    for (const { name, shape } of report.unusedSources)
      this.#problems.push({
        code: 'unused',
        tensors: [name],
        sourceShape: shape,
        message: `tensor '${name}' (${formatShape(shape)}) belongs to no parameter of the net`,
      });
  }

  /** A checkpoint without statistics packs well and runs wrong when the model had any. */
  #noteIncomplete(): void {
    for (const [remark, layers] of this.#incomplete) {
      const [first] = layers;
      const several = layers.size > 1;
      this.#report.notes.push(
        `${layers.size} normalization${several ? 's' : ''} ('${first!}'${several ? ' …' : ''}) ${remark}`,
      );
    }
  }

  #hint(): string | undefined {
    const { allowUnfilled } = this.options;
    const codes = new Set(this.#problems.map(({ code }) => code));
    if (this.#used.size === 0 && codes.has('missing'))
      return (
        sourceAdvice(this.tensors) ??
        `nothing fits: choose a name map that knows this model's names, '${this.options.map.name}' does not`
      );
    if (codes.size === 1 && codes.has('unused')) return 'to leave tensors out on purpose, allow unused ones';
    if (codes.size === 1 && codes.has('missing') && !allowUnfilled)
      return 'to leave layers to their fillers on purpose, allow unfilled ones';
    return undefined;
  }
}

/** A recipe's tensors as a plan, and what the report says of it. */
function planOf(
  { layer }: Target,
  id: BlobId,
  recipe: Recipe,
  infos: readonly (TensorInfo | undefined)[],
): { plan: BlobPlan; filled: PackReport['filled'][number] } {
  const { inputs, compute, shapeOf, eps } = recipe;
  const { shape } = id;
  const count = product(shape);
  const tensors = infos.map((info) => info?.name);
  const absent = inputs.filter((_, i) => tensors[i] === undefined);
  const reshaped = shapeOf ? undefined : infos.find((info) => info && !sameShape(info.shape, shape));
  const shapes = infos.map((info) => info?.shape);
  const operation = operationOf(recipe, shapes);
  const variance = tensors[inputs.findIndex(({ role }) => role === 'variance')];
  const ownEps = layer.type === 'BatchNorm' ? resolve('BatchNormParameter', layer.batch_norm_param).eps : 0;
  return {
    plan: {
      kind: 'source',
      shape,
      count,
      tensors,
      counts: shapes.map((of) => (of ? product(of) : 0)),
      compute: compute && ((values) => compute(values, count, shapes)),
      ...(variance !== undefined && { variance: { tensor: variance, eps: eps ?? ownEps } }),
    },
    filled: {
      ...id,
      sources: tensors.filter((name) => name !== undefined),
      ...(operation !== undefined && { operation }),
      ...(absent.length > 0 && { absent: absent.map(({ name }) => name) }),
      ...(reshaped && { reshapedFrom: reshaped.shape }),
    },
  };
}

/** What is measured is not read. */
async function* noValues(): AsyncGenerator<Float32Array> {}

function computedPlan(shape: readonly number[], filler: FillerParameter | undefined): BlobPlan {
  const count = product(shape);
  return { kind: 'computed', shape, count, values: () => deterministicFill(shape, filler) };
}

function idOf({ name, type }: LayerParameter, blob: number): { layer: string; type: string; blob: number } {
  return { layer: name ?? '', type: type ?? '', blob };
}
