/**
 * reduce-port: the smallest part of a port that still fails. The references say what each layer should read, so the part
 * begins at the nearest references before the layer that is wrong; where that part does not fail alone, it is bisected.
 */
import { NET, OBJECT, REPORT, checkArguments, fields } from '../../arguments.js';
import { NetspecError } from '../../errors.js';
import type { Comparison } from '../../compare/compare.js';
import type { Schema } from '../../proto/schema.js';
import { Net } from '../../runtime/net.js';
import type { WeightSource } from '../../weights/source.js';
import { sameDimensions } from '../claims.js';
import { turned } from '../channels-last.js';
import { cutAt, type CutNet } from '../cut/cut-net.js';
import type { Cause } from '../diagnosis.js';
import { Judge } from '../limits/judge.js';
import type { ToleranceRules } from '../limits/tolerance-rules.js';
import { mendPort } from '../patch/mended-port.js';
import type { LayerResult, VerifyReport } from '../result.js';
import { isFailing } from '../rows.js';
import { asFloats, fedShape, reshaped, type FloatTensor } from '../tensors.js';
import { topKey, wiringOf, type TopKey, type Version, type Wiring } from '../wiring.js';

/** Most layers of a part that is looked at no further, Input layers not counted. */
const FEW_LAYERS = 5;

/** What {@link reducePort} needs besides the report. */
export interface ReduceOptions {
  /** The references that the report is of. */
  references: WeightSource;
  /** The schema that the net was loaded with, when it is not BVLC's. */
  schema?: Schema;
  /** The tolerances of layers that `verify` was given. */
  tolerances?: ToleranceRules;
  /** Called before each part that is tried. */
  onTry?: (layers: number) => void;
}

/** A part of a port that fails alone. */
export interface ReducedPort {
  part: CutNet;
  /** The entry of the report that the part ends at. */
  at: LayerResult;
  /** What the part is fed, by blob: references, and inputs of the whole net. */
  inputs: Map<string, FloatTensor>;
  /** What it must give, by blob. */
  references: Map<string, FloatTensor>;
  /** What it gives instead. */
  shape: readonly number[];
  /** Figures; absent where the shapes differ. */
  comparison?: Comparison;
  /** Limits of measures that do not hold: `cosine 0.97, at least 0.99`. */
  failed?: readonly string[];
  /** What is asked of the layer that the part ends at, where tolerances of layers say so: the tolerances for the part. */
  tolerances?: ToleranceRules;
  /** What explains the difference, where the report says so. */
  cause?: Cause;
  /** How many parts were run. */
  tried: number;
  /** Computing layers of the whole net. */
  wholeLayers: number;
  /** Layers that could be the wrong one, where references between them would tell. */
  suspects: string[];
}

/**
 * Reduces a port whose report says that it fails. The net is as {@link verify} left it: its inputs are set.
 * @returns undefined when no part fails alone that begins at references or at the inputs
 * @throws NetspecError when every layer agrees, or a reference cannot be read
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * net.blobs.get('data')!.data.set((await readNpyFile('x.npy')).data);
 * const references = await openWeights('references.npz');
 * const report = await verify(net, { references, map: blobMap(net) });
 * const reduced = report.ok ? undefined : await reducePort(net, report, { references });
 * if (reduced) console.log(formatPrototxt(reduced.part.net));
 */
export async function reducePort(
  net: Net,
  report: VerifyReport,
  options: ReduceOptions,
): Promise<ReducedPort | undefined> {
  checkArguments('reducePort()', {
    net: [net, NET],
    report: [report, REPORT],
    options: [options, fields('options { references }', { references: OBJECT })],
  });
  const targets = targetsOf(report);
  if (targets.length === 0)
    throw new NetspecError('every matched layer agrees: there is nothing to reduce', {
      hint: 'a part that works is what netspec cut writes',
    });
  const reducing = new Reducing(net, report, options);
  let best: ReducedPort | undefined;
  for (const target of targets) {
    const found = await reducing.at(target);
    if (found && (!best || found.part.layers.length < best.part.layers.length)) best = found;
    if (best && best.part.layers.length <= FEW_LAYERS) break;
  }
  return best;
}

/** Entries that fail: first those that fail although they are fed references, then the first that diverges at all. */
function targetsOf({ layers, firstDivergence }: VerifyReport): LayerResult[] {
  const alone = layers.filter(({ isolated }) => isolated && isFailing(isolated));
  const first = firstDivergence && !alone.includes(firstDivergence) ? [firstDivergence] : [];
  return [...alone, ...first];
}

class Reducing {
  readonly #wiring: Wiring;
  /** Entries with a reference, by the value that they are of. */
  readonly #rows = new Map<TopKey, LayerResult>();
  readonly #inputs = new Map<string, FloatTensor>();
  readonly #judge: Judge;
  #tried = 0;

