/**
 * Copying weights into a net by layer name, with Caffe's rules (Net::CopyTrainedLayersFrom), straight into the net's
 * memory and with equal blobs held once.
 */
import { NetspecError, didYouMean } from '../errors.js';
import type { Blob } from '../engine/blob.js';
import { sameShape, shapeString, withoutOnes } from '../shapes.js';
import type { NetParam } from './net-param.js';

/** Layers that an error names one by one. */
const MOST_NAMED = 10;

/** A blob of a weight file. */
export interface SourceBlob {
  shape: readonly number[];
  /** Given as num, channels, height, width, from before blobs had any number of axes. */
  legacy: boolean;
  /** Puts the values, as many as the shape says, into `target`. */
  read(target: Float32Array): Promise<unknown>;
}

/** A layer of a weight file. */
export interface SourceLayer {
  name: string;
  blobs: readonly SourceBlob[];
}

/** What {@link Net.copyFrom} did. Layers are given by name, in the order of the file or of the net. */
export interface CopyReport {
  /** Layers of the source whose blobs were copied, those without blobs left out. */
  copied: string[];
  /** Layers of the source, with blobs, that the net has not. */
  ignoredSources: string[];
  /** Layers of the net with a parameter that neither these weights nor others before gave: it holds its filler's values. */
  unfilledLayers: string[];
  /** Layers that were not given either, and need not be: the prototxt gives their values, such as an interpolation kernel. */
  computedLayers: string[];
}

interface Target {
  name: string;
  params: readonly NetParam[];
  /** The prototxt gives its values. */
  isComputed: boolean;
}

/**
 * @param layers of the net, in order; of several with one name the first is meant, as in Caffe
 * @throws NetspecError for a layer with another number of blobs or other shapes than in the net.
 */
export async function copyWeights(layers: readonly Target[], source: Iterable<SourceLayer>): Promise<CopyReport> {
  const byName = new Map<string, Target>();
  for (const layer of layers) if (!byName.has(layer.name)) byName.set(layer.name, layer);
  const report: CopyReport = { copied: [], ignoredSources: [], unfilledLayers: [], computedLayers: [] };
  const merger = new Merger(layers);
  for (const { name, blobs } of source) {
    const target = byName.get(name);
    if (!target) {
      if (blobs.length > 0) report.ignoredSources.push(name);
      continue;
    }
    const { params } = target;
    if (params.length !== blobs.length)
      throw new NetspecError(
        `Incompatible number of blobs for layer ${name}: the source has ${blobs.length}, the net ${params.length}`,
        { hint: blobCountHint(params, blobs.length) },
      );
    for (const [i, blob] of blobs.entries()) {
      const param = params[i]!;
      if (!shapeEquals(param.blob.shape, blob)) throw shapeMismatch(i, name, blob.shape, param.blob.shape);
    }
    for (const [i, blob] of blobs.entries()) {
      const param = params[i]!;
      await blob.read(param.blob.overwrite());
      merger.add(param.blob);
      param.filled = true;
      if (param.owner) param.owner.filled = true;
    }
    if (blobs.length > 0) report.copied.push(name);
  }
  for (const { name, params, isComputed } of layers)
    if (params.some((param) => !(param.owner ?? param).filled))
      (isComputed ? report.computedLayers : report.unfilledLayers).push(name);
  return report;
}

/** Whether a source blob fits a parameter: Caffe's Blob::ShapeEquals, which lets old 4-D shapes lead with ones. */
export function shapeEquals(target: readonly number[], source: { shape: readonly number[]; legacy: boolean }): boolean {
  const { shape } = source;
  const padded =
    source.legacy && target.length <= 4 ? [...Array<number>(4 - target.length).fill(1), ...target] : target;
  return padded.length === shape.length && padded.every((dim, i) => dim === shape[i]);
}

/** The refusal of a blob of another shape, in Caffe's words, since people search for them. */
export function shapeMismatch(
  index: number,
  layer: string,
  source: readonly number[],
  target: readonly number[],
): NetspecError {
  return new NetspecError(
    `Cannot copy param ${index} weights from layer '${layer}'; shape mismatch.  ` +
      `Source param shape is ${shapeString(source)}; target param shape is ${shapeString(target)}.`,
    { hint: shapeHint(source, target) },
  );
}

function shapeHint(source: readonly number[], target: readonly number[]): string {
  if (sameShape(withoutOnes(source), withoutOnes(target)))
    return 'only axes of length 1 differ: pack the weights anew for this net';
  if (source.length === 2 && sameShape([...source].reverse(), target)) return 'the source matrix is transposed';
  if (source.length === target.length && source.length > 1 && sameShape(source.slice(0, 1), target.slice(0, 1)))
    return 'the number of inputs differs: compare the shapes of the layers before this one with those of the source net';
  return 'the layer has other parameters (num_output, kernel_size, group …) than the source net; Caffe says: rename it to learn it from scratch';
}

function blobCountHint(params: readonly NetParam[], found: number): string | undefined {
  if (found === 0 && params.some(({ owner }) => owner))
    return 'leave layers that share all their parameters out of the weights; an entry without blobs is refused';
  if (params.length - found === 1) return 'is it bias_term: false in the source net and a bias here?';
  if (found - params.length === 1) return 'the source has a bias, perhaps, and this layer bias_term: false';
  return undefined;
}

/** The refusal of a net that keeps filler values although weights were given. */
export function unfilled(layers: readonly string[], ignored: readonly string[]): NetspecError {
  const near = layers[0] === undefined ? undefined : didYouMean(layers[0], ignored);
  const shown = layers.slice(0, MOST_NAMED).map((name) => `'${name}'`);
  const more = layers.length - shown.length;
  const list = shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
  return new NetspecError(`the weights have nothing for ${list}`, {
    code: 'weights-incomplete',
    hint: near
      ? `for '${layers[0]!}' the weights have nothing of that name; ${near}`
      : 'the parameters would keep the values of their fillers; without strict they do',
  });
}

/** Holds equal parameters once: nets that unroll a loop have the same weights many times. */
class Merger {
  readonly #byShape = new Map<string, Set<Blob>>();

  constructor(layers: readonly Target[]) {
    for (const { params } of layers)
      for (const { blob, filled } of params) if (filled) this.#sameShape(blob.storage).add(blob.storage);
  }

  add(blob: Blob): void {
    const { storage } = blob;
    const candidates = this.#sameShape(storage);
    for (const other of candidates) if (other !== storage && storage.merge(other)) return;
    candidates.add(storage);
  }

  #sameShape(storage: Blob): Set<Blob> {
    const key = storage.shape.join();
    const same = this.#byShape.get(key) ?? new Set();
    this.#byShape.set(key, same);
    return same;
  }
}
