/**
 * A feature pyramid (Lin et al. 2017, "Feature Pyramid Networks for Object Detection") over three stages of a body, with
 * RetinaNet's two further levels, P6 and P7, by strided convolutions of the last stage.
 */
import { L, type Bottom, type NetSpec, type Top } from '../netspec/index.js';
import { upsample, type Upsampling } from './upsample.js';

/** What {@link fpn} adds. */
export interface FpnOptions {
  /** Channels of every level. */
  channels: number;
  /** @default 'nearest' */
  upsampling?: Upsampling;
  /**
   * Rectify P6 in place on its way to P7. Whoever reads P6 then reads it rectified, which no pyramid wants; it is here to
   * rebuild nets that do it. @default false
   */
  rectifiedP6?: boolean;
}

/** The levels, finest first. */
export type Pyramid = Record<'p2' | 'p3' | 'p4' | 'p6' | 'p7', Top>;

/**
 * Adds a pyramid: inner4 = 1x1(c4), inner_k = 1x1(c_k) + up2(inner_{k+1}), P_k = 3x3(inner_k), P6 = 3x3/2(c4),
 * P7 = 3x3/2(ReLU(P6)). Layers are `NAME_fpn_inner4`, `NAME_fpn_layer4`, `NAME_fpn_inner3_{upsample,lateral,lateral_sum}` …
 * and `NAME_topblocks_{p6,p6relu,p7}`.
 * @param stages the body's last three: each half the size of the one before, or the sums do not fit
 * @example
 * const n = new NetSpec();
 * n.c2 = L.Input({ shape: { dim: [1, 8, 16, 16] } });
 * n.c3 = L.Input({ shape: { dim: [1, 8, 8, 8] } });
 * n.c4 = L.Input({ shape: { dim: [1, 8, 4, 4] } });
 * fpn(n, 'neck', { c2: n.c2, c3: n.c3, c4: n.c4 }, { channels: 6 });
 * netShapes(n.toProto()).blobs.get('neck_fpn_layer2'); // → [1, 6, 16, 16]
 */
export function fpn(
  n: NetSpec,
  name: string,
  stages: { c2: Bottom; c3: Bottom; c4: Bottom },
  { channels, upsampling = 'nearest', rectifiedP6 = false }: FpnOptions,
): Pyramid {
  const conv1x1 = (x: Bottom) => L.Convolution(x, { num_output: channels, kernel_size: 1, stride: 1 });
  const conv3x3 = (x: Bottom, stride: number) =>
    L.Convolution(x, { num_output: channels, kernel_size: 3, stride, pad: 1 });

  let inner = (n[`${name}_fpn_inner4`] = conv1x1(stages.c4));
  const p4 = (n[`${name}_fpn_layer4`] = conv3x3(inner, 1));

  const finerLevel = (level: number, stage: Bottom): Top => {
    const up = (n[`${name}_fpn_inner${level}_upsample`] = upsample(inner, channels, upsampling));
    const lateral = (n[`${name}_fpn_inner${level}_lateral`] = conv1x1(stage));
    inner = n[`${name}_fpn_inner${level}_lateral_sum`] = L.Eltwise(lateral, up);
    return (n[`${name}_fpn_layer${level}`] = conv3x3(inner, 1));
  };
  const p3 = finerLevel(3, stages.c3);
  const p2 = finerLevel(2, stages.c2);

  const p6 = (n[`${name}_topblocks_p6`] = conv3x3(stages.c4, 2));
  const p6relu = (n[`${name}_topblocks_p6relu`] = L.ReLU(p6, { in_place: rectifiedP6 }));
  const p7 = (n[`${name}_topblocks_p7`] = conv3x3(p6relu, 2));
  return { p2, p3, p4, p6, p7 };
}
