/** Tile: repeats a blob along one axis. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { axisOf } from './shared/axis.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Repeats a blob along an axis.
 *
 * @formula `y = [x, x, …]`, `tiles` times, along `axis` (1)
 * @bottoms x, any shape
 * @tops y, x's shape with `axis` `tiles` times as long; not in place
 * @source Caffe's tile_layer.cpp
 */
export class TileLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Tile',
    origin: 'BVLC',
    family: 'joining',
    doc: 'Repeats a blob along an axis.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['tile_param'],
    movesValues: true,
  };

  #axis = 1;

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { axis, tiles } = resolve('TileParameter', this.param.tile_param);
    this.#axis = axisOf(x!, axis, 'tile_param.axis');
    this.check(
      this.param.tile_param?.tiles !== undefined,
      'Number of tiles must be specified',
      'write tiles',
      'tile_param',
    );
    this.check(tiles > 0, `Number of tiles must be positive, got ${tiles}`, undefined, 'tile_param.tiles');
    y!.reshape(x!.shape.map((dim, i) => (i === this.#axis ? dim * tiles : dim)));
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { tiles } = resolve('TileParameter', this.param.tile_param);
    const [to, from] = valuesOf(y!, x!);
    const size = x!.countOf(this.#axis);
    for (let start = 0, at = 0; start < from.length; start += size)
      for (let t = 0; t < tiles; t++, at += size) to.set(from.subarray(start, start + size), at);
  }
}
