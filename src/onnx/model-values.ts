/**
 * What a model computes while it runs: its inputs, the values of its nodes with their shapes, and, for models that are not too
 * large, the values themselves.
 */
import type { InputValue, WorkGraph } from './graph/graph.js';
import { nodeNames } from './emit/names.js';
import { interpretWithin, type InterpretedValues } from './interpret.js';
import { prepare, type PrepareOptions } from './prepare/prepare.js';
import type { Model, Tensor } from './schema/model.js';

/** A value that a node computes from the inputs. */
export interface ComputedValue {
  readonly shape: readonly number[];
  /** The operator of the node. */
  readonly op: string;
  /** The name that `importOnnx` gives the layer of such a node; of several outputs, the blob. */
  readonly layer: string;
}

const HALVES: ReadonlySet<string> = new Set(['float16', 'bfloat16']);

export class ModelValues {
  /** In an order in which each comes after what it is computed from. Copies, and what does not depend on the inputs, are left out. */
  readonly computed: ReadonlyMap<string, ComputedValue>;
  /** Inputs of the model that are none here, and the values that they have for good. */
  readonly fixedInputs: ReadonlyMap<string, Tensor>;
  readonly #graph: WorkGraph;
  readonly #named: ReadonlySet<string>;

  /** @throws NetspecError when the model is malformed, or the options do not fit it */
  constructor(
    readonly model: Model,
    options: Pick<PrepareOptions, 'inputShapes' | 'inputValues'> = {},
  ) {
    const { graph, fixedInputs } = prepare(model, options);
    this.#graph = graph;
    this.fixedInputs = fixedInputs;
    this.#named = new Set(model.graph.nodes.flatMap(({ outputs }) => outputs));
    const names = nodeNames(this.#graph);
    this.computed = new Map(
      this.#graph.nodes.flatMap((node) =>
        node.outputs.flatMap((name, i) => {
          const shape = name === '' ? undefined : this.#graph.shape(name);
          const isOnly = node.outputs.filter((output) => output !== '').length === 1;
          const layer = isOnly ? names.get(node)! : `${names.get(node)!}_${i}`;
          return shape ? [[name, { shape, op: node.op, layer }] as const] : [];
        }),
      ),
    );
  }

  /** Whether it computes in half precision, so that a runtime's values have 11 bits. */
  get isHalf(): boolean {
    return [...this.computed.keys()].some((name) => HALVES.has(this.#graph.types.get(name)!.type));
  }

  get inputs(): readonly InputValue[] {
    return this.#graph.inputs;
  }

  /** Whether the file itself has a node of this output, so that a runtime can be asked for it. */
  isNamed(value: string): boolean {
    return this.#named.has(value);
  }

  /** The values that are computed from a value directly. */
  computedFrom(value: string): readonly string[] {
    return this.#graph.readers(value).flatMap(({ outputs }) => outputs.filter((output) => this.computed.has(output)));
  }

  /**
   * Computes values in double precision, one operator after the other.
   * @param inputs by name
   * @returns undefined when that would take too long or too much memory
   */
  interpret(inputs: ReadonlyMap<string, ArrayLike<number>>, wanted: Iterable<string>): InterpretedValues | undefined {
    const graph = this.#graph.copy();
    graph.outputs = [...wanted];
    graph.prune();
    return interpretWithin(graph, inputs);
  }
}
