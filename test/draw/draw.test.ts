/** SVG pictures of nets: what is on them, and that a net's names cannot break out of the text. */
import { describe, expect, test } from '@jest/globals';
import { drawNet, graphOfProto, parsePrototxt } from '../../src/index.js';
import { escapeMarkup, shortened } from '../../src/draw/markup.js';

const layer = (name: string, type: string, bottom: string, top: string) => ({
  name,
  type,
  bottom: [bottom],
  top: [top],
});

/** Numbers of `translate(x,y)` of each node, in the graph's order. */
const places = (svg: string) =>
  [...svg.matchAll(/translate\(([\d.]+),([\d.]+)\)/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));

describe('drawNet', () => {
  test('each layer is a node below those that it reads', async () => {
    const graph = graphOfProto(
      parsePrototxt(`name: "diamond"
        layer { name: "in" type: "Input" top: "a" } layer { name: "l" type: "ReLU" bottom: "a" top: "b" }
        layer { name: "r" type: "TanH" bottom: "a" top: "c" }
        layer { name: "out" type: "Eltwise" bottom: "b" bottom: "c" top: "d" }`),
    );
    const svg = await drawNet(graph);
    expect(svg).toContain('<title>diamond</title>');
    const [input, left, right, output] = places(svg);
    expect(left!.y).toBe(right!.y);
    // In the order in which they were written.
    expect(left!.x).toBeLessThan(right!.x);
    expect(input!.y).toBeLessThan(left!.y);
    expect(left!.y).toBeLessThan(output!.y);
    expect(svg.match(/class="edge"/g)).toHaveLength(4);
  });

  test('a layer without neighbours, in a net without a name', async () => {
    const svg = await drawNet({
      name: '',
      nodes: graphOfProto({ layer: [layer('one', 'ReLU', 'x', 'y')] }).nodes,
      edges: [],
    });
    expect(svg).toContain('<title>net</title>');
    expect(places(svg)).toHaveLength(1);
  });

  test('names are text, whatever they hold', async () => {
    const evil = `</text><script>alert("1")</script>&'\u0007`;
    const svg = await drawNet(graphOfProto({ name: evil, layer: [layer(evil, evil, evil, evil)] }));
    expect(svg).not.toContain('<script');
    // eslint-disable-next-line no-control-regex -- that is the point: XML has no way to write it
    expect(svg).not.toMatch(/\u0007/);
    expect(svg).toContain('&lt;/text&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;\ufffd');
  });
});

test.each([
  ['conv1', 5, 'conv1'],
  ['backbone_body_layer1', 9, 'back…yer1'],
  ['backbone_body_layer1', 8, 'back…er1'],
  // Counted in characters, so that none is cut in half.
  ['😀😀😀😀', 3, '😀…😀'],
])('shortened(%p, %p) is %p', (text, most, expected) => {
  expect(shortened(text, most)).toBe(expected);
});

test.each([
  ['a<b>&"c\'', 'a&lt;b&gt;&amp;&quot;c&#39;'],
  ['tab\there', 'tab\there'],
  ['bell\u0007 nul\0 half\ud800', 'bell\ufffd nul\ufffd half\ufffd'],
])('escapeMarkup(%p)', (text, expected) => {
  expect(escapeMarkup(text)).toBe(expected);
});
