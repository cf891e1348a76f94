/** Exp: a power of a fixed base. */
import { resolve } from '../proto/message.js';
import { parallelFor } from '../engine/parallel-for.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import { logOfBase } from './log.js';
import type { LayerFacts } from './facts.js';

/**
 * Raises a base to a linear function of each element.
 *
 * @formula `y = base^(shift + scale · x)`; base −1, the default, stands for e
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's exp_layer.cpp
 */
export class ExpLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'Exp',
    origin: 'BVLC',
    family: 'activation',
    doc: 'base ^ (shift + scale x); base -1 means e.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['exp_param'],
    keepsOrder: true,
    inPlace: true,
  };

  #inner = 1;
  #outer = 1;

  override setUp(): void {
    const { base, scale, shift } = resolve('ExpParameter', this.param.exp_param);
    this.#inner = Math.fround(logOfBase(base, 'exp_param.base') * Math.fround(scale));
    if (shift === 0) this.#outer = 1;
    else
      this.#outer = Math.fround(
        base === -1 ? Math.exp(Math.fround(shift)) : Math.pow(Math.fround(base), Math.fround(shift)),
      );
  }

  protected override compute(y: number, x: number, count: number): void {
    parallelFor(this.context.arena, 'f32_exp__simd', [y, x, this.#inner, this.#outer], count, { cost: 10 });
  }
}
