/** Log: logarithm to a fixed base. */
import { NetspecError } from '../errors.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

/**
 * Logarithm of a linear function of each element.
 *
 * @formula `y = log_base(shift + scale · x)`; base −1, the default, stands for e
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's log_layer.cpp
 */
export class LogLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'Log',
    origin: 'BVLC',
    family: 'activation',
    doc: 'log_base(shift + scale x); base -1 means e.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['log_param'],
    keepsOrder: true,
    inPlace: true,
  };

  #factor = 1;

  override setUp(): void {
    const { base } = resolve('LogParameter', this.param.log_param);
    this.#factor = Math.fround(1 / logOfBase(base, 'log_param.base'));
    this.check(
      Number.isFinite(this.#factor),
      `Inf result: 1/log(base) = 1/log(${base}) = ${this.#factor}`,
      'base must not be 1',
      'log_param.base',
    );
  }

  protected override compute(_y: number, _x: number, count: number, top: Blob, bottom: Blob): void {
    const param = resolve('LogParameter', this.param.log_param);
    const [scale, shift] = [Math.fround(param.scale), Math.fround(param.shift)];
    const [y, x] = valuesOf(top, bottom);
    for (let i = 0; i < count; i++)
      y[i] = Math.fround(Math.log(Math.fround(Math.fround(x[i]! * scale) + shift))) * this.#factor;
  }
}

/**
 * Natural logarithm of a layer's base, as a float32; 1 for base -1, which stands for e.
 * @throws NetspecError when the base is not positive or its logarithm not finite.
 */
export function logOfBase(base: number, field: string): number {
  if (base === -1) return 1;
  if (!(base > 0))
    throw new NetspecError(`base must be strictly positive, got ${base}`, { field, hint: 'base: -1 stands for e' });
  const log = Math.fround(Math.log(Math.fround(base)));
  if (!Number.isFinite(log))
    throw new NetspecError(`Inf result: log(base) = log(${base}) = ${log}`, { field, hint: 'base: -1 stands for e' });
  return log;
}
