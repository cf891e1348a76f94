/**
 * Where the time of a forward pass goes: passes are repeated and each step is timed, as `caffe time` does it.
 */
import { NET, OPTIONS, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';
import type { Layer } from '../layers/layer.js';
import type { Net } from './net.js';

/** How {@link profileNet} times a net. */
export interface ProfileOptions {
  /** Passes to time. Default 10. */
  iterations?: number;
  /** Called after each timed pass. */
  onPass?: (done: number, total: number) => void;
}

/** One step of a pass: a layer, or several that are computed as one. Times are in seconds. */
export interface StepProfile {
  readonly layers: readonly Layer[];
  /** Multiply-accumulates. */
  readonly macs: number;
  /** Its time in the pass of median length: these add up to the profile's `median`, but for `overhead`. */
  readonly seconds: number;
  /** The median and the shortest of its times over all passes. */
  readonly median: number;
  readonly min: number;
}

/** What {@link profileNet} measured. Times are in seconds. */
export interface NetProfile {
  readonly iterations: number;
  /** Multiply-accumulates of a pass. */
  readonly macs: number;
  /** The median and the shortest time of a pass. */
  readonly median: number;
  readonly min: number;
  readonly steps: readonly StepProfile[];
  /** What the pass of median length spent outside its steps. */
  readonly overhead: number;
}

/** When each step of a pass ended, in seconds from its beginning, and when the pass did. */
interface Pass {
  readonly ends: readonly number[];
  readonly seconds: number;
}

/** Passes are thrown away until this much time has gone by, and one at least: the host optimizes the kernels meanwhile. */
const WARM_UP_SECONDS = 0.3;

/**
 * Times forward passes over whatever the inputs and parameters hold. After a warm-up, `iterations` passes are timed.
 * Each step's `seconds` come from one pass, the one of median length (with an even number of them, the mean of the
 * middle two), so that they add up to that median whatever the machine does besides.
 * @throws NetspecError for a number of iterations that is none, and what {@link Net.forward} throws.
 * @example
 * const net = await Net.load('net.prototxt');
 * randomizeParams(net);
 * const { steps } = await profileNet(net, { iterations: 2 });
 * steps.find(({ layers }) => layers[0]!.name === 'conv1')!.macs; // → 6912
 */
export async function profileNet(net: Net, options: ProfileOptions = {}): Promise<NetProfile> {
  checkArguments('profileNet()', { net: [net, NET], options: [options, OPTIONS] });
  const { iterations = 10, onPass } = options;
  if (!Number.isInteger(iterations) || iterations < 1)
    throw new NetspecError(`iterations: expected a whole number of at least 1, got ${iterations}`);
  for (let spent = 0; ;) {
    spent += (await timePass(net)).seconds;
    if (spent >= WARM_UP_SECONDS) break;
  }
  const passes: Pass[] = [];
  while (passes.length < iterations) {
    passes.push(await timePass(net));
    onPass?.(passes.length, iterations);
  }
  passes.sort((a, b) => a.seconds - b.seconds);
  const middle = passes.slice((iterations - 1) >> 1, (iterations >> 1) + 1);
  // By the layer itself: layers may share a name.
  const macs = new Map(net.layers.map((layer, index) => [layer, net.macsOf(index)]));
  const steps = net.steps.map(({ layers }, index): StepProfile => {
    const times = passes.map((pass) => timeOf(pass, index)).sort((a, b) => a - b);
    return {
      layers,
      macs: layers.reduce((sum, layer) => sum + macs.get(layer)!, 0),
      seconds: mean(middle.map((pass) => timeOf(pass, index))),
      median: median(times),
      min: times[0]!,
    };
  });
  const total = mean(middle.map(({ seconds }) => seconds));
  return {
    iterations,
    macs: steps.reduce((sum, { macs }) => sum + macs, 0),
    median: total,
    min: passes[0]!.seconds,
    steps,
    overhead: total - mean(middle.map(({ ends }) => ends.at(-1) ?? 0)),
  };
}

async function timePass(net: Net): Promise<Pass> {
  const ends: number[] = [];
  const start = performance.now();
  const since = (): number => (performance.now() - start) / 1000;
  await net.forward({
    onStep: () => {
      ends.push(since());
    },
  });
  return { ends, seconds: since() };
}

function timeOf({ ends }: Pass, index: number): number {
  return ends[index]! - (index === 0 ? 0 : ends[index - 1]!);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of sorted numbers. */
function median(sorted: readonly number[]): number {
  return mean(sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1));
}
