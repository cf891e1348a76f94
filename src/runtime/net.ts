/**
 * Net: a network that runs, with the interface of pycaffe's caffe.Net. What each member does there and here stands in
 * docs/pycaffe.md; how memory is used, in docs/runtime.md.
 */
import { checkArguments, FLOATS, OPTIONS, SCHEMA, type ArgumentKind } from '../arguments.js';
import { NetspecError, didYouMean } from '../errors.js';
import { Phase, type BlobProto, type LayerParameter, type NetParameter } from '../generated/messages.js';
import type { Layer } from '../layers/layer.js';
import { factsOfLayer, hasVariants } from '../layers/registry.js';
import { ignoresStatistics, isUpsampling } from '../layers/shared/own-values.js';
import { derive, likeRead } from '../proto/derive.js';
import type { Schema } from '../proto/schema.js';
import type { ByteSink } from '../proto/random-access.js';
import { writeCaffemodel } from '../proto/caffemodel-writer.js';
import type { Blob } from '../engine/blob.js';
import { product, shapeString } from '../shapes.js';
import { filterNet } from './state-filter.js';
import { buildGraph, explainUnknownBottom, type Graph } from './graph.js';
import { dialectOf } from '../layers/dialect.js';
import { insertSplits } from './insert-splits.js';
import { LayerCalls } from './layer-calls.js';
import { NetMemory } from './net-memory.js';
import type { NetParam } from './net-param.js';
import { checkOptions, readNet, withState, type NetOptions } from './net-options.js';
import { withOpenInputs, type OpenInput } from './open-inputs.js';
import { OutputsOnly, type Step } from './plan/outputs-only.js';
import { platform } from './platform.js';
import { isNotRun, SteppedOverLayer, UnshapedLayer } from './step-over.js';
import { copyWeights, unfilled, type CopyReport } from './weights.js';
import { withWeights, type WeightsSource } from './weights-source.js';
import { defaultThreads } from '../engine/thread-pool.js';
import { ShapesArena, withoutValues } from '../engine/shapes-arena.js';
import { createArena } from '../engine/wasm-arena.js';

/** Numbers and their shape; a bare Float32Array has the shape of the blob it is meant for. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type { NetOptions, Step };

/** What {@link Net.forward} runs and returns. */
export interface ForwardOptions {
  /** Layer to begin at, by name or index; the blobs it reads keep the values they have. Default: the first. */
  start?: string | number;
  /** Last layer to run, by name or index. Default: the last. */
  end?: string | number;
  /** Names of blobs to return besides the outputs. */
  blobs?: readonly string[];
  /** Values of all inputs, instead of setting them one by one in `net.blobs`. */
  inputs?: Readonly<Record<string, Float32Array | Tensor>>;
  /**
   * Called right after each layer, while its tops hold what it made: a later in-place layer overwrites them. The pass
   * waits for a promise.
   */
  onLayer?: (index: number, layer: Layer) => unknown;
  /** Called after each of {@link Net.steps}, with its index. The pass waits for a promise. */
  onStep?: (index: number) => unknown;
}

/**
 * A network that runs, with the interface of pycaffe's caffe.Net. docs/pycaffe.md compares both.
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * net.blobs.get('data')!.data.set((await readNpyFile('x.npy')).data);
 * const outputs = await net.forward();
 * outputs.get('prob')!.shape; // → [1, 5]
 * net.params.get('conv1')![0]!.shape; // → [4, 3, 3, 3]
 * net.dispose();
 */
export class Net {
  /** The net's name in the prototxt. */
  readonly name: string;
  readonly phase: 'TEST' | 'TRAIN';
  readonly algorithm: 'auto' | 'gemm';
  /** Whether only the outputs' values are kept; see {@link NetOptions.outputsOnly}. */
  readonly outputsOnly: boolean;
  /** All blobs by name, from the inputs on, in-place ones once; the Split layers' copies are among them. */
  readonly blobs: ReadonlyMap<string, Blob>;
  /** Parameter blobs by the layer's name: weights, bias, …; only layers that have some. */
  readonly params: ReadonlyMap<string, readonly Blob[]>;
  /** Names of the Input layers' tops. DummyData and MemoryData are no inputs here, nor in pycaffe. */
  readonly inputs: readonly string[];
  /** Names of the blobs that no layer reads, sorted, as in Caffe. */
  readonly outputs: readonly string[];
  /** Layers in order, Splits among them, each with type, name and blobs. */
  readonly layers: readonly Layer[];
  readonly layerNames: readonly string[];
  /** Layers by name. */
  readonly layerDict: ReadonlyMap<string, Layer>;
  /** Names of the blobs that each layer writes, by the layer's name; of layers that share one, the last's. */
  readonly topNames: ReadonlyMap<string, readonly string[]>;
  /** Names of the blobs that each layer reads, by the layer's name; of layers that share one, the last's. */
  readonly bottomNames: ReadonlyMap<string, readonly string[]>;
  /** How much each blob counts in the loss, by its name. */
  readonly blobLossWeights: ReadonlyMap<string, number>;

