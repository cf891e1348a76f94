/** Pooling3D of Cambricon: maximum or mean over windows of volumes. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { forEachInside, forEachWindow, type Volume, type Window3d } from './shared/pooling-3d.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface Pooling3dSettings {
  pool: number;
  kernel_size: number;
  stride: number;
  pad: number;
  kernel_depth: number;
  temporal_stride: number;
}

/** Values of `pool`. */
const Method = { MAX: 0, AVE: 1 } as const;

/**
 * Maximum or mean over a window that slides over each volume, as C3D has it.
 *
 * @formula as Pooling, over three axes
 * @bottoms x, (N, C, L, H, W)
 * @tops y, each size ⌈(size + 2 pad − kernel) / stride⌉ + 1; not in place
 * @fields `kernel_size` and `stride` (1) hold for H and W, `kernel_depth` and `temporal_stride` (1) for L; `pad` (0) pads H and W, for
 *   AVE only
 * @source pool3d_layer.cpp of Cambricon/caffe; Tran et al., C3D, 2015
 */
export class Pooling3DCambriconLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Pooling3D',
    origin: 'Cambricon',
    family: 'pooling',
    doc: 'Maximum or mean over windows of volumes.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['pooling3d_param'],
    variant: {
      name: 'cambricon',
      schemas: ['cambricon'],
      when: 'it has kernel_depth or temporal_stride',
      claims: ({ param }) => {
        const { kernel_depth, temporal_stride } = settingsOf<Pooling3dSettings>(param, 'pooling3d_param');
        return (kernel_depth ?? temporal_stride) !== undefined;
      },
    },
  };

  #volume: Volume | undefined;

  get #settings(): Partial<Pooling3dSettings> {
    return settingsOf<Pooling3dSettings>(this.param, 'pooling3d_param');
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(x!.numAxes === 5, () => `Input must have 5 axes: bottom[0] is ${shapeString(x!.shape)}`);
    const {
      kernel_size = 0,
      kernel_depth = 0,
      stride = 1,
      temporal_stride = 1,
      pad = 0,
      pool = Method.MAX,
    } = this.#settings;
    this.check(
      kernel_size > 0 && kernel_depth > 0 && stride > 0 && temporal_stride > 0,
      `kernels and strides must be positive: kernel_size is ${kernel_size}, kernel_depth ${kernel_depth}, ` +
        `stride ${stride}, temporal_stride ${temporal_stride}`,
      undefined,
      'pooling3d_param.kernel_size',
    );
    this.check(
      pad === 0 || (pool === Method.AVE && pad < kernel_size),
      `padding is for AVE only and must be smaller than the kernel: pad is ${pad}, kernel_size ${kernel_size}`,
      undefined,
      'pooling3d_param.pad',
    );
    const window = (size: number, kernel: number, step: number, padding: number): Window3d => {
      const out = Math.ceil(Math.fround((size + 2 * padding - kernel) / step)) + 1;
      const clipped = padding > 0 && (out - 1) * step >= size + padding ? out - 1 : out;
      return { size, kernel, stride: step, before: padding, behind: padding, out: clipped };
    };
    const [length, height, width] = x!.shape.slice(2) as [number, number, number];
    this.#volume = [
      window(length, kernel_depth, temporal_stride, 0),
      window(height, kernel_size, stride, pad),
      window(width, kernel_size, stride, pad),
    ];
    const out = this.#volume.map((w) => w.out);
    this.check(
      out.every((size) => size > 0),
      () => `the window does not fit: bottom[0] is ${shapeString(x!.shape)}`,
      undefined,
      'pooling3d_param.kernel_size',
    );
    y!.reshape([...x!.shape.slice(0, 2), ...out]);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { pool = Method.MAX } = this.#settings;
    const volume = this.#volume!;
    const [to, from] = valuesOf(y!, x!);
    const size = x!.countOf(2);
    let at = 0;
    for (let start = 0; start < from.length; start += size)
      forEachWindow(volume, (ranges, area) => {
        let [best, sum] = [-3.4028234663852886e38, 0];
        forEachInside(volume, ranges, (i) => {
          best = Math.max(best, from[start + i]!);
          sum += from[start + i]!;
        });
        to[at++] = pool === Method.MAX ? best : sum / area;
      });
  }
}
