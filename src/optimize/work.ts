/**
 * The net as the passes see it: layers joined by values instead of names. An in-place layer makes a new value of the same
 * name, so a pass can take a layer out by handing its readers another value, and never has to think of overwriting.
 */
import type { LayerParameter, NetParameter } from '../generated/messages.js';
import { Phase } from '../generated/messages.js';
import { holds, type LayerFacts, type LayerRule } from '../layers/facts.js';
import { factsOf } from '../layers/registry.js';
import { derive } from '../proto/derive.js';
import type { Storage } from './storage.js';

/** What a blob holds from the layer that makes it to the next in-place layer. */
export interface Value {
  name: string;
  readonly shape: readonly number[];
}

/** A layer, and what it reads, makes and learned. */
export interface Step {
  /** Without bottoms, tops and blobs, which stand beside it. */
  layer: LayerParameter;
  bottoms: Value[];
  tops: Value[];
  /** Its parameter blobs; layers that share a parameter have the same object here. */
  params: Storage[];
}

export interface WorkingNet {
  steps: Step[];
  /** Whether Dropout and BatchNorm behave as in testing, for layers that do not say so themselves. */
  readonly isTest: boolean;
  /** What must still be computed, under these names. */
  outputs: Value[];
}

/** @param layers filtered by phase, without inserted splits; `shapeOf` gives a blob's shape by name */
export function connect(
  layers: readonly LayerParameter[],
  shapeOf: (blob: string) => readonly number[],
  paramsOf: (index: number) => Storage[],
): Step[] {
  const latest = new Map<string, Value>();
  return layers.map((given, index) => {
    const bottoms = (given.bottom ?? []).map((name) => latest.get(name)!);
    const tops = (given.top ?? []).map((name): Value => ({ name, shape: shapeOf(name) }));
    for (const top of tops) latest.set(top.name, top);
    // A layer that is here is here in every state, so its rules go too.
    const layer = derive(given, {
      bottom: undefined,
      top: undefined,
      blobs: undefined,
      include: undefined,
      exclude: undefined,
    });
    return { layer, bottoms, tops, params: paramsOf(index) };
  });
}

/** The latest value of each name, in the order in which the names first came. */
export function latestValues(steps: readonly Step[]): Map<string, Value> {
  return new Map(steps.flatMap(({ tops }) => tops.map((top) => [top.name, top])));
}

/** Values that no layer reads: the net's outputs, unless others are asked for. */
export function unreadValues(steps: readonly Step[]): Value[] {
  const read = new Set(steps.flatMap(({ bottoms }) => bottoms));
  return steps.flatMap(({ tops }) => tops.filter((top) => !read.has(top)));
}

/** Who reads and who makes each value, so that a pass over a net takes time in proportion to its layers. */
interface Links {
  readonly readers: Map<Value, Set<Step>>;
  readonly makers: Map<Value, Step>;
  /** Place of each layer. Layers are only ever taken out, so that their order stays. */
  readonly order: Map<Step, number>;
}

/** By the list of steps: a pass that makes another list has other links. */
const LINKS = new WeakMap<Step[], Links>();

function linksOf({ steps }: WorkingNet): Links {
  const known = LINKS.get(steps);
  if (known) return known;
  const links: Links = { readers: new Map(), makers: new Map(), order: new Map() };
  steps.forEach((step, index) => {
    links.order.set(step, index);
    for (const bottom of step.bottoms) addReader(links, bottom, step);
    for (const top of step.tops) links.makers.set(top, step);
  });
  LINKS.set(steps, links);
  return links;
}

function addReader({ readers }: Links, value: Value, step: Step): void {
  const all = readers.get(value);
  if (all) all.add(step);
  else readers.set(value, new Set([step]));
}

/** The layers that read a value, in the net's order. */
export function readersOf(net: WorkingNet, value: Value): Step[] {
  const { readers, order } = linksOf(net);
  return [...(readers.get(value) ?? [])].sort((a, b) => order.get(a)! - order.get(b)!);
}

export function makerOf(net: WorkingNet, value: Value): Step | undefined {
  return linksOf(net).makers.get(value);
}

/** Whether a layer was not taken out. */
export function isIn(net: WorkingNet, step: Step): boolean {
  return linksOf(net).order.has(step);
}

export function removeStep(net: WorkingNet, step: Step): void {
  const { readers, makers, order } = linksOf(net);
  for (const bottom of step.bottoms) readers.get(bottom)?.delete(step);
  for (const top of step.tops) if (makers.get(top) === step) makers.delete(top);
  order.delete(step);
  net.steps.splice(net.steps.indexOf(step), 1);
}

/** A layer makes what another made, which is taken out. */
export function takeOver(net: WorkingNet, step: Step, from: Step): void {
  removeStep(net, from);
  const { makers } = linksOf(net);
  for (const top of step.tops) makers.delete(top);
  step.tops = from.tops;
  for (const top of step.tops) makers.set(top, step);
}

/** Everyone who reads `from` reads `to` instead. */
export function replaceReads(net: WorkingNet, from: Value, to: Value): void {
  const links = linksOf(net);
  for (const step of readersOf(net, from)) {
    for (const [i, bottom] of step.bottoms.entries()) if (bottom === from) step.bottoms[i] = to;
    addReader(links, to, step);
  }
  links.readers.delete(from);
}

/** What is known about the step's layer. */
export function factsOfStep(step: Step): LayerFacts | undefined {
  return factsOf(layerOf(step), { blobs: step.params.map(({ shape }) => shape) });
}

/** Whether a rule holds for the step's layer. */
export function holdsFor(net: WorkingNet, step: Step, rule: LayerRule | undefined): boolean {
  return holds(rule, layerOf(step), phaseOf(net, step));
}

export function phaseOf({ isTest }: WorkingNet, { layer }: Step): Phase {
  return layer.phase ?? (isTest ? Phase.TEST : Phase.TRAIN);
}

/** Whether the layer counts in the loss; taking it out would change that. */
export function hasLoss({ layer }: Step): boolean {
  return layer.loss_weight?.some((weight) => weight !== 0) ?? false;
}

/** The net with the layers as they now are. */
export function toNet(net: NetParameter, { steps }: WorkingNet): NetParameter {
  return derive(net, { layer: steps.map(layerOf) });
}

/** The layer with its bottoms and tops. */
export function layerOf({ layer, bottoms, tops }: Step): LayerParameter {
  const names = (values: readonly Value[]): string[] => values.map(({ name }) => name);
  return derive(layer, {
    ...(bottoms.length > 0 && { bottom: names(bottoms) }),
    ...(tops.length > 0 && { top: names(tops) }),
  });
}
