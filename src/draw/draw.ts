/** draw: a net as one SVG picture that stands alone and follows the viewer's light or dark theme. */
import { LIST, checkArguments, fields } from '../arguments.js';
import type { GraphNode, NetGraph } from './graph.js';
import { layOut } from './layout.js';
import { escapeMarkup } from './markup.js';
import { ARROW_MARKER, graphElements, nodeSize, type NodeLook } from './svg.js';

/** `1x64x240x288` of each top, separated by commas; '' without shapes. */
export function shapesOf({ tops }: GraphNode): string {
  return tops.flatMap(({ shape }) => (shape ? [shape.join('x') || 'scalar'] : [])).join(', ');
}

/**
 * Draws a graph as a complete SVG document: names, types, main settings and the shapes of what layers write.
 * @returns text of an `.svg` file
 * @example
 * const net = await Net.load('net.prototxt', { shapesOnly: true });
 * (await drawNet(graphOfNet(net))).includes('conv1'); // → true
 */
export async function drawNet(graph: NetGraph): Promise<string> {
  checkArguments('drawNet()', {
    graph: [graph, fields('a graph, such as graphOfNet() gives', { nodes: LIST, edges: LIST })],
  });
  const looks = graph.nodes.map((node): NodeLook => {
    const shapes = shapesOf(node);
    return {
      lines: [node.name, `${node.type} ${node.settings}`.trimEnd(), ...(shapes ? [shapes] : [])],
      classes: [node.family],
      tooltip: [node.name, `${node.type} ${node.settings}`.trimEnd(), ...node.tops.map(describeTop)].join('\n'),
    };
  });
  const layout = await layOut(graph, (i) => nodeSize(looks[i]!));
  const [width, height] = [Math.ceil(Math.max(layout.width, 1)), Math.ceil(Math.max(layout.height, 1))];
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escapeMarkup(graph.name || 'net')}</title>
<style>
${STYLE}
</style>
<defs>${ARROW_MARKER}</defs>
<rect class="paper" width="100%" height="100%"/>
${graphElements(graph, layout, looks)}
</svg>
`;
}

function describeTop({ name, shape }: GraphNode['tops'][number]): string {
  return shape ? `${name}: ${shape.join('x') || 'scalar'}` : name;
}

// Rules and no custom properties, which viewers other than browsers do not know.
const STYLE = `text { font: 11px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: #4a5260; }
.line0 { font: 600 12px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #14181f; }
.paper { fill: #ffffff; }
.box { fill: #f7f8fa; stroke: #a7afbb; }
.edge { fill: none; stroke: #7b8594; stroke-width: 1.3; }
.arrow { fill: #7b8594; }
.stripe { fill: #8a93a1; }
.input .stripe { fill: #2e8b57; }
.weights .stripe { fill: #2f6fdb; }
.scaling .stripe { fill: #7a52c7; }
.pooling .stripe { fill: #b3541e; }
.joining .stripe { fill: #0e8a93; }
.activation .stripe { fill: #c08a00; }
@media (prefers-color-scheme: dark) {
  text { fill: #aab3c0; }
  .line0 { fill: #eef1f5; }
  .paper { fill: #15181d; }
  .box { fill: #1f242c; stroke: #4d5663; }
  .edge { stroke: #7b8594; }
  .input .stripe { fill: #4cc38a; }
  .weights .stripe { fill: #6ea2ff; }
  .scaling .stripe { fill: #b197fc; }
  .pooling .stripe { fill: #f0935a; }
  .joining .stripe { fill: #3cc4ce; }
  .activation .stripe { fill: #e5b93c; }
}`;
