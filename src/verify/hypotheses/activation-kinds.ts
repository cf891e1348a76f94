/** activation-kinds: the usual activations: what each computes, and the layers of Caffe that compute it. */
import type { LayerParameter } from '../../generated/messages.js';
import { EltwiseParameter_EltwiseOp as Op } from '../../generated/messages.js';
import { erfOf } from '../../onnx/operators/shared/erf.js';
import { retyped } from './edits.js';

/** An activation. */
export interface ActivationKind {
  readonly name: string;
  readonly f: (v: number) => number;
  /** The one layer that computes it: its type and settings. */
  readonly layer?: { readonly type: string; readonly settings?: Partial<LayerParameter> };
  /** Layers of the tag 1.0 that compute it, where that takes several or the one layer is newer. */
  readonly chain?: (chain: Chain) => void;
  /** What the chain is, in words. */
  readonly words?: string;
}

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
const softplus = (v: number): number => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
const clip = (v: number, low: number, high: number): number => Math.min(Math.max(v, low), high);
const leaky = (slope: number): ActivationKind => ({
  name: `LeakyReLU(${slope})`,
  f: (v) => (v > 0 ? v : v * slope),
  layer: { type: 'ReLU', settings: { relu_param: { negative_slope: slope } } },
});

export const IDENTITY = 'none';

/** A line that rises from 0 to `top` at slope `scale`, as the difference of two rectifiers. */
function ramp(c: Chain, scale: number, shift: number, top: number): string {
  const low = c.add('low_relu', 'ReLU', [c.power('low', 'x', scale, shift)]);
  const high = c.add('high_relu', 'ReLU', [c.power('high', 'x', scale, shift - top)]);
  return c.add('ramp', 'Eltwise', [low, high], { eltwise_param: { coeff: [1, -1] } });
}

/** The usual activations, the likeliest first. */
export const ACTIVATIONS: readonly ActivationKind[] = [
  { name: 'ReLU', f: (v) => Math.max(v, 0), layer: { type: 'ReLU' } },
  {
    name: 'ReLU6',
    f: (v) => clip(v, 0, 6),
    layer: { type: 'Clip', settings: { clip_param: { min: 0, max: 6 } } },
    chain: (c) => ramp(c, 1, 0, 6),
    words: 'relu(x) - relu(x - 6) by ReLU, Power and Eltwise',
  },
  leaky(0.01),
  leaky(0.1),
  leaky(0.2),
  {
    name: 'SiLU (Swish)',
    f: (v) => v * sigmoid(v),
    layer: { type: 'Swish' },
    chain: (c) => c.times('x', c.add('gate', 'Sigmoid', ['x'])),
    words: 'x times its Sigmoid by Eltwise',
  },
  {
    name: 'Hardswish, x * relu6(x + 3) / 6',
    f: (v) => (v * clip(v + 3, 0, 6)) / 6,
    chain: (c) => c.times('x', ramp(c, 1 / 6, 0.5, 1)),
    words: 'x times (relu(x / 6 + 1/2) - relu(x / 6 - 1/2)) by Power, ReLU and Eltwise',
  },
  {
    name: 'Hardsigmoid, relu6(x + 3) / 6',
    f: (v) => clip(v + 3, 0, 6) / 6,
    chain: (c) => ramp(c, 1 / 6, 0.5, 1),
    words: 'relu(x / 6 + 1/2) - relu(x / 6 - 1/2) by Power, ReLU and Eltwise',
  },
  {
    name: 'hard sigmoid of Keras, 0.2 x + 0.5 within 0 to 1',
    f: (v) => clip(0.2 * v + 0.5, 0, 1),
    chain: (c) => ramp(c, 0.2, 0.5, 1),
    words: 'relu(0.2 x + 0.5) - relu(0.2 x - 0.5) by Power, ReLU and Eltwise',
  },
  { name: 'Sigmoid', f: sigmoid, layer: { type: 'Sigmoid' } },
  { name: 'Tanh', f: Math.tanh, layer: { type: 'TanH' } },
  { name: 'ELU', f: (v) => (v > 0 ? v : Math.expm1(v)), layer: { type: 'ELU' } },
  {
    name: 'Mish',
    f: (v) => v * Math.tanh(softplus(v)),
    chain: (c) => c.times('x', c.add('gate', 'TanH', [c.add('softplus', 'BNLL', ['x'])])),
    words: 'x times TanH of BNLL',
  },
  {
    name: 'GELU',
    f: (v) => 0.5 * v * (1 + erfOf(v / Math.SQRT2)),
    chain: gelu,
    words: 'the error function by formula 7.1.26 of Abramowitz and Stegun (AbsVal, Power, Exp, Eltwise)',
  },
  {
    name: "GELU(approximate='tanh')",
    f: (v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))),
    chain: (c) => {
      const cube = c.add('cube', 'Power', ['x'], { power_param: { power: 3 } });
      const slope = Math.sqrt(2 / Math.PI);
      const inner = c.add('inner', 'Eltwise', ['x', cube], { eltwise_param: { coeff: [slope, slope * 0.044715] } });
      c.times('x', c.power('gate', c.add('tanh', 'TanH', [inner]), 0.5, 0.5));
    },
    words: 'Power, Eltwise and TanH',
  },
  { name: 'Softplus', f: softplus, layer: { type: 'BNLL' } },
  {
    name: 'SELU',
    f: (v) => 1.0507009873554805 * (v > 0 ? v : 1.6732632423543772 * Math.expm1(v)),
    chain: (c) => {
      c.power('scaled', c.add('elu', 'ELU', ['x'], { elu_param: { alpha: 1.6732632 } }), 1.050701, 0);
    },
    words: 'ELU with alpha 1.6732632, times 1.050701 by Power',
  },
  { name: 'Exp', f: Math.exp, layer: { type: 'Exp' } },
  { name: 'the absolute value', f: Math.abs, layer: { type: 'AbsVal' } },
  { name: IDENTITY, f: (v) => v },
];

