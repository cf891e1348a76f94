/** What it may be that a source holds when nothing of it fits. */
import type { TensorInfo } from '../source.js';

/** What optimizers of PyTorch keep for each parameter. */
const OPTIMIZER_STATE =
  /(^|\.)state\.\d+\.(exp_avg|exp_avg_sq|max_exp_avg_sq|momentum_buffer|square_avg|grad_avg|acc_delta|sum|step|exp_inf|ax|mu|eta|prev|step_size)$/;

/** What to save instead; undefined where the tensors may well be a model's. */
export function sourceAdvice(tensors: readonly TensorInfo[]): string | undefined {
  if (tensors.length === 0) return undefined;
  if (tensors.every(({ name }) => OPTIMIZER_STATE.test(name)))
    return "the source holds an optimizer's state and no weights: save model.state_dict()";
  if (tensors.every(({ name }) => /^\d*$/.test(name)))
    return "the source's tensors have no names: save model.state_dict(), and not a tensor or list(model.parameters())";
  return undefined;
}
