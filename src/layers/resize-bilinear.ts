/** ResizeBilinear: bilinear interpolation with TensorFlow's choice of coordinates. */
import type { Blob } from '../engine/blob.js';
import { valuesOf } from './shared/views.js';
import { ResizeLayer } from './shared/resize.js';
import { interpolatePlanes, type Tap } from './shared/bilinear.js';
import type { LayerFacts } from './facts.js';

/**
 * Bilinear interpolation to another size.
 *
 * @formula y at row h takes x at h · H / H'; with `align_corners` h · (H − 1) / (H' − 1); with `half_pixel_centers` or
 *   `pytorch_half_pixel` (h + ½) · H / H' − ½; likewise columns
 * @bottoms x, (N, H, W, C), or (N, C, H, W) with `data_format: "NCHW"`
 * @tops y, H' = `output_height` or ⌊H · scale_height⌋, likewise W'; not in place
 * @notes `data_format` is "NHWC" where it is not given
 * @source resize_bilinear_layer.cpp of synopsys-caffe
 */
export class ResizeBilinearLayer extends ResizeLayer {
  static override readonly facts: LayerFacts = {
    type: 'ResizeBilinear',
    origin: 'Synopsys',
    family: 'pooling',
    doc: "Bilinear interpolation with TensorFlow's choice of coordinates. Its data_format is NHWC by default.",
    bottoms: ['x'],
    tops: ['y'],
    params: ['resize_bilinear_param'],
  };

  protected override readonly field = 'resize_bilinear_param';

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [to, from] = valuesOf(y!, x!);
    const [h, w] = this.axes;
    const [height, width] = [x!.shape[h]!, x!.shape[w]!];
    const rows = this.#taps(height, y!.shape[h]!);
    const columns = this.#taps(width, y!.shape[w]!);
    const inner = x!.countOf(w + 1);
    const planes = x!.countOf(0, h);
    if (inner === 1) {
      interpolatePlanes(to, from, { planes, height, width }, rows, columns);
      return;
    }
    for (let plane = 0, at = 0; plane < planes; plane++)
      for (const row of rows) {
        const [low, high] = [(plane * height + row.low) * width, (plane * height + row.high) * width];
        for (const column of columns)
          for (let c = 0; c < inner; c++) {
            const value = (line: number, i: number) => from[(line + i) * inner + c]!;
            const top = value(low, column.low) + (value(low, column.high) - value(low, column.low)) * column.weight;
            const bottom =
              value(high, column.low) + (value(high, column.high) - value(high, column.low)) * column.weight;
            to[at++] = top + (bottom - top) * row.weight;
          }
      }
  }

  #taps(size: number, out: number): Tap[] {
    const { half_pixel_centers: half = false, pytorch_half_pixel: torch = false } = this.settings;
    const step = this.step(size, out);
    const f = Math.fround;
    return Array.from({ length: out }, (_, i) => {
      const at = torch && out === 1 ? -0.5 : half || torch ? f(f((i + 0.5) * step) - 0.5) : f(i * step);
      const low = Math.floor(at);
      return { low: Math.max(low, 0), high: Math.min(Math.ceil(at), size - 1), weight: f(at - low) };
    });
  }
}
