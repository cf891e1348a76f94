/** Nodes in an order in which each comes after what it reads; some exporters write them in reverse. */
import { NetspecError, didYouMean } from '../../errors.js';
import type { Node } from '../graph/graph.js';
import type { Graph } from '../schema/model.js';

/**
 * @param known names of values that are there before any node
 * @throws NetspecError when a node reads what nothing makes, two nodes make one value, or nodes form a loop
 */
export function sortNodes(nodes: readonly Node[], known: (name: string) => boolean): Node[] {
  const producers = producersOf(nodes, known);
  const waiting = new Map<Node, number>();
  const readers = new Map<Node, Node[]>();
  const ready: Node[] = [];
  for (const node of nodes) {
    const before = new Set<Node>();
    for (const input of readBy(node)) {
      if (input === '' || known(input)) continue;
      const producer = producers.get(input);
      if (!producer)
        throw new NetspecError(`${describe(node)} reads '${input}', which no node makes and which is no input`, {
          hint: didYouMean(input, producers.keys()),
        });
      before.add(producer);
    }
    for (const producer of before) {
      const list = readers.get(producer);
      if (list) list.push(node);
      else readers.set(producer, [node]);
    }
    waiting.set(node, before.size);
    if (before.size === 0) ready.push(node);
  }
  if (isSorted(nodes, known)) return [...nodes];
  const sorted: Node[] = [];
  for (let i = 0; i < ready.length; i++) {
    const node = ready[i]!;
    sorted.push(node);
    for (const reader of readers.get(node) ?? []) {
      const left = waiting.get(reader)! - 1;
      waiting.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  if (sorted.length < nodes.length) {
    const stuck = nodes.find((node) => waiting.get(node)! > 0)!;
    throw new NetspecError(`the nodes form a loop: ${describe(stuck)} needs its own result`);
  }
  return sorted;
}

/**
 * The node that makes each value.
 * @throws NetspecError when two nodes make one value, or a node makes one that is there before
 */
export function producersOf(nodes: readonly Node[], known: (name: string) => boolean): Map<string, Node> {
  const producers = new Map<string, Node>();
  for (const node of nodes)
    for (const output of node.outputs) {
      if (output === '') continue;
      if (producers.has(output) || known(output))
        throw new NetspecError(`two nodes make the value '${output}': ${describe(node)} is the second`);
      producers.set(output, node);
    }
  return producers;
}

/** The file's own order is kept where it will do. */
function isSorted(nodes: readonly Node[], known: (name: string) => boolean): boolean {
  const made = new Set<string>();
  for (const node of nodes) {
    for (const input of readBy(node)) if (input !== '' && !known(input) && !made.has(input)) return false;
    for (const output of node.outputs) made.add(output);
  }
  return true;
}

/** What a node reads, its sub-graphs included. */
function* readBy(node: Node): Generator<string> {
  yield* node.inputs;
  for (const value of node.attributes.values.values()) if (value.kind === 'graph') yield* outerReads(value.value);
}

/** Values of the graph around it that a sub-graph reads. */
function outerReads(graph: Graph): string[] {
  const own = new Set([
    ...graph.initializers.keys(),
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  const reads = graph.nodes.flatMap(({ inputs, attributes }) => [
    ...inputs,
    ...[...attributes.values()].flatMap((value) => (value.kind === 'graph' ? outerReads(value.value) : [])),
  ]);
  return [...reads, ...graph.outputs.map(({ name }) => name)].filter((name) => !own.has(name));
}

/** A node as errors name it. */
export function describe({ name, op, outputs }: Pick<Node, 'name' | 'op' | 'outputs'>): string {
  return `node '${name === '' ? (outputs.find((output) => output !== '') ?? '') : name}' (${op})`;
}
