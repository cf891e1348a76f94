/** calibrate: how the values of a net are spread over samples, and the scales that follow. */
import type { Net } from '../runtime/net.js';
import { resetStates } from '../verify/whole-pass.js';
import type { TopKey } from '../verify/wiring.js';
import { METHODS } from './calibration/index.js';
import type { FloatLimits } from './formats/format.js';
import { Histogram } from './histogram.js';
import type { Settings } from './options.js';
import { asymmetricQuantizer, symmetricQuantizer, type Quantizer, type Range } from './quantizer.js';
import type { InputSamples } from './samples.js';
import type { UnitGraph } from './units.js';

/** The spread of each value between units. */
export type Spreads = ReadonlyMap<TopKey, Histogram>;

/** Runs the net on samples and gathers how its values are spread. */
export async function spreadsOf(
  net: Net,
  graph: UnitGraph,
  samples: InputSamples,
  limits: FloatLimits | undefined,
  onSample: (done: number) => void,
): Promise<Spreads> {
  const bounds = limits && { most: limits.largest, least: limits.smallestNormal };
  const spreads = new Map([...graph.values.keys()].map((key) => [key, new Histogram(bounds)]));
  const byLayer = new Map<number, { blob: string; histogram: Histogram }[]>();
  for (const { key, layer, blob } of graph.values.values())
    byLayer.set(layer, [...(byLayer.get(layer) ?? []), { blob, histogram: spreads.get(key)! }]);
  for (let sample = 0; sample < samples.length; sample++) {
    await samples.set(sample);
    resetStates(net);
    await net.forward({
      onLayer: (index) => {
        for (const { blob, histogram } of byLayer.get(index) ?? []) histogram.add(net.blobs.get(blob)!.peek());
      },
    });
    onSample(sample + 1);
  }
  return spreads;
}

/** The scale of a value, and the range of values that it was made for. */
export interface Calibrated {
  readonly quantizer: Quantizer;
  readonly range: Range;
}

/** Scales for all values, for integers. */
export function calibrated(
  spreads: Spreads,
  { calibration, zeroPoint, percentile }: Settings,
  given: ReadonlyMap<TopKey, Quantizer>,
): Map<TopKey, Calibrated> {
  const method = METHODS[calibration];
  return new Map(
    [...spreads].map(([key, histogram]): [TopKey, Calibrated] => {
      const range = method.range(histogram, { zeroPoint, percentile });
      const own = zeroPoint ? asymmetricQuantizer(range) : symmetricQuantizer(Math.max(-range.min, range.max));
      return [key, { quantizer: given.get(key) ?? own, range }];
    }),
  );
}
