/** A node's attributes, read with their types: a wrong one is refused with the node's name. */
import type { AttributeValue, Graph, Tensor } from '../schema/model.js';

/** Thrown with a short reason; whoever knows the node adds its name and operator. */
export class Refusal extends Error {
  constructor(
    readonly reason: string,
    /** What the user can do about it. */
    readonly hint?: string,
  ) {
    super(reason);
  }
}

type Kind = AttributeValue['kind'];
type ValueOf<K extends Kind> = Extract<AttributeValue, { kind: K }>['value'];

export class Attributes {
  constructor(readonly values: ReadonlyMap<string, AttributeValue> = new Map()) {}

  /** Of plain values: a whole number is an int, lists of them ints, `{ float: … }` a float. */
  static of(fields: Readonly<Record<string, number | string | readonly number[] | { float: number }>>): Attributes {
    return new Attributes(
      new Map(
        Object.entries(fields).map(([name, value]): [string, AttributeValue] => {
          if (typeof value === 'number') return [name, { kind: 'int', value }];
          if (typeof value === 'string') return [name, { kind: 'string', value }];
          return [name, 'float' in value ? { kind: 'float', value: value.float } : { kind: 'ints', value }];
        }),
      ),
    );
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  int(name: string): number | undefined;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise?: number): number | undefined {
    return this.#get(name, 'int') ?? otherwise;
  }

  float(name: string): number | undefined;
  float(name: string, otherwise: number): number;
  float(name: string, otherwise?: number): number | undefined {
    const found = this.values.get(name);
    // Whole numbers where a float is wanted: some exporters write them.
    if (found?.kind === 'int') return found.value;
    return this.#get(name, 'float') ?? otherwise;
  }

  string(name: string, otherwise: string): string {
    return this.#get(name, 'string') ?? otherwise;
  }

  ints(name: string): readonly number[] | undefined {
    const found = this.values.get(name);
    if (found?.kind === 'int') return [found.value];
    return this.#get(name, 'ints');
  }

  floats(name: string): readonly number[] | undefined {
    return this.#get(name, 'floats');
  }

  strings(name: string): readonly string[] | undefined {
    return this.#get(name, 'strings');
  }

  tensor(name: string): Tensor | undefined {
    const stored = this.#get(name, 'tensor');
    if (stored && !stored.values) throw new Refusal(`attribute '${name}': the tensor's values were not read`);
    return stored?.values;
  }

  graph(name: string): Graph | undefined {
    return this.#get(name, 'graph');
  }

  #get<K extends Kind>(name: string, kind: K): ValueOf<K> | undefined {
    const found = this.values.get(name);
    if (found === undefined) return undefined;
    if (found.kind !== kind) throw new Refusal(`attribute '${name}': expected ${kind}, got ${found.kind}`);
    return (found as Extract<AttributeValue, { kind: K }>).value as ValueOf<K> | undefined;
  }
}
