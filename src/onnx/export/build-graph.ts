/** Writes the layers of a net as nodes, names the values after the blobs, and refuses what has no form, all of it at once. */
import { NetspecError } from '../../errors.js';
import { blobFactsOf } from '../../layers/facts.js';
import type { Layer } from '../../layers/layer.js';
import { factsOfLayer } from '../../layers/registry.js';
import type { Net } from '../../runtime/net.js';
import { SteppedOverLayer } from '../../runtime/step-over.js';
import { product, sameShape } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import { BlobValues } from './blob-values.js';
import { GraphBuilder, type Value } from './graph-builder.js';
import type { ExportContext } from './layer-export.js';
import { DataNotThere, exportOf, ShapeNotKnown } from './layers/index.js';
import { Ops } from './ops.js';
import type { Parameters } from './parameters.js';
import { phaseOf } from './phase.js';
import { runAlone } from './run-alone.js';

export interface BuiltGraph {
  readonly graph: GraphBuilder;
  readonly outputs: readonly Value[];
  readonly layers: readonly { name: string; type: string; values: readonly string[] }[];
  readonly values: ReadonlyMap<string, string>;
  readonly remarks: readonly string[];
}

/** What a layer made of a blob. */
interface Made {
  readonly blob: string;
  readonly layer: string;
  readonly value: Value;
}

/** A layer that has no form. */
interface Refused {
  readonly layer: Layer;
  readonly refusal: Refusal;
}

/** @throws NetspecError that names every layer without a form, with the reason and what to do */
export async function buildGraph(net: Net, parameters: Parameters, opset: number): Promise<BuiltGraph> {
  const graph = new GraphBuilder(opset, net.blobs.keys());
  const ops = new Ops(graph);
  const blobs = new BlobValues(net, ops);
  const made: Made[][] = [];
  const refused: Refused[] = [];
  const remarks: string[] = [];
  for (const [index, layer] of net.layers.entries()) {
    graph.layer = layer.name;
    const [bottoms, tops] = [net.bottomNamesOf(index), net.topNamesOf(index)];
    const shapes = tops.map((top) => net.blobs.get(top)!.shape);
    const read = bottoms.map((bottom) => blobs.read(bottom));
    let values: readonly Value[];
    if (isFed(layer, shapes)) values = tops.map((top, i) => graph.input(top, shapes[i]!));
    else if (isInserted(layer, bottoms, tops)) values = tops.map(() => blobs.read(bottoms[0]!));
    else {
      const context = contextOf(net, index, parameters, { ops, blobs, remarks });
      try {
        const { emit } = exportOf(layer);
        refuseShapes(context);
        values = named(ops, context, await emit(context));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refused.push({ layer, refusal: error });
        // The layers after it are looked at all the same.
        values = shapes.map((shape): Value => ({ shape, type: 'float', name: undefined, from: 'node' }));
      }
    }
    made.push(tops.map((blob, i) => ({ blob, layer: layer.name, value: values[i]! })));
    tops.forEach((top, i) => blobs.write(top, values[i]!, bottoms[i] === top && values[i] !== read[i]));
  }
  const latest = blobs.last();
  if (refused.length > 0) throw explain(refused);
  const outputs = outputsOf(net, latest);
  graph.prune();
  nameValues(graph, made.flat(), latest);
  nameNodes(graph);
  return {
    graph,
    outputs,
    layers: net.layers.map(({ name, type }, i) => ({ name, type, values: made[i]!.map(({ value }) => value.name!) })),
    values: new Map([...latest].map(([blob, value]) => [blob, value.name!])),
    remarks,
  };
}

/** Whether the tops of a layer are inputs: the caller gives their values, or a database that is not there. */
function isFed(layer: Layer, shapes: readonly (readonly number[])[]): boolean {
  if (layer instanceof SteppedOverLayer)
    return (layer.param.bottom ?? []).length === 0 && shapes.length > 0 && shapes.every((shape) => product(shape) > 0);
  return (factsOfLayer(layer)?.fed ?? false) && layer.type !== 'DummyData';
}

/** Whether a layer is a Split that stands for no layer of the prototxt: its tops are copies under made-up names. */
function isInserted({ type, name }: Layer, [bottom]: readonly string[], tops: readonly string[]): boolean {
  return (
    type === 'Split' &&
    name.startsWith(`${bottom!}_`) &&
    /_\d+_split$/.test(name) &&
    tops.every((top, i) => top === `${name}_${i}`)
  );
}

/** @throws Refusal for shapes with which no form is exact */
function refuseShapes({ layer, bottoms, topShapes }: ExportContext): void {
  if (bottoms.some(({ shape }) => shape.includes(-1)) && topShapes.length > 0)
    throw new Refusal('the shape of what it reads depends on values', 'end the net before it');
  const isOpen = factsOfLayer(layer)?.shapesFromValues ?? false;
  // ONNX's Reshape takes a 0 for a dimension that is to be kept.
  if (
    !isOpen &&
    topShapes.length > 0 &&
    [...bottoms.map(({ shape }) => shape), ...topShapes].some((shape) => shape.includes(0))
  )
    throw new Refusal('a blob of it has no elements', 'give the inputs other shapes');
}

/** What the graph is built with. */
interface Building {
  readonly ops: Ops;
  readonly blobs: BlobValues;
  readonly remarks: string[];
}

