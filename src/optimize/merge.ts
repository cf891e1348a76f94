/**
 * Merge: BatchNorm, Scale and Bias go into the weights and bias of the convolution, deconvolution or inner product before
 * them (the weights times the factor, the bias times the factor plus the offset).
 */
import { compose, equalAffine, identityAffine, type Affine } from '../layers/shared/affine.js';
import { affineOf } from './affine.js';
import { mergeTargetOf, movedBias, scaledWeights, type MergeTarget } from './merge-target.js';
import type { Change } from './report.js';
import type { Storage } from './storage.js';
import { hasLoss, isIn, readersOf, takeOver, type Step, type WorkingNet } from './work.js';

/** A layer that takes others in, and what of the layers after it was merged so far. */
interface Merging {
  step: Step;
  target: MergeTarget;
  affine: Affine;
}

/**
 * Merges as many layers as follow one another. Not where the blob between is read by others too, is an output or counts
 * in the loss; and layers that share weights only when the same can be merged into every one of them.
 */
export async function mergeAffine(net: WorkingNet): Promise<Change[]> {
  const changes: Change[] = [];
  const done = new Set<Step>();
  const users = usersOf(net);
  for (const first of [...net.steps]) {
    if (done.has(first) || !mergeTargetOf(first)) continue;
    const steps = sharersOf(net, users, first);
    for (const step of steps) done.add(step);
    const group = alike(steps);
    if (!group) continue;
    const merged = await mergeFollowers(net, group);
    if (merged.length === 0) continue;
    changes.push(...merged);
    replaceParameters(net, group);
  }
  return changes;
}

/** The layers that use a parameter of `first`, those that use one of theirs, and so on, in the net's order. */
function sharersOf(net: WorkingNet, users: ReadonlyMap<Storage, readonly Step[]>, first: Step): Step[] {
  const steps = new Set([first]);
  // What is added while the loop runs is visited too.
  for (const { params } of steps)
    for (const param of params)
      for (const step of users.get(param) ?? []) if (step.params.includes(param) && isIn(net, step)) steps.add(step);
  return steps.size === 1 ? [first] : net.steps.filter((step) => steps.has(step));
}

/** By parameter, the layers that use it. */
function usersOf({ steps }: WorkingNet): Map<Storage, Step[]> {
  const users = new Map<Storage, Step[]>();
  for (const step of steps)
    for (const param of step.params) {
      const all = users.get(param);
      if (all) all.push(step);
      else users.set(param, [step]);
    }
  return users;
}

/** The layers as targets; undefined unless they use the same parameters in the same way. */
function alike(steps: readonly Step[]): Merging[] | undefined {
  const group = steps.flatMap((step): Merging[] => {
    const target = mergeTargetOf(step);
    return target ? [{ step, target, affine: identityAffine(target.channels) }] : [];
  });
  const [{ step: first, target } = { step: undefined, target: undefined }] = group;
  if (!first || group.length < steps.length) return undefined;
  const same = group.every(
    ({ step, target: { channels, channelOf } }) =>
      step.layer.type === first.layer.type &&
      step.params.length === first.params.length &&
      step.params.every((param, i) => param === first.params[i]) &&
      channels === target.channels &&
      // Transposed weights, or another number of groups, would be other channels of the same values.
      sameChannels(first.params[0]!, channelOf, target.channelOf),
  );
  return same ? group : undefined;
}

function sameChannels(weights: Storage, a: (index: number) => number, b: (index: number) => number): boolean {
  const count = weights.shape.reduce((product, dim) => product * dim, 1);
  if (a === b) return true;
  for (let i = 0; i < count; i++) if (a(i) !== b(i)) return false;
  return true;
}

/** Takes out what follows the targets, for as long as the same follows all of them. */
async function mergeFollowers(net: WorkingNet, group: Merging[]): Promise<Change[]> {
  const changes: Change[] = [];
  for (;;) {
    const followers: { step: Step; affine: Affine }[] = [];
    for (const { step, target } of group) {
      const next = followerOf(net, step);
      const affine = next && (await affineOf(net, next, target.axis));
      if (!affine || followers.some((other) => !equalAffine(other.affine, affine))) return changes;
      followers.push({ step: next, affine });
    }
    for (const [i, merging] of group.entries()) {
      const { step, affine } = followers[i]!;
      merging.affine = compose(merging.affine, affine);
      takeOver(net, merging.step, step);
      changes.push({
        layer: step.layer.name ?? '',
        type: step.layer.type ?? '',
        into: merging.step.layer.name ?? '',
      });
    }
  }
}

/** The layer that alone reads what this one makes. */
function followerOf(net: WorkingNet, step: Step): Step | undefined {
  const [top] = step.tops;
  if (!top || net.outputs.includes(top) || hasLoss(step)) return undefined;
  const [reader, ...others] = readersOf(net, top);
  return others.length === 0 ? reader : undefined;
}

/** Gives the targets their new weights and bias, shared if the old ones were. */
function replaceParameters(net: WorkingNet, group: readonly Merging[]): void {
  const [{ step: first, target, affine }] = group as [Merging];
  const [weights, bias] = first.params as [Storage, Storage?];
  const needsBias = bias !== undefined || affine.offset.some((offset) => offset !== 0);
  const params = [scaledWeights(weights, affine, target)];
  if (needsBias) params.push(movedBias(bias, affine));
  const shareBias = needsBias && bias === undefined && group.length > 1;
  const biasName = shareBias ? freshName(net, `${first.layer.param?.[0]?.name ?? first.layer.name ?? ''}_bias`) : '';
  for (const { step, target } of group) {
    step.params = params;
    if (bias === undefined && needsBias) step.layer = target.withBias();
    if (shareBias) step.layer.param = [step.layer.param![0]!, { name: biasName }];
  }
}

/** A parameter name that no layer has yet. */
export function freshName({ steps }: WorkingNet, wanted: string): string {
  const taken = new Set(steps.flatMap(({ layer }) => (layer.param ?? []).map(({ name }) => name)));
  let name = wanted;
  for (let i = 2; taken.has(name); i++) name = `${wanted}_${i}`;
  return name;
}
