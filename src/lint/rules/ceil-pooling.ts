/** ceil-pooling: Caffe rounds a pooled size up, which breaks a sum or a join further on. */
import { PoolingParameter_RoundMode as Round, type LayerParameter } from '../../generated/messages.js';
import { NetspecError } from '../../errors.js';
import { derive } from '../../proto/derive.js';
import type { Problem } from '../finding.js';
import type { LintNet } from '../lint-net.js';
import type { Rule } from '../rule.js';

export const ceilPooling: Rule = {
  name: 'ceil-pooling',
  severity: 'error',
  doc: 'a pooled size that is rounded up and fits nothing further on',
  check: (net) => (net.problem ? brokenBuild(net) : brokenWeights(net)),
};

/** Poolings with Caffe's rounding that a layer depends on, the nearest first. */
function poolingsBefore({ layers, flow, problem }: LintNet, layer?: LayerParameter): LayerParameter[] {
  const at = layer ?? layers.find(({ name }) => name !== undefined && name === problem?.details.layer?.name);
  const upstream = at ? flow.upstreamOf(at) : new Set(layers);
  return layers.filter((each) => each.type === 'Pooling' && upstream.has(each) && roundsUp(each)).reverse();
}

function roundsUp({ pooling_param: param }: LayerParameter): boolean {
  return param?.global_pooling !== true && (param?.round_mode ?? Round.CEIL) === Round.CEIL;
}

const roundedDown = (layer: LayerParameter): LayerParameter =>
  derive(layer, { pooling_param: { ...layer.pooling_param, round_mode: Round.FLOOR } });

function brokenBuild(net: LintNet): Problem[] {
  const poolings = poolingsBefore(net);
  // One of them, then all: a net may be wrong in each.
  const trials = [...poolings.map((each) => [each]), poolings].filter(({ length }) => length > 0);
  const found = trials.find(
    (trial) => !(net.build(new Map(trial.map((each) => [each, roundedDown(each)]))) instanceof NetspecError),
  );
  return (found ?? []).map((layer) =>
    problemOf(layer, `the net cannot be built: ${net.problem!.reason.split('\n')[0]!}`),
  );
}

/** An inner product's weights are of another input size. */
function brokenWeights(net: LintNet): Problem[] {
  const { weights, shapes, layers } = net;
  if (!weights || !shapes) return [];
  return layers.flatMap((layer) => {
    if (layer.type !== 'InnerProduct' || layer.name === undefined) return [];
    const stored = weights.layers.find(({ name }) => name === layer.name)?.shapes[0];
    const wanted = shapes.params.get(layer.name)?.[0];
    if (!stored || !wanted || count(stored) === count(wanted)) return [];
    const poolings = poolingsBefore(net, layer);
    const trials = [...poolings.map((each) => [each]), poolings].filter(({ length }) => length > 0);
    const found = trials.find((trial) => {
      const built = net.build(new Map(trial.map((each) => [each, roundedDown(each)])));
      const shape = built instanceof NetspecError ? undefined : built.params.get(layer.name!)?.[0];
      return shape && count(shape) === count(stored);
    });
    return (found ?? []).map((pooling) =>
      problemOf(
        pooling,
        `the weights of '${layer.name!}' are ${stored.join('x')}, and the net has ${wanted.join('x')}`,
      ),
    );
  });
}

const count = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

function problemOf(layer: LayerParameter, consequence: string): Problem {
  return {
    layer,
    field: 'pooling_param',
    message: `Caffe rounds the pooled size up, PyTorch down. As it is, ${consequence}.`,
    hint: 'where round_mode is unknown (Caffe 1.0 and most compilers), pad and crop instead',
    edit: { title: 'round down', isExact: true, before: [layer], after: [roundedDown(layer)] },
  };
}
