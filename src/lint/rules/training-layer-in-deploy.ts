/** training-layer-in-deploy: losses, accuracies, data and labels in a net that is deployed. */
import type { LayerParameter } from '../../generated/messages.js';
import { factsOf } from '../../layers/registry.js';
import { likeRead } from '../../proto/derive.js';
import { trainingOf } from '../../runtime/deploy/training.js';
import type { LintEdit } from '../finding.js';
import type { LintNet } from '../lint-net.js';
import type { Rule } from '../rule.js';

export const trainingLayerInDeploy: Rule = {
  name: 'training-layer-in-deploy',
  severity: 'warning',
  doc: 'losses, Accuracy, data layers and labels in a net that is deployed',
  check: (net) => {
    if (!net.isDeploy || net.phase === 'TRAIN') return [];
    const loss = onlyLosses(net);
    if (loss)
      return [
        {
          layer: loss,
          severity: 'note',
          message: 'The net gives losses and nothing else, as one does that is trained with labels from a program.',
          hint: "where it is to be deployed, 'netspec convert --deploy' takes training out of it",
        },
      ];
    return net.layers.flatMap((layer) => {
      const what = kindOf(layer);
      if (what === undefined) return [];
      return [
        { layer, message: `${what} is part of training, not of a net that is deployed.`, edit: editOf(net, layer) },
      ];
    });
  },
};

/** The first loss, where the net has no results but losses and measures. */
function onlyLosses({ layers, flow }: LintNet): LayerParameter | undefined {
  const ends = layers.filter((layer) => flow.writesOf(layer).some(({ readers }) => readers.length === 0));
  const others = ends.filter((layer) => layer.type !== 'Input' && !trainingOf(layer));
  if (others.length > 0) return undefined;
  return ends.find((layer) => layer.type !== 'Input' && !trainingOf(layer)?.measures);
}

function kindOf(layer: LayerParameter): string | undefined {
  const training = trainingOf(layer);
  if (training) return training.measures ? layer.type : 'A loss';
  const facts = factsOf(layer);
  // Of those that the caller feeds, MemoryData has labels.
  if (facts?.family === 'input' && (facts.unsupported || facts.tops.includes('label')))
    return 'A layer that reads data from files';
  const { type, name = '', top = [] } = layer;
  if (type === 'Input' && top.every((blob) => /^labels?$/i.test(blob)))
    return `The input '${name === '' ? top[0]! : name}'`;
  return undefined;
}

/** Fields that the layer has as a loss alone. */
const OF_TRAINING = new Set(['loss_weight', 'loss_param', 'include', 'exclude', 'propagate_down']);

/** Softmax computes what SoftmaxWithLoss does before the loss, and Sigmoid likewise. What measures may go where nothing reads it. */
function editOf({ flow }: LintNet, layer: LayerParameter): LintEdit | undefined {
  const training = trainingOf(layer);
  if (training?.measures && flow.readersOf(layer).length === 0)
    return { title: 'take it out', isExact: true, before: [layer], after: [] };
  const type = training?.becomes;
  if (type === undefined || !layer.bottom || !layer.top) return undefined;
  const kept = Object.fromEntries(Object.entries(layer).filter(([field]) => !OF_TRAINING.has(field)));
  const after = likeRead({ ...kept, type, bottom: [layer.bottom[0]!], top: [layer.top[0]!] }, layer);
  return { title: `make it ${type}`, isExact: false, before: [layer], after: [after] };
}
