/** The base of the layers that compute each element on its own. */
import type { Blob } from '../../engine/blob.js';
import { Layer } from '../layer.js';

/** Caffe's NeuronLayer: one bottom, one top of the same shape, which may be the bottom itself. */
export abstract class NeuronLayer extends Layer {
  reshape(bottom: readonly Blob[], top: readonly Blob[]): void {
    top[0]!.reshapeLike(bottom[0]!);
  }

  forward([bottom]: readonly Blob[], [top]: readonly Blob[]): void {
    this.compute(top!.ptr, bottom!.ptr, bottom!.count, top!, bottom!);
  }

  /** y and x are addresses of `count` elements and may be the same; the blobs are given for loops in TypeScript. */
  protected abstract compute(y: number, x: number, count: number, top: Blob, bottom: Blob): void;
}
