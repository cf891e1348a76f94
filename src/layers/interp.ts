/** Interp: bilinear interpolation with aligned corners. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import { alignedTaps, interpolatePlanes } from './shared/bilinear.js';
import type { BlobCount, LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface InterpSettings {
  height: number;
  width: number;
  zoom_factor: number;
  shrink_factor: number;
  pad_beg: number;
  pad_end: number;
  use_blob_size: boolean;
}

/**
 * Bilinear interpolation to another size; the centres of the corner pixels coincide (align_corners=True of PyTorch).
 *
 * @formula y at row h takes x at h · (E − 1) / (E' − 1), likewise columns, with E = size + pad_beg + pad_end and E' the new size
 * @bottoms x, (N, C, H, W); with `use_blob_size` a second one, whose height and width the top has
 * @tops y, (N, C, E', …). By the first that applies: the second bottom's size; `shrink_factor` s alone: (E − 1) / s + 1; `zoom_factor` z alone:
 *   E + (E − 1)(z − 1); `height` and `width`; both factors: shrunk, then zoomed
 * @fields `pad_beg` and `pad_end` (0) are zero or negative: they crop
 * @notes A `zoom_factor` alone goes before `height` and `width`
 * @source interp_layer.cpp of hszhao/PSPNet and of DeepLab v2; `use_blob_size`: that of soeaver/py-RFCN-priv
 */
export class InterpLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Interp',
    origin: 'PSPNet',
    family: 'pooling',
    doc: 'Bilinear interpolation with aligned corners.',
    bottoms: ['x', 'size?'],
    tops: ['y'],
    params: ['interp_param'],
  };

  override readonly bottomCount: BlobCount = { exact: this.#settings.use_blob_size ? 2 : 1 };

  get #settings(): Partial<InterpSettings> {
    return settingsOf<InterpSettings>(this.param, 'interp_param');
  }

  override reshape([x, size]: readonly Blob[], [y]: readonly Blob[]): void {
    const { pad_beg = 0, pad_end = 0 } = this.#settings;
    this.check(
      pad_beg <= 0 && pad_end <= 0,
      'Only supports non-pos padding (cropping) for now',
      undefined,
      'interp_param.pad_beg',
    );
    this.check(x!.numAxes === 4, () => `expected (N, C, H, W), bottom[0] is ${shapeString(x!.shape)}`);
    const [num, channels, height, width] = x!.shape as [number, number, number, number];
    const from: [number, number] = [height + pad_beg + pad_end, width + pad_beg + pad_end];
    this.check(
      from[0] > 0 && from[1] > 0,
      () => `height and width should be positive: ${from.join(' x ')} is left of bottom[0], ${shapeString(x!.shape)}`,
      undefined,
      'interp_param.pad_beg',
    );
    this.check(
      !size || size.numAxes === 4,
      () => `expected (N, C, H, W), bottom[1], which gives the size, is ${shapeString(size!.shape)}`,
    );
    const to = size ? ([size.dim(2), size.dim(3)] as const) : this.#sizes(from);
    this.check(to[0] > 0 && to[1] > 0, `height and width of the top should be positive: ${to.join(' x ')}`);
    y!.reshape([num, channels, ...to]);
  }

  #sizes(from: readonly [number, number]): [number, number] {
    const { height, width, zoom_factor: zoom, shrink_factor: shrink } = this.#settings;
    this.check(
      shrink === undefined || shrink >= 1,
      'Shrink factor must be positive',
      undefined,
      'interp_param.shrink_factor',
    );
    this.check(zoom === undefined || zoom >= 1, 'Zoom factor must be positive', undefined, 'interp_param.zoom_factor');
    const both = (size: (from: number) => number): [number, number] => [size(from[0]), size(from[1])];
    const shrunk = (size: number) => Math.floor((size - 1) / (shrink ?? 1)) + 1;
    const zoomed = (size: number) => size + (size - 1) * ((zoom ?? 1) - 1);
    if (shrink !== undefined && zoom === undefined) return both(shrunk);
    if (zoom !== undefined && shrink === undefined) return both(zoomed);
    if (height !== undefined && width !== undefined) return [height, width];
    if (shrink !== undefined && zoom !== undefined) return both((size) => zoomed(shrunk(size)));
    return this.fail('the size is not given', 'write height and width, zoom_factor or shrink_factor', 'interp_param');
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { pad_beg = 0, pad_end = 0 } = this.#settings;
    const [to, from] = valuesOf(y!, x!);
    const [num, channels, height, width] = x!.shape as [number, number, number, number];
    const [, , outHeight, outWidth] = y!.shape as [number, number, number, number];
    interpolatePlanes(
      to,
      from,
      { planes: num * channels, height, width },
      alignedTaps(height + pad_beg + pad_end, outHeight, -pad_beg),
      alignedTaps(width + pad_beg + pad_end, outWidth, -pad_beg),
    );
  }
}
