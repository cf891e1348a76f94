/**
 * Embed: looks up one row of a matrix for each input element.
 */
import { NetspecError } from '../errors.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Takes the row of the weight matrix that each input element names, and adds a bias: an InnerProduct of one-hot
 * vectors.
 *
 * @formula y[…, o] = weight[x[…], o] + bias[o]
 * @bottoms x of any shape, holding indices in 0 … input_dim − 1; a fraction is cut off
 * @tops y, x's shape with `num_output` appended
 * @params weight (input_dim, num_output); bias (num_output) unless `bias_term` is false
 * @source Caffe's embed_layer.cpp
 */
export class EmbedLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Embed',
    origin: 'BVLC',
    family: 'weights',
    doc: 'Looks up a learned vector for each index.',
    bottoms: ['indices'],
    tops: ['y'],
    params: ['embed_param'],
    blobs: [
      { role: 'weight', filler: ({ embed_param: p }) => p?.weight_filler },
      { role: 'bias', filler: ({ embed_param: p }) => p?.bias_filler },
    ],
  };

  readonly #options = resolve('EmbedParameter', this.param.embed_param);

  override setUp(): void {
    const { num_output: outputs, input_dim: inputs, bias_term: biased } = this.#options;
    this.check(
      outputs > 0,
      () => `EmbedLayer num_output must be positive (${outputs} vs. 0)`,
      undefined,
      'embed_param.num_output',
    );
    this.check(
      inputs > 0,
      () => `EmbedLayer input_dim must be positive (${inputs} vs. 0)`,
      'input_dim is the number of different indices',
      'embed_param.input_dim',
    );
    this.addBlob([inputs, outputs]);
    if (biased) this.addBlob([outputs]);
  }

  override reshape([x]: readonly [Blob], [y]: readonly [Blob]): void {
    y.reshape([...x.shape, this.#options.num_output]);
  }

  override forward([bottom]: readonly [Blob], [top]: readonly [Blob]): void {
    const { num_output: outputs, input_dim: inputs } = this.#options;
    const [weights, biases] = this.blobs as [Blob, Blob?];
    const [x, y, weight, bias] = valuesOf(bottom, top, weights, biases ?? weights);
    for (let i = 0; i < x.length; i++) {
      const row = Math.trunc(x[i]!);
      if (!(row >= 0 && row < inputs))
        throw new NetspecError(`index ${x[i]!} at ${i} of bottom[0] is out of range: expected 0 to ${inputs - 1}`, {
          hint: `embed_param.input_dim (${inputs}) must be larger than every index`,
          field: 'embed_param.input_dim',
        });
      y.set(weight.subarray(row * outputs, (row + 1) * outputs), i * outputs);
      if (biases) for (let o = 0; o < outputs; o++) y[i * outputs + o]! += bias[o]!;
    }
  }
}
