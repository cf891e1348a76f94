/** graph-view: the net as the report draws it: each layer coloured by its error and marked with its verdict. */
import { shapesOf } from '../../draw/draw.js';
import type { NetGraph } from '../../draw/graph.js';
import { layOut } from '../../draw/layout.js';
import { ARROW_MARKER, graphElements, nodeSize, type NodeLook } from '../../draw/svg.js';
import type { LayerResult } from '../result.js';
import { MEANINGS, errorLevel, shortVerdict, verdictOf, worstOf } from './status.js';

/** The graph as an SVG element; its nodes have `data-layer`, the position among the net's layers. */
export async function graphView(
  graph: NetGraph,
  results: ReadonlyMap<number, readonly LayerResult[]>,
  first: LayerResult | undefined,
): Promise<string> {
  const looks = graph.nodes.map((node): NodeLook => {
    const result = worstOf(results.get(node.index) ?? []);
    const isFirst = node.index === first?.index;
    const verdict = result ? verdictOf(result) : 'unchecked';
    const settings = `${node.type} ${node.settings}`.trimEnd();
    const shapes = shapesOf(node);
    return {
      lines: [
        node.name,
        `${settings}${shapes ? ` → ${shapes}` : ''}`,
        `${result ? shortVerdict(result) : '· not compared'}${isFirst ? '  ◀ FIRST FAILURE' : ''}`,
      ],
      classes: [verdict, result ? errorLevel(result) : 'none', ...(isFirst ? ['first'] : [])],
      tooltip: `${node.name}\n${settings}\n${isFirst ? 'first failure: ' : ''}${MEANINGS[verdict]}`,
      attributes: {
        'data-layer': String(node.index),
        role: 'button',
        tabindex: '-1',
        'aria-label': `${node.name}, ${node.type}, ${isFirst ? 'first failure, ' : ''}${MEANINGS[verdict]}`,
      },
    };
  });
  const layout = await layOut(graph, (i) => nodeSize(looks[i]!));
  const [width, height] = [Math.ceil(layout.width), Math.ceil(layout.height)];
  return (
    `<svg id="graph" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="group" ` +
    `aria-label="The net; arrow keys go from layer to layer">\n<defs>${ARROW_MARKER}</defs>\n` +
    `${graphElements(graph, layout, looks)}\n</svg>`
  );
}
