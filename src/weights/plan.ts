/**
 * planPack: decides where each parameter blob of a net comes from, and checks all of it before a single value is read.
 * A plan exists only when every blob has its values and every tensor its use, or when the caller allowed otherwise.
 */
import { NetspecError } from '../errors.js';
import type { FillerParameter, LayerParameter, NetParameter } from '../generated/messages.js';
import { blobFactsOf } from '../layers/facts.js';
import { factsOf } from '../layers/registry.js';
import { deterministicFill, isDeterministicFiller } from '../engine/deterministic-fillers.js';
import { formatShape } from '../proto/blob-proto.js';
import { product, sameShape, shapeString, withoutOnes } from '../shapes.js';
import { resolve } from '../proto/message.js';
import type { Schema } from '../proto/schema.js';
import { caffemodelSize } from '../proto/caffemodel-writer.js';
import type { NameMap, ParamBlob, Recipe } from './maps/map.js';
import { NameIndex } from './name-index.js';
import { PackError, type PackProblem } from './problems.js';
import type { BlobId, PackReport } from './report.js';
import type { NumericArray, TensorInfo, WeightSource } from './source.js';

/** What is packed into what. */
export interface PackOptions {
  /** The net in today's format, as parsePrototxt and NetSpec give it. */
  net: NetParameter;
  /**
   * Shapes of each layer's parameter blobs, by layer name; a Net built without weights gives them (`net.params`) and
   * takes no memory for it. Layers that are not listed have no parameters in this phase.
   */
  shapes: ReadonlyMap<string, readonly (readonly number[])[]>;
  source: WeightSource;
  map: NameMap;
  /** A vendor's schema, when the net has its fields. Default: BVLC Caffe 1.0's. */
  schema?: Schema;
  /** Tensors that no layer wants are reported instead of refused. */
  allowUnused?: boolean;
  /** Layers for which there are no tensors are left out of the file, and reported, instead of refused. */
  allowUnfilled?: boolean;
}

