/** What frameworks call the tensors of a module, and what they add to a variance unless told otherwise. */
import type { TensorInfo } from '../source.js';

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

/** A framework's conventions. */
export interface Framework {
  readonly name: string;
  readonly names: TensorNames;
  /** What its normalization adds to the variance by default. */
  readonly batchNormEps: number;
  /** Last parts of tensors' names that no other framework has. */
  readonly telling: RegExp;
}

export const PYTORCH: Framework = {
  name: 'PyTorch',
  names: PYTORCH_NAMES,
  batchNormEps: 1e-5,
  telling: /^running_var$/,
};

const GAMMA_BETA = { scale: 'gamma', shift: 'beta', mean: 'moving_mean' } as const;

const OTHERS: readonly Framework[] = [
  {
    name: 'Keras',
    names: { weight: 'kernel', bias: 'bias', ...GAMMA_BETA, variance: 'moving_variance' },
    batchNormEps: 1e-3,
    telling: /^(kernel|(depthwise|pointwise|recurrent)_kernel|moving_variance|embeddings)$/,
  },
  {
    name: 'MXNet',
    names: { weight: 'weight', bias: 'bias', ...GAMMA_BETA, variance: 'moving_var' },
    batchNormEps: 1e-3,
    telling: /^moving_var$/,
  },
];

/** The framework whose names a source's tensors have: PyTorch where nothing tells. */
export function frameworkOf(tensors: readonly TensorInfo[]): Framework {
  const ends = ({ name }: TensorInfo, { telling }: Framework) => {
    const words = name.replace(/:0$/, '').split(/[./\\_]/);
    return [1, 2].some((count) => telling.test(words.slice(-count).join('_')));
  };
  return OTHERS.find((framework) => tensors.some((tensor) => ends(tensor, framework))) ?? PYTORCH;
}