  readonly #graph: Graph;
  readonly #calls: LayerCalls;
  readonly #memory: NetMemory;
  readonly #planned: OutputsOnly | undefined;
  readonly #schema: Schema | undefined;
  /** As it was read. */
  readonly #param: NetParameter;
  #copyReport: CopyReport | undefined;
  #openInputs: readonly OpenInput[] = [];
  #busy: string | undefined;

  /** Use {@link Net.load}. */
  private constructor(param: NetParameter, graph: Graph, memory: NetMemory, options: NetOptions) {
    const { layers, blobs, blobNames, lossWeights } = graph;
    this.name = param.name ?? '';
    this.phase = param.state?.phase === Phase.TRAIN ? 'TRAIN' : 'TEST';
    this.algorithm = options.algorithm ?? 'auto';
    this.#schema = options.schema;
    this.#param = param;
    this.#graph = graph;
    this.#memory = memory;
    this.#calls = new LayerCalls(graph);
    this.outputsOnly = options.outputsOnly ?? false;
    if (this.outputsOnly) this.#planned = new OutputsOnly(graph, this.#calls, memory);
    const byLayer = <T>(value: (index: number) => T): Map<string, T> =>
      new Map(layers.map((layer, index) => [layer.name, value(index)]));
    this.blobs = new Map(blobs.map((blob, id) => [blobNames[id]!, blob]));
    this.blobLossWeights = new Map(lossWeights.map((weight, id) => [blobNames[id]!, weight]));
    this.inputs = this.#namesOf(graph.inputs);
    this.outputs = this.#namesOf(graph.outputs);
    this.layers = layers;
    this.layerNames = layers.map((layer) => layer.name);
    this.layerDict = byLayer((index) => layers[index]!);
    this.topNames = byLayer((index) => this.topNamesOf(index));
    this.bottomNames = byLayer((index) => this.bottomNamesOf(index));
    this.params = new Map(
      [...this.layerDict].flatMap(([name, { blobs }]) => (blobs.length > 0 ? [[name, blobs]] : [])),
    );
  }

  /**
   * Builds a net: brings old formats up to date, leaves out layers by phase, level and stage, inserts splits, sets up
   * every layer, and copies weights in. No memory is taken for values until some are looked at.
   * @param source path of a prototxt (Node only), prototxt text (anything with a `{` or a line break), or a message
   * @throws NetspecError for whatever Caffe refuses, with the layer, the field, both values and file:line:column.
   */
  static async load(source: string | NetParameter, options: NetOptions = {}): Promise<Net> {
    checkArguments('Net.load()', { options: [options, OPTIONS] });
    checkArguments('Net.load()', { schema: [options.schema, SCHEMA] });
    checkOptions(options);
    const { algorithm = 'auto', seed = 0, strict = false, shapesOnly = false, stepOver, blobShapes } = options;
    const whole = withState(await readNet(source, options), options);
    const { net: filtered, openInputs } = options.openInputs
      ? withOpenInputs(filterNet(whole), whole)
      : { net: filterNet(whole), openInputs: [] };
    const param = insertSplits(filtered, (...place) => explainUnknownBottom(place, filtered, whole));
    const memory = new NetMemory(
      shapesOnly ? new ShapesArena() : await createArena({ threads: options.threads ?? defaultThreads() }),
    );
    try {
      const paramShapes = options.paramShapes ?? (await paramShapesOf(param, options));
      const graph = buildGraph(param, memory, {
        algorithm,
        seed,
        shapesOnly,
        schema: options.schema?.name ?? dialectOf(filtered.layer ?? []),
        paramShapes,
        stepOver,
        openInputs: options.openInputs,
        blobShapes,
      });
      const net = new Net(param, graph, memory, options);
      net.#openInputs = openInputs;
      memory.settle();
      net.#planned?.prepare();
      if (options.weights !== undefined) await net.copyFrom(options.weights, { strict });
      return net;
    } catch (error) {
      memory.dispose();
      throw error;
    }
  }

