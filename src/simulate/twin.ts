/**
 * twin: the simulated net: a second net with the layers and parameters of the first, whose weights are rounded unit by unit, and
 * whose layers are run one at a time with their values rounded between them.
 */
import type { LayerParameter, NetParameter } from '../generated/messages.js';
import { factsOfLayer } from '../layers/registry.js';
import { blobFactsOf, type WeightLayout } from '../layers/facts.js';
import { outputChannels, outputsOf } from '../layers/shared/weight-layout.js';
import { derive } from '../proto/derive.js';
import { inheritForks } from '../proto/forks/net-forks.js';
import type { Schema } from '../proto/schema.js';
import type { Blob } from '../engine/blob.js';
import { Net } from '../runtime/net.js';
import { resetStates } from '../verify/whole-pass.js';
import type { TopKey } from '../verify/wiring.js';
import type { NumberFormat } from './formats/format.js';
import { quantize, quantizeInPlace, symmetricQuantizer, type Quantizer } from './quantizer.js';
import type { Unit, UnitGraph, Value } from './units.js';

/** The scales of a matrix of weights: one, or one for each output channel. Their zero point is 0. */
export type WeightScales = readonly number[];

/** How the twin rounds. */
export interface TwinSettings {
  readonly format: NumberFormat;
  readonly saturates: boolean;
  /** A scale for each output channel of weights, rather than one for all. */
  readonly perChannel: boolean;
  /** Round what units give, so that all values between them are in the format; else only what units with weights read. */
  readonly everywhere: boolean;
  /** The scales of the values, for integers. */
  readonly quantizers: ReadonlyMap<TopKey, Quantizer>;
  /** Scales of weights by the layer's name, where they are given. */
  readonly weightScales: ReadonlyMap<string, WeightScales>;
}

export class Twin {
  /** Units whose layers are computed in the format; the others are in float32. */
  readonly active = new Set<Unit>();
  /** Copies of bottoms that were rounded for one layer only, and are to be as they were for the others. */
  readonly #saved: { blob: Blob; values: Float32Array }[] = [];
  /** Values that lie rounded in their blobs in this pass. */
  readonly #rounded = new Set<TopKey>();
  /** Scales that were computed, by layer: the original's weights stay as they are, and all of them are looked through for each. */
  readonly #ownScales = new Map<number, WeightScales>();
  readonly #channelScales = new Map<number, WeightScales>();

  private constructor(
    readonly original: Net,
    readonly net: Net,
    readonly graph: UnitGraph,
    readonly settings: TwinSettings,
  ) {}

  static async create(
    original: Net,
    graph: UnitGraph,
    settings: TwinSettings,
    schema: Schema | undefined,
  ): Promise<Twin> {
    const layer: LayerParameter[] = original.layers.map((each) => {
      const param = derive(each.savedParam(), {});
      delete param.blobs;
      // The layers are those of one state already.
      delete param.include;
      delete param.exclude;
      return param;
    });
    const param: NetParameter = { name: original.name, layer };
    if (layer[0]) inheritForks(param, layer[0]);
    const paramShapes = new Map(original.layers.map(({ name, blobs }) => [name, blobs.map(({ shape }) => shape)]));
    const { phase, algorithm, threads } = original;
    const net = await Net.load(param, { phase, algorithm, threads, schema, paramShapes });
    const twin = new Twin(original, net, graph, settings);
    original.layers.forEach((_, index) => {
      twin.#restoreWeights(index);
    });
    return twin;
  }

  dispose(): void {
    this.net.dispose();
  }

  /** Computes a unit in the format from now on, or in float32. */
  setActive(unit: Unit, isActive: boolean): void {
    if (this.active.has(unit) === isActive) return;
    if (isActive) this.active.add(unit);
    else this.active.delete(unit);
    for (const layer of unit.layers)
      if (isActive) this.#roundWeights(layer);
      else this.#restoreWeights(layer);
  }

  /** Begins a pass: takes over the shapes and the values of the original's inputs. */
  begin(): void {
    this.#rounded.clear();
    resetStates(this.net);
    for (const [index, layer] of this.original.layers.entries()) {
      if (factsOfLayer(layer)?.fed !== true) continue;
      for (const name of this.original.topNamesOf(index)) this.copyBlob(name);
    }
    this.net.reshape();
  }

  /** Takes a blob over from the original. */
  copyBlob(name: string): void {
    const [from, to] = [this.original.blobs.get(name)!, this.net.blobs.get(name)!];
    to.reshape(from.shape);
    to.data.set(from.peek());
  }

  /** Says that no value lies rounded: all were taken over from the original. */
  forgetRounded(): void {
    this.#rounded.clear();
  }

