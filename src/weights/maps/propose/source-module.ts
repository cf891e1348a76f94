/** A module of a model: tensors that belong together, and what each of them is. */
import type { TensorInfo } from '../../source.js';

/** What a tensor is to its module. */
export type Role = 'weight' | 'bias' | 'scale' | 'shift' | 'mean' | 'variance' | 'counter' | 'recurrent' | 'other';

/** Tensors that belong together. */
export interface SourceModule {
  /** Without the prefix that wrappers put before every name. */
  readonly name: string;
  /** Position among the modules, in the source's order; natural order where the source is sorted by name. */
  order: number;
  readonly tensors: readonly SourceTensor[];
  readonly isNorm: boolean;
  /** The module with the normalization's mean and variance, where it is another than the one with its scale and shift. */
  readonly statistics?: string;
  /** What the normalization adds to the variance, where the source says so. */
  readonly eps?: number;
}

export interface SourceTensor {
  readonly info: TensorInfo;
  readonly role: Role;
  /** The last part of its name: `weight`. */
  readonly word: string;
  /** The whole name without the wrappers' prefix. */
  readonly name: string;
}

/** A module's tensor of a role. */
export function tensorOf(module: SourceModule, role: Role): SourceTensor | undefined {
  return module.tensors.find((tensor) => tensor.role === role);
}