function contextOf(net: Net, index: number, parameters: Parameters, { ops, blobs, remarks }: Building): ExportContext {
  const layer = net.layers[index]!;
  const { param } = layer;
  const [bottomNames, topNames] = [net.bottomNamesOf(index), net.topNamesOf(index)];
  const bottoms = bottomNames.map((name) => blobs.read(name));
  const phase = phaseOf(net, layer);
  const { graph } = ops;
  const roleOf = (blob: number): string => {
    const role = blobFactsOf(factsOfLayer(layer), param, blob)?.role ?? 'other';
    return `${layer.name}.${role === 'other' ? blob : role}`;
  };
  return {
    layer,
    param,
    phase,
    ops,
    bottoms,
    topShapes: topNames.map((name) => net.blobs.get(name)!.shape),
    inPlace: (bottom, top = 0) => bottomNames[bottom] === topNames[top],
    blob: (blob, shape = layer.blobs[blob]!.shape) => {
      if (product(shape) !== layer.blobs[blob]!.count)
        throw new Error(`blob ${blob} of ${layer.type} does not have the shape ${shape.join('x')}`);
      const { key, pieces } = parameters.of(index, blob);
      return graph.parameter(key, roleOf(blob), shape, pieces);
    },
    computed: (role, shape, blobs, compute) => {
      const sources = blobs.map((blob) => parameters.of(index, blob));
      return graph.parameter({}, `${layer.name}.${role}`, shape, async function* () {
        const values: Float32Array[] = [];
        for (const { read } of sources) values.push(await read());
        yield compute(...values);
      });
    },
    run: () => runAlone({ layer, phase, bottoms: bottoms.map(({ shape }) => shape), tops: topNames.length }),
    remark: (text) => remarks.push(`layer '${layer.name}' (${layer.type}): ${text}`),
  };
}

/** The values as tops: each a value of its own, except where a layer works in place and has nothing to do. */
function named(
  ops: Ops,
  { layer, bottoms, topShapes, inPlace }: ExportContext,
  values: readonly Value[],
): readonly Value[] {
  const isOwn = (value: Value, i: number): boolean =>
    value.from === 'node' && !bottoms.includes(value) && values.indexOf(value) === i;
  return values.map((value, i) => {
    const shape = topShapes[i]!;
    const isOpen = factsOfLayer(layer)?.shapesFromValues ?? false;
    if (!isOpen && !sameShape(shape, value.shape))
      throw new Error(
        `layer '${layer.name}' (${layer.type}): its ONNX form is ${value.shape.join('x')}, not ${shape.join('x')}`,
      );
    const isKept = bottoms.some((bottom, k) => bottom === value && inPlace(k, i));
    return isOwn(value, i) || isKept ? value : ops.unary('Identity', value);
  });
}

/** @throws NetspecError when there is nothing that a model could give */
function outputsOf(net: Net, latest: ReadonlyMap<string, Value>): Value[] {
  // An input that nothing reads is an output of Caffe's; ONNX has no such thing.
  const outputs = net.outputs.map((name) => latest.get(name)!).filter(({ from }) => from !== 'input');
  if (outputs.length === 0)
    throw new NetspecError('the net has no output: every blob is read by a layer, or is an input', {
      hint: 'a Silence layer reads what is to be no output; leave it out',
    });
  return [...new Set(outputs)];
}

/** Names all values: the last one of each blob after the blob, those before it after the layer too, all others after the operator. */
function nameValues(graph: GraphBuilder, made: readonly Made[], latest: ReadonlyMap<string, Value>): void {
  // The name of an input stays with the input, whatever a layer makes of it in place.
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  for (const { blob, layer, value } of made) if (inputs.has(blob)) value.name ??= graph.unique(`${blob}/${layer}`);
  for (const [blob, value] of latest) value.name ??= blob;
  for (const { blob, layer, value } of made) value.name ??= graph.unique(`${blob}/${layer}`);
  for (const { op, layer, outputs } of graph.nodes)
    for (const value of outputs) value.name ??= graph.unique(`${layer}/${op}`);
}

/** Names nodes after their layers; several nodes of one layer after their operators too. */
function nameNodes({ nodes }: GraphBuilder): void {
  const counts = new Map<string, number>();
  for (const { layer } of nodes) counts.set(layer, (counts.get(layer) ?? 0) + 1);
  const taken = new Set<string>();
  for (const node of nodes) {
    const stem = counts.get(node.layer) === 1 ? node.layer : `${node.layer}/${node.op}`;
    node.name = stem;
    for (let i = 1; taken.has(node.name); i++) node.name = `${stem}_${i}`;
    taken.add(node.name);
  }
}

/** So many layers of one type, refused for one reason, are named. */
const MOST_NAMED = 3;

function explain(all: readonly Refused[]): NetspecError {
  const own = all.filter(({ refusal }) => !(refusal instanceof ShapeNotKnown));
  const refused = own.length > 0 ? own : all;
  const groups = new Map<string, Refused[]>();
  for (const each of refused) {
    const key = `${each.layer.type}\0${each.refusal.reason}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  const items = [...groups.values()].flatMap((group) => {
    const [{ layer, refusal }] = group as [Refused];
    const more = group.length - MOST_NAMED;
    const names = group.slice(0, MOST_NAMED).map((each) => `'${each.layer.name}'`);
    const who = `layer${group.length === 1 ? '' : 's'} ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    const { reason, hint } = refusal;
    return [`${who} (${layer.type}): ${reason}`, ...(hint === undefined ? [] : [`  ${hint}`])];
  });
  const types = [...new Set(refused.map(({ layer }) => layer.type))].join(', ');
  const count = refused.length === 1 ? 'a layer has' : `${refused.length} layers have`;
  const isOf = (kind: typeof Refusal): boolean => refused.some(({ refusal }) => refusal instanceof kind);
  const code = isOf(DataNotThere) ? 'training-layer' : isOf(ShapeNotKnown) ? 'unknown-shape' : undefined;
  return new NetspecError(`${count} no form in ONNX (${types})`, { items, code });
}
