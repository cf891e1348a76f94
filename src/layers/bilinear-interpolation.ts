/** BilinearInterpolation: resizes bilinearly. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer } from './shared/unsupported-layer.js';

/**
 * Resizes images bilinearly. Forks of this name differ in how they place the pixels.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms x, (N, C, H, W)
 * @tops y, (N, C, P, Q)
 * @source forks for segmentation
 */
export class BilinearInterpolationLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'BilinearInterpolation',
    origin: 'several forks',
    family: 'pooling',
    doc: 'Resizes images bilinearly.',
    bottoms: ['x'],
    tops: ['y'],
    unsupported: {
      purpose: 'resize images, in a way that differs from fork to fork',
      instead: () => 'write it as a Deconvolution with a bilinear weight_filler, or as Interp',
    },
  };
}
