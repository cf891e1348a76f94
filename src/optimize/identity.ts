/** Identity: layers that hand on what they get are taken out, Dropout in testing and Split. */
import type { Change } from './report.js';
import { factsOfStep, hasLoss, holdsFor, makerOf, readersOf, removeStep, replaceReads } from './work.js';
import type { Step, Value, WorkingNet } from './work.js';

/** Takes out what computes nothing. The outputs keep their names: the layer before such a one takes its top's. */
export function dropIdentities(net: WorkingNet): Change[] {
  const changes: Change[] = [];
  for (const step of [...net.steps]) {
    if (!isIdentity(net, step)) continue;
    const from = step.bottoms[0]!;
    const outputs = step.tops.filter((top) => net.outputs.includes(top));
    if (outputs.length > 0 && !canStandFor(net, step, from, outputs)) continue;
    if (keepsApart(net, step)) continue;
    removeStep(net, step);
    for (const top of step.tops) replaceReads(net, top, from);
    for (const output of outputs) {
      rename(net, from, output.name);
      net.outputs[net.outputs.indexOf(output)] = from;
    }
    changes.push({ layer: step.layer.name ?? '', type: step.layer.type ?? '' });
  }
  return changes;
}

function isIdentity(net: WorkingNet, step: Step): boolean {
  const { bottoms, tops } = step;
  if (bottoms.length !== 1 || tops.length === 0 || hasLoss(step)) return false;
  return holdsFor(net, step, factsOfStep(step)?.idle);
}

/** Whether the layer's tops use the memory of the bottom; in Caffe too. */
function sharesValues(net: WorkingNet, step: Step): boolean {
  return holdsFor(net, step, factsOfStep(step)?.sharesValues);
}

/**
 * Whether an in-place layer further on would change other readers' values if this one went, or changes them as it is. A
 * Dropout that is not in place makes a copy; what writes over a top of a Split writes over all of them.
 */
function keepsApart(net: WorkingNet, step: Step): boolean {
  const shares = sharesValues(net, step);
  if (!shares && step.tops[0]!.name === step.bottoms[0]!.name) return false;
  return step.tops.some((top) => (shares && isOverwritten(net, top)) || isOverwrittenElsewhere(net, top));
}

/** Whether an in-place layer writes over the value, be it under the name of a layer that shares its memory. */
function isOverwritten(net: WorkingNet, value: Value): boolean {
  const inPlace = (reader: Step): boolean => reader.tops.some(({ name }) => name === value.name);
  return readersOf(net, value).some(inPlace) || isOverwrittenElsewhere(net, value);
}

function isOverwrittenElsewhere(net: WorkingNet, value: Value): boolean {
  return readersOf(net, value).some(
    (reader) => sharesValues(net, reader) && reader.tops.some((top) => isOverwritten(net, top)),
  );
}

/** Whether `from` can take the name of an output: it is neither an input's nor another output's, and one name is wanted. */
function canStandFor(net: WorkingNet, step: Step, from: Value, outputs: readonly Value[]): boolean {
  const [output, ...others] = outputs;
  if (others.length > 0 || net.outputs.includes(from)) return false;
  if (output!.name === from.name) return true;
  // Readers beside this layer would still find the value, but an in-place one would overwrite the output.
  const besides = readersOf(net, from).filter((reader) => reader !== step);
  if (besides.some(({ tops }) => tops.some(({ name }) => name === from.name))) return false;
  const chain = chainOf(net, from);
  const maker = makerOf(net, chain[chain.length - 1]!);
  return maker !== undefined && !factsOfStep(maker)?.fed;
}

/** Gives a value another name, and those that in-place layers made it of, so that they stay in place. */
function rename(net: WorkingNet, value: Value, name: string): void {
  for (const each of chainOf(net, value)) each.name = name;
}

/** A value, and those of the same name that in-place layers wrote over to make it, the last one first. */
function chainOf(net: WorkingNet, value: Value): Value[] {
  const before = makerOf(net, value)?.bottoms.find(({ name }) => name === value.name);
  return before ? [value, ...chainOf(net, before)] : [value];
}
