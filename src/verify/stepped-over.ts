/**
 * stepped-over: the layers of a net that cannot be run here, and those that read what such a layer makes without a reference. What
 * they give is taken from their references, so that the layers behind them can be compared all the same.
 */
import { NetspecError } from '../errors.js';
import type { Net } from '../runtime/net.js';
import { sameShape, withoutOnes } from '../shapes.js';
import type { TensorInfo, WeightSource } from '../weights/source.js';
import type { Claim } from './claims.js';
import { asFloats, withLeadingOnes } from './tensors.js';
import { topKey, wiringOf, type TopKey } from './wiring.js';

export class SteppedOver {
  /** Indices of layers whose results say nothing: they are not run here, or read what is not known. */
  readonly layers = new Set<number>();
  /** Tops of these layers that have no reference: nobody knows their values. */
  readonly unknown = new Set<TopKey>();
  readonly #fed = new Map<TopKey, TensorInfo>();

  constructor(
    readonly net: Net,
    claims: readonly Claim[],
    readonly references: WeightSource,
  ) {
    const notRun = new Set(net.steppedOver);
    if (notRun.size === 0) return;
    const named = new Map(
      claims.map(({ places: [first], reference }) => [topKey(first!.layer, first!.top), reference]),
    );
    const { reads } = wiringOf(net);
    net.layers.forEach((layer, index) => {
      if (layer.type === 'Split') return;
      const isBlind = reads[index]!.some((version) => this.unknown.has(topKey(version.layer, version.top)));
      if (!isBlind && !notRun.has(layer)) return;
      this.layers.add(index);
      net.topNamesOf(index).forEach((_, top) => {
        const key = topKey(index, top);
        const reference = named.get(key);
        if (reference) this.#fed.set(key, reference);
        else this.unknown.add(key);
      });
    });
  }

  /**
   * Gives the tops of a layer that just ran the values of their references.
   * @throws NetspecError when a reference has another number of values than the top
   */
  async feed(layer: number): Promise<void> {
    if (!this.layers.has(layer)) return;
    for (const [top, name] of this.net.topNamesOf(layer).entries()) {
      const reference = this.#fed.get(topKey(layer, top));
      if (!reference) continue;
      const blob = this.net.blobs.get(name)!;
      const { shape, data } = await this.references.read(reference.name);
      if (data.length !== blob.count)
        throw new NetspecError(
          `the layer is stepped over: '${name}' is ${blob.shape.join('x')}, its reference '${reference.name}' ${shape.join('x')}`,
          { layer: { name: this.net.layerNames[layer]!, type: this.net.layers[layer]!.type }, code: 'unknown-shape' },
        );
      if (!sameShape(withoutOnes(blob.shape), withoutOnes(shape))) blob.reshape(withLeadingOnes(shape, blob.numAxes));
      blob.data.set(asFloats({ shape, data }).data);
    }
  }
}
