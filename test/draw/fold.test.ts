/** Layers whose names begin alike as one node. */
import { expect, test } from '@jest/globals';
import { foldGraph } from '../../src/draw/fold.js';
import { graphOfProto, parsePrototxt } from '../../src/index.js';

const chain = (...names: string[]): string =>
  names
    .map((name, i) => `layer { name: "${name}" type: "ReLU" bottom: "${names[i - 1] ?? 'x'}" top: "${name}" }`)
    .join('\n');
const GRAPH = graphOfProto(parsePrototxt(chain('data', 'a_b_1', 'a_b_2', 'a_c_1', 'prob')));
const names = (level: number, ...open: string[]): string[] =>
  foldGraph(GRAPH, level, new Set(open)).graph.nodes.map(({ name }) => name);

test('folds by as many parts of the names as are asked for', () => {
  expect(foldGraph(GRAPH, 0).graph).toEqual(GRAPH);
  expect(names(1)).toEqual(['data', 'a_…', 'prob']);
  expect(names(2)).toEqual(['data', 'a_b_…', 'a_c_1', 'prob']);
  expect(names(3)).toEqual(['data', 'a_b_1', 'a_b_2', 'a_c_1', 'prob']);
  expect(names(2, 'a_b_')).toEqual(['data', 'a_b_1', 'a_b_2', 'a_c_1', 'prob']);
});

test('a node stands for its layers, and edges within it are gone', () => {
  const { graph, members, prefixes } = foldGraph(GRAPH, 1);
  expect(members.get(1)).toEqual([1, 2, 3]);
  expect([...prefixes]).toEqual([[1, 'a_']]);
  expect(graph.edges.map(({ from, to }) => [from, to])).toEqual([
    [0, 1],
    [1, 4],
  ]);
  expect(graph.nodes[1]).toMatchObject({ type: '3 layers', tops: [{ name: 'a_c_1' }] });
});
