/**
 * verify-samples: a net against references of many samples, one after the other: for each layer the worst, the mean and the
 * quantiles over samples, and which sample is the worst. One sample is in memory at a time.
 */
import { NET, OBJECT, checkArguments, type ArgumentKind } from '../../arguments.js';
import { metricOf, METRICS } from '../../compare/metrics/index.js';
import { NetspecError } from '../../errors.js';
import type { Net } from '../../runtime/net.js';
import type { NetReferences } from '../against.js';
import type { LayerResult, VerifyOptions, VerifyReport } from '../result.js';
import { verify } from '../verify.js';
import { resetStates } from '../whole-pass.js';
import { spreadOf, type Spread } from './spread.js';

/** A sample: what the net is fed, and what it is compared with. */
export interface VerifySample {
  name: string;
  /**
   * Sets the inputs of the net and gives the references. Called once, and once more for the sample that is reported in full.
   */
  open: (net: Net) => Promise<OpenSample>;
}

/** The references of a sample, while it is run. */
export interface OpenSample extends NetReferences {
  /** Called when the sample is done with. */
  close?: () => Promise<void>;
}

/** What {@link verifySamples} compares, and how; besides what {@link verify} takes. */
export interface VerifySamplesOptions extends Omit<VerifyOptions, 'references' | 'map'> {
  /** Stops after the sample that is being run: the report then says what is known so far. */
  signal?: AbortSignal;
  /** Called before each sample, and at the end, with how many are done. */
  onSample?: (done: number, sample: string) => void;
}

/** A layer over all samples. Its own figures are those of its worst sample. */
export interface SampledLayer extends LayerResult {
  /** The sample that its figures are of. */
  sample: string;
  /** In how many samples it was compared, and in how many of them it disagrees. */
  samples: number;
  failing: number;
  /** Measures over the samples: max-abs, max-rel, cosine, and those that were asked for. */
  spread: Readonly<Record<string, Spread>>;
}

/** What one sample came to. */
export interface SampleResult {
  name: string;
  ok: boolean;
  /** Label of the first layer that diverges. */
  firstDivergence?: string;
  /** How many layers disagree. */
  failing: number;
  /** Largest `maxRel` of all layers. */
  maxRel: number;
}

/** What {@link verifySamples} found. */
export interface SamplesReport {
  /** In network order. */
  layers: SampledLayer[];
  samples: SampleResult[];
  /** The worst sample: at the first layer that diverges in any sample, else of all layers. */
  worst: string;
  /** The report on that sample, with the search for a cause. */
  report: VerifyReport;
  /** Whether it was stopped before the last sample. */
  stopped: boolean;
  /** True when every layer agrees in every sample that was run. */
  ok: boolean;
}

const SAMPLES: ArgumentKind = {
  expected: 'a list of samples { name, open }',
  accepts: (value) =>
    typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value),
};

/**
 * Verifies a net on samples.
 * @throws NetspecError when there is no sample, two have one name, or what {@link verify} throws, with the sample's name
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * const x = (await readNpyFile('x.npy')).data;
 * const open = async (net: Net) => {
 *   net.blobs.get('data')!.data.set(x);
 *   return { references: await openWeights('references.npz'), map: blobMap(net) };
 * };
 * const { ok, layers } = await verifySamples(net, [{ name: 'x', open }]);
 * ok; // → true
 * layers.at(-1)!.spread['max-rel']!.sample; // → 'x'
 */
export async function verifySamples(
  net: Net,
  samples: Iterable<VerifySample> | AsyncIterable<VerifySample>,
  options: VerifySamplesOptions = {},
): Promise<SamplesReport> {
  checkArguments('verifySamples()', {
    net: [net, NET],
    samples: [samples, SAMPLES],
    options: [options, OBJECT],
  });
  const { signal, onSample, onCompared, ...common } = options;
  const gathering = new Gathering(common.metrics ?? []);
  const opened = new Map<string, VerifySample>();
  let stopped = false;
  for await (const sample of samples) {
    if (signal?.aborted && opened.size > 0) {
      stopped = true;
      break;
    }
    if (opened.has(sample.name)) throw new NetspecError(`two samples have the name '${sample.name}'`);
    onSample?.(opened.size, sample.name);
    opened.set(sample.name, sample);
    gathering.add(sample.name, await verifyOne(net, sample, { ...common, diagnose: false }));
  }
  if (opened.size === 0) throw new NetspecError('there are no samples');
  const worst = gathering.worst();
  onSample?.(opened.size, worst);
  const report = await verifyOne(net, opened.get(worst)!, { ...common, onCompared });
  const layers = gathering.layers();
  return { layers, samples: gathering.samples, worst, report, stopped, ok: gathering.samples.every(({ ok }) => ok) };
}

