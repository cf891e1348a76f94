/** samples: sets the inputs of a net to one sample after another. */
import { NetspecError, didYouMean, valueText } from '../errors.js';
import { factsOfLayer } from '../layers/registry.js';
import type { Net, Tensor } from '../runtime/net.js';
import { product, sameShape, shapeString } from '../shapes.js';
import type { Sample } from './options.js';

export class InputSamples {
  readonly #samples: readonly Sample[];
  readonly #names: readonly string[];

  /** Without samples, one: what the inputs hold now. */
  constructor(
    readonly net: Net,
    samples: readonly Sample[] | undefined,
  ) {
    if (samples?.length === 0)
      throw new NetspecError('samples: expected one at least, got an empty list', {
        hint: 'leave it out for what the inputs hold now',
      });
    this.#names = net.layers.flatMap((layer, i) => (factsOfLayer(layer)?.fed === true ? net.topNamesOf(i) : []));
    this.#samples = samples ?? [heldBy(net, this.#names)];
  }

  get length(): number {
    return this.#samples.length;
  }

  /**
   * Sets the inputs, and the net's shapes where the sample has others.
   * @throws NetspecError for a name that is no input, or values that do not fit.
   */
  async set(index: number): Promise<void> {
    const sample = this.#samples[index]!;
    // From scripts without types it may be anything.
    const values: unknown = typeof sample === 'function' ? await sample() : sample;
    const where = `sample ${index + 1} of ${this.length}`;
    if (typeof values !== 'object' || values === null)
      throw new NetspecError(`${where}: expected an object of inputs, got ${valueText(values)}`);
    for (const name of this.net.inputs)
      if (!Object.hasOwn(values, name))
        throw new NetspecError(`${where} has no values for input '${name}'`, {
          hint: didYouMean(name, Object.keys(values)),
        });
    for (const [name, tensor] of Object.entries(values)) this.#setOne(name, tensor as Partial<Tensor>, where);
    this.net.reshape();
  }

  #setOne(name: string, tensor: Partial<Tensor>, where: string): void {
    const blob = this.net.blobs.get(name);
    if (!blob || !this.#names.includes(name))
      throw new NetspecError(`${where}: the net has no input '${name}'; its inputs are ${this.#names.join(', ')}`, {
        hint: didYouMean(name, this.#names),
      });
    const { shape, data } = tensor;
    if (!Array.isArray(shape) || !(data instanceof Float32Array) || product(shape as number[]) !== data.length)
      throw new NetspecError(
        `${where}: '${name}': expected { shape, data } with a Float32Array of as many values` +
          (Array.isArray(shape) ? `, got shape ${shapeString(shape as number[])}` : ''),
      );
    if (!sameShape(shape as number[], blob.shape)) blob.reshape(shape as number[]);
    blob.data.set(data);
  }
}

function heldBy(net: Net, names: readonly string[]): Record<string, Tensor> {
  return Object.fromEntries(
    names.map((name) => {
      const blob = net.blobs.get(name)!;
      return [name, { shape: [...blob.shape], data: blob.peek().slice() }];
    }),
  );
}
