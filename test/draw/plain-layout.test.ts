/** The plain layout of large nets: nothing lies on anything else, and lines reach what they name. */
import { describe, expect, test } from '@jest/globals';
import { graphOfProto } from '../../src/index.js';
import { layOut } from '../../src/draw/layout.js';
import { isLarge, layOutPlainly } from '../../src/draw/plain-layout.js';
import type { NetGraph } from '../../src/draw/graph.js';

const SIZE = { width: 100, height: 50 };

const graphOf = (layers: readonly [name: string, bottoms: readonly string[]][]): NetGraph =>
  graphOfProto({
    name: 'net',
    layer: layers.map(([name, bottom]) => ({ name, type: 'Eltwise', bottom: [...bottom], top: [name] })),
  });

/** A chain in which each layer also reads the first. */
const skips = (count: number): NetGraph =>
  graphOf([
    ['data', []],
    ...Array.from({ length: count }, (_, i): [string, string[]] => [`c${i}`, [i === 0 ? 'data' : `c${i - 1}`, 'data']]),
  ]);

/** Many layers side by side, joined by one. */
const wide = (count: number): NetGraph => {
  const branches = Array.from({ length: count }, (_, i) => `b${i}`);
  return graphOf([['data', []], ...branches.map((name): [string, string[]] => [name, ['data']]), ['all', branches]]);
};

describe('isLarge', () => {
  test.each([
    ['a chain of 60 with edges to its begin', skips(60), false],
    ['a chain of 80 with edges to its begin', skips(80), true],
    ['150 side by side', wide(150), false],
    ['151 side by side', wide(151), true],
    ['nothing', graphOf([]), false],
  ])('%s: %#', (_what, graph, expected) => {
    expect(isLarge(graph)).toBe(expected);
  });
});

describe('layOutPlainly', () => {
  test.each([
    ['skips', skips(12)],
    ['a wide join', wide(7)],
    [
      'a lane that is used again',
      graphOf([
        ['a', []],
        ['b', ['a']],
        ['c', ['a', 'b']],
        ['d', ['c']],
        ['e', ['c', 'd']],
      ]),
    ],
  ])(
    '%s: no box lies on another, each line leads from its source down to its target and crosses no box',
    (_what, graph) => {
      const { nodes, edges, width, height } = layOutPlainly(graph, () => SIZE);
      nodes.forEach((a, i) => {
        expect(a.x).toBeGreaterThanOrEqual(0);
        expect(a.x + a.width).toBeLessThanOrEqual(width);
        expect(a.y + a.height).toBeLessThanOrEqual(height);
        for (const b of nodes.slice(i + 1))
          expect(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y).toBe(
            true,
          );
      });
      graph.edges.forEach(({ from, to }, i) => {
        const [source, target, points] = [nodes[from]!, nodes[to]!, edges[i]!];
        expect(points[0]).toEqual({ x: source.x + 50, y: source.y + 50 });
        expect(points.at(-1)).toEqual({ x: target.x + 50, y: target.y });
        expect(target.y).toBeGreaterThan(source.y + source.height);
        points.slice(1).forEach((end, k) => {
          const begin = points[k]!;
          // Each piece is upright or level.
          expect(begin.x === end.x || begin.y === end.y).toBe(true);
          for (const node of nodes)
            expect(
              Math.max(begin.x, end.x) > node.x &&
                Math.min(begin.x, end.x) < node.x + node.width &&
                Math.max(begin.y, end.y) > node.y &&
                Math.min(begin.y, end.y) < node.y + node.height,
            ).toBe(false);
          expect(Math.max(begin.x, end.x)).toBeLessThanOrEqual(width);
        });
      });
    },
  );

  test('one blob has one lane, and a lane that ended serves the next', () => {
    const chain = graphOf([
      ['a', []],
      ['b', ['a']],
      ['c', ['a', 'b']],
      ['d', ['c', 'a']],
      ['e', ['d']],
      ['f', ['d', 'e']],
    ]);
    const { edges } = layOutPlainly(chain, () => SIZE);
    const lanes = edges.filter(({ length }) => length === 6).map((points) => points[2]!.x);
    expect(lanes).toHaveLength(3);
    expect(new Set(lanes).size).toBe(1);
  });
});

test('layOut lays out 5,000 layers that all read the first', async () => {
  const graph = skips(5000);
  const { nodes, edges } = await layOut(graph, () => SIZE);
  expect([nodes.length, edges.length]).toEqual([5001, 10000]);
  expect(nodes.every(({ y }, i) => i === 0 || y > nodes[i - 1]!.y)).toBe(true);
});
