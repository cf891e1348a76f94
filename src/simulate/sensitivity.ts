/**
 * sensitivity: what each layer alone in the format does to the outputs. The net is run once more; before each layer, the second net
 * takes over what the first one holds, and runs from there to the outputs with this one layer rounded.
 */
import type { Net } from '../runtime/net.js';
import { resetStates } from '../verify/whole-pass.js';
import { OutputErrors, outputsOf, worstSqnr } from './outputs.js';
import type { Settings } from './options.js';
import type { SensitiveLayer } from './result.js';
import type { InputSamples } from './samples.js';
import type { Twin } from './twin.js';
import type { Unit } from './units.js';

export interface Searching {
  readonly net: Net;
  readonly twin: Twin;
  readonly units: readonly Unit[];
  readonly samples: InputSamples;
  readonly onProgress: Settings['onProgress'];
}

/** On the first sample. @returns the layers that harm most first; the units are in the format as before */
export async function sensitivityOf({ net, twin, units, samples, onProgress }: Searching): Promise<SensitiveLayer[]> {
  const active = [...twin.active];
  for (const unit of active) twin.setActive(unit, false);
  const firsts = new Map(units.map((unit) => [unit.layers[0]!, unit]));
  const found: SensitiveLayer[] = [];
  await samples.set(0);
  resetStates(net);
  await net.forward();
  const outputs = outputsOf(net);
  // Inputs may have been overwritten in place.
  await samples.set(0);
  resetStates(net);
  twin.begin();
  const tryUnit = async (unit: Unit): Promise<void> => {
    const [first] = unit.layers as [number];
    for (const blob of readFrom(net, first)) twin.copyBlob(blob);
    twin.forgetRounded();
    twin.setActive(unit, true);
    for (let index = first; index < net.layers.length; index++) await twin.run(index);
    twin.setActive(unit, false);
    const errors = new OutputErrors(net);
    errors.add(twin.net, outputs);
    const { name, type } = unit;
    found.push({ name, type, sqnr: worstSqnr(errors.errors), outputs: errors.errors });
    onProgress?.(found.length, units.length, name);
  };
  const begin = firsts.get(0);
  if (begin) await tryUnit(begin);
  await net.forward({
    onLayer: async (index) => {
      const unit = firsts.get(index + 1);
      if (unit) await tryUnit(unit);
    },
  });
  for (const unit of active) twin.setActive(unit, true);
  // What is not finite harms most.
  return found.sort(
    (a, b) => (Number.isNaN(a.sqnr) ? -Infinity : a.sqnr) - (Number.isNaN(b.sqnr) ? -Infinity : b.sqnr) || 0,
  );
}

/** Blobs that a layer or those behind it read, as they are before it. */
function readFrom(net: Net, first: number): Set<string> {
  const read = new Set<string>();
  const written = new Set<string>();
  for (let index = first; index < net.layers.length; index++) {
    for (const blob of net.bottomNamesOf(index)) if (!written.has(blob)) read.add(blob);
    for (const blob of net.topNamesOf(index)) written.add(blob);
  }
  return read;
}
