/**
 * Finds the layers that a convolution can compute along with its own: Scale, BatchNorm and Bias, then the sum with
 * another blob, then ReLU; each reading what the one before wrote, and nobody else.
 */
import { EltwiseParameter_EltwiseOp as EltwiseOp } from '../../generated/messages.js';
import { ConvolutionLayer } from '../../layers/convolution.js';
import { EltwiseLayer } from '../../layers/eltwise.js';
import type { Layer } from '../../layers/layer.js';
import { ReLULayer } from '../../layers/relu.js';
import { resolve } from '../../proto/message.js';
import type { Blob } from '../../engine/blob.js';
import { isAffine } from './affine.js';
import { isExactly, type Program } from './program.js';

/** A convolution and what is computed with it. */
export interface Fusion {
  readonly layer: ConvolutionLayer;
  /** Axis of the channels. */
  readonly axis: number;
  readonly bottom: Blob;
  /** Where the result of the last of the layers goes. */
  readonly top: Blob;
  readonly residual?: Blob;
  readonly affine: readonly Layer[];
  readonly slope?: number;
}

/** Something that a pass does in one go. */
export interface Operation {
  /** Indices of the layers, in order. */
  readonly layers: readonly number[];
  /** Storages, as in {@link Program}. What only passes from one of its layers to the next is among neither. */
  readonly reads: ReadonlySet<Blob>;
  readonly writes: ReadonlySet<Blob>;
  /** For a convolution of one bottom. */
  readonly fusion?: Fusion;
}

/** The operations of a pass, in an order that is right: each stands where the last of its layers stood. */
export function operationsOf(program: Program): Operation[] {
  const taken = new Set<number>();
  const operations: Operation[] = [];
  const add = (operation: Operation | undefined): void => {
    if (!operation) return;
    operations.push(operation);
    for (const layer of operation.layers) taken.add(layer);
  };
  const indices = [...program.graph.layers.keys()];
  // From behind: of two convolutions that a sum adds, the later one computes the sum, when the other is there.
  for (const index of [...indices].reverse()) add(fuse(program, index, taken));
  for (const index of indices) if (!taken.has(index)) add(alone(program, index));
  return operations.sort((a, b) => a.layers.at(-1)! - b.layers.at(-1)!);
}

/** The layer by itself; undefined when it does nothing. */
function alone(program: Program, index: number): Operation | undefined {
  const [reads, writes] = [program.reads[index]!, program.writes[index]!];
  return reads.size + writes.size > 0 ? { layers: [index], reads, writes } : undefined;
}

/** A convolution of one bottom and all that it can take over of the layers after it; undefined for any other layer. */

function fuse(program: Program, index: number, taken: ReadonlySet<number>): Operation | undefined {
  const { graph, uses, unsplit } = program;
  const layer = graph.layers[index]!;
  const [bottom, otherBottom] = blobsOf(program, graph.bottoms, index);
  const [made] = blobsOf(program, graph.tops, index);
  if (!isExactly(layer, ConvolutionLayer) || !bottom || !made || otherBottom) return undefined;
  const axis = bottom.canonicalAxis(resolve('ConvolutionParameter', layer.param.convolution_param).axis);

  const members = [index];
  let last = index;
  const affine: Layer[] = [];
  let top = made;
  let residual: Blob | undefined;
  let slope: number | undefined;
  while (slope === undefined) {
    const current = top.storage;
    const users = uses.get(current)!;
    const next = users[users.indexOf(last) + 1];
    if (next === undefined || taken.has(next) || !canWait(program, members, next)) break;
    const follower = graph.layers[next]!;
    const [result, otherResult] = blobsOf(program, graph.tops, next);
    if (!result || otherResult) break;
    // What would never be written has to be of no interest to anybody else.
    const isLast = users.at(-1) === next && program.intermediates.has(current);
    if (result.storage !== current && !isLast) break;

    const inputs = blobsOf(program, graph.bottoms, next);
    // What went through a Flatten or Reshape has its channels elsewhere.
    if (!inputs.some((blob) => unsplit(blob) === unsplit(top))) break;
    if (!residual && isAffine(follower, inputs, axis)) affine.push(follower);
    else if (!residual && isSum(follower, inputs, result)) residual = inputs.find((blob) => blob.storage !== current)!;
    else if (isExactly(follower, ReLULayer)) slope = resolve('ReLUParameter', follower.param.relu_param).negative_slope;
    else break;
    members.push(next);
    last = next;
    top = result;
  }

  const reads = new Set(members.flatMap((member) => [...program.reads[member]!]));
  for (const member of members) for (const storage of program.writes[member]!) reads.delete(storage);
  return {
    layers: members,
    reads,
    writes: new Set([top.storage]),
    fusion: { layer, axis, bottom, top, residual, affine, slope },
  };
}

function blobsOf({ graph }: Program, ids: readonly (readonly number[])[], layer: number): Blob[] {
  return ids[layer]!.map((id) => graph.blobs[id]!);
}

/** Whether what these layers read, apart from each other's results, is still there when layer `until` begins. */
function canWait({ reads, writes, uses }: Program, members: readonly number[], until: number): boolean {
  return members.every((member) =>
    [...reads[member]!].every((storage) =>
      uses
        .get(storage)!
        .every((user) => user <= member || user >= until || members.includes(user) || !writes[user]!.has(storage)),
    ),
  );
}

/** Whether the layer adds two blobs as they are, into a third. */
function isSum(layer: Layer, inputs: readonly Blob[], result: Blob): boolean {
  if (!isExactly(layer, EltwiseLayer)) return false;
  const { operation, coeff } = resolve('EltwiseParameter', layer.param.eltwise_param);
  const storages = new Set([...inputs, result].map((blob) => blob.storage));
  return operation === EltwiseOp.SUM && coeff.every((c) => c === 1) && inputs.length === 2 && storages.size === 3;
}