async function verifyOne(
  net: Net,
  { name, open }: VerifySample,
  options: Omit<VerifyOptions, 'references' | 'map'>,
): Promise<VerifyReport> {
  resetStates(net);
  try {
    const { close, ...references } = await open(net);
    try {
      return await verify(net, { ...options, ...references });
    } finally {
      await close?.();
    }
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    throw new NetspecError(`sample '${name}': ${error.reason}`, { ...error.details, cause: error });
  }
}

/** What is known of one layer. */
interface Known {
  worst: LayerResult;
  sample: string;
  samples: number;
  failing: number;
  values: Map<string, Map<string, number>>;
}

const FIGURES = ['max-abs', 'max-rel', 'cosine'] as const;

class Gathering {
  readonly samples: SampleResult[] = [];
  /** By reference: a module's reference may belong to another of its layers in another sample. */
  readonly #layers = new Map<string, Known>();
  readonly #unmatched = new Map<string, LayerResult>();

  constructor(readonly metrics: readonly string[]) {}

  add(sample: string, { layers, ok, firstDivergence }: VerifyReport): void {
    for (const layer of layers) this.#addLayer(sample, layer);
    this.samples.push({
      ...{ name: sample, ok },
      ...(firstDivergence && { firstDivergence: firstDivergence.label }),
      failing: layers.filter(isFailing).length,
      maxRel: layers.reduce((most, { comparison }) => largest(most, comparison?.maxRel ?? 0), 0),
    });
  }

  #addLayer(sample: string, layer: LayerResult): void {
    const { reference, comparison, measures = {} } = layer;
    if (reference === undefined || layer.status === 'stepped over') {
      this.#unmatched.set(layer.label, layer);
      return;
    }
    const known: Known = this.#layers.get(reference) ?? {
      ...{ worst: layer, sample, samples: 0, failing: 0 },
      values: new Map(),
    };
    this.#layers.set(reference, known);
    known.samples++;
    if (isFailing(layer)) known.failing++;
    if (badness(layer) > badness(known.worst)) [known.worst, known.sample] = [layer, sample];
    const figures = comparison && {
      'max-abs': comparison.maxAbs,
      'max-rel': comparison.maxRel,
      cosine: comparison.cosine,
    };
    for (const [name, value] of Object.entries({ ...figures, ...measures })) {
      const values = known.values.get(name) ?? new Map<string, number>();
      known.values.set(name, values.set(sample, value));
    }
  }

  /** The worst sample at the first layer that diverges; where none does, the one with the largest error anywhere. */
  worst(): string {
    const first = [...this.#layers.values()]
      .filter(({ failing }) => failing > 0)
      .sort((a, b) => a.worst.index - b.worst.index || a.worst.topIndex - b.worst.topIndex)[0];
    if (first) return first.sample;
    return this.samples.reduce((worst, each) => (largest(worst.maxRel, each.maxRel) === worst.maxRel ? worst : each))
      .name;
  }

  layers(): SampledLayer[] {
    const compared = [...this.#layers.values()].map(({ worst, sample, samples, failing, values }): SampledLayer => {
      const names = new Set([...FIGURES, ...METRICS.map(({ name }) => name)].filter((name) => values.has(name)));
      const spread = Object.fromEntries(
        [...names].map((name) => [name, spreadOf(values.get(name)!, metricOf(name, 'options.metrics').better)]),
      );
      return { ...worst, sample, samples, failing, spread };
    });
    const labels = new Set(compared.map(({ label }) => label));
    const unmatched = [...this.#unmatched.values()]
      .filter(({ label }) => !labels.has(label))
      .map((layer): SampledLayer => ({ ...layer, sample: '', samples: 0, failing: 0, spread: {} }));
    return [...compared, ...unmatched].sort((a, b) => a.index - b.index || a.topIndex - b.topIndex);
  }
}

function isFailing({ status }: LayerResult): boolean {
  return status === 'diverges' || status === 'shape differs';
}

/** The larger number; NaN is the largest. */
function largest(a: number, b: number): number {
  return Number.isNaN(a) || !(b > a || Number.isNaN(b)) ? a : b;
}

/** By what the worst sample of a layer is found: its status first, then its error. */
function badness({ status, comparison }: LayerResult): number {
  const error = comparison?.maxRel ?? Infinity;
  const rank = status === 'shape differs' ? 2 : status === 'diverges' ? 1 : 0;
  // Below 1, so that the status counts first; NaN is the largest.
  return rank + (Number.isNaN(error) ? 0.9999 : (0.999 * Math.min(error, 1e300)) / (1 + Math.min(error, 1e300)));
}
