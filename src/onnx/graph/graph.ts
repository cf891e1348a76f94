/**
 * The graph that preparation, patterns and emission work on: nodes in an order in which each comes after what it reads,
 * constants, and what is known of every value's shape.
 */
import type { DataType } from '../schema/data-types.js';
import type { Tensor } from '../schema/model.js';
import { Attributes } from './attributes.js';

export interface ValueType {
  readonly type: DataType;
  readonly shape: readonly number[];
}

/** One operator. Its inputs and attributes may be rewritten by {@link WorkGraph.rewrite}. */
export interface Node {
  /** As in the file; '' where it has none. */
  name: string;
  op: string;
  /** '' is ONNX's own; `netspec` holds what patterns make. */
  domain: string;
  /** Version of the domain's operators. */
  opset: number;
  inputs: string[];
  outputs: string[];
  attributes: Attributes;
}

export interface InputValue extends ValueType {
  readonly name: string;
}

export class WorkGraph {
  nodes: Node[] = [];
  inputs: InputValue[] = [];
  outputs: string[] = [];
  readonly constants = new Map<string, Tensor>();
  readonly types = new Map<string, ValueType>();
  #producers: Map<string, Node> | undefined;
  #readers: Map<string, Node[]> | undefined;
  #made = 0;

  /** A copy whose nodes may be rewritten without this one's. */
  copy(): WorkGraph {
    const made = new WorkGraph();
    made.nodes = this.nodes.map((node) => ({ ...node, inputs: [...node.inputs], outputs: [...node.outputs] }));
    made.inputs = [...this.inputs];
    made.outputs = [...this.outputs];
    for (const [name, tensor] of this.constants) made.constants.set(name, tensor);
    for (const [name, type] of this.types) made.types.set(name, type);
    return made;
  }

  /** The node that makes a value; undefined for inputs and constants. */
  producer(value: string): Node | undefined {
    this.#producers ??= new Map(this.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
    return this.#producers.get(value);
  }

  /** The inputs that a value is computed from. */
  inputsOf(value: string): readonly InputValue[] {
    // Nodes may have been added since it was last asked.
    this.touch();
    const found = new Set<string>();
    const open = [value];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (found.has(name)) continue;
      found.add(name);
      open.push(...(this.producer(name)?.inputs ?? []));
    }
    return this.inputs.filter(({ name }) => found.has(name));
  }

  /** The nodes that read a value, each once. */
  readers(value: string): readonly Node[] {
    if (!this.#readers) {
      this.#readers = new Map();
      for (const node of this.nodes)
        for (const input of new Set(node.inputs)) {
          const list = this.#readers.get(input);
          if (list) list.push(node);
          else this.#readers.set(input, [node]);
        }
    }
    return this.#readers.get(value) ?? [];
  }

  /** Whether nothing but `reader` reads the value, which is no output of the graph. */
  onlyReader(value: string, reader: Node): boolean {
    const readers = this.readers(value);
    return readers.length === 1 && readers[0] === reader && !this.outputs.includes(value);
  }

  shape(value: string): readonly number[] | undefined {
    return this.types.get(value)?.shape;
  }

  /** A constant of its own name. */
  addConstant(tensor: Tensor, name = this.freshName('constant')): string {
    this.constants.set(name, tensor);
    this.types.set(name, { type: tensor.type, shape: tensor.shape });
    return name;
  }

  freshName(stem: string): string {
    for (;;) {
      const name = `${stem}#${++this.#made}`;
      if (!this.types.has(name)) return name;
    }
  }

  /** Makes a node another one that gives the same outputs. What is read no longer goes with {@link prune}. */
  rewrite(
    node: Node,
    {
      op,
      domain = 'netspec',
      opset = 1,
      inputs,
      attributes = new Attributes(),
    }: Partial<Node> & { op: string; inputs: string[] },
  ): void {
    const before = new Set(node.inputs);
    Object.assign(node, { op, domain, opset, inputs, attributes });
    if (!this.#readers) return;
    for (const input of before) {
      const list = this.#readers.get(input);
      const at = list?.indexOf(node) ?? -1;
      if (at >= 0 && !inputs.includes(input)) list!.splice(at, 1);
    }
    for (const input of new Set(inputs)) {
      if (before.has(input)) continue;
      const list = this.#readers.get(input);
      if (list) list.push(node);
      else this.#readers.set(input, [node]);
    }
  }

  /** Adds a node before another. Its outputs must have types. */
  insertBefore(next: Node, made: Pick<Node, 'op' | 'inputs' | 'outputs'> & Partial<Node>): Node {
    const node: Node = { name: next.name, domain: 'netspec', opset: 1, attributes: new Attributes(), ...made };
    this.nodes.splice(this.nodes.indexOf(next), 0, node);
    this.touch();
    return node;
  }

  /** Everything that reads `from`, and the graph's outputs, read `to` instead. */
  redirect(from: string, to: string): void {
    for (const node of [...this.readers(from)]) node.inputs = node.inputs.map((input) => (input === from ? to : input));
    this.outputs = this.outputs.map((output) => (output === from ? to : output));
    this.touch();
  }

  /** Drops nodes whose outputs are not needed, and constants that nothing reads. */
  prune(): void {
    const needed = new Set(this.outputs);
    const kept: Node[] = [];
    for (const node of this.nodes.toReversed()) {
      if (!node.outputs.some((output) => needed.has(output))) continue;
      kept.push(node);
      for (const input of node.inputs) needed.add(input);
    }
    this.nodes = kept.reverse();
    for (const name of [...this.constants.keys()]) if (!needed.has(name)) this.constants.delete(name);
    this.touch();
  }

  /** Takes over what was made of a {@link copy}. */
  become({ nodes, outputs, constants, types }: WorkGraph): void {
    this.nodes = nodes;
    this.outputs = outputs;
    for (const [name, tensor] of constants) this.constants.set(name, tensor);
    for (const [name, type] of types) this.types.set(name, type);
    this.touch();
  }

  /** Says that nodes were changed from outside. */
  touch(): void {
    this.#producers = undefined;
    this.#readers = undefined;
  }
}
