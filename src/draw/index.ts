// What the whole exports of src/draw: nets as graphs and as SVG pictures.
export { graphOfNet, graphOfProto, type GraphEdge, type GraphNode, type GraphTop, type NetGraph } from './graph.js';
export { drawNet } from './draw.js';
