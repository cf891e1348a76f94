/**
 * units: which layers of a net a chip computes together, and which values lie between them. A convolution and the ReLU behind it are
 * one unit: what is between both never leaves the chip's accumulators.
 */
import { holds, type LayerFacts } from '../layers/facts.js';
import type { Layer } from '../layers/layer.js';
import { factsOfLayer } from '../layers/registry.js';
import { Phase } from '../generated/messages.js';
import type { Net } from '../runtime/net.js';
import { topKey, wiringOf, type TopKey, type Version, type Wiring } from '../verify/wiring.js';

/** Layers that a chip computes as one, in order. */
export interface Unit {
  /** Position among the units. */
  readonly id: number;
  /** Indices of the layers. */
  readonly layers: readonly number[];
  /** The name of the first layer, by which users call the unit, and its type. */
  readonly name: string;
  readonly type: string;
  /** Whether a layer of it has weights that integers can hold. */
  readonly hasWeights: boolean;
}

/** A value that lies between units: what a layer writes to a top. */
export interface Value {
  readonly key: TopKey;
  readonly layer: number;
  readonly top: number;
  readonly blob: string;
}

/** How a net is computed by a chip. */
export interface UnitGraph {
  readonly wiring: Wiring;
  readonly units: readonly Unit[];
  /** The unit that each layer is of; undefined of layers that only feed, move values, or are computed in float32 always. */
  readonly unitOf: readonly (Unit | undefined)[];
  /** The values between units, in order: those of the inputs first. */
  readonly values: ReadonlyMap<TopKey, Value>;
  /** The value that a layer's top holds, where layers between only moved it; undefined of one inside a unit. */
  readonly valueOf: (version: Version) => Value | undefined;
  /** Values whose layer is in no unit, but whose numbers a unit reads: inputs, and what float32 layers make. */
  readonly isFed: (value: Value) => boolean;
}

/**
 * Activations that chips compute on what an accumulator holds: straight lines and limits. The others take a table or several steps. This is
 * a fact of chips, not of the layers, and a list for that reason.
 */
const FUSED_ACTIVATIONS: ReadonlySet<string> = new Set(['ReLU', 'ReLU6', 'Relu6', 'Clip', 'PReLU']);

/** Whether a layer is computed behind another one without leaving its unit. What is affine is folded into the weights. */
const isFused = (layer: Layer, facts: LayerFacts | undefined): boolean =>
  FUSED_ACTIVATIONS.has(layer.type) || facts?.affine !== undefined;

/**
 * Types that toolchains leave in floating point, on the chip or on its host: what they give is compared, sorted, or has
 * exponents beyond 8 bits. A list, as above: other toolchains could decide otherwise.
 */
const FLOAT: ReadonlySet<string> = new Set([
  ...['Softmax', 'ArgMax', 'Exp', 'Log', 'LSTM', 'RNN', 'Lstm', 'Embed', 'LSTMUnit'],
]);

/** Whether a layer's tops need no scale of their own. */
const isMoving = (layer: Layer, facts: LayerFacts | undefined, phase: Phase): boolean =>
  holds(facts?.movesValues, layer.param, phase) || holds(facts?.idle, layer.param, phase);

function isComputed(layer: Layer, facts: LayerFacts | undefined, isFloatFormat: boolean): boolean {
  if (!facts || facts.fed === true || facts.family === 'input' || facts.training) return false;
  if (isFloatFormat) return facts.family !== 'other' || layer.type === 'Reduction';
  return facts.family !== 'other' && !FLOAT.has(layer.type);
}

/** @param isFloatFormat whether the format is of floating point, in which chips compute what integers cannot */
export function unitsOf(net: Net, isFloatFormat: boolean): UnitGraph {
  const wiring = wiringOf(net);
  const phase = Phase[net.phase];
  const facts = net.layers.map((layer) => factsOfLayer(layer));
  const moves = net.layers.map((layer, index) => isMoving(layer, facts[index], phase));
  const computes = net.layers.map((layer, index) => !moves[index] && isComputed(layer, facts[index], isFloatFormat));
  const origin = (version: Version): Version => {
    let at = version;
    while (moves[at.layer] && wiring.reads[at.layer]!.length > 0) at = wiring.reads[at.layer]![0]!;
    return at;
  };
  /** The layer behind that is of the same unit. */
  const next = (index: number): number | undefined => {
    const [top, ...others] = net.topNamesOf(index);
    if (top === undefined || others.length > 0) return undefined;
    const readers = wiring.readers.get(topKey(index, 0)) ?? [];
    const [reader] = readers;
    if (reader === undefined || readers.length > 1 || !computes[reader]) return undefined;
    return isFused(net.layers[reader]!, facts[reader]) && wiring.reads[reader]!.length === 1 ? reader : undefined;
  };

  const units: Unit[] = [];
  const unitOf: (Unit | undefined)[] = net.layers.map(() => undefined);
  const inside = new Set<TopKey>();
  net.layers.forEach((layer, index) => {
    if (!computes[index] || unitOf[index]) return;
    const layers = [index];
    for (let behind = next(index); behind !== undefined; behind = next(behind)) {
      inside.add(topKey(layers.at(-1)!, 0));
      layers.push(behind);
    }
    const hasWeights = layers.some((each) => facts[each]?.weights !== undefined);
    const unit = { id: units.length, layers, name: layer.name, type: layer.type, hasWeights };
    units.push(unit);
    for (const each of layers) unitOf[each] = unit;
  });

  const values = new Map<TopKey, Value>();
  net.layers.forEach((_, index) => {
    if (moves[index] && wiring.reads[index]!.length > 0) return;
    net.topNamesOf(index).forEach((blob, top) => {
      const key = topKey(index, top);
      if (!inside.has(key)) values.set(key, { key, layer: index, top, blob });
    });
  });
  const valueOf = (version: Version): Value | undefined => {
    const { layer, top } = origin(version);
    return values.get(topKey(layer, top));
  };
  return { wiring, units, unitOf, values, valueOf, isFed: ({ layer }) => !unitOf[layer] };
}
