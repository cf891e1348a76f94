/**
 * Builds the layers and blobs of a net: who reads what, in-place layers, outputs, loss weights and shared parameters.
 * Mirrors the loop in Caffe's Net::Init and its helpers AppendTop, AppendBottom and AppendParam, refusing what they do.
 */
import { NetspecError, didYouMean, formatAddress } from '../errors.js';
import {
  ParamSpec_DimCheckMode as DimCheckMode,
  Phase,
  type BlobShape,
  type LayerParameter,
  type NetParameter,
} from '../generated/messages.js';
import { lookUpLayer } from '../layers/registry.js';
import type { LayerHints } from '../layers/facts.js';
import type { Layer, LayerContext } from '../layers/layer.js';
import { setUpLayer } from '../layers/shared/set-up.js';
import { floatsOfBlob, shapeOfBlob } from '../proto/blob-proto.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { sameShape, shapeString } from '../shapes.js';
import { addressIn, derive, nameAndType } from '../proto/derive.js';
import { checkFiller, fillArray, isDeterministic } from '../engine/fillers.js';
import { trainingHint, trainingOf } from './deploy/training.js';
import type { Explanation } from './insert-splits.js';
import { isNotRun, isOpenInput, SteppedOverLayer, UnshapedLayer, type GivenShapes } from './step-over.js';
import type { NetMemory } from './net-memory.js';
import type { NetParam } from './net-param.js';
import { seededRandom, type Random } from '../engine/random.js';
import { shapeEquals, shapeMismatch } from './weights.js';

/** What Caffe calls the tops that a layer makes beyond those the prototxt names. */
const AUTOMATIC = '(automatic)';

export interface Graph {
  readonly layers: Layer[];
  readonly blobs: Blob[];
  readonly blobNames: string[];
  readonly lossWeights: number[];
  /** Indices into `blobs`, for each layer. */
  readonly bottoms: number[][];
  readonly tops: number[][];
  /** Indices of the Input layers' tops. */
  readonly inputs: number[];
  /** Indices of the blobs that nobody reads, in the order of their names, as Caffe has them. */
  readonly outputs: number[];
  /** Indices of the blobs whose shape is not known. */
  readonly unshaped: Set<number>;
  /** Of these, the names of those that would give the others theirs: what layers make that are not run here. */
  readonly missing: Set<string>;
  /** Names of blobs whose shapes were assumed. */
  readonly assumed: Set<string>;
  readonly params: NetParam[];
}

export interface GraphOptions {
  algorithm: 'auto' | 'gemm';
  seed: number;
  /** There is no memory for values: fillers do nothing, and values that the net gives are left. */
  shapesOnly?: boolean;
  /** Name of the schema that the net was read with. */
  schema?: string;
  /** Shapes of the blobs of each layer in the weights that are to be copied in, by the layer's name. */
  paramShapes?: ReadonlyMap<string, readonly (readonly number[])[]>;
  /** What becomes of layers that are not run here; see the net's option of the same name. */
  stepOver?: StepOver;
  /** With stepOver 'open', an Input may lack a shape. */
  openInputs?: boolean;
  /** Shapes of inputs, and of blobs that no layer here gives a shape, by name. */
  blobShapes?: GivenShapes;
}

/**
 * `refuse`: as Caffe does. `run`: the net can be run once their tops are fed; their shapes must be known where another layer reads
 * them. `assume`: a shape that is not known is taken to be that of what the layer reads. `open`: shapes may remain unknown.
 */
export type StepOver = 'refuse' | 'run' | 'assume' | 'open';

/**
 * @param net filtered, with splits
 * @throws NetspecError with the layer and where it stands.
 */
export function buildGraph(net: NetParameter, memory: NetMemory, options: GraphOptions): Graph {
  const builder = new GraphBuilder(net, memory, options);
  for (const param of net.layer ?? []) builder.add(param);
  return builder.finish();
}

/** Runs `action`; what it finds wrong is said of the layer, with the place in the user's file. */
export function onBehalfOf<T>(param: LayerParameter, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw onBehalf(param, error);
  }
}

/** What a layer threw, with its name and its place in the prototxt. */
export function onBehalf(param: LayerParameter, error: unknown): unknown {
  if (!(error instanceof NetspecError)) return error;
  return error.within({ layer: nameAndType(param), ...addressIn(param, error.details.field) });
}