/** Where one blob's values come from. */
export type BlobPlan = {
  readonly shape: readonly number[];
  readonly count: number;
} & (
  | { readonly kind: 'computed'; readonly values: () => Float32Array }
  | {
      readonly kind: 'source';
      /** Names in the source, in the recipe's order; undefined for an optional tensor that is not there. */
      readonly tensors: readonly (string | undefined)[];
      /** How many values each of them has, 0 where there is none. */
      readonly counts: readonly number[];
      readonly compute?: (inputs: readonly (NumericArray | undefined)[], count: number) => Float32Array;
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
  /** What will be done; values are not judged yet. */
  readonly report: PackReport;
}

/** A layer with parameters. */
interface Target {
  layer: LayerParameter;
  shapes: readonly (readonly number[])[];
  blobs: readonly ParamBlob[];
}

/**
 * Plans a packing without reading values.
 *
 * - A blob takes the first of the name map's recipes whose tensors exist. Shapes, after what the recipe does, must agree,
 *   dimensions of one aside.
 * - An upsampling Deconvolution (an explicit `weight_filler` of type bilinear, or constant and not zero) is no learnable
 *   layer: when the source has nothing for it, its blobs are computed, for other readers refuse a layer without them.
 * - Layers whose blobs all belong to an earlier layer, by `param { name }`, are left out: Caffe shares the owner's.
 * @throws PackError listing every problem: blobs without values, tensors of another shape, unreadable, or without use.
 */
export function planPack(options: PackOptions): PackPlan {
  return new Planner(options).plan();
}

class Planner {
  readonly #tensors: readonly TensorInfo[];
  readonly #index: NameIndex;
  readonly #problems: PackProblem[] = [];
  readonly #used = new Set<string>();
  /** Tensors of blobs that have a problem already: not counted as unused on top of it. */
  readonly #claimed = new Set<string>();
  /** Plans of blobs that have a `param { name }`, for the layers that share them. */
  readonly #owners = new Map<string, { layer: string; blob: number; plan?: BlobPlan }>();
  /** Layers with parameters so far. */
  readonly #names = new Set<string>();
  readonly #report: PackReport;

  constructor(readonly options: PackOptions) {
    const { net, source, map } = options;
    this.#tensors = source.list();
    this.#index = new NameIndex(this.#tensors);
    this.#report = {
      net: net.name ?? '',
      source: source.description,
      map: map.name,
      parameters: 0,
      bytes: 0,
      sources: this.#tensors.length,
      filled: [],
      computed: [],
      shared: [],
      unfilled: [],
      usedSources: 0,
      unusedSources: [],
      ignoredSources: [],
      notes: [...(source.notes ?? [])],
    };
  }

  plan(): PackPlan {
    const { net, source, schema } = this.options;
    if (net.layers?.length)
      throw new NetspecError(`the net has ${net.layers.length} V1 layers`, { hint: 'pass the net through upgradeNet' });
    const kept: LayerParameter[] = [];
    const blobs: BlobPlan[][] = [];
    const wanted = new Map(paramBlobs(net, this.options.shapes).map((target) => [target.layer, target]));
    for (const layer of net.layer ?? []) {
      const target = wanted.get(layer);
      if (target && this.#isSecond(layer)) continue;
      const plans = target ? this.#layer(target) : this.#isElsewhere(layer) ? undefined : [];
      if (!plans) continue;
      kept.push({ ...layer, blobs: undefined });
      blobs.push(plans);
    }
    this.#leftOver();
    this.#noteAbsentStatistics();
    const asked = [...wanted.values()].flatMap((target) => target.blobs);
    const remarks = this.options.map.remarks?.(asked) ?? [];
    this.#report.notes.push(...remarks);
    if (this.#problems.length > 0) throw new PackError(this.#problems, this.#report, this.#hint(), remarks);

    const written = { ...net, layer: kept };
    const report = this.#report;
    report.parameters = blobs.flat().reduce((sum, { count }) => sum + count, 0);
    report.bytes = caffemodelSize(
      written,
      blobs.map((plans) => ({ blobs: plans.map(({ shape }) => ({ shape, read: () => [] })) })),
      { schema },
    );
    return { net: written, layers: blobs, source, schema, report };
  }

  /** A layer with rules and no parameters in this phase may have them in another, where an empty entry is refused. */
  #isElsewhere(layer: LayerParameter): boolean {
    return Boolean(layer.include?.length) || Boolean(layer.exclude?.length);
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
    const computes = found.every((plan, i) => plan === undefined || owners[i] !== undefined) && isUpsampling(layer);
    const plans = shapes.map((shape, i): BlobPlan | 'failed' | undefined => {
      const owner = owners[i];
      if (owner) return owner.plan && { ...owner.plan, shape };
      return found[i] ?? (computes ? this.#computed(target, i) : undefined);
    });
    this.#remember(layer, plans);
    if (plans.some((plan, i) => found[i] && plan !== 'failed' && plan?.kind === 'source') && isUpsampling(layer))
      this.#report.notes.push(
        `layer '${name}' (Deconvolution): taken from the source, though its filler could compute the upsampling kernel`,
      );
    return this.#complete(target, plans);
  }

  /** Fills what is still missing, where that is allowed, or says that it is missing. */
  #complete(target: Target, plans: readonly (BlobPlan | 'failed' | undefined)[]): BlobPlan[] | undefined {
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
        this.#problems.push(this.#missing(id, lookedFor, origin));
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

  #remember(layer: LayerParameter, plans: readonly (BlobPlan | 'failed' | undefined)[]): void {
    for (const [i, plan] of plans.entries()) {
      const shared = layer.param?.[i]?.name;
      if (!shared || this.#owners.has(shared)) continue;
      this.#owners.set(shared, { layer: layer.name ?? '', blob: i, plan: plan === 'failed' ? undefined : plan });
    }
  }

  /** What the source has for a blob; 'failed' when it has something that cannot be taken. */
  #fromSource(target: Target, index: number): BlobPlan | 'failed' | undefined {
    const shape = target.shapes[index]!;
    const id = { ...idOf(target.layer, index), shape };
    let recipes: readonly Recipe[];
    try {
      recipes = this.#recipes(target, index);
    } catch (error) {
      if (!(error instanceof NetspecError)) throw error;
      this.#problems.push({ code: 'map', ...id, message: error.reason });
      return 'failed';
    }
    const recipe = recipes.find(({ inputs }) =>
      inputs.every(({ name, optional }) => optional || this.#index.find(name).length > 0),
    );
    if (!recipe) return undefined;
    const count = product(shape);
    const { compute, operation } = recipe;
    if (recipe.inputs.length === 0) {
      this.#report.computed.push({ ...id, operation: operation ?? 'computed' });
      return { kind: 'computed', shape, count, values: () => compute!([], count, []) };
    }
    const infos = recipe.inputs.map(({ name }) => this.#index.find(name));
    const problems = infos.flatMap((candidates) => this.#unfit(id, candidates));
    if (problems.length === 0)
      problems.push(
        ...misshapen(
          id,
          recipe,
          infos.map(([info]) => info),
        ),
      );
    for (const info of infos.flat()) (problems.length > 0 ? this.#claimed : this.#used).add(info.name);
    if (problems.length > 0) {
      this.#problems.push(...problems);
      return 'failed';
    }
    const tensors = infos.map(([info]) => info?.name);
    const absent = recipe.inputs.flatMap(({ name }, i) => (tensors[i] === undefined ? [name] : []));
    const reshaped = recipe.shapeOf ? undefined : infos.flat().find((info) => !sameShape(info.shape, shape));
    this.#report.filled.push({
      ...id,
      sources: tensors.filter((name) => name !== undefined),
      ...(operation !== undefined && { operation }),
      ...(absent.length > 0 && { absent }),
      ...(reshaped && { reshapedFrom: reshaped.shape }),
    });
    const shapes = infos.map(([info]) => info?.shape);
    return {
      kind: 'source',
      shape,
      count,
      tensors,
      counts: shapes.map((of) => (of ? product(of) : 0)),
      compute: compute && ((inputs) => compute(inputs, count, shapes)),
    };
  }

  #recipes({ blobs }: Target, index: number): readonly Recipe[] {
    return this.options.map.recipes(blobs[index]!);
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
      // A kernel that the filler refuses is refused now: one channel pair is enough to tell.
      deterministicFill([...shape.slice(0, -2).map(() => 1), ...shape.slice(-2)], filler);
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
    for (const { inputs } of recipes)
      for (const { name, optional } of inputs) {
        const found = this.#index.find(name);
        present.push(...found.map((info) => info.name));
        if (found.length === 0 && !optional) lookedFor.add(name);
      }
    return { lookedFor: [...lookedFor], origin, present };
  }

  #missing(id: BlobId, lookedFor: readonly string[], origin?: string): PackProblem {
    const message =
      lookedFor.length > 0
        ? `the source has no ${lookedFor.map((name) => `'${name}'`).join(' or ')}${origin ? ` (${origin})` : ''}`
        : `name map '${this.options.map.name}' does not know what belongs there`;
    return { code: 'missing', ...id, tensors: lookedFor, message };
  }

  /** Sorts what no blob took into ignorable and unused. */
  #leftOver(): void {
    const { map, allowUnused } = this.options;
    const report = this.#report;
    const free = this.#tensors.filter(({ name }) => !this.#used.has(name) && !this.#claimed.has(name));
    for (const { name, shape } of free)
      if (map.isIgnorable(name.slice(this.#index.prefix.length))) report.ignoredSources.push(name);
      else report.unusedSources.push({ name, shape });
    report.usedSources = this.#used.size;
    this.#suggest(report.unusedSources.map(({ name }) => name));
    if (allowUnused) return;
    for (const { name, shape } of report.unusedSources)
      this.#problems.push({
        code: 'unused',
        tensors: [name],
        sourceShape: shape,
        message: `tensor '${name}' (${formatShape(shape)}) belongs to no parameter of the net`,
      });
  }

  /** A tensor that nothing took may be the one that a blob lacks. */
  #suggest(unused: readonly string[]): void {
    const index = new NameIndex(unused.map((name) => ({ name, shape: [], dtype: '' })));
    for (const problem of this.#problems) {
      const wanted = problem.code === 'missing' ? problem.tensors?.at(-1) : undefined;
      const near = wanted === undefined ? undefined : index.nearest(wanted);
      if (near !== undefined) problem.message += `; did you mean '${near}'?`;
    }
  }

  /** A checkpoint without statistics packs well and runs wrong when the model had any. */
  #noteAbsentStatistics(): void {
    const layers = new Set(this.#report.filled.filter(({ absent }) => absent).map(({ layer }) => layer));
    if (layers.size === 0) return;
    const [first] = layers;
    this.#report.notes.push(
      `${layers.size} normalization${layers.size > 1 ? 's' : ''} ('${first!}'${layers.size > 1 ? ' …' : ''}) ` +
        'without running mean or variance in the source: taken as 0 and 1',
    );
  }

  #hint(): string | undefined {
    const { allowUnfilled } = this.options;
    const codes = new Set(this.#problems.map(({ code }) => code));
    if (this.#used.size === 0 && codes.has('missing'))
      return `nothing fits: choose a name map that knows this model's names, '${this.options.map.name}' does not`;
    if (codes.size === 1 && codes.has('unused')) return 'to leave tensors out on purpose, allow unused ones';
    if (codes.size === 1 && codes.has('missing') && !allowUnfilled)
      return 'to leave layers to their fillers on purpose, allow unfilled ones';
    return undefined;
  }
}

