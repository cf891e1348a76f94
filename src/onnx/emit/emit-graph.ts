/** Turns a prepared graph into Caffe layers; what cannot be expressed is refused, all of it at once. */
import { NetspecError } from '../../errors.js';
import { Refusal } from '../graph/attributes.js';
import { UnknownShape } from '../graph/node-context.js';
import { operatorFor } from '../operators/index.js';
import type { Prepared, RefusedNode } from '../prepare/prepare.js';
import { describe } from '../prepare/sort.js';
import { Builder, type Blob } from './builder.js';
import { EmitContext, caffeShape, type Remark } from './emit-context.js';
import { nameLayers, type NamedNet } from './name-layers.js';
import { nodeNames } from './names.js';
import type { Target } from './target.js';

export interface EmitGraphOptions {
  readonly target: Target;
  readonly exactBvlc: boolean;
  readonly allowApproximate: boolean;
  readonly keepBatchNorm: boolean;
}

export interface EmittedNet extends NamedNet {
  readonly remarks: readonly Remark[];
}

/** @throws NetspecError that names every operator that cannot be expressed, with what to do */
export function emitGraph({ graph, values, refused }: Prepared, options: EmitGraphOptions): EmittedNet {
  const builder = new Builder();
  const blobs = new Map<string, Blob>();
  const remarks: Remark[] = [];
  const all: RefusedNode[] = [...refused];
  const names = nodeNames(graph);
  for (const { name, shape } of graph.inputs) {
    const dims = caffeShape(shape);
    blobs.set(name, builder.layer('Input', [], { shape: { dim: [...dims] } }, dims));
  }
  const isRead = (value: string): boolean => graph.outputs.includes(value) || graph.readers(value).length > 0;
  const unknown = new Set(refused.map(({ node }) => node));
  for (const node of graph.nodes) {
    if (unknown.has(node)) continue;
    builder.node = node;
    const context = new EmitContext(node, values, { ...options, builder, remarks, blobs, isRead });
    try {
      const operator = operatorFor(node);
      if (!operator.emit)
        throw new Refusal(
          operator.notes ?? 'no Caffe layer computes it, and its inputs are not constant',
          'cut the model before this node with options.outputs',
        );
      operator.emit(context);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      all.push({ node, refusal: error });
      // What comes after is looked at all the same, so that everything is refused at once.
      for (const output of node.outputs) {
        const type = values.type(output);
        if (type) blobs.set(output, builder.layer('Input', [], { shape: { dim: [1] } }, caffeShape(type.shape)));
      }
    }
  }
  if (all.length > 0) throw explainRefusals(all);
  builder.node = undefined;
  bindOutputs(builder, graph.outputs, blobs, options, values);
  const inputs = graph.inputs.map(({ name }) => name);
  const named = nameLayers(builder.layers, blobs, { inputs, outputs: graph.outputs }, names);
  refuseMissing(named, options.target);
  return { ...named, remarks };
}

/** Every output has a blob of its own: not an input's, nor another output's. */
function bindOutputs(
  builder: Builder,
  outputs: readonly string[],
  blobs: Map<string, Blob>,
  _options: EmitGraphOptions,
  values: Prepared['values'],
): void {
  const taken = new Set(
    builder.layers.flatMap(({ fn, tops }) => (fn.type === 'Input' ? tops.map(({ top }) => top) : [])),
  );
  for (const name of outputs) {
    let blob = blobs.get(name);
    const constant = values.constant(name);
    if (!blob && constant) blob = builder.constant(caffeShape(constant.shape), constant.data);
    if (!blob) throw new NetspecError(`the output '${name}' is made by no node`);
    if (taken.has(blob.top))
      blob = builder.layer('Reshape', [blob], { shape: { dim: [...blob.shape] } }, blob.shape, { role: 'copy' });
    taken.add(blob.top);
    blobs.set(name, blob);
  }
}

/** @throws NetspecError that names every layer that the target does not have, each type once */
function refuseMissing({ net, made }: NamedNet, target: Target): void {
  const groups = new Map<string, string[]>();
  net.layer!.forEach((layer, i) => {
    const missing = target.lacks(layer);
    if (missing === undefined) return;
    const { node } = made[i] ?? {};
    const who = node ? `${describe(node)} needs layer '${layer.name!}'` : `layer '${layer.name!}'`;
    groups.set(missing, [...(groups.get(missing) ?? []), who]);
  });
  if (groups.size === 0) return;
  const lines = [...groups].map(([missing, who]) => {
    const more = who.length > MOST_NAMED ? ` and ${who.length - MOST_NAMED} more` : '';
    return `  ${missing}: ${who.slice(0, MOST_NAMED).join(', ')}${more}`;
  });
  throw new NetspecError(`${target.title} has no ${[...groups.keys()].join(', ')}:\n${lines.join('\n')}`, {
    hint: 'cut the model with options.outputs or options.inputs, or name another options.target',
  });
}

/** So many nodes of one operator, refused for one reason, are named. */
const MOST_NAMED = 3;

function explainRefusals(refused: readonly RefusedNode[]): NetspecError {
  // What only misses the result of another refused node says nothing new.
  const own = refused.filter(({ refusal }) => !(refusal instanceof UnknownShape));
  const list = own.length > 0 ? own : refused;
  const groups = new Map<string, RefusedNode[]>();
  for (const each of list) {
    const key = `${each.node.domain}:${each.node.op}\0${each.refusal.reason}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  const lines = [...groups.values()].map((group) => {
    const [{ node, refusal }] = group as [RefusedNode];
    const more = group.length - MOST_NAMED;
    const who =
      group
        .slice(0, MOST_NAMED)
        .map((each) => describe(each.node))
        .join(', ') + (more > 0 ? ` and ${more} more` : '');
    const domain = node.domain === '' || node.domain === 'netspec' ? '' : ` of ${node.domain}`;
    return `  ${who}${domain}: ${refusal.reason}${refusal.hint === undefined ? '' : `\n    ${refusal.hint}`}`;
  });
  const operators = [...new Set(list.map(({ node }) => node.op))];
  return new NetspecError(
    `${list.length === 1 ? 'a node' : `${list.length} nodes`} cannot be expressed in Caffe's layers (${operators.join(', ')}):\n${lines.join('\n')}`,
  );
}