class GraphBuilder {
  readonly #graph: Graph = {
    layers: [],
    blobs: [],
    blobNames: [],
    lossWeights: [],
    bottoms: [],
    tops: [],
    inputs: [],
    outputs: [],
    unshaped: new Set(),
    missing: new Set(),
    assumed: new Set(),
    params: [],
  };
  readonly #phase: Phase;
  /** The latest blob of each name, and the layer that made it. */
  readonly #byName = new Map<string, { blob: number; layer: LayerParameter }>();
  /** Names of blobs that nobody has read yet. */
  readonly #available = new Set<string>();
  /** Of each blob whose shape is not known: the layer that is not run here, and its top. */
  readonly #origins = new Map<number, Origin>();
  readonly #paramsByName = new Map<string, NetParam>();
  /** Multipliers that the owner of a shared parameter, or the first sharer that has one, gave. */
  readonly #multipliers = new Map<NetParam, { lr_mult?: number; decay_mult?: number }>();

  constructor(
    net: NetParameter,
    private readonly memory: NetMemory,
    private readonly options: GraphOptions,
  ) {
    this.#phase = net.state?.phase ?? Phase.TEST;
  }

  add(given: LayerParameter): void {
    // Caffe writes the net's phase into each layer that has none, and so into the files it saves.
    const phased = given.phase === undefined ? derive(given, { phase: this.#phase }) : given;
    const param = this.#withInputShapes(phased);
    onBehalfOf(param, () => {
      const propagated = param.propagate_down?.length ?? 0;
      const bottoms = param.bottom?.length ?? 0;
      if (propagated > 0 && propagated !== bottoms)
        throw new NetspecError(
          `propagate_down param must be specified either 0 or bottom_size times (${propagated} vs. ${bottoms})`,
          { field: 'propagate_down' },
        );
      const layer = this.#createLayer(param);
      const index = this.#graph.layers.push(layer) - 1;
      this.#connect(layer);
      const bottom = this.#graph.bottoms[index]!.map((id) => this.#graph.blobs[id]!);
      const top = this.#graph.tops[index]!.map((id) => this.#graph.blobs[id]!);
      checkBlobCounts(layer, bottom.length, top.length);
      this.#noteUnshaped(layer, index);
      setUpLayer(layer, bottom, top);
      this.#setLossWeights(layer, index);
      this.#addParams(layer, index);
    });
  }

  #createLayer(param: LayerParameter): Layer {
    const { stepOver = 'refuse', blobShapes: shapes = NO_SHAPES } = this.options;
    const hints = this.#hintsOf(param);
    const context = this.#contextOf(param);
    const known = { shapes, blobs: hints.blobs, assume: stepOver === 'assume' };
    if (stepOver !== 'refuse') {
      if (isNotRun(param) || (this.options.openInputs && isOpenInput(param)))
        return new SteppedOverLayer(param, context, known);
      const unknown = this.#unshapedBottom(param);
      if (unknown !== undefined && !HANDING_ON.includes(param.type ?? '')) {
        if (stepOver !== 'open') throw shapeNotKnown(unknown);
        this.#graph.missing.add(unknown.blob);
        return new UnshapedLayer(param, context, known);
      }
    }
    return new (lookUpLayer(param, hints))(param, context);
  }

  /** Why the shape of the first bottom is not known whose shape is not. */
  #unshapedBottom({ bottom = [] }: LayerParameter): Origin | undefined {
    const origins = bottom.map((name) => this.#origins.get(this.#byName.get(name)!.blob));
    return origins.find((origin) => origin !== undefined);
  }

  #noteUnshaped(layer: Layer, index: number): void {
    const { blobs, bottoms, tops, unshaped, assumed } = this.#graph;
    const { param } = layer;
    const before = bottoms[index]!.map((id) => this.#origins.get(id));
    const origin = before.find((each) => each !== undefined);
    const isStandIn = layer instanceof SteppedOverLayer;
    const read = bottoms[index]!.map((id) => blobs[id]!.shape);
    const shapes = isStandIn ? layer.shapesFor(read) : [];
    const isAssumed = new Set(isStandIn ? layer.assumedTops(read) : []);
    for (const blob of isAssumed) assumed.add(blob);
    tops[index]!.forEach((id, i) => {
      const blob = param.top?.[i] ?? AUTOMATIC;
      const inPlace = bottoms[index]!.indexOf(id);
      let why = origin;
      if (isStandIn && inPlace >= 0) why = before[inPlace];
      else if (isStandIn && !shapes[i]) why ??= { blob, layer: param };
      else if (isStandIn && !isAssumed.has(blob)) why = undefined;
      if (!why) return;
      unshaped.add(id);
      this.#origins.set(id, why);
    });
  }

  /** An Input layer with the shapes that were given for its tops. */
  #withInputShapes(param: LayerParameter): LayerParameter {
    const { blobShapes: shapes } = this.options;
    const { type, top = [], input_param } = param;
    if (!shapes || type !== 'Input' || !top.some((name) => shapes.has(name))) return param;
    const own = input_param?.shape ?? [];
    const shape = top.map((name, i): BlobShape => {
      const given = shapes.get(name);
      return given ? { dim: [...given] } : (own[own.length === 1 ? 0 : i] ?? { dim: [] });
    });
    return derive(param, { input_param: { shape } });
  }

  finish(): Graph {
    this.#checkGivenShapes();
    const names = [...this.#available].sort(byCodePoint);
    this.#graph.outputs.push(...names.map((name) => this.#byName.get(name)!.blob));
    return this.#graph;
  }

  /** @throws NetspecError for a shape that was given and is of no use. */
  #checkGivenShapes(): void {
    const { layers, tops, blobNames } = this.#graph;
    const useful = layers.flatMap((layer, index) =>
      layer.type === 'Input' || layer instanceof SteppedOverLayer ? tops[index]!.map((id) => blobNames[id]!) : [],
    );
    for (const name of this.options.blobShapes?.keys() ?? []) {
      if (useful.includes(name)) continue;
      const known = this.#byName.get(name);
      throw new NetspecError(
        known
          ? `the shape of '${name}' cannot be given: its layer '${known.layer.name ?? ''}' (${known.layer.type ?? ''}) makes it`
          : `the net has no blob '${name}', whose shape is given`,
        {
          hint: known
            ? 'give the shapes of inputs, and of what layers make that are not run here'
            : didYouMean(name, blobNames),
        },
      );
    }
  }

  #hintsOf({ name = '', blobs }: LayerParameter): LayerHints {
    const { schema, paramShapes } = this.options;
    return { schema, blobs: blobs?.map((blob) => shapeOfBlob(blob).shape) ?? paramShapes?.get(name) };
  }

  #contextOf(param: LayerParameter): LayerContext {
    const { memory, options } = this;
    const name = param.name ?? '';
    let params = 0;
    // Made when it is drawn from: most layers never do.
    let stream: Random | undefined;
    const random: Random = () => (stream ??= seededRandom(options.seed, name))();
    return {
      phase: param.phase ?? this.#phase,
      arena: memory.arena,
      algorithm: options.algorithm,
      createBlob: (shape) => memory.createBlob(shape),
      createParam: (shape, filler) => {
        checkFiller(shape, filler);
        const blob = memory.createBlob(shape);
        const index = params++;
        blob.setInitializer((data) => {
          fillArray(data, shape, filler, seededRandom(options.seed, name, index));
        });
        return blob;
      },
      fill: (blob, filler) => {
        checkFiller(blob.shape, filler);
        if (options.shapesOnly) return;
        const fill = (data: Float32Array) => {
          fillArray(data, blob.shape, filler, random);
        };
        // What can wait takes no memory in a net that never runs.
        if (isDeterministic(filler) && !blob.isAllocated) blob.setInitializer(fill);
        else fill(blob.data);
      },
      random,
      scratch: (bytes) => memory.scratch(bytes),
    };
  }

  #connect(layer: Layer): void {
    const { param } = layer;
    const { bottoms, tops, inputs } = this.#graph;
    const bottom = param.bottom ?? [];
    bottoms.push(bottom.map((name) => this.#appendBottom(name)));
    const top = (param.top ?? []).map((name, index) => this.#appendTop(name, param, bottom[index] === name));
    tops.push(top);
    if (layer.type === 'Input') inputs.push(...top);
    if (!layer.autoTopBlobs) return;
    const needed = Math.max(layer.topCount.min ?? 0, layer.topCount.exact ?? 0);
    while (top.length < needed) top.push(this.#newBlob(AUTOMATIC));
  }

  #appendBottom(name: string): number {
    // Split insertion has made sure that the blob exists and is read once.
    this.#available.delete(name);
    return this.#byName.get(name)!.blob;
  }

  #appendTop(name: string, layer: LayerParameter, inPlace: boolean): number {
    const existing = this.#byName.get(name);
    this.#available.add(name);
    if (inPlace && existing) {
      this.#byName.set(name, { blob: existing.blob, layer });
      return existing.blob;
    }
    if (existing) {
      const { file, line } = addressIn(existing.layer, 'top') ?? {};
      const where = line === undefined ? '' : ` (${formatAddress({ file, line })})`;
      throw new NetspecError(`Top blob '${name}' produced by multiple sources.`, {
        field: 'top',
        hint:
          `layer '${existing.layer.name ?? ''}' makes it already${where}; ` +
          'choose another name, or for an in-place layer name the same blob as bottom and top',
      });
    }
    const blob = this.#newBlob(name);
    this.#byName.set(name, { blob, layer });
    return blob;
  }

  #newBlob(name: string): number {
    const { blobs, blobNames, lossWeights } = this.#graph;
    blobNames.push(name);
    lossWeights.push(0);
    return blobs.push(this.memory.createBlob()) - 1;
  }

  #setLossWeights(layer: Layer, index: number): void {
    const tops = this.#graph.tops[index]!;
    const weights = layer.param.loss_weight ?? [];
    if (weights.length > 0 && weights.length !== tops.length)
      throw new NetspecError(
        `loss_weight must be unspecified or specified once per top blob (${tops.length} vs. ${weights.length})`,
        { field: 'loss_weight' },
      );
    tops.forEach((blob, top) => {
      this.#graph.lossWeights[blob] = weights[top] ?? layer.defaultLossWeight(top);
    });
  }

  #addParams(layer: Layer, layerIndex: number): void {
    const specs = layer.param.param ?? [];
    const given = layer.param.blobs ?? [];
    // Caffe keeps blobs that a net file gives to a layer without parameters, and counts them as its parameters.
    if (layer.blobs.length === 0)
      layer.blobs.push(...given.map((blob) => this.memory.createBlob(shapeOfBlob(blob).shape)));
    // What a layer that is stepped over has is not known where there are no weights.
    if (specs.length > layer.blobs.length && !(layer instanceof SteppedOverLayer))
      throw new NetspecError(
        `Too many params specified for layer ${layer.name} (${specs.length} vs. ${layer.blobs.length})`,
        { field: 'param', hint: `${layer.type} has ${parameters(layer.blobs.length)} here; each takes one param {}` },
      );
    if (given.length > 0 && given.length !== layer.blobs.length)
      throw new NetspecError(
        `Incompatible number of blobs for layer ${layer.name}: the net gives ${given.length}, ` +
          `the layer has ${layer.blobs.length}`,
        { field: 'blobs' },
      );
    layer.blobs.forEach((blob, index) => {
      const param = this.#appendParam(layer, layerIndex, blob, index);
      const values = given[index];
      if (!values) return;
      const source = shapeOfBlob(values);
      if (!shapeEquals(blob.shape, source)) throw shapeMismatch(index, layer.name, source.shape, blob.shape);
      // As in Caffe, an owner's values replace those of whoever shares them.
      if (!param.owner && !this.options.shapesOnly) blob.overwrite().set(floatsOfBlob(values));
      param.filled = true;
    });
  }

  #appendParam(layer: Layer, layerIndex: number, blob: Blob, index: number): NetParam {
    const spec = layer.param.param?.[index] ?? {};
    const name = spec.name ?? '';
    const owner = name === '' ? undefined : this.#paramsByName.get(name);
    const param: NetParam = { blob, layer: layerIndex, index, owner, filled: false };
    this.#graph.params.push(param);
    if (!owner) {
      if (name !== '') this.#paramsByName.set(name, param);
      this.#multipliers.set(param, { lr_mult: spec.lr_mult, decay_mult: spec.decay_mult });
      return param;
    }
    const { share_mode } = resolve('ParamSpec', spec);
    const permissive = share_mode === DimCheckMode.PERMISSIVE;
    const fits = permissive ? blob.count === owner.blob.count : sameShape(blob.shape, owner.blob.shape);
    if (!fits)
      throw new NetspecError(
        `Cannot share param '${name}' owned by layer '${this.#graph.layers[owner.layer]!.name}' with layer ` +
          `'${layer.name}'; ${permissive ? 'count' : 'shape'} mismatch.  Owner layer param shape is ` +
          `${shapeString(owner.blob.shape)}; sharing layer ${permissive ? 'shape is' : 'expects shape'} ` +
          shapeString(blob.shape),
        {
          field: 'param',
          hint:
            !permissive && blob.count === owner.blob.count ? 'share_mode: PERMISSIVE compares counts only' : undefined,
        },
      );
    const multipliers = this.#multipliers.get(owner)!;
    for (const key of ['lr_mult', 'decay_mult'] as const) {
      multipliers[key] ??= spec[key];
      if (spec[key] !== undefined && spec[key] !== multipliers[key])
        throw new NetspecError(`Shared param '${name}' has mismatched ${key} (${spec[key]} vs. ${multipliers[key]!})`, {
          field: 'param',
        });
    }
    blob.shareData(owner.blob);
    return param;
  }
}

