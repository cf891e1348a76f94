/** Pooling3D of Synopsys: maximum or mean over windows of volumes. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { forEachInside, forEachWindow, type Volume, type Window3d } from './shared/pooling-3d.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface Pooling3dSettings {
  pool: number;
  pad: number;
  pad_h0: number;
  pad_h1: number;
  pad_w0: number;
  pad_w1: number;
  pad_d0: number;
  pad_d1: number;
  kernel_size: number;
  kernel_h: number;
  kernel_w: number;
  kernel_d: number;
  stride: number;
  stride_h: number;
  stride_w: number;
  stride_d: number;
  global_pooling: boolean;
  ceil_mode: boolean;
}

/** Values of `pool`. */
const Method = { MAX: 0, AVE: 1, AVE_EXC_PAD: 2 } as const;

/**
 * Maximum or mean over a window that slides over each volume.
 *
 * @formula as Pooling, over three axes; AVE_EXC_PAD divides by the part of the window that lies inside the volume
 * @bottoms x, (N, C, D, H, W)
 * @tops y, each size ⌊(size + both pads − kernel) / stride⌋ + 1, rounded up with `ceil_mode`; not in place
 * @fields `kernel_size`, or `kernel_d`, `kernel_h` and `kernel_w`; likewise `stride`; `pad`, or `pad_d0` before and `pad_d1` behind,
 *   likewise `_h` and `_w`; `global_pooling`
 * @notes In the fork a net that writes no stride has no defined size. Here it is 1
 * @source pooling3d_layer.cpp of synopsys-caffe
 */
export class Pooling3DLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Pooling3D',
    origin: 'Synopsys',
    family: 'pooling',
    doc: 'Maximum or mean over windows of volumes.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['pooling3d_param'],
  };

  #volume: Volume | undefined;

  get #settings(): Partial<Pooling3dSettings> {
    return settingsOf<Pooling3dSettings>(this.param, 'pooling3d_param');
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(x!.numAxes === 5, () => `Input must have 5 axes: bottom[0] is ${shapeString(x!.shape)}`);
    const s = this.#settings;
    const window = (axis: 'd' | 'h' | 'w', size: number): Window3d => {
      const kernel = s.global_pooling ? size : (s.kernel_size ?? s[`kernel_${axis}`] ?? 0);
      const stride = s.stride ?? s[`stride_${axis}`] ?? 1;
      const [before, behind] = [s.pad ?? s[`pad_${axis}0`] ?? 0, s.pad ?? s[`pad_${axis}1`] ?? 0];
      this.check(
        kernel > 0 && stride > 0,
        `kernel and stride must be positive: kernel_${axis} is ${kernel}, stride_${axis} ${stride}`,
        undefined,
        'pooling3d_param',
      );
      const steps = Math.fround((size + before + behind - kernel) / stride);
      return { size, kernel, stride, before, behind, out: (s.ceil_mode ? Math.ceil(steps) : Math.floor(steps)) + 1 };
    };
    const [depth, height, width] = x!.shape.slice(2) as [number, number, number];
    const given = [window('d', depth), window('h', height), window('w', width)];
    const isPadded = given.some(({ before, behind }) => before > 0 || behind > 0);
    const clipped = given.map((w) =>
      isPadded && (w.out - 1) * w.stride >= w.size + w.before ? { ...w, out: w.out - 1 } : w,
    );
    this.check(
      clipped.every(({ out }) => out > 0),
      () => `the window does not fit: bottom[0] is ${shapeString(x!.shape)}`,
      undefined,
      'pooling3d_param',
    );
    this.#volume = clipped as unknown as Volume;
    y!.reshape([...x!.shape.slice(0, 2), ...clipped.map(({ out }) => out)]);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { pool = Method.MAX } = this.#settings;
    const volume = this.#volume!;
    const [to, from] = valuesOf(y!, x!);
    const size = x!.countOf(2);
    let at = 0;
    for (let start = 0; start < from.length; start += size)
      forEachWindow(volume, (ranges, area) => {
        let [best, sum, count] = [-3.4028234663852886e38, 0, 0];
        forEachInside(volume, ranges, (i) => {
          best = Math.max(best, from[start + i]!);
          sum += from[start + i]!;
          count++;
        });
        to[at++] = pool === Method.MAX ? best : sum / (pool === Method.AVE_EXC_PAD ? count : area);
      });
  }
}