  /** What the last {@link copyFrom} did, the one in {@link load} included; undefined before any. */
  get copyReport(): CopyReport | undefined {
    return this.#copyReport;
  }

  /**
   * What a pass does, in order: a step for each layer; with {@link NetOptions.outputsOnly}, for each group of layers that
   * are computed together, those left out that have nothing to compute.
   */
  get steps(): readonly Step[] {
    this.#checkAlive();
    return this.#planned?.steps ?? this.layers.map((layer) => ({ layers: [layer] }));
  }

  /** Names of the blobs that a layer writes. By index, since layers may share a name. */
  topNamesOf(index: number): string[] {
    return this.#namesOf(this.#graph.tops[index]);
  }

  /** Names of the blobs that a layer reads. By index, since layers may share a name. */
  bottomNamesOf(index: number): string[] {
    return this.#namesOf(this.#graph.bottoms[index]);
  }

  /** Multiply-accumulates of one run of the layer at `index`, at the shapes that its blobs have now. */
  macsOf(index: number): number {
    return this.layers[index]!.macs(this.#calls.bottoms[index]!, this.#calls.tops[index]!);
  }

  /** How many threads compute. */
  get threads(): number {
    return this.#memory.arena.threads;
  }

  /** Bytes that blobs and parameters hold, or will hold when they are looked at. */
  get plannedBytes(): number {
    return this.#memory.plannedBytes;
  }

  /**
   * Runs the layers in order.
   * @returns the net's outputs by name; with `end`, that layer's tops; and the `blobs` asked for. They are live: the next
   * pass overwrites them.
   * @throws NetspecError when shapes that were changed do not fit, when a name is unknown, or when a pass is under way;
   * with `start`, `end` or `onLayer` when only outputs are kept.
   */
  async forward(options: ForwardOptions = {}): Promise<Map<string, Blob>> {
    checkForward(options);
    const { start, end, blobs = [], inputs, onLayer, onStep } = options;
    if (this.#planned) checkWholePass(options);
    const first = start === undefined ? 0 : this.#layerIndex(start);
    const last = end === undefined ? this.layers.length - 1 : this.#layerIndex(end);
    if (first > last && this.layers.length > 0)
      throw new NetspecError(
        `cannot run from layer '${this.layerNames[first]!}' to '${this.layerNames[last]!}': the first comes after the last`,
      );
    const names = new Set([...(end === undefined ? this.outputs : this.topNamesOf(last)), ...blobs]);
    const result = new Map([...names].map((name) => [name, this.#blob(name)]));
    await this.#exclusively('forward()', async () => {
      if (inputs) this.#setInputs(inputs);
      if (this.#planned) {
        await this.#planned.run([...result.values()], onStep);
        return;
      }
      for (let index = first; index <= last; index++) {
        this.#calls.prepare(index);
        this.#calls.forward(index);
        const looking = onLayer?.(index, this.layers[index]!);
        if (looking instanceof Promise) await looking;
        const stepping = onStep?.(index);
        if (stepping instanceof Promise) await stepping;
      }
    });
    return result;
  }

  /**
   * Runs one layer on what its bottoms hold now, for looking at it alone.
   * @param layer name or index
   * @returns its tops by name
   * @throws NetspecError when only outputs are kept.
   */
  async forwardLayer(layer: string | number): Promise<Map<string, Blob>> {
    return this.forward({ start: layer, end: layer });
  }

  /**
   * Runs more samples than a batch holds: batch by batch, the last one filled up with zeros.
   * @param inputs for each input, samples one after another; every input has the same number of them
   * @param options `blobs`: blobs to return besides the outputs
   * @returns for each output the results of all samples, one after another
   * @throws NetspecError when a result does not have a row, or several, for each sample.
   */
  async forwardAll(
    inputs: Readonly<Record<string, Float32Array | Tensor>>,
    options: Pick<ForwardOptions, 'blobs'> = {},
  ): Promise<Map<string, Tensor>> {
    checkForward({ inputs, blobs: options.blobs });
    const { blobs = [] } = options;
    const entries = Object.entries(inputs).map(([name, given]) => {
      const blob = this.#blob(name);
      const { sample, samples } = splitSamples(name, blob, given);
      return {
        name,
        batch: blob.shape[0] ?? 1,
        sample,
        samples,
        data: given instanceof Float32Array ? given : given.data,
      };
    });
    this.#checkInputNames(Object.keys(inputs));
    const [leader] = entries;
    if (!leader)
      throw new NetspecError('forwardAll() needs inputs', { hint: 'a net without inputs runs with forward()' });
    for (const { name, samples, batch } of entries)
      if (samples !== leader.samples || batch !== leader.batch)
        throw new NetspecError(
          `every input needs the same number of samples: '${leader.name}' has ${leader.samples} in batches of ` +
            `${leader.batch}, '${name}' ${samples} in batches of ${batch}`,
        );
    const { batch, samples } = leader;
    const results = new Map<string, { row: number[]; rows: number; data: Float32Array }>();
    for (let done = 0; done < samples; done += batch) {
      const now = Math.min(batch, samples - done);
      const padded = entries.map(({ name, sample, data }) => {
        const values = new Float32Array(batch * sample);
        values.set(data.subarray(done * sample, (done + now) * sample));
        return [name, values] as const;
      });
      const outputs = await this.forward({ inputs: Object.fromEntries(padded), blobs });
      for (const [name, blob] of outputs) {
        const rows = (blob.shape[0] ?? 0) / batch;
        if (!Number.isInteger(rows) || rows === 0)
          throw new NetspecError(
            `'${name}' of shape ${shapeString(blob.shape)} has no row for each of the ${batch} samples of a batch`,
            { hint: 'run batch by batch with forward()' },
          );
        const row = blob.shape.slice(1);
        const size = rows * product(row);
        const result = results.get(name) ?? { row, rows, data: new Float32Array(samples * size) };
        result.data.set(blob.peek().subarray(0, now * size), done * size);
        results.set(name, result);
      }
    }
    return new Map(
      [...results].map(([name, { row, rows, data }]) => [name, { shape: [samples * rows, ...row], data }]),
    );
  }

  /**
   * Carries changed input shapes through the net: `net.blobs.get('data')!.reshape([1, 3, 320, 320]); net.reshape()`.
   * forward() does so too; this is for who wants the shapes, or a refusal, before running.
   * @throws NetspecError when a layer cannot take its new shapes.
   */
  reshape(): void {
    this.#checkAlive();
    if (this.#planned) this.#planned.reshape();
    else
      this.layers.forEach((_, index) => {
        this.#calls.reshape(index);
      });
    this.#memory.settle();
  }

  /**
   * Copies weights into the layers of the same names. What stands in the source and not in the net is ignored, what
   * stands in the net and not in the source stays as it is: both are in the report, and in {@link copyReport}.
   * Equal parameters are held once until someone looks at their `data`.
   * @param source path of a caffemodel (Node only), its bytes, a reader of them, or a net with blobs
   * @throws NetspecError when a layer has another number of blobs or other shapes than in the net; with `strict`, when a
   * parameter keeps its filler's values.
   */
  async copyFrom(source: WeightsSource, { strict = false }: { strict?: boolean } = {}): Promise<CopyReport> {
    const report = await this.#exclusively('copyFrom()', () =>
      withWeights(source, this.#schema, (layers) => copyWeights(this.#targets(), layers)).finally(() =>
        this.#planned?.forget(),
      ),
    );
    this.#copyReport = report;
    if (strict && report.unfilledLayers.length > 0) throw unfilled(report.unfilledLayers, report.ignoredSources);
    return report;
  }

  /**
   * Writes the net with its weights as a caffemodel, as Caffe's Net::Save: every layer of this phase, Splits too, and
   * shared parameters with each layer that uses them. In memory it needs one blob's worth.
   * @param target path (Node only; the file appears whole or not at all), or where to write the bytes
   * @throws NetspecError when the file cannot be written or would pass protobuf's 2 GiB.
   */
  async save(target: string | ByteSink): Promise<void> {
    await this.#exclusively('save()', async () => {
      const net = this.#withoutBlobs();
      const blobs = this.layers.map((each) => ({
        blobs: each.blobs.map((blob) => ({ shape: blob.shape, read: () => blob.peek() })),
      }));
      const fill = async (sink: ByteSink): Promise<void> => {
        await writeCaffemodel(sink, net, blobs, { schema: this.#schema });
      };
      await (typeof target === 'string' ? platform(target).write(target, fill) : fill(target));
    });
  }

  /** What {@link save} writes, as a message. The values are copies. */
  toProto(): NetParameter {
    this.#checkAlive();
    const net = this.#withoutBlobs();
    this.layers.forEach(({ blobs }, index) => {
      if (blobs.length > 0) net.layer[index]!.blobs = blobs.map(blobProto);
    });
    return net;
  }

  #withoutBlobs(): NetParameter & { layer: LayerParameter[] } {
    // Caffe writes the name even when it is empty.
    const layer = this.layers.map((each) => derive(each.savedParam(), {}));
    for (const each of layer) delete each.blobs;
    return likeRead({ name: this.name, layer }, this.#param);
  }

  /** Layers that are not run here, which only stand in their place; see {@link NetOptions.stepOver}. */
  get steppedOver(): readonly Layer[] {
    const isStandIn = (layer: Layer) => layer instanceof SteppedOverLayer && !(layer instanceof UnshapedLayer);
    return this.layers.filter((layer) => isStandIn(layer) && layer.type !== 'Input');
  }

  /** What layers read and none makes, in a net with {@link NetOptions.openInputs}: each such blob has an Input layer here. */
  get openInputs(): readonly OpenInput[] {
    return this.#openInputs;
  }

  /** Names of the blobs whose shape is not known, in a net with `stepOver: 'open'`. */
  get unshaped(): ReadonlySet<string> {
    return new Set(this.#namesOf([...this.#graph.unshaped]));
  }

  /** Names of the blobs whose shapes would make those of all others known: see {@link NetOptions.blobShapes}. */
  get missingShapes(): readonly string[] {
    return [...this.#graph.missing];
  }

  /** Gives all memory back. Blobs of this net cannot be used afterwards. */
  dispose(): void {
    this.#memory.dispose();
  }

  #targets(): { name: string; params: NetParam[]; isComputed: boolean }[] {
    const targets = this.layers.map((layer): { name: string; params: NetParam[]; isComputed: boolean } => ({
      name: layer.name,
      params: [],
      isComputed: isUpsampling(layer.param) || ignoresStatistics(layer.param, factsOfLayer(layer)),
    }));
    for (const param of this.#graph.params) targets[param.layer]!.params.push(param);
    return targets;
  }

  #namesOf(ids: readonly number[] = []): string[] {
    return ids.map((id) => this.#graph.blobNames[id]!);
  }

  #blob(name: string): Blob {
    const blob = this.blobs.get(name);
    if (!blob) throw new NetspecError(`the net has no blob '${name}'`, { hint: didYouMean(name, this.blobs.keys()) });
    return blob;
  }

  #layerIndex(layer: string | number): number {
    const index = typeof layer === 'number' ? layer : this.layerNames.indexOf(layer);
    if (this.layers[index]) return index;
    if (typeof layer === 'number')
      throw new NetspecError(`the net has no layer ${layer}: it has ${this.layers.length}, counted from 0`);
    throw new NetspecError(`the net has no layer '${layer}'`, { hint: didYouMean(layer, this.layerNames) });
  }

  #checkInputNames(given: readonly string[]): void {
    const wanted = new Set(this.inputs);
    if (given.length === wanted.size && given.every((name) => wanted.has(name))) return;
    const list = (names: Iterable<string>): string => [...names].map((name) => `'${name}'`).join(', ') || 'none';
    throw new NetspecError(
      `Input blob arguments do not match net inputs: the inputs are ${list(wanted)}, given are ${list(given)}`,
      wanted.size > 0 ? {} : { hint: 'only Input layers are inputs; write other blobs through net.blobs' },
    );
  }

  #setInputs(inputs: Readonly<Record<string, Float32Array | Tensor>>): void {
    this.#checkInputNames(Object.keys(inputs));
    for (const [name, given] of Object.entries(inputs)) {
      const blob = this.#blob(name);
      const data = given instanceof Float32Array ? given : given.data;
      const shape = given instanceof Float32Array ? undefined : given.shape;
      if (data.length !== blob.count || (shape && product(shape) !== data.length))
        throw new NetspecError(
          `input '${name}' takes ${shapeString(blob.shape)} values, got ${shape ? shapeString(shape) : data.length}`,
          { hint: 'reshape the blob first, or run more samples than a batch with forwardAll()' },
        );
      blob.data.set(data);
    }
  }

  /** A net has one set of blobs, so one thing at a time is done with it. */
  async #exclusively<T>(what: string, action: () => Promise<T>): Promise<T> {
    this.#checkAlive();
    if (this.#memory.arena instanceof ShapesArena) throw withoutValues();
    if (this.#busy !== undefined)
      throw new NetspecError(`${what} was called while ${this.#busy} is under way`, {
        hint: 'await the first call, or load a second net',
      });
    this.#busy = what;
    try {
      return await action();
    } finally {
      this.#busy = undefined;
    }
  }

  #checkAlive(): void {
    if (this.#memory.disposed) throw new NetspecError('the net was disposed', { hint: 'load it again' });
  }
}

/** @throws NetspecError for what a pass that keeps only the outputs cannot do. */
function checkWholePass(options: ForwardOptions): void {
  for (const name of ['start', 'end', 'onLayer'] as const)
    if (options[name] !== undefined)
      throw new NetspecError(`forward({ ${name} }) needs the values of all blobs, and the net keeps only its outputs`, {
        hint: 'load the net without outputsOnly',
      });
}

const PLACE: ArgumentKind = {
  expected: "a layer's name or index",
  accepts: (value) => value === undefined || typeof value === 'string' || typeof value === 'number',
};
const NAMES: ArgumentKind = {
  expected: 'an array of names',
  accepts: (value) => value === undefined || (Array.isArray(value) && value.every((name) => typeof name === 'string')),
};
const CALLBACK: ArgumentKind = {
  expected: 'a function',
  accepts: (value) => value === undefined || typeof value === 'function',
};
const VALUES: ArgumentKind = {
  expected: 'a Float32Array, or { shape, data } with one',
  accepts: (value) => {
    if (value instanceof Float32Array) return true;
    const { shape, data } = (value ?? {}) as { shape?: unknown; data?: unknown };
    return Array.isArray(shape) && FLOATS.accepts(data);
  },
};

/** From scripts without types they may be anything. */
function checkForward(options: ForwardOptions): void {
  checkArguments('forward()', { options: [options, OPTIONS] });
  const { start, end, blobs, inputs, onLayer, onStep } = options;
  checkArguments('forward()', {
    start: [start, PLACE],
    end: [end, PLACE],
    blobs: [blobs, NAMES],
    inputs: [inputs, OPTIONS],
    onLayer: [onLayer, CALLBACK],
    onStep: [onStep, CALLBACK],
  });
  for (const [name, values] of Object.entries(inputs ?? {}))
    checkArguments('forward()', { [`input '${name}'`]: [values, VALUES] });
}

function splitSamples(name: string, blob: Blob, given: Float32Array | Tensor): { sample: number; samples: number } {
  const sample = product(blob.shape, 1);
  const data = given instanceof Float32Array ? given : given.data;
  const shape = given instanceof Float32Array ? undefined : given.shape;
  if (data.length === 0 || data.length % sample !== 0 || (shape && product(shape, 1) !== sample))
    throw new NetspecError(
      `samples for '${name}' have ${shapeString(blob.shape.slice(1))} values each, got ` +
        (shape ? shapeString(shape) : `${data.length} in all`),
    );
  return { sample, samples: data.length / sample };
}

/** A scalar has no shape message at all, as in Caffe's files. */
function blobProto(blob: Blob): BlobProto {
  const data = blob.peek().slice();
  return blob.numAxes > 0 ? { shape: { dim: [...blob.shape] }, data } : { data };
}

/** The shapes of the weights, where a layer's type alone does not say which implementation it wants. */
async function paramShapesOf(
  { layer = [] }: NetParameter,
  { weights, schema, stepOver = 'refuse' }: NetOptions,
): Promise<Map<string, (readonly number[])[]> | undefined> {
  const isOpen = (each: LayerParameter) => hasVariants(each.type ?? '') || (stepOver !== 'refuse' && isNotRun(each));
  if (weights === undefined || !layer.some(isOpen)) return undefined;
  return withWeights(weights, schema, (layers) =>
    Promise.resolve(new Map(layers.map(({ name, blobs }) => [name, blobs.map(({ shape }) => shape)]))),
  );
}
