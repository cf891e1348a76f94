/** What frameworks call the tensors of a module. */

/** How a framework calls a module's tensors. */
export interface TensorNames {
  /** Of convolutions and inner products. */
  readonly weight: string;
  readonly bias: string;
  /** Of normalizations: what PyTorch calls weight and bias, and others gamma and beta. */
  readonly scale: string;
  readonly shift: string;
  readonly mean: string;
  readonly variance: string;
}

/** PyTorch's names. */
export const PYTORCH_NAMES: TensorNames = {
  weight: 'weight',
  bias: 'bias',
  scale: 'weight',
  shift: 'bias',
  mean: 'running_mean',
  variance: 'running_var',
};
