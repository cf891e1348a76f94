/**
 * The model's nodes as one list: nodes that stand for a function of the model's become its nodes, and sub-graphs are
 * renamed when they are taken in, so that no two values share a name.
 */
import { NetspecError } from '../../errors.js';
import { Attributes } from '../graph/attributes.js';
import type { Node } from '../graph/graph.js';
import type { AttributeValue, FunctionProto, Graph, Model, NodeProto, StoredTensor } from '../schema/model.js';

/** Functions within functions, and conditions within conditions, beyond this depth are refused. */
const DEPTH_LIMIT = 50;
/** A model of more nodes than this is refused: functions that call others twice each grow without bounds. */
const NODE_LIMIT = 500_000;

export type Renaming = ReadonlyMap<string, string>;

/** Makes names that no value has. */
export class Names {
  readonly #taken = new Set<string>();

  take(name: string): void {
    this.#taken.add(name);
  }

  fresh(stem: string): string {
    let name = stem;
    for (let i = 1; this.#taken.has(name); i++) name = `${stem}#${i}`;
    this.#taken.add(name);
    return name;
  }
}

export class Flattener {
  readonly names = new Names();
  readonly #functions: ReadonlyMap<string, FunctionProto>;
  #count = 0;

  constructor(readonly model: Model) {
    this.#functions = new Map(model.functions.map((each) => [key(each.domain, each.name, each.overload), each]));
    const take = (graph: Graph): void => {
      for (const name of graph.initializers.keys()) this.names.take(name);
      for (const { name } of graph.inputs) this.names.take(name);
      for (const node of graph.nodes) for (const output of node.outputs) this.names.take(output);
    };
    take(model.graph);
  }

  /** The main graph's nodes. */
  main(): Node[] {
    return this.model.graph.nodes.flatMap((node) => this.#expand(node, new Map(), this.model.opsets, new Map(), 0));
  }

  /**
   * The nodes of a sub-graph, which may read values of the graph around it; `renaming` of what is around it was done when
   * the node was. Its outputs become the given names.
   */
  branch(
    graph: Graph,
    outputs: readonly string[],
    prefix: string,
    opsets: ReadonlyMap<string, number>,
    depth: number,
    addConstant: (name: string, tensor: StoredTensor) => void,
  ): Node[] {
    const renaming = new Map<string, string>();
    for (const [name, tensor] of graph.initializers) {
      renaming.set(name, this.names.fresh(`${prefix}/${name}`));
      addConstant(renaming.get(name)!, tensor);
    }
    for (const node of graph.nodes)
      for (const output of node.outputs)
        if (output !== '' && !renaming.has(output)) renaming.set(output, this.names.fresh(`${prefix}/${output}`));
    const nodes = graph.nodes.flatMap((node) => this.#expand(node, renaming, opsets, new Map(), depth));
    graph.outputs.forEach(({ name }, i) => {
      const output = outputs[i] ?? '';
      if (output !== '') nodes.push(makeNode('Identity', [renaming.get(name) ?? name], [output], opsets.get('') ?? 1));
    });
    return nodes;
  }

  /** A node, or the nodes of the function that it stands for. */
  #expand(
    node: NodeProto,
    renaming: Renaming,
    opsets: ReadonlyMap<string, number>,
    given: ReadonlyMap<string, AttributeValue>,
    depth: number,
  ): Node[] {
    if (depth > DEPTH_LIMIT)
      throw new NetspecError(`functions are nested more than ${DEPTH_LIMIT} deep in '${node.opType}'`);
    if (++this.#count > NODE_LIMIT) throw new NetspecError(`the model has more than ${NODE_LIMIT} nodes`);
    const renamed = (name: string): string => renaming.get(name) ?? name;
    const attributes = new Map<string, AttributeValue>();
    for (const [name, value] of node.attributes) {
      const resolved = value.kind === 'reference' ? given.get(value.value) : value;
      if (!resolved) continue;
      attributes.set(
        name,
        resolved.kind === 'graph' ? { kind: 'graph', value: renameGraph(resolved.value, renaming, given) } : resolved,
      );
    }
    const inputs = node.inputs.map(renamed);
    const outputs = node.outputs.map(renamed);
    const called = this.#functions.get(key(node.domain, node.opType, node.overload));
    if (!called)
      return [
        {
          name: node.name,
          op: node.opType,
          domain: node.domain,
          opset: opsets.get(node.domain) ?? 1,
          inputs,
          outputs,
          attributes: new Attributes(attributes),
        },
      ];
    return this.#call(called, { inputs, outputs, attributes, name: node.name }, opsets, depth);
  }

  #call(
    called: FunctionProto,
    {
      inputs,
      outputs,
      attributes,
      name,
    }: { inputs: string[]; outputs: string[]; attributes: Map<string, AttributeValue>; name: string },
    opsets: ReadonlyMap<string, number>,
    depth: number,
  ): Node[] {
    const prefix = name === '' ? (outputs[0] ?? called.name) : name;
    const inner = new Map<string, string>();
    called.inputs.forEach((input, i) => inner.set(input, inputs[i] ?? ''));
    const passed: [from: string, to: string][] = [];
    called.outputs.forEach((output, i) => {
      const to = outputs[i] ?? '';
      if (to === '') return;
      // An output that is an input, or two of one value, are named by copies.
      if (inner.has(output)) passed.push([inner.get(output)!, to]);
      else inner.set(output, to);
    });
    for (const node of called.nodes)
      for (const output of node.outputs)
        if (output !== '' && !inner.has(output)) inner.set(output, this.names.fresh(`${prefix}/${output}`));
    const values = new Map([...called.defaults, ...attributes]);
    const versions = called.opsets.size > 0 ? called.opsets : opsets;
    const nodes = called.nodes.flatMap((node) => this.#expand(node, inner, versions, values, depth + 1));
    for (const node of nodes) if (node.name !== '' && name !== '') node.name = `${name}/${node.name}`;
    for (const [from, to] of passed) nodes.push(makeNode('Identity', [from], [to], versions.get('') ?? 1));
    return nodes;
  }
}

function makeNode(op: string, inputs: string[], outputs: string[], opset: number): Node {
  return { name: '', op, domain: '', opset, inputs, outputs, attributes: new Attributes() };
}

function key(domain: string, name: string, overload: string): string {
  return `${domain}\0${name}\0${overload}`;
}

/** A sub-graph whose reads of values around it are renamed; what it defines itself keeps its name. */
function renameGraph(graph: Graph, renaming: Renaming, given: ReadonlyMap<string, AttributeValue>): Graph {
  const own = new Set([
    ...graph.initializers.keys(),
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  const outer = new Map([...renaming].filter(([from]) => !own.has(from)));
  const renamed = (name: string): string => outer.get(name) ?? name;
  return {
    ...graph,
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(renamed),
      attributes: new Map(
        [...node.attributes].flatMap(([name, value]): [string, AttributeValue][] => {
          const resolved = value.kind === 'reference' ? given.get(value.value) : value;
          if (!resolved) return [];
          if (resolved.kind !== 'graph') return [[name, resolved]];
          return [[name, { kind: 'graph', value: renameGraph(resolved.value, outer, given) }]];
        }),
      ),
    })),
    outputs: graph.outputs.map((output) => ({ ...output, name: renamed(output.name) })),
  };
}
