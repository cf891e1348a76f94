/** A layer without what only training reads: rules, fillers, multipliers of learning rates, loss weights. */
import type { LayerParameter } from '../../generated/messages.js';
import { derive } from '../../proto/derive.js';

/** Fields of LayerParameter that only training reads, or that say which phase has the layer. */
const OF_TRAINING = ['include', 'exclude', 'loss_weight', 'propagate_down', 'phase'] as const;
const FILLER = /filler$/;

export function withoutTraining(layer: LayerParameter): LayerParameter {
  const changes: Record<string, unknown> = Object.fromEntries(OF_TRAINING.map((field) => [field, undefined]));
  // What shares its parameters by name goes on sharing them.
  const names = layer.param?.map(({ name, share_mode }) => ({ name, share_mode })) ?? [];
  changes['param'] = names.some(({ name }) => name !== undefined) ? names.map(present) : undefined;
  for (const [field, value] of Object.entries(layer)) {
    if (!field.endsWith('_param') || !isRecord(value) || !Object.keys(value).some((name) => FILLER.test(name)))
      continue;
    if (keepsFillers(layer)) continue;
    const fillers = Object.keys(value).filter((name) => FILLER.test(name));
    changes[field] = present(derive(value, Object.fromEntries(fillers.map((name) => [name, undefined]))));
  }
  return present(derive(layer, changes));
}

/** DummyData makes its values by fillers; an interpolation kernel that nobody trained may be nowhere else. */
function keepsFillers({ type, convolution_param: param }: LayerParameter): boolean {
  return type === 'DummyData' || (type === 'Deconvolution' && param?.weight_filler?.type === 'bilinear');
}

/** The message itself, without the fields that are absent. */
function present<T extends object>(message: T): T {
  for (const [name, value] of Object.entries(message)) if (value === undefined) Reflect.deleteProperty(message, name);
  return message;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