const NO_SHAPES: GivenShapes = new Map();

/** Types whose layers do not look at what they read. */
const HANDING_ON: readonly string[] = ['Split', 'Silence'];

/** A top of a layer that is not run here. */
interface Origin {
  blob: string;
  layer: LayerParameter;
}

function shapeNotKnown({ blob, layer: { name = '', type = '' } }: Origin): NetspecError {
  return new NetspecError(
    `the shape of '${blob}' is not known: layer '${name}' (${type}), which makes it, is not run here`,
    {
      code: 'unknown-shape',
      field: 'bottom',
    },
  );
}

/** Caffe's Layer::CheckBlobCounts, word for word where it has words. */
function checkBlobCounts(layer: Layer, bottoms: number, tops: number): void {
  const { type, bottomCount, topCount } = layer;
  const refuse = (words: string, expected: number, got: number, field: 'bottom' | 'top'): never => {
    throw new NetspecError(`${type} Layer ${words} (expected ${expected}, got ${got})`, { field });
  };
  const check = (
    { exact, min, max }: Layer['bottomCount'],
    got: number,
    verb: string,
    field: 'bottom' | 'top',
    end: string,
  ): void => {
    if (exact !== undefined && got !== exact) refuse(`${verb} ${exact} ${end}`, exact, got, field);
    if (min !== undefined && got < min) refuse(`${verb} at least ${min} ${end}`, min, got, field);
    if (max !== undefined && got > max) refuse(`${verb} at most ${max} ${end}`, max, got, field);
  };
  check(bottomCount, bottoms, 'takes', 'bottom', 'bottom blob(s) as input');
  check(topCount, tops, 'produces', 'top', 'top blob(s) as output');
  if (layer.equalBottomTop && bottoms !== tops)
    refuse('produces one top blob as output for each bottom blob input', bottoms, tops, 'top');
}

