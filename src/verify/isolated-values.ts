/**
 * isolated-values: what the layers of a net read and give when each is fed references, computed on demand and layer by
 * layer, so that one layer can be changed and what follows from it seen.
 */
import type { LayerParameter } from '../generated/messages.js';
import { NetspecError } from '../errors.js';
import type { LayerClass } from '../layers/layer.js';
import { lookUpLayer } from '../layers/registry.js';
import type { Net } from '../runtime/net.js';
import { SteppedOverLayer } from '../runtime/step-over.js';
import type { Change } from './hypotheses/hypothesis.js';
import type { FloatTensor } from './tensors.js';
import type { Workbench } from './workbench.js';
import { topKey, wiringOf, type TopKey, type Version, type Wiring } from './wiring.js';

/** The reference of a layer's top in the shape of that top, where it has one that fits. */
export type ReferenceReader = (layer: number, top: number) => Promise<FloatTensor> | undefined;

/** Layers whose fault was found, and the change that undoes it: so that they do not hide the faults after them. */
export type Mends = ReadonlyMap<number, Change>;

export class IsolatedValues {
  readonly wiring: Wiring;
  readonly #tops = new Map<number, Promise<readonly FloatTensor[]>>();
  readonly #references = new Map<TopKey, Promise<FloatTensor> | undefined>();

  /** @param inputs what the net was fed, by blob */
  constructor(
    readonly net: Net,
    readonly bench: Workbench,
    private readonly inputs: ReadonlyMap<string, FloatTensor>,
    private readonly readReference: ReferenceReader,
    private readonly mends: Mends = new Map(),
  ) {
    this.wiring = wiringOf(net);
  }

  /** Tells what a layer gives, where that was seen before and need not be computed. */
  remember(layer: number, tops: readonly FloatTensor[]): void {
    this.#tops.set(layer, Promise.resolve(tops));
  }

  /** What a reader of this version reads. */
  async valueOf(version: Version): Promise<FloatTensor> {
    return this.#referenceOf(version) ?? (await this.topsOf(version.layer))[version.top]!;
  }

  bottomsOf(layer: number): Promise<FloatTensor[]> {
    return Promise.all(this.wiring.reads[layer]!.map((version) => this.valueOf(version)));
  }

  /** What a layer gives on what it reads, whatever its own reference says. */
  topsOf(layer: number): Promise<readonly FloatTensor[]> {
    const known = this.#tops.get(layer);
    if (known) return known;
    const tops = this.#compute(layer);
    this.#tops.set(layer, tops);
    return tops;
  }

  /** A layer's parameters: views of the net's own. */
  blobsOf(layer: number): FloatTensor[] {
    return this.net.layers[layer]!.blobs.map((blob) => ({ shape: blob.shape, data: blob.peek() }));
  }

  /** Multiply-accumulates of one run of a layer. */
  workOf(layer: number): number {
    const { net } = this;
    const [top] = net.topNamesOf(layer);
    // Where a layer has none worth counting, it still touches each value.
    return net.macsOf(layer) + (top === undefined ? 0 : net.blobs.get(top)!.count);
  }

  /**
   * The layers that `layer` reads from without a reference between: any of them can be why it is wrong. Nearest first;
   * layers that feed the net are among them, the layer itself is not.
   */
  uncheckedBefore(layer: number): number[] {
    const found: number[] = [];
    const pending = [layer];
    while (pending.length > 0) {
      const reader = pending.shift()!;
      for (const version of this.wiring.reads[reader]!) {
        if (this.#referenceOf(version) || found.includes(version.layer)) continue;
        found.push(version.layer);
        pending.push(version.layer);
      }
    }
    return found;
  }

  /** Layers that `changed` reaches on the way to `layer`, in order, `layer` last. */
  between(changed: number, layer: number): number[] {
    const reached = new Set([changed]);
    for (const candidate of [...this.uncheckedBefore(layer), layer].sort((a, b) => a - b)) {
      if (candidate <= changed) continue;
      const touches = this.wiring.reads[candidate]!.some((v) => reached.has(v.layer) && !this.#referenceOf(v));
      if (touches) reached.add(candidate);
    }
    reached.delete(changed);
    return [...reached];
  }

  /** What `layer` reads when `changed` gives `tops`. */
  async bottomsWith(layer: number, changed: number, tops: readonly FloatTensor[]): Promise<FloatTensor[]> {
    const results = new Map([[changed, tops]]);
    const bottoms = (reader: number) =>
      Promise.all(
        this.wiring.reads[reader]!.map(async (version) => {
          const changedValue = this.#referenceOf(version) ? undefined : results.get(version.layer)?.[version.top];
          return changedValue ?? (await this.valueOf(version));
        }),
      );
    for (const step of this.between(changed, layer))
      if (step !== layer) results.set(step, this.run(step, await bottoms(step)));
    return bottoms(layer);
  }

  /** Whether a fault of the layer was found before. */
  isMended(layer: number): boolean {
    return this.mends.has(layer);
  }

  /** Whether a layer can be run here, and is not stepped over. */
  canRun(layer: number): boolean {
    return !(this.net.layers[layer] instanceof SteppedOverLayer);
  }

  /** Runs a layer on other bottoms, mended where its fault is known; with other parameters where such are given. */
  run(layer: number, bottoms: readonly FloatTensor[], others?: readonly FloatTensor[]): FloatTensor[] {
    if (!this.canRun(layer)) throw new NetspecError('the layer is not run here');
    const { param = this.wiring.params[layer]!, blobs } = this.mends.get(layer) ?? {};
    const used = others ?? (blobs === 'filler' ? undefined : (blobs?.() ?? this.blobsOf(layer)));
    return this.#finished(layer, this.bench.run({ param, cls: this.classFor(layer, param), blobs: used, bottoms }));
  }

  /** What runs a layer of the net with other settings. */
  classFor(layer: number, param: LayerParameter): LayerClass {
    const { type, constructor } = this.net.layers[layer]!;
    return param.type === type ? (constructor as LayerClass) : lookUpLayer(param);
  }

  #finished(layer: number, tops: FloatTensor[]): FloatTensor[] {
    const { output } = this.mends.get(layer) ?? {};
    return output ? [output(tops[0]!), ...tops.slice(1)] : tops;
  }

  async #compute(layer: number): Promise<readonly FloatTensor[]> {
    const tops = this.net.topNamesOf(layer);
    if (this.wiring.reads[layer]!.length === 0)
      return this.#finished(
        layer,
        tops.map((name) => this.inputs.get(name)!),
      );
    return this.run(layer, await this.bottomsOf(layer));
  }

  #referenceOf({ layer, top }: Version): Promise<FloatTensor> | undefined {
    const key = topKey(layer, top);
    if (!this.#references.has(key)) this.#references.set(key, this.readReference(layer, top));
    return this.#references.get(key);
  }
}
