/** Normalize of yjxiong: divides each image by its L2 norm. */
import type { Blob } from '../engine/blob.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Divides each item of the batch by the L2 norm of all its values. It has no settings and no eps.
 *
 * @formula y[n, i] = x[n, i] / √(Σ_j x[n, j]²)
 * @bottoms x, (N, …)
 * @tops y, (N, C, H, W), 4 axes whatever x has; not in place
 * @source normalize_layer.cpp of yjxiong/caffe
 */
export class NormalizeYjxiongLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Normalize',
    origin: 'yjxiong',
    family: 'scaling',
    doc: 'Divides each image by its L2 norm.',
    bottoms: ['x'],
    tops: ['y'],
    variant: {
      name: 'yjxiong',
      schemas: ['yjxiong'],
      when: 'weights are known, and have no blob for it',
      claims: ({ param, blobs }) => blobs?.length === 0 && !('norm_param' in param) && !('normalize_param' in param),
    },
  };

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(x!.numAxes <= 4, `expected at most 4 axes, bottom[0] has ${x!.numAxes}`);
    y!.reshape(([0, 1, 2, 3] as const).map((axis) => x!.legacyDim(axis)));
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [to, from] = valuesOf(y!, x!);
    const size = x!.countOf(1);
    for (let start = 0; start < from.length; start += size) {
      let sum = 0;
      for (let i = start; i < start + size; i++) sum += from[i]! ** 2;
      const norm = Math.sqrt(sum);
      for (let i = start; i < start + size; i++) to[i] = from[i]! / norm;
    }
  }
}
