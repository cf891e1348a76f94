/** ceil-pooling: Caffe rounds a pooled size up, which breaks a sum or a join further on. */
import type { LayerParameter } from '../../generated/messages.js';
import { NetspecError } from '../../errors.js';
import { product } from '../../shapes.js';
import type { NetShapes } from '../../runtime/net-shapes.js';
import { roundedDown, roundsUp } from '../../runtime/pooling-rounding.js';
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
  return layers.filter((each) => upstream.has(each) && roundsUp(each)).reverse();
}

/** The poolings before a layer that, rounded down, make the net as it should be: one of them, or all where each is wrong. */
function toRoundDown(net: LintNet, isRight: (shapes: NetShapes) => boolean, layer?: LayerParameter): LayerParameter[] {
  const poolings = poolingsBefore(net, layer);
  const trials = [...poolings.map((each) => [each]), poolings];
  const found = trials.find((trial) => {
    const built = net.build(new Map(trial.map((each) => [each, roundedDown(each)])));
    return !(built instanceof NetspecError) && isRight(built);
  });
  return found ?? [];
}

function brokenBuild(net: LintNet): Problem[] {
  return toRoundDown(net, () => true).map((layer) =>
    problemOf(layer, `the net cannot be built: ${net.problem!.reason.split('\n')[0]!}`),
  );
}

/** An inner product's weights are of another input size. */
function brokenWeights(net: LintNet): Problem[] {
  const { weights, shapes, layers } = net;
  if (!weights || !shapes) return [];
  return layers.flatMap((layer) => {
    const { type, name } = layer;
    if (type !== 'InnerProduct' || name === undefined) return [];
    const stored = weights.layers.find((each) => each.name === name)?.shapes[0];
    const wanted = shapes.params.get(name)?.[0];
    if (!stored || !wanted || product(stored) === product(wanted)) return [];
    const fits = ({ params }: NetShapes): boolean => {
      const shape = params.get(name)?.[0];
      return shape !== undefined && product(shape) === product(stored);
    };
    const consequence = `the weights of '${name}' are ${stored.join('x')}, and the net has ${wanted.join('x')}`;
    return toRoundDown(net, fits, layer).map((pooling) => problemOf(pooling, consequence));
  });
}

function problemOf(layer: LayerParameter, consequence: string): Problem {
  return {
    layer,
    field: 'pooling_param',
    message: `Caffe rounds the pooled size up, PyTorch down. As it is, ${consequence}.`,
    hint: 'where round_mode is unknown (Caffe 1.0 and most compilers), pad and crop instead',
    edit: { title: 'round down', isExact: true, before: [layer], after: [roundedDown(layer)] },
  };
}