  constructor(
    readonly net: Net,
    readonly report: VerifyReport,
    readonly options: ReduceOptions,
  ) {
    this.#wiring = wiringOf(net);
    this.#judge = new Judge(net, { ...report.tolerance, tolerances: options.tolerances });
    for (const row of report.layers)
      if (row.reference !== undefined && row.status !== 'stepped over')
        this.#rows.set(topKey(row.index, row.topIndex), row);
    for (const [index, reads] of this.#wiring.reads.entries())
      if (reads.length === 0)
        for (const top of net.topNamesOf(index)) {
          const { shape, data } = net.blobs.get(top)!;
          this.#inputs.set(topKey(index, net.topNamesOf(index).indexOf(top)), {
            shape: [...shape],
            data: data.slice(),
          });
        }
  }

  /** The smallest part that ends at an entry and fails. */
  async at(target: LayerResult): Promise<ReducedPort | undefined> {
    // A part begins at references of layers up to a position; the later that is, the smaller the part.
    const starts = [...new Set([...this.#rows.values()].map(({ index }) => index))]
      .filter((index) => index < target.index)
      .sort((a, b) => a - b);
    const positions = [-1, ...starts];
    let [low, high] = [0, positions.length - 1];
    let found = await this.#try(target, positions[high]!);
    if (!found) {
      found = await this.#try(target, positions[low]!);
      if (!found) return undefined;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        const tried = await this.#try(target, positions[middle]!);
        if (tried) [low, found] = [middle, tried];
        else high = middle;
      }
    }
    return (found.part.layers.length > FEW_LAYERS ? await this.#aroundCause(found) : undefined) ?? found;
  }

  /** The part from the references up to a position; undefined when it gives what it should. */
  async #try(target: LayerResult, position: number): Promise<ReducedPort | undefined> {
    const end = { layer: target.index, top: target.topIndex };
    const part = cutAt(this.net, this.#startOf(end, position), [end], this.options.schema);
    const inputs = new Map<string, FloatTensor>();
    for (const { blob, version, shape } of part.inputs) inputs.set(blob, await this.#valueOf(version, shape));
    const reference = await this.#reference(target);
    return this.#failing({ part, target, end, inputs, reference });
  }

  /** The values with a reference, of layers up to a position, that are met first on the way back from a value. */
  #startOf(end: Version, position: number): Version[] {
    const from = new Map<TopKey, Version>();
    const pending = [...this.#wiring.reads[end.layer]!];
    const seen = new Set<TopKey>();
    for (let version = pending.pop(); version; version = pending.pop()) {
      const key = topKey(version.layer, version.top);
      if (seen.has(key)) continue;
      seen.add(key);
      if (this.#rows.has(key) && version.layer <= position) from.set(key, version);
      else pending.push(...this.#wiring.reads[version.layer]!);
    }
    return [...from.values()];
  }

  async #valueOf({ layer, top }: Version, shape: readonly number[]): Promise<FloatTensor> {
    const row = this.#rows.get(topKey(layer, top));
    if (!row) return this.#inputs.get(topKey(layer, top))!;
    const reference = await this.#reference(row);
    return sameDimensions(reference.shape, shape)
      ? reshaped(reference, shape)
      : reshaped(reference, fedShape(reference.shape, shape));
  }

  async #reference({ reference, channelsLast }: LayerResult): Promise<FloatTensor> {
    const tensor = await this.options.references.read(reference!);
    const { shape, data } = asFloats(channelsLast ? turned(tensor) : tensor);
    return { shape: [...shape], data: data.slice() };
  }

  async #failing({ part, target, end: { layer, top }, inputs, reference }: Trying): Promise<ReducedPort | undefined> {
    this.options.onTry?.(part.layers.length);
    this.#tried++;
    setInputShapes(part, inputs);
    const given = await this.#run(part, inputs);
    if (!given) return undefined;
    const [{ blob }] = part.outputs as [CutNet['outputs'][number]];
    const fits = sameDimensions(reference.shape, given.shape);
    const { comparison, agrees, failed } = this.#judge.judge({
      ...{ layer, top, fits },
      ...{ shape: given.shape, actual: given.data, referenceShape: reference.shape, reference: reference.data },
    });
    if (agrees) return undefined;
    const limits = this.#judge.limitsOf(layer);
    const point = this.report.points.find(({ result }) => result.index === target.index);
    const suspects = part.layers.filter((index) => index !== target.index).map((index) => this.net.layerNames[index]!);
    return {
      ...{ part, at: target, inputs, shape: given.shape, tried: this.#tried, suspects },
      references: new Map([[blob, fits ? reshaped(reference, given.shape) : reference]]),
      ...(comparison && { comparison }),
      ...(failed && { failed }),
      ...(limits && { tolerances: { layers: { [this.net.layerNames[layer]!]: limits } } }),
      cause: point?.causes[0] ?? point?.mendedBy,
      wholeLayers: this.net.layers.filter(({ type }) => type !== 'Split' && type !== 'Input').length,
    };
  }

  /** What a part gives; undefined when a layer of it refuses what it is fed. */
  async #run(part: CutNet, inputs: ReadonlyMap<string, FloatTensor>): Promise<FloatTensor | undefined> {
    const { schema } = this.options;
    let alone: Net | undefined;
    try {
      alone = await Net.load(part.net, { algorithm: this.net.algorithm, schema, threads: this.net.threads });
      part.layers.forEach((index, i) => {
        const layer = alone!.layers.filter(({ type }) => type !== 'Split')[part.inputs.length + i]!;
        layer.blobs.forEach((blob, n) => blob.data.set(this.net.layers[index]!.blobs[n]!.peek()));
      });
      for (const [blob, { data }] of inputs) alone.blobs.get(blob)!.data.set(data);
      await alone.forward();
      const { shape, data } = alone.blobs.get(part.outputs[0]!.blob)!;
      return { shape: [...shape], data: data.slice() };
    } catch (error) {
      // References of other shapes than the net's can make a layer refuse what it reads.
      if (error instanceof NetspecError) return undefined;
      throw error;
    } finally {
      alone?.dispose();
    }
  }

  /**
   * A part that is still large has no references inside. Where the wrong layer is known, the port with that mended says what it
   * should give.
   */
  async #aroundCause(whole: ReducedPort): Promise<ReducedPort | undefined> {
    const { cause, part } = whole;
    const index = part.layers.find((layer) => this.net.layerNames[layer] === cause?.layer);
    if (!cause || index === undefined || cause.fixPlace === 'input' || cause.fixPlace === 'reference') return undefined;
    const port = await mendPort(this.net, this.report, { schema: this.options.schema });
    if (!port.mended.includes(cause)) return undefined;
    const pieces: Uint8Array[] = [];
    await port.writeWeights({
      write: (bytes) => {
        pieces.push(bytes.slice());
        return Promise.resolve();
      },
    });
    const mended = await Net.load(port.text, {
      ...{ algorithm: this.net.algorithm, schema: this.options.schema, phase: this.net.phase },
      weights: joined(pieces),
    });
    try {
      const end = { layer: index, top: 0 };
      const version = mended.layerNames.indexOf(cause.layer);
      if (version < 0) return undefined;
      const reads = this.#wiring.reads[index]!;
      const alone = cutAt(this.net, reads, [end], this.options.schema);
      const inputs = new Map<string, FloatTensor>();
      const fill = (name: string, data: Float32Array) => mended.blobs.get(name)?.data.set(data);
      for (const name of this.net.inputs) fill(name, port.inputs.get(name)?.data ?? this.net.blobs.get(name)!.peek());
      let reference: FloatTensor | undefined;
      await mended.forward({
        end: version,
        onLayer: (at) => {
          if (at !== version) return;
          const { shape, data } = mended.blobs.get(mended.topNamesOf(at)[0]!)!;
          reference = { shape: [...shape], data: data.slice() };
        },
      });
      // What the layer reads in the port as it is: layers before it are right, or mended before.
      await this.net.forward({
        end: index,
        onLayer: (at) => {
          for (const { blob, version: of } of alone.inputs)
            if (of.layer === at) {
              const { shape, data } = this.net.blobs.get(this.net.topNamesOf(at)[of.top]!)!;
              inputs.set(blob, { shape: [...shape], data: data.slice() });
            }
        },
      });
      if (!reference) return undefined;
      const found = await this.#failing({ part: alone, target: whole.at, end, inputs, reference });
      return found && { ...found, cause, suspects: [] };
    } finally {
      mended.dispose();
    }
  }
}

interface Trying {
  part: CutNet;
  target: LayerResult;
  /** What the part computes. */
  end: Version;
  inputs: Map<string, FloatTensor>;
  reference: FloatTensor;
}

/** Input layers of the shapes that are fed. */
function setInputShapes(part: CutNet, inputs: ReadonlyMap<string, FloatTensor>): void {
  for (const layer of part.net.layer ?? []) {
    const fed = layer.type === 'Input' ? inputs.get(layer.top?.[0] ?? '') : undefined;
    if (fed) layer.input_param = { shape: [{ dim: [...fed.shape] }] };
  }
  for (const input of part.inputs) input.shape = inputs.get(input.blob)!.shape;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
