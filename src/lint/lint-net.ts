/** lint-net: a net as the rules see it: as it is written, in one state, with its wiring, its shapes and its weights. */
import { NetspecError } from '../errors.js';
import { Phase, type LayerParameter, type NetParameter } from '../generated/messages.js';
import { factsOf } from '../layers/registry.js';
import type { LayerFacts } from '../layers/facts.js';
import { derive } from '../proto/derive.js';
import type { Schema } from '../proto/schema.js';
import { netShapes, type NetShapes, type StateOptions } from '../runtime/net-shapes.js';
import { withState } from '../runtime/net-options.js';
import { filterNet } from '../runtime/state-filter.js';
import { Flow } from './flow.js';
import type { Target } from './targets/target.js';

/** The weights of a net, for the rules that look into them. */
export interface LintWeights {
  /** What errors call them: the name of the file. */
  readonly name: string;
  readonly layers: readonly {
    readonly name: string;
    readonly type: string;
    readonly shapes: readonly (readonly number[])[];
  }[];
  /** The values of a blob. */
  read(layer: number, blob: number): Promise<Float32Array>;
}

export interface LintNetOptions extends StateOptions {
  schema?: Schema;
  /** The net as it was before it was brought to today's format. */
  written?: NetParameter;
  weights?: LintWeights;
  targets?: readonly Target[];
}

export class LintNet {
  /** The layers of the state, in order. */
  readonly layers: readonly LayerParameter[];
  readonly flow: Flow;
  /** Undefined where the net cannot be built. Behind layers that netspec does not run, shapes are not known. */
  readonly shapes: NetShapes | undefined;
  /** Why the net cannot be built. */
  readonly problem: NetspecError | undefined;
  /** The net before its format was brought up to date. */
  readonly written: NetParameter;
  readonly weights: LintWeights | undefined;
  readonly targets: readonly Target[];
  readonly schema: Schema | undefined;
  readonly #state: StateOptions;
  #withoutShapes: ReadonlySet<string> | undefined;

  /** @param net in today's format */
  constructor(
    readonly net: NetParameter,
    { schema, written = net, weights, targets = [], ...state }: LintNetOptions = {},
  ) {
    this.#state = state;
    this.schema = schema;
    this.written = written;
    this.weights = weights;
    this.targets = targets;
    this.layers = filterNet(withState(net, state)).layer ?? [];
    this.flow = new Flow(this.layers);
    const built = this.build();
    if (built instanceof NetspecError) this.problem = built;
    else this.shapes = built;
  }

  /** Whether the net is one to run: it has inputs that are fed, and no layers for training alone. */
  get isDeploy(): boolean {
    const isForTraining = ({ include = [] }: LayerParameter): boolean =>
      include.some(({ phase }) => phase === Phase.TRAIN);
    return this.layers.some(({ type }) => type === 'Input') && !(this.net.layer ?? []).some(isForTraining);
  }

  get phase(): 'TRAIN' | 'TEST' {
    return this.#state.phase ?? 'TEST';
  }

  factsOf(layer: LayerParameter): LayerFacts | undefined {
    return factsOf(layer, { schema: this.schema?.name });
  }

  /** Whether the shapes of a layer's parameters are known: it is run here, and the shapes of what it reads are known. */
  hasKnownShapes({ name = '' }: LayerParameter): boolean {
    this.#withoutShapes ??= new Set(this.shapes?.steppedOver.map((each) => each.name));
    return this.shapes !== undefined && !this.#withoutShapes.has(name);
  }

  /** Shapes of a layer's bottoms; undefined where one is not known. */
  bottomShapes(layer: LayerParameter): readonly (readonly number[])[] | undefined {
    return this.#shapesOf(layer.bottom);
  }

  topShapes(layer: LayerParameter): readonly (readonly number[])[] | undefined {
    return this.#shapesOf(layer.top);
  }

  /** Shapes of the net with some layers changed, or why it cannot be built: for rules that try an edit before they name it. */
  build(changed?: ReadonlyMap<LayerParameter, LayerParameter>): NetShapes | NetspecError {
    const layer = this.net.layer ?? [];
    const net = changed ? derive(this.net, { layer: layer.map((each) => changed.get(each) ?? each) }) : this.net;
    try {
      return netShapes(net, { ...this.#state, stepOver: 'open', schema: this.schema });
    } catch (error) {
      if (error instanceof NetspecError) return error;
      throw error;
    }
  }

  #shapesOf(blobs: readonly string[] = []): readonly (readonly number[])[] | undefined {
    const shapes = blobs.map((blob) => this.shapes?.blobs.get(blob));
    return shapes.every((shape) => shape !== undefined) ? shapes : undefined;
  }
}
