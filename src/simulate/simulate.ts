/**
 * simulate: what a chip's number format does to a net: the net is run beside a second one whose weights and values are rounded layer by
 * layer, and both are compared.
 */
import { NET, checkArguments, fields, TEXT } from '../arguments.js';
import { NetspecError, didYouMean } from '../errors.js';
import { factsOfLayer } from '../layers/registry.js';
import type { Net } from '../runtime/net.js';
import { matchReferences } from '../verify/match-references.js';
import { topKey, type TopKey } from '../verify/wiring.js';
import { resetStates } from '../verify/whole-pass.js';
import { NameIndex } from '../weights/name-index.js';
import { calibrated, spreadsOf, type Calibrated, type Spreads } from './calibrate.js';
import { ErrorSums, type SimulationError } from './figures.js';
import { FORMATS } from './formats/index.js';
import type { NumberFormat } from './formats/format.js';
import { placedScales, type PlacedScales } from './given-scales.js';
import { layersToKeep } from './keep.js';
import { settingsOf, type Settings, type SimulateOptions } from './options.js';
import { OutputErrors, worstSqnr } from './outputs.js';
import type { KeptLayers, SensitiveLayer, SimulatedLayer, SimulatedRange, SimulationReport } from './result.js';
import { InputSamples } from './samples.js';
import { sensitivityOf } from './sensitivity.js';
import { settingsText } from './settings-text.js';
import type { ScaleTable } from './tables/table.js';
import { Twin } from './twin.js';
import { unitsOf, type Unit, type UnitGraph } from './units.js';
import { warningsOf } from './warnings.js';

/**
 * Runs a net on samples as a chip would that computes in another number format, and compares each layer with the net in float32.
 * Weights are rounded once, values after each layer. A convolution and the ReLU behind it are computed together, and so are
 * BatchNorm and Scale. For int8 the scales come from the ranges of the values over the calibration samples.
 * @throws NetspecError for an option or a sample that does not fit, and for a name in `keep` that the net has not.
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * net.blobs.get('data')!.data.set((await readNpyFile('x.npy')).data);
 * const report = await simulate(net, { format: 'fp16' });
 * report.sqnr > 50; // → true
 * report.layers.map(({ name }) => name).slice(0, 2); // → ['conv1', 'relu1']
 */
export async function simulate(net: Net, options: SimulateOptions): Promise<SimulationReport> {
  checkArguments('simulate()', { net: [net, NET], options: [options, fields('options { format }', { format: TEXT })] });
  return new Simulation(net, settingsOf(options), options).run();
}

class Simulation {
  readonly #format: NumberFormat;
  readonly #graph: UnitGraph;
  readonly #samples: InputSamples;
  readonly #calibrationSamples: InputSamples;
  readonly #placed: PlacedScales;

  constructor(
    readonly net: Net,
    readonly settings: Settings,
    options: SimulateOptions,
  ) {
    if (net.outputsOnly)
      throw new NetspecError('simulate() needs the values of all blobs, and the net keeps only its outputs', {
        hint: 'load the net without outputsOnly',
      });
    if (net.steppedOver.length > 0)
      throw new NetspecError(`layer '${net.steppedOver[0]!.name}' (${net.steppedOver[0]!.type}) is not run here`, {
        hint: 'cut the net before it: netspec cut --to',
      });
    this.#format = FORMATS[settings.format];
    this.#graph = unitsOf(net, this.#format.limits !== undefined);
    this.#samples = new InputSamples(net, options.samples);
    this.#calibrationSamples = options.calibrationSamples
      ? new InputSamples(net, options.calibrationSamples)
      : this.#samples;
    this.#placed = placedScales(net, this.#graph, settings.scales ?? {});
  }

