/**
 * Layers under the names of PyTorch's modules, so that a state_dict fills the net without a map: a convolution `features.0`, a batch
 * norm `bn1` as BatchNorm `bn1` and Scale `bn1_scale`. Sizes are rounded as PyTorch rounds them.
 */
import { L, NetSpec, type Bottom, type Top } from '../netspec/index.js';

export interface ModuleConvOptions {
  /** Output channels. */
  out: number;
  /** @default 1 */
  kernel?: number | readonly [height: number, width: number];
  /** @default 1 */
  stride?: number | readonly [height: number, width: number];
  /** @default half of the kernel, which keeps the size */
  pad?: number | readonly [height: number, width: number];
  /** @default 1 */
  groups?: number;
  /** @default 1 */
  dilation?: number;
  /** @default false */
  bias?: boolean;
}

export interface ModulePoolOptions {
  kernel: number;
  /** @default the kernel */
  stride?: number;
  /** @default 0 */
  pad?: number;
  /** Round sizes up. @default false */
  ceil?: boolean;
}

/** What an activation does with a blob. */
export type Activation = 'none' | 'relu' | 'relu6' | 'swish' | 'hardswish';

const half = (size: number): number => (size - 1) / 2;
const pair = (size: number | readonly [number, number]): readonly number[] =>
  typeof size === 'number' ? [size] : size;

/** Adds layers to a NetSpec of its own. */
export class ModuleLayers {
  readonly n = new NetSpec();

  /** @param eps of the batch norms */
  constructor(readonly eps = 1e-5) {}

  /** The input, one image. */
  input(name: string, channels: number, [height, width]: readonly [number, number]): Top {
    return (this.n[name] = L.Input({ shape: { dim: [1, channels, height, width] } }));
  }

  /** nn.Conv2d */
  conv(name: string, x: Bottom, options: ModuleConvOptions): Top {
    const { out, kernel = 1, stride = 1, groups = 1, dilation = 1, bias = false } = options;
    const pad =
      options.pad ?? (typeof kernel === 'number' ? half(kernel) * dilation : [half(kernel[0]), half(kernel[1])]);
    return (this.n[name] = L.Convolution(x, {
      num_output: out,
      kernel_size: pair(kernel),
      stride: pair(stride),
      pad: pair(pad as number),
      ...(dilation === 1 ? {} : { dilation }),
      ...(groups === 1 ? {} : { group: groups }),
      bias_term: bias,
    }));
  }

  /** nn.BatchNorm2d */
  bn(name: string, x: Bottom): Top {
    const eps = this.eps === 1e-5 ? {} : { eps: this.eps };
    const norm = (this.n[name] = L.BatchNorm(x, { ...eps, in_place: true }));
    return (this.n[`${name}_scale`] = L.Scale(norm, { bias_term: true, in_place: true }));
  }

  /** A convolution, its batch norm and an activation, which has no weights and is named after the batch norm. */
  convBn(conv: string, bn: string, x: Bottom, options: ModuleConvOptions, activation: Activation = 'relu'): Top {
    return this.activate(bn, this.bn(bn, this.conv(conv, x, options)), activation);
  }

  /** An activation with the name `NAME_relu`, `NAME_swish` … */
  activate(name: string, x: Bottom, activation: Activation): Top {
    switch (activation) {
      case 'none':
        return x as Top;
      case 'relu':
        return (this.n[`${name}_relu`] = L.ReLU(x, { in_place: true }));
      case 'relu6':
        return (this.n[`${name}_relu6`] = L.Clip(x, { min: 0, max: 6, in_place: true }));
      case 'swish':
        return (this.n[`${name}_swish`] = L.Swish(x));
      case 'hardswish':
        return (this.n[`${name}_hardswish`] = L.Eltwise(x, this.hardSigmoid(name, x), { operation: 'PROD' }));
    }
  }

  /** clip(x + 3, 0, 6) / 6 */
  hardSigmoid(name: string, x: Bottom): Top {
    const shifted = (this.n[`${name}_shift`] = L.Power(x, { shift: 3 }));
    const clipped = (this.n[`${name}_clip`] = L.Clip(shifted, { min: 0, max: 6, in_place: true }));
    return (this.n[`${name}_hardsigmoid`] = L.Power(clipped, { scale: 1 / 6, in_place: true }));
  }

  /** nn.MaxPool2d */
  maxPool(name: string, x: Bottom, { kernel, stride = kernel, pad = 0, ceil = false }: ModulePoolOptions): Top {
    const rounding = ceil ? {} : ({ round_mode: 'FLOOR' } as const);
    return (this.n[name] = L.Pooling(x, {
      pool: 'MAX',
      kernel_size: kernel,
      stride,
      ...(pad ? { pad } : {}),
      ...rounding,
    }));
  }

  /** nn.AvgPool2d, which counts the padding too */
  avgPool(name: string, x: Bottom, { kernel, stride = kernel, pad = 0 }: ModulePoolOptions): Top {
    const padding = pad ? { pad } : {};
    return (this.n[name] = L.Pooling(x, { pool: 'AVE', kernel_size: kernel, stride, ...padding, round_mode: 'FLOOR' }));
  }

  /** nn.AdaptiveAvgPool2d(1) */
  globalPool(name: string, x: Bottom): Top {
    return (this.n[name] = L.Pooling(x, { pool: 'AVE', global_pooling: true }));
  }

  /** nn.Linear */
  linear(name: string, x: Bottom, out: number): Top {
    return (this.n[name] = L.InnerProduct(x, { num_output: out }));
  }

  /** The sum of two blobs. */
  add(name: string, a: Bottom, b: Bottom): Top {
    return (this.n[name] = L.Eltwise(a, b));
  }

  /** The channels of several blobs. */
  cat(name: string, ...blobs: Bottom[]): Top {
    return (this.n[name] = L.Concat(...blobs));
  }

  /** Each channel times a number: `gate` is N x C x 1 x 1. */
  scaleChannels(name: string, x: Bottom, gate: Bottom): Top {
    const flat = (this.n[`${name}_flatten`] = L.Flatten(gate));
    return (this.n[name] = L.Scale(x, flat, { axis: 0 }));
  }
}