/** x/2 + |x|/2 · erf(|x|/√2), whose second part is even, so that no sign is needed. */
function gelu(c: Chain): void {
  const size = c.add('size', 'AbsVal', ['x']);
  const t = c.add('t', 'Power', [size], { power_param: { power: -1, scale: 0.3275911 * Math.SQRT1_2, shift: 1 } });
  const factors = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  let sum = c.power('sum_4', t, factors[0]!, factors[1]!);
  for (const [i, value] of factors.slice(2).entries())
    sum = c.power(`sum_${3 - i}`, c.times(t, sum, `product_${3 - i}`), 1, value);
  const square = c.add('square', 'Power', ['x'], { power_param: { power: 2 } });
  const bell = c.add('bell', 'Exp', [square], { exp_param: { scale: -0.5 } });
  const tail = c.times(c.times(t, sum, 'product_0'), bell, 'tail');
  const part = c.times(size, c.power('erf', tail, -0.5, 0.5), 'part');
  c.add('sum', 'Eltwise', ['x', part], { eltwise_param: { coeff: [0.5, 1] } });
}

/** Layers one after the other that make something of the blob `x`. */
export class Chain {
  readonly layers: LayerParameter[] = [];

  /** @param name that the layers' names begin with; `blob` is what stands for `x` */
  constructor(
    readonly name: string,
    readonly blob: string,
  ) {}

  /** Adds a layer, and gives the name of its top. */
  add(suffix: string, type: string, bottoms: readonly string[], settings: Partial<LayerParameter> = {}): string {
    const top = `${this.name}_${suffix}`;
    const bottom = bottoms.map((each) => (each === 'x' ? this.blob : each));
    this.layers.push({ name: top, type, bottom, top: [top], ...settings });
    return top;
  }

  power(suffix: string, bottom: string, scale: number, shift: number): string {
    return this.add(suffix, 'Power', [bottom], {
      power_param: { ...(scale !== 1 && { scale }), ...(shift !== 0 && { shift }) },
    });
  }

  times(a: string, b: string, suffix = 'product'): string {
    return this.add(suffix, 'Eltwise', [a, b], { eltwise_param: { operation: Op.PROD } });
  }
}

/**
 * The layers that compute an activation of `bottom` into `top`, the last of them under the name, bottoms and tops of `at`.
 */
export function chainLayers(kind: ActivationKind, at: LayerParameter, bottom: string, top: string): LayerParameter[] {
  const chain = new Chain(at.name ?? '', bottom);
  kind.chain!(chain);
  const last = chain.layers.at(-1)!;
  const settings = Object.fromEntries(Object.entries(last).filter(([key]) => key.endsWith('_param')));
  return [...chain.layers.slice(0, -1), { ...retyped(at, last.type ?? '', settings), bottom: last.bottom, top: [top] }];
}
