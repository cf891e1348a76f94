/** ResizeNearestNeighbor: nearest neighbours with TensorFlow's choice of coordinates. */
import type { Blob } from '../engine/blob.js';
import { valuesOf } from './shared/views.js';
import { ResizeLayer } from './shared/resize.js';
import type { LayerFacts } from './facts.js';

/**
 * Takes the nearest pixel of an image of another size.
 *
 * @formula y at row h is x at ⌊h · H / H'⌋; with `align_corners` round(h · (H − 1) / (H' − 1)); with `half_pixel_centers`
 *   ⌊(h + ½) · H / H'⌋; with `half_pixel_onnx` ⌊(h + ½) · H / H' − ½⌋; likewise columns
 * @bottoms x, (N, H, W, C), or (N, C, H, W) with `data_format: "NCHW"`
 * @tops y, H' = `output_height` or ⌊H · scale_height⌋, likewise W'; not in place
 * @notes `data_format` is "NHWC" where it is not given
 * @source resize_nearest_neighbor_layer.cpp of synopsys-caffe
 */
export class ResizeNearestNeighborLayer extends ResizeLayer {
  static override readonly facts: LayerFacts = {
    type: 'ResizeNearestNeighbor',
    origin: 'Synopsys',
    family: 'pooling',
    doc: "Nearest neighbours with TensorFlow's choice of coordinates. Its data_format is NHWC by default.",
    bottoms: ['x'],
    tops: ['y'],
    params: ['resize_nearest_neighbor_param'],
    movesValues: true,
  };

  protected override readonly field = 'resize_nearest_neighbor_param';

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [to, from] = valuesOf(y!, x!);
    const [h, w] = this.axes;
    const [height, width] = [x!.shape[h]!, x!.shape[w]!];
    const rows = this.#sources(height, y!.shape[h]!);
    const columns = this.#sources(width, y!.shape[w]!);
    const inner = x!.countOf(w + 1);
    const planes = x!.countOf(0, h);
    for (let plane = 0, at = 0; plane < planes; plane++)
      for (const row of rows)
        for (const column of columns) {
          const source = ((plane * height + row) * width + column) * inner;
          for (let c = 0; c < inner; c++) to[at++] = from[source + c]!;
        }
  }

  #sources(size: number, out: number): number[] {
    const {
      align_corners: aligned = false,
      half_pixel_centers: half = false,
      half_pixel_onnx: onnx = false,
    } = this.settings;
    const step = this.step(size, out);
    const f = Math.fround;
    return Array.from({ length: out }, (_, i) => {
      const at = onnx
        ? Math.floor(f(f(f(i + 0.5) * step) - 0.5))
        : half
          ? Math.floor(f(f(i + 0.5) * step))
          : aligned
            ? Math.floor(f(i * step) + 0.5)
            : Math.floor(f(i * step));
      return Math.min(Math.max(at, 0), size - 1);
    });
  }
}
