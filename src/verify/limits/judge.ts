/**
 * judge: says of what a layer gives whether it agrees with its reference: by numpy's allclose, or by the limits that the user
 * sets for the layer; and takes the measures that are asked for.
 */
import { compare, DEFAULT_TOLERANCE, ROUNDING, type Comparison, type Tolerance } from '../../compare/compare.js';
import { formatFigure } from '../../compare/figures.js';
import { measured, metricOf, type Metric } from '../../compare/metrics/index.js';
import { didYouMean, NetspecError } from '../../errors.js';
import { knownLayerTypes } from '../../layers/registry.js';
import type { Net } from '../../runtime/net.js';
import { parsePattern, type NamePattern } from '../../weights/maps/pattern.js';
import { lastWriters } from '../match-references.js';
import { checkToleranceRules, type LayerLimits, type ToleranceRules } from './tolerance-rules.js';

/** What one comparison came to. */
export interface Judgement {
  /** Figures; absent where the shapes differ. */
  comparison?: Comparison;
  agrees: boolean;
  /** The measures that were asked for and apply, by name. */
  measures?: Readonly<Record<string, number>>;
  /** Limits that do not hold: `cosine 0.97, at least 0.99`. */
  failed?: readonly string[];
  /** The layer's own tolerance, where it has one. */
  tolerance?: Tolerance;
}

/** Both sides of a comparison at a top. */
export interface JudgedSides {
  layer: number;
  top: number;
  shape: readonly number[];
  actual: ArrayLike<number>;
  referenceShape: readonly number[];
  reference: ArrayLike<number>;
  /** Whether the shapes count as the same. */
  fits: boolean;
}

/** What {@link Judge} is made of. */
export interface JudgeOptions {
  rtol?: number;
  atol?: number;
  metrics?: readonly string[];
  tolerances?: ToleranceRules;
}

/** What is asked of one layer. */
interface Asked {
  tolerance: Tolerance;
  /** Whether `tolerance` is the layer's own. */
  isOwn: boolean;
  /** Whether every value must be within the tolerance. */
  wantsClose: boolean;
  limits: readonly { metric: Metric; limit: number }[];
}

export class Judge {
  /** For layers that have none of their own. */
  readonly tolerance: Tolerance;
  readonly #metrics: readonly Metric[];
  readonly #rules: ToleranceRules;
  readonly #patterns: readonly { pattern: NamePattern; limits: LayerLimits }[];
  readonly #asked = new Map<number, Asked>();
  readonly #lastWriters: ReadonlyMap<string, number>;