/**
 * The parameter blobs that want values, layer by layer, as name maps are asked about them.
 * @param shapes of each layer's blobs, by layer name
 */
export function paramBlobs(
  { layer: layers = [] }: NetParameter,
  shapes: ReadonlyMap<string, readonly (readonly number[])[]>,
): Target[] {
  const producers = new Map<string, LayerParameter>();
  return layers.flatMap((layer) => {
    const own = shapes.get(layer.name ?? '') ?? [];
    const producer = producers.get(layer.bottom?.[0] ?? '');
    for (const top of layer.top ?? []) producers.set(top, layer);
    if (own.length === 0) return [];
    const blobs = own.map((shape, index) => ({ layer, index, count: own.length, shape, shapes: own, producer }));
    return [{ layer, shapes: own, blobs }];
  });
}

/** Why a recipe's tensors do not make a blob of its shape; nothing when they do. */
function misshapen(id: BlobId, recipe: Recipe, infos: readonly (TensorInfo | undefined)[]): PackProblem[] {
  const problem = (message: string, { name, shape }: TensorInfo): PackProblem => ({
    code: 'shape',
    ...id,
    tensors: [name],
    sourceShape: shape,
    message,
  });
  const fits = (shape: readonly number[]) => sameShape(withoutOnes(shape), withoutOnes(id.shape));
  const present = infos.filter((info) => info !== undefined);
  if (!recipe.shapeOf)
    return present
      .filter(({ shape }) => !fits(shape))
      .map((info) =>
        problem(
          `shape mismatch. Source param shape is ${shapeString(info.shape)}; target param shape is ` +
            `${shapeString(id.shape)}; the source is tensor '${info.name}'`,
          info,
        ),
      );
  const [first] = present;
  const names = present.map(({ name }) => `'${name}'`).join(', ');
  const at = recipe.origin === undefined ? '' : `${recipe.origin}: `;
  let made: readonly number[];
  try {
    made = recipe.shapeOf(infos.map((info) => info?.shape));
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    return [
      {
        ...problem(`${at}${error.reason}; the source is tensor ${names}`, first!),
        tensors: present.map(({ name }) => name),
      },
    ];
  }
  if (fits(made)) return [];
  return [
    {
      ...problem(
        `${at}shape mismatch. Source param shape is ${shapeString(made)} after '${recipe.operation ?? ''}'; target param ` +
          `shape is ${shapeString(id.shape)}; the source is tensor ${names}`,
        first!,
      ),
      tensors: present.map(({ name }) => name),
    },
  ];
}

function computedPlan(shape: readonly number[], filler: FillerParameter | undefined): BlobPlan {
  const count = product(shape);
  return { kind: 'computed', shape, count, values: () => deterministicFill(shape, filler) };
}

function idOf({ name, type }: LayerParameter, blob: number): { layer: string; type: string; blob: number } {
  return { layer: name ?? '', type: type ?? '', blob };
}

/** Whether a layer's weights are an interpolation kernel that its filler makes. */
export function isUpsampling({ type, convolution_param: param }: LayerParameter): boolean {
  const filler = param?.weight_filler;
  if (type !== 'Deconvolution' || !filler || !isDeterministicFiller(filler)) return false;
  if (param.bias_term !== false && !isDeterministicFiller(param.bias_filler)) return false;
  return filler.type === 'bilinear' || resolve('FillerParameter', filler).value !== 0;
}

/** The filler of a layer's blob, with the defaults that some layers put in a filler's place. */
function fillerOf({ layer, shapes }: Pick<Target, 'layer' | 'shapes'>, index: number): FillerParameter | undefined {
  return blobFactsOf(factsOf(layer, { blobs: shapes }), layer, index)?.filler?.(layer);
}