  /** Runs a layer as the chip does, on what its bottoms hold. */
  async run(index: number): Promise<void> {
    const unit = this.graph.unitOf[index];
    const isActive = unit !== undefined && this.active.has(unit);
    if (isActive && this.#reads(unit)) this.#roundBottoms(index);
    await this.net.forward({ start: index, end: index });
    for (const { blob, values } of this.#saved.splice(0)) blob.data.set(values);
    if (isActive && this.settings.everywhere) this.#roundTops(index);
  }

  /** Whether a unit wants its bottoms in the format. */
  #reads(unit: Unit): boolean {
    return this.settings.everywhere || unit.hasWeights;
  }

  /** Bottoms that do not lie rounded are rounded for this layer. An in-place layer overwrites its own, which stays so. */
  #roundBottoms(index: number): void {
    const { reads } = this.graph.wiring;
    const tops = new Set(this.net.topNamesOf(index));
    this.net.bottomNamesOf(index).forEach((name, i) => {
      const value = this.graph.valueOf(reads[index]![i]!);
      if (!value || this.#rounded.has(value.key)) return;
      const blob = this.net.blobs.get(name)!;
      if (!tops.has(name)) this.#saved.push({ blob, values: blob.peek().slice() });
      this.#round(blob.data, value);
    });
  }

  #roundTops(index: number): void {
    this.net.topNamesOf(index).forEach((name, top) => {
      const value = this.graph.valueOf({ layer: index, top });
      if (!value || value.layer !== index) return;
      this.#round(this.net.blobs.get(name)!.data, value);
      this.#rounded.add(value.key);
    });
  }

  #round(values: Float32Array, { key }: Value): void {
    const { format, quantizers, saturates } = this.settings;
    format.round(values, quantizers.get(key), saturates);
  }

  #restoreWeights(index: number): void {
    const [from, to] = [this.original.layers[index]!.blobs, this.net.layers[index]!.blobs];
    from.forEach((blob, i) => {
      to[i]!.data.set(blob.peek());
    });
  }

  #roundWeights(index: number): void {
    const { format, saturates } = this.settings;
    const { blobs } = this.net.layers[index]!;
    if (format.limits) {
      for (const blob of blobs) format.round(blob.data, undefined, saturates);
      return;
    }
    const scales = this.weightScales(index);
    if (!scales) return;
    const { param } = this.original.layers[index]!;
    const [weights, bias] = blobs;
    quantizeWeights(weights!, factsOfLayer(this.original.layers[index]!)!.weights!(param), scales);
    const input = this.inputQuantizer(index);
    if (!bias || !input) return;
    // The accumulators are whole numbers of 32 bits, and the bias is added to them.
    const terms = bias.data;
    for (let c = 0; c < terms.length; c++) {
      const step = input.scale * scales[c % scales.length]!;
      terms[c] = Math.round(terms[c]! / step) * step;
    }
  }

  /** The scale of what a layer with weights reads; undefined where it has none. */
  inputQuantizer(index: number): Quantizer | undefined {
    const [read] = this.graph.wiring.reads[index]!;
    const value = read && this.graph.valueOf(read);
    return value && this.settings.quantizers.get(value.key);
  }

  /** The scales of a layer's weights, for integers; undefined of a layer without weights of that kind. */
  weightScales(index: number): WeightScales | undefined {
    const layer = this.original.layers[index]!;
    const layout = factsOfLayer(layer)?.weights?.(layer.param);
    const weights = layer.blobs[0];
    if (!layout || !weights || this.settings.format.limits) return undefined;
    if (blobFactsOf(factsOfLayer(layer), layer.param, 0)?.role !== 'weight') return undefined;
    return (
      this.settings.weightScales.get(layer.name) ??
      (this.settings.perChannel
        ? this.channelScales(index)
        : kept(this.#ownScales, index, () => scalesOf(weights, layout, false)))
    );
  }

  /** What {@link weightScales} would be with one for each channel. */
  channelScales(index: number): WeightScales | undefined {
    const layer = this.original.layers[index]!;
    const layout = factsOfLayer(layer)?.weights?.(layer.param);
    const weights = layer.blobs[0];
    return layout && weights && kept(this.#channelScales, index, () => scalesOf(weights, layout, true));
  }
}

/** What a map holds, made where it holds nothing yet. */
function kept<T>(map: Map<number, T>, key: number, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function scalesOf(weights: Blob, layout: WeightLayout, perChannel: boolean): WeightScales {
  const values = weights.peek();
  const largest = new Float64Array(perChannel ? outputsOf(layout, weights.shape) : 1);
  if (layout.inputsFirst && perChannel) {
    const channel = outputChannels(layout, weights.shape);
    for (let i = 0; i < values.length; i++) {
      const at = channel(i);
      largest[at] = Math.max(largest[at]!, Math.abs(values[i]!));
    }
  } else {
    const each = values.length / largest.length;
    for (let at = 0; at < largest.length; at++) largest[at] = largestOf(values, at * each, (at + 1) * each);
  }
  return Array.from(largest, (most) => symmetricQuantizer(most).scale);
}

/** The largest magnitude of some values; NaN where one is. */
function largestOf(values: Float32Array, begin: number, end: number): number {
  let largest = 0;
  for (let i = begin; i < end; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}

/** Replaces weights by what their integers stand for. */
function quantizeWeights({ data, shape }: Blob, layout: WeightLayout, scales: WeightScales): void {
  const rows = layout.inputsFirst ? 1 : scales.length;
  const each = data.length / rows;
  if (scales.length === rows) {
    scales.forEach((scale, row) => {
      quantizeInPlace(data.subarray(row * each, (row + 1) * each), { scale, zeroPoint: 0 });
    });
    return;
  }
  const channel = outputChannels(layout, shape);
  for (let i = 0; i < data.length; i++) {
    const scale = scales[channel(i)]!;
    data[i] = quantize(data[i]!, { scale, zeroPoint: 0 }) * scale;
  }
}
