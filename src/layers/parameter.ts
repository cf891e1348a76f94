/** Parameter: a learned blob as a top. */
import type { Blob } from '../engine/blob.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Makes a parameter available to other layers as a blob.
 *
 * @formula y = parameter
 * @bottoms none
 * @tops y, of `shape`; shares the parameter's values
 * @params one of `shape`, 0 until weights are loaded
 * @source Caffe's parameter_layer.hpp
 */
export class ParameterLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Parameter',
    origin: 'BVLC',
    family: 'input',
    doc: 'A learned blob as a top.',
    bottoms: [],
    tops: ['y'],
    params: ['parameter_param'],
    blobs: [{ role: 'weight' }],
    idle: true,
  };

  override setUp(_bottom: readonly Blob[], [y]: readonly Blob[]): void {
    const dims = this.param.parameter_param?.shape?.dim ?? [];
    this.addBlob(dims);
    y!.reshape(dims);
    y!.shareData(this.blobs[0]!);
  }

  override reshape(_bottom: readonly Blob[], [y]: readonly Blob[]): void {
    // A parameter that layers share may have replaced the blob since.
    y!.shareData(this.blobs[0]!);
  }

  override forward(): void {
    // The values are shared.
  }
}