  async run(): Promise<SimulationReport> {
    const { net, settings } = this;
    const kept = this.#keptUnits();
    const limits = this.#format.limits;
    const { length } = this.#calibrationSamples;
    const spreads = await spreadsOf(net, this.#graph, this.#calibrationSamples, limits, (done) =>
      settings.onProgress?.(done, length, 'ranges'),
    );
    const scales = limits ? new Map<TopKey, Calibrated>() : calibrated(spreads, settings, this.#placed.quantizers);
    const twin = await Twin.create(
      net,
      this.#graph,
      {
        format: this.#format,
        saturates: settings.saturate,
        perChannel: settings.weightScales === 'channel',
        everywhere: settings.scope === 'all',
        quantizers: new Map([...scales].map(([key, { quantizer }]) => [key, quantizer])),
        weightScales: settings.scales?.weights ?? new Map(),
      },
      settings.schema,
    );
    try {
      const units = this.#computedUnits().filter((unit) => !kept.has(unit));
      for (const unit of units) twin.setActive(unit, true);
      const { layers, outputs } = await this.#compare(twin);
      const ranges = this.#ranges(spreads, scales);
      const warnings = warningsOf({ ...{ net, graph: this.#graph, twin, units, ranges }, placed: this.#placed });
      const { sensitivity, keep } = await this.#search(twin, units);
      return {
        format: settings.format,
        settings: settingsText(settings),
        samples: this.#samples.length,
        calibrationSamples: length,
        ...{ layers, outputs, sqnr: worstSqnr(outputs), ranges, warnings },
        ...(sensitivity && { sensitivity }),
        ...(keep && { keep }),
        ...(!limits && { scales: this.#table(twin, ranges, [...kept.keys()], keep) }),
      };
    } finally {
      twin.dispose();
    }
  }

  /** Units that the settings have in the format. */
  #computedUnits(): Unit[] {
    const { scope } = this.settings;
    return this.#graph.units.filter(({ hasWeights }) => scope === 'all' || hasWeights);
  }

  #keptUnits(): ReadonlySet<Unit> {
    const kept = new Set<Unit>();
    for (const name of this.settings.keep) {
      const index = this.net.layerNames.indexOf(name);
      if (index < 0)
        throw new NetspecError(`keep: the net has no layer '${name}'`, { hint: didYouMean(name, this.net.layerNames) });
      const unit = this.#graph.unitOf[index];
      if (unit) kept.add(unit);
    }
    return kept;
  }

  /** Runs both nets side by side. */
  async #compare(twin: Twin): Promise<{ layers: SimulatedLayer[]; outputs: Record<string, SimulationError> }> {
    const { net } = this;
    const references = await this.#references();
    const rows = net.layers.map((layer, index) =>
      layer.type === 'Split' || factsOfLayer(layer)?.fed === true
        ? []
        : net.topNamesOf(index).map((top, position) => ({
            ...{ index, top, error: new ErrorSums(), shape: [] as readonly number[] },
            reference: references?.get(topKey(index, position)),
          })),
    );
    const outputs = new OutputErrors(net);
    for (let sample = 0; sample < this.#samples.length; sample++) {
      await this.#samples.set(sample);
      twin.begin();
      resetStates(net);
      await net.forward({
        onLayer: async (index) => {
          await twin.run(index);
          for (const row of rows[index]!) {
            const blob = net.blobs.get(row.top)!;
            const simulated = twin.net.blobs.get(row.top)!.peek();
            row.shape = blob.shape;
            row.error.add(simulated, blob.peek());
            // References are of one input, the first.
            if (!row.reference || sample > 0 || row.reference.data.length !== blob.count) continue;
            row.reference.float.add(blob.peek(), row.reference.data);
            row.reference.simulated.add(simulated, row.reference.data);
            row.reference.seen = true;
          }
        },
      });
      outputs.add(twin.net, net);
      this.settings.onProgress?.(sample + 1, this.#samples.length, 'layers');
    }
    const layers = rows.flat().map(({ index, top, error, shape, reference }): SimulatedLayer => {
      const { name, type } = net.layers[index]!;
      const unit = this.#unitBehind(index, top);
      const precision = unit && twin.active.has(unit) ? this.settings.format : 'float32';
      const held = reference?.seen && {
        reference: { name: reference.name, float: reference.float.error, simulated: reference.simulated.error },
      };
      return { index, name, type, top, shape, precision, error: error.error, ...held };
    });
    return { layers, outputs: outputs.errors };
  }

  /** The unit that gave the numbers of a top; a layer that only moves them has those of the layer before it. */
  #unitBehind(index: number, top: string): Unit | undefined {
    const own = this.#graph.unitOf[index];
    if (own || this.settings.scope !== 'all') return own;
    const value = this.#graph.valueOf({ layer: index, top: this.net.topNamesOf(index).indexOf(top) });
    return value && this.#graph.unitOf[value.layer];
  }

  async #references() {
    const { references, map } = this.settings;
    if (!references || !map) return undefined;
    const matches = matchReferences(this.net, map, new NameIndex(references.list()));
    if (matches.size === 0)
      throw new NetspecError(
        `none of the ${references.list().length} references in ${references.description} belongs to a layer of this net`,
      );
    const held = new Map<
      TopKey,
      { name: string; data: ArrayLike<number>; float: ErrorSums; simulated: ErrorSums; seen: boolean }
    >();
    for (const [key, { name }] of matches) {
      const { data } = await references.read(name);
      held.set(key, {
        name,
        data: Array.isArray(data) ? data : data.slice(),
        float: new ErrorSums(),
        simulated: new ErrorSums(),
        seen: false,
      });
    }
    return held;
  }

  #ranges(spreads: Spreads, scales: ReadonlyMap<TopKey, Calibrated>): SimulatedRange[] {
    return [...this.#graph.values.values()].map(({ key, layer, blob }) => {
      const histogram = spreads.get(key)!;
      const scale = scales.get(key);
      return {
        ...{ index: layer, layer: this.net.layerNames[layer]!, blob, histogram },
        seen: histogram.count > histogram.nonFinite ? { min: histogram.min, max: histogram.max } : { min: 0, max: 0 },
        ...(scale && { ...scale, clamped: histogram.outside(scale.range.min, scale.range.max) }),
      };
    });
  }

  async #search(twin: Twin, units: readonly Unit[]): Promise<{ sensitivity?: SensitiveLayer[]; keep?: KeptLayers }> {
    const { sensitivity: isWanted, keepSqnr, onProgress } = this.settings;
    if (!isWanted && keepSqnr === undefined) return {};
    const context = { net: this.net, twin, units, samples: this.#samples, onProgress };
    const sensitivity = await sensitivityOf(context);
    if (keepSqnr === undefined) return { sensitivity };
    return { sensitivity, keep: await layersToKeep(context, sensitivity, keepSqnr) };
  }

  #table(twin: Twin, ranges: readonly SimulatedRange[], keptByUser: readonly Unit[], keep?: KeptLayers): ScaleTable {
    const kept = [...new Set([...keptByUser.map(({ name }) => name), ...(keep?.layers ?? [])])];
    const { net } = this;
    const weighted = net.layers.flatMap((layer, index) => {
      const [weights, input] = [twin.weightScales(index), twin.inputQuantizer(index)];
      if (!weights || !input) return [];
      const leader = this.#graph.unitOf[index]?.name ?? layer.name;
      return [{ name: layer.name, type: layer.type, input, weights, kept: kept.includes(leader) }];
    });
    return {
      method: this.settings.calibration,
      samples: this.#calibrationSamples.length,
      weighted,
      values: ranges.map(({ blob, layer, quantizer, range, seen }) => ({
        ...{ blob, layer, seen },
        ...{ quantizer: quantizer!, range: range! },
      })),
      kept,
    };
  }
}
