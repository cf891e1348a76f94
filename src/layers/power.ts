/** Power: a power of a linear function. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { parallelFor } from '../engine/parallel-for.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

/**
 * Raises a linear function of each element to a fixed power.
 *
 * @formula `y = (shift + scale · x)^power`; with power or scale 0 the input is not looked at
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's power_layer.cpp
 */
export class PowerLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'Power',
    origin: 'BVLC',
    family: 'activation',
    doc: '(shift + scale x) ^ power.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['power_param'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(y: number, x: number, count: number, top: Blob): void {
    const param = resolve('PowerParameter', this.param.power_param);
    const [power, scale, shift] = [Math.fround(param.power), Math.fround(param.scale), Math.fround(param.shift)];
    const { arena } = this.context;
    const { kernels } = arena;
    if (Math.fround(power * scale) === 0) {
      kernels.f32_fill__simd(y, power === 0 ? 1 : powLikeC(shift, power), count);
      return;
    }
    parallelFor(arena, 'f32_affine__simd', [y, x, scale, shift], count);
    if (power === 1) return;
    if (power === 2) {
      parallelFor(arena, 'f32_mul__simd', [y, y, y], count);
      return;
    }
    const [values] = valuesOf(top);
    for (let i = 0; i < count; i++) values[i] = powLikeC(values[i]!, power);
  }
}

/** pow() of C: 1 to the power of NaN or infinity is 1, and so is -1 to an infinite power. JavaScript gives NaN. */
function powLikeC(base: number, power: number): number {
  if (base === 1 || (base === -1 && !Number.isFinite(power) && !Number.isNaN(power))) return 1;
  return Math.pow(base, power);
}
