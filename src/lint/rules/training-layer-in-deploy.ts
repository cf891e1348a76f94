/** training-layer-in-deploy: losses, accuracies, data and labels in a net that is deployed. */
import type { LayerParameter } from '../../generated/messages.js';
import { likeRead } from '../../proto/derive.js';
import type { LintEdit } from '../finding.js';
import type { LintNet } from '../lint-net.js';
import type { Rule } from '../rule.js';

export const trainingLayerInDeploy: Rule = {
  name: 'training-layer-in-deploy',
  severity: 'warning',
  doc: 'losses, Accuracy, data layers and labels in a net that is deployed',
  check: (net) => {
    if (!net.isDeploy || net.phase === 'TRAIN') return [];
    return net.layers.flatMap((layer) => {
      const what = kindOf(layer);
      if (what === undefined) return [];
      return [
        { layer, message: `${what} is part of training, not of a net that is deployed.`, edit: editOf(net, layer) },
      ];
    });
  },
};

const DATA_LAYERS = new Set(['Data', 'ImageData', 'HDF5Data', 'WindowData', 'MemoryData', 'AnnotatedData']);

function kindOf({ type = '', name = '', top = [] }: LayerParameter): string | undefined {
  if (/Loss$/.test(type)) return 'A loss';
  if (type === 'Accuracy') return 'Accuracy';
  if (DATA_LAYERS.has(type)) return 'A layer that reads data from files';
  if (type === 'Input' && top.every((blob) => /^labels?$/i.test(blob)))
    return `The input '${name === '' ? top[0]! : name}'`;
  return undefined;
}

/** Fields that the layer has as a loss alone. */
const OF_TRAINING = new Set(['loss_weight', 'loss_param', 'include', 'exclude', 'propagate_down']);

/** Softmax computes what SoftmaxWithLoss does before the loss, and Sigmoid likewise. Accuracy may go where nothing reads it. */
function editOf({ flow }: LintNet, layer: LayerParameter): LintEdit | undefined {
  if (layer.type === 'Accuracy' && flow.readersOf(layer).length === 0)
    return { title: 'take it out', isExact: true, before: [layer], after: [] };
  const type =
    layer.type === 'SoftmaxWithLoss' ? 'Softmax' : layer.type === 'SigmoidCrossEntropyLoss' ? 'Sigmoid' : undefined;
  if (type === undefined || !layer.bottom || !layer.top) return undefined;
  const kept = Object.fromEntries(Object.entries(layer).filter(([field]) => !OF_TRAINING.has(field)));
  const after = likeRead({ ...kept, type, bottom: [layer.bottom[0]!], top: [layer.top[0]!] }, layer);
  return { title: `make it ${type}`, isExact: false, before: [layer], after: [after] };
}