  /** @throws NetspecError for a measure that is none, or rules for layers that the net has not. */
  constructor(
    readonly net: Net,
    { rtol, atol, metrics = [], tolerances = {} }: JudgeOptions,
  ) {
    const given = { rtol: rtol ?? DEFAULT_TOLERANCE.rtol, atol: atol ?? DEFAULT_TOLERANCE.atol };
    // Who sets a tolerance means it.
    const isDefault = given.rtol === DEFAULT_TOLERANCE.rtol && given.atol === DEFAULT_TOLERANCE.atol;
    this.tolerance = isDefault ? { ...given, rounding: ROUNDING } : given;
    this.#metrics = [...new Set(metrics)].map((name) => metricOf(name, 'options.metrics'));
    checkToleranceRules(tolerances);
    this.#rules = tolerances;
    this.#patterns = Object.entries(tolerances.patterns ?? {}).map(([text, limits]) => ({
      pattern: parsePattern(text),
      limits,
    }));
    this.#lastWriters = lastWriters(net);
    this.#checkLayers();
  }

  /** Whether there is a measure of sides that differ in shape. */
  get takesShapes(): boolean {
    const { layers = {}, patterns = {}, types = {}, default: others = {} } = this.#rules;
    const limited = [layers, patterns, types]
      .flatMap((group) => Object.values(group))
      .flatMap((each) => Object.keys(each));
    return [...limited, ...Object.keys(others)]
      .filter((name) => name !== 'rtol' && name !== 'atol')
      .map((name) => metricOf(name, 'options.tolerances'))
      .concat(this.#metrics)
      .some((metric) => metric.takesShapes);
  }

  /** What counts as equal at a layer. */
  toleranceOf(layer: number): Tolerance {
    return this.#askedOf(layer).tolerance;
  }

  judge({ layer, top, shape, actual, referenceShape, reference, fits }: JudgedSides): Judgement {
    const { tolerance, isOwn, wantsClose, limits } = this.#askedOf(layer);
    const comparison = fits ? compare(actual, reference, tolerance) : undefined;
    const metrics = [...new Set([...this.#metrics, ...limits.map(({ metric }) => metric)])];
    const isOutput = this.#isOutput(layer, top);
    const measures =
      metrics.length === 0 ? {} : measured(metrics, { shape, actual, referenceShape, reference, tolerance, isOutput });
    const failed = limits.flatMap(({ metric, limit }) => failureOf(metric, limit, measures[metric.name]));
    // Where the shapes differ, only measures that take that can say that both sides agree.
    const isMeasured = limits.some(({ metric }) => measures[metric.name] !== undefined);
    const agrees = failed.length === 0 && (comparison ? !wantsClose || comparison.allclose : isMeasured && !wantsClose);
    return {
      ...(comparison && { comparison }),
      agrees,
      ...(Object.keys(measures).length > 0 && { measures }),
      ...(failed.length > 0 && { failed }),
      ...(isOwn && { tolerance }),
    };
  }

  #isOutput(layer: number, top: number): boolean {
    const blob = this.net.topNamesOf(layer)[top]!;
    return this.net.outputs.includes(blob) && this.#lastWriters.get(blob) === layer;
  }

  #askedOf(layer: number): Asked {
    const known = this.#asked.get(layer);
    if (known) return known;
    const rules = this.limitsOf(layer);
    const { rtol, atol, ...measures } = rules ?? {};
    const limits = Object.entries(measures).map(([name, limit]) => ({
      metric: metricOf(name, 'options.tolerances'),
      limit,
    }));
    const isOwn = rtol !== undefined || atol !== undefined;
    const asked = {
      tolerance: isOwn ? { rtol: rtol ?? this.tolerance.rtol, atol: atol ?? this.tolerance.atol } : this.tolerance,
      isOwn,
      wantsClose: isOwn || limits.length === 0,
      limits,
    };
    this.#asked.set(layer, asked);
    return asked;
  }

  /** The limits that the rules set for a layer; undefined where the tolerance of all layers holds. */
  limitsOf(layer: number): LayerLimits | undefined {
    const { name, type } = this.net.layers[layer]!;
    const { layers = {}, types = {} } = this.#rules;
    if (Object.hasOwn(layers, name)) return layers[name];
    const fitting = this.#patterns.find(({ pattern }) => pattern.test(name));
    if (fitting) return fitting.limits;
    return Object.hasOwn(types, type) ? types[type] : this.#rules.default;
  }

  #checkLayers(): void {
    const names = this.net.layerNames;
    for (const name of Object.keys(this.#rules.layers ?? {}))
      if (!names.includes(name))
        throw new NetspecError(`tolerances: the net has no layer '${name}'`, { hint: didYouMean(name, names) });
    const types = [...new Set([...knownLayerTypes(), ...this.net.layers.map(({ type }) => type)])];
    for (const type of Object.keys(this.#rules.types ?? {}))
      if (!types.includes(type))
        throw new NetspecError(`tolerances: there is no layer type '${type}'`, { hint: didYouMean(type, types) });
    for (const { pattern } of this.#patterns)
      if (!names.some((name) => pattern.test(name)))
        throw new NetspecError(`tolerances: no layer's name is matched by the pattern '${pattern.text}'`, {
          hint: `it must match the whole name, as '.*${pattern.text}.*' would`,
        });
  }
}

/** What is said of a limit that does not hold. A measure that does not apply sets no limit. */
function failureOf({ name, better }: Metric, limit: number, value: number | undefined): string[] {
  // Written so that NaN is beyond any limit.
  if (value === undefined || (better === 'larger' ? value >= limit : value <= limit)) return [];
  // The limit as it was given: rounded, 0.9999 would be 1.
  return [`${name} ${formatFigure(value)}, at ${better === 'larger' ? 'least' : 'most'} ${limit}`];
}
