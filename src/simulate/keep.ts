/** keep: the fewest layers, of those that harm most, that have to stay in float32 for the outputs to have a wanted SQNR. */
import { resetStates } from '../verify/whole-pass.js';
import { OutputErrors, outputsOf, worstSqnr, type OutputValues } from './outputs.js';
import type { KeptLayers, SensitiveLayer } from './result.js';
import type { Searching } from './sensitivity.js';

/** On all samples. The search halves the list of layers, the most harmful first, and holds each length that it tries against the float net. */
export async function layersToKeep(
  { net, twin, units, samples, onProgress }: Searching,
  sensitivity: readonly SensitiveLayer[],
  wanted: number,
): Promise<KeptLayers> {
  const outputs: OutputValues[] = [];
  for (let sample = 0; sample < samples.length; sample++) {
    await samples.set(sample);
    resetStates(net);
    await net.forward();
    outputs.push(outputsOf(net));
  }
  const order = sensitivity.map(({ name }) => units.find((unit) => unit.name === name)!);
  const total = Math.ceil(Math.log2(units.length + 1)) + 1;
  let tried = 0;
  const sqnrWith = async (kept: number): Promise<number> => {
    order.forEach((unit, i) => {
      twin.setActive(unit, i >= kept);
    });
    const errors = new OutputErrors(net);
    for (const [sample, expected] of outputs.entries()) {
      await samples.set(sample);
      twin.begin();
      for (let index = 0; index < net.layers.length; index++) await twin.run(index);
      errors.add(twin.net, expected);
    }
    onProgress?.(++tried, total, `${kept} layers kept`);
    return worstSqnr(errors.errors);
  };
  // With all layers kept the nets are equal.
  let [low, high] = [0, order.length];
  let reached = Infinity;
  while (low < high) {
    const middle = (low + high) >> 1;
    const sqnr = await sqnrWith(middle);
    if (sqnr >= wanted) [high, reached] = [middle, sqnr];
    else low = middle + 1;
  }
  for (const unit of units) twin.setActive(unit, true);
  return { wanted, reached, layers: order.slice(0, high).map(({ name }) => name), of: order.length };
}
