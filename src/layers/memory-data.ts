/** MemoryData: data and labels that the caller fills before a forward pass. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Where a batch and its labels enter the net. In Caffe they come from arrays that are given to Reset(). Here the
 * caller writes the tops' values before a forward pass, as with an Input layer. Values are not transformed.
 *
 * @formula none; the tops are what the caller put there
 * @bottoms none
 * @tops data, (batch_size, channels, height, width); label, (batch_size), and (batch_size, 1, 1, 1) from the first
 *   forward pass on
 * @source Caffe's memory_data_layer.cpp
 */
export class MemoryDataLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'MemoryData',
    origin: 'BVLC',
    family: 'input',
    doc: 'Reads images and labels from memory that the caller hands over.',
    bottoms: [],
    tops: ['data', 'label'],
    params: ['memory_data_param'],
    fed: true,
    withoutCase: 'its tops are what the caller puts there',
  };

  override setUp(_bottom: readonly Blob[], [data, label]: readonly Blob[]): void {
    const { batch_size, channels, height, width } = resolve('MemoryDataParameter', this.param.memory_data_param);
    this.check(
      batch_size * channels * height * width > 0,
      'batch_size, channels, height, and width must be specified and positive in memory_data_param, got ' +
        `${batch_size}, ${channels}, ${height}, ${width}`,
      undefined,
      'memory_data_param',
    );
    data!.reshape([batch_size, channels, height, width]);
    label!.reshape([batch_size]);
  }

  override reshape(): void {
    // Shapes are set once.
  }

  override forward(_bottom: readonly Blob[], [data, label]: readonly Blob[]): void {
    label!.reshape([data!.dim(0), 1, 1, 1]);
  }
}
