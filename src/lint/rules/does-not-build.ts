/** does-not-build: Caffe refuses the net. */
import { Phase, type LayerParameter } from '../../generated/messages.js';
import { isMisspelt } from '../../layers/registry.js';
import { isNotRun } from '../../runtime/step-over.js';
import type { Problem } from '../finding.js';
import type { LintNet } from '../lint-net.js';
import type { Rule } from '../rule.js';

const WITHOUT_SHAPES = 'Rules that need shapes are left out';

export const doesNotBuild: Rule = {
  name: 'does-not-build',
  severity: 'error',
  doc: 'Caffe refuses the net',
  check: (net) => {
    const { problem, layers } = net;
    if (!problem) return shapesNotKnown(net);
    const { layer, field, hint, line, column } = problem.details;
    const found = layer && layers.find(({ name, type }) => name === layer.name && type === layer.type);
    const place = { layer: found, field, hint, ...(line !== undefined && { address: { line, column } }) };
    if (isOfOtherState(net)) return [{ ...place, severity: 'note', message: otherState(net, problem.reason) }];
    const message = messageOf(net, problem.reason);
    // Another fork's layer may take it: only the vendor's own Caffe knows.
    const origin = found && originOf(net, found);
    if (origin !== undefined)
      return [{ ...place, severity: 'warning', message: `${message} (by the rules of ${origin})` }];
    return [{ ...place, message }];
  },
};

/** Layers that Caffe or a fork has, and netspec does not run: the first behind which shapes are not known. */
function shapesNotKnown(net: LintNet): Problem[] {
  const layer = net.layers.find(
    (each) => isNotRun(each) && (each.top ?? []).some((top) => !net.shapes!.blobs.has(top)),
  );
  if (!layer) return [];
  const { type = '', top = [] } = layer;
  const purpose = net.factsOf(layer)?.unsupported?.purpose;
  const why = purpose === undefined ? `netspec does not know the layer type ${type}` : `${type} layers ${purpose}`;
  return [
    {
      layer,
      severity: 'note',
      message: `${why[0]!.toUpperCase()}${why.slice(1)}: the shapes behind it are not known. ${WITHOUT_SHAPES} there.`,
      hint: `options.blobShapes ${top[0]!}=1x3x224x224 gives a shape, with the sizes of your net`,
    },
  ];
}

/**
 * Whether a net is for another state than the one in which it was built: for training alone, without any input in the phase TEST,
 * or for stages that were not given.
 */
function isOfOtherState({ net, phase, layers, problem }: LintNet): boolean {
  if (phase !== 'TEST' || !problem!.reason.startsWith('Unknown bottom blob')) return false;
  const rules = net.layer?.flatMap(({ include = [], exclude = [] }) => [...include, ...exclude]) ?? [];
  const hasInput = layers.some(({ bottom = [], top = [] }) => bottom.length === 0 && top.length > 0);
  return (
    rules.some(({ stage, not_stage }) => (stage ?? not_stage) !== undefined) ||
    (!hasInput && rules.some((rule) => rule.phase === Phase.TRAIN))
  );
}

function otherState({ layers }: LintNet, reason: string): string {
  const hasInput = layers.some(({ bottom = [] }) => bottom.length === 0);
  const what = hasInput ? 'The net is for stages that were not given' : 'In the phase TEST the net has no input';
  return `${what}: ${reason}. ${WITHOUT_SHAPES}.`;
}

/** The fork whose layer refuses, or gives BVLC's layer what it refuses. */
function originOf(net: LintNet, layer: LayerParameter): string | undefined {
  // Caffe refuses what it takes for a slip.
  if (isMisspelt(layer)) return undefined;
  const before = net.flow.readsOf(layer).flatMap((version) => (version ? [version.writer] : []));
  return [layer, ...before]
    .map((each) => net.factsOf(each)?.origin)
    .find((each) => each !== undefined && each !== 'BVLC');
}

/** With the phase, where layers of the other one were left out: a net for training alone has no data in phase TEST. */
function messageOf({ net, phase }: LintNet, reason: string): string {
  const other = phase === 'TEST' ? Phase.TRAIN : Phase.TEST;
  const isPart = net.layer?.some(({ include = [] }) => include.some((rule) => rule.phase === other));
  return isPart ? `Built for the phase ${phase}: ${reason}` : reason;
}
