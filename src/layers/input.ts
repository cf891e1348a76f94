/** Input: blobs that the caller fills before a forward pass. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Where data enter the net: the caller writes the tops' values, and may reshape them, before a forward pass.
 *
 * @formula none; `y` is what the caller put there
 * @bottoms none
 * @tops one or more; `shape` is given once for all or once for each
 * @source Caffe's input_layer.cpp
 */
export class InputLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Input',
    origin: 'BVLC',
    family: 'input',
    doc: 'A net input: the caller sets its values before forward.',
    bottoms: [],
    tops: ['...inputs'],
    params: ['input_param'],
    fed: true,
    idle: true,
    withoutCase: 'its tops are what the caller puts there',
  };

  override setUp(_bottom: readonly Blob[], top: readonly Blob[]): void {
    const { shape } = resolve('InputParameter', this.param.input_param);
    const example = 'write input_param { shape { dim: 1 dim: 3 dim: 224 dim: 224 } }';
    this.check(
      shape.length <= 1 || shape.length === top.length,
      `Must specify 'shape' once, once per top blob, or not at all: ${top.length} tops vs. ${shape.length} shapes.`,
      undefined,
      'input_param.shape',
    );
    // Caffe lets a net without shapes load and aborts at the first use of the data.
    this.check(shape.length > 0, `the shape of '${this.param.top?.[0] ?? ''}' is not given`, example, 'input_param');
    top.forEach((blob, i) => {
      const dims = shape[shape.length === 1 ? 0 : i]!.dim ?? [];
      blob.reshape(dims);
    });
  }

  override reshape(): void {
    // The caller may have reshaped the tops.
  }

  override forward(): void {
    // The caller has written the values.
  }
}
