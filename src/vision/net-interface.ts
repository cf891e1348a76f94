/**
 * net-interface: what this room wants of a net. The runtime's Net has it; so can any other engine, or a test's stand-in.
 */
import { didYouMean, NetspecError } from '../errors.js';

/** A blob that can be given another shape and values. */
export interface VisionBlob {
  readonly shape: readonly number[];
  /** Row-major, live. */
  readonly data: Float32Array;
  /** Gives the blob another shape. */
  reshape(shape: readonly number[]): void;
}

/** What {@link Detector} and {@link Classifier} need of a net; Net has it. */
export interface VisionNet {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What a pass runs one after another: layers, or several computed together. */
  readonly steps: readonly unknown[];
  readonly blobs: ReadonlyMap<string, VisionBlob>;
  /** The layers, as far as their types are known: a detector's head is found by them. */
  readonly layers?: readonly { readonly type: string }[];
  /** Names of the tops of the layer at an index of `layers`. */
  topNamesOf?(index: number): readonly string[];
  /** Carries a changed input shape through the net. */
  reshape(): void;
  /** Runs all layers; gives the outputs and the blobs asked for, by name. */
  forward(options: {
    blobs?: readonly string[];
    onStep?: (index: number) => unknown;
  }): Promise<ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>;
}

/**
 * The input that pictures go into: the one named, or the net's first.
 * @throws NetspecError when there is none, or it is no blob of 1 or 3 channels with two axes more.
 */
export function imageInput(net: VisionNet, name: string | undefined, channels: readonly number[]): string {
  const input = name ?? net.inputs[0];
  if (input === undefined)
    throw new NetspecError('the net has no input', { hint: 'a picture needs an Input layer; DummyData is none' });
  if (!net.inputs.includes(input))
    throw new NetspecError(`the net has no input '${input}'`, { hint: didYouMean(input, net.inputs) });
  const { shape } = net.blobs.get(input)!;
  if (shape.length !== 4 || !channels.includes(shape[1]!))
    throw new NetspecError(
      `input '${input}' is ${shape.join('x')}; a picture needs batch x ${channels.join(' or ')} x height x width`,
    );
  return input;
}

/** Puts values into an input; the net is reshaped when their shape is new. */
export function setInput(net: VisionNet, name: string, shape: readonly number[], data: Float32Array): void {
  const blob = net.blobs.get(name)!;
  if (shape.some((dim, i) => dim !== blob.shape[i])) {
    blob.reshape(shape);
    net.reshape();
  }
  blob.data.set(data);
}

/** @throws NetspecError when the net has no blob of that name. */
export function checkBlob(net: VisionNet, name: string, what: string): void {
  if (!net.blobs.has(name))
    throw new NetspecError(`the net has no blob '${name}' for ${what}`, {
      hint: didYouMean(name, net.blobs.keys()) ?? `its outputs are ${net.outputs.join(', ')}`,
    });
}