function parameters(count: number): string {
  return count === 0 ? 'no parameters' : count === 1 ? 'one parameter' : `${count} parameters`;
}

/** std::string's order, which is that of UTF-8 bytes and so of code points. */
function byCodePoint(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

/** Why a layer's bottom is unknown, when something better can be said than that. */
export function explainUnknownBottom(
  [blob, layerIndex, bottomIndex]: readonly [string, number, number],
  filtered: NetParameter,
  whole: NetParameter,
): Explanation {
  const layers = filtered.layer ?? [];
  const layer = layers[layerIndex]!;
  const makes = ({ top }: LayerParameter): boolean => top?.includes(blob) ?? false;
  const later = layers.slice(layerIndex).find(makes);
  if (later) {
    const hint =
      later === layer
        ? `the layer reads what it makes itself; an in-place layer needs a layer before it that makes '${blob}'`
        : `layer '${later.name ?? ''}', which makes it, comes later; move it before this one`;
    return { hint };
  }
  const training = trainingOf(layer);
  const label = training?.labels.includes(bottomIndex) ? trainingHint(layer, training) : undefined;
  const left = whole.layer?.find(makes);
  if (left) {
    const { phase = Phase.TEST, level = 0, stage = [] } = filtered.state ?? {};
    const nameOf = (value: Phase): string => (value === Phase.TEST ? 'TEST' : 'TRAIN');
    const state = [`phase ${nameOf(phase)}`, `level ${level}`, ...stage.map((s) => `stage '${s}'`)];
    const other = left.include?.map((rule) => rule.phase).find((each) => each !== undefined && each !== phase);
    // Without a bottom it is the net's data: all of the net is for that phase.
    const isData = (left.bottom ?? []).length === 0 && other !== undefined;
    const hint =
      `layer '${left.name ?? ''}', which makes it, is left out in ${state.join(', ')} by its include or exclude rules` +
      (isData ? `; options.phase ${nameOf(other)} has it, or write an Input layer for '${blob}' without rules` : '');
    return label === undefined ? { hint } : { hint: `${hint}; ${label}`, code: 'training-layer' };
  }
  if (label !== undefined) return { hint: label, code: 'training-layer' };
  const names = [...new Set(layers.slice(0, layerIndex).flatMap(({ top = [] }) => top))];
  const list = names.map((name) => `'${name}'`).join(', ');
  const hint = didYouMean(blob, names) ?? (names.length <= 8 ? `the blobs made before it are ${list}` : undefined);
  return { hint: names.length === 0 ? 'no layer before it makes a blob' : hint };
}
