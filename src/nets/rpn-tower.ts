/**
 * One tower of a RetinaNet head (Lin et al. 2017, "Focal Loss for Dense Object Detection") at one pyramid level: four
 * times 3x3 convolution and ReLU, then a 3x3 convolution to the predictions.
 */
import { L, type Bottom, type NetSpec, type Top } from '../netspec/index.js';

/** What {@link rpnTower} adds. */
export interface RpnTowerOptions {
  /** Channels of the tower's convolutions. */
  channels: number;
  /** Channels of the prediction: anchors, or four times the anchors. */
  outputs: number;
  /** ReLUs write over the convolutions' blobs, which nothing else reads. @default false */
  inPlace?: boolean;
  /**
   * Names the parameters after tower and prediction without the level (`NAME_0_weight`, `NAME_0_bias` …): towers of
   * several levels then hold them once, and the first one in the net owns them. @default false
   */
  shareParams?: boolean;
}

/**
 * Adds a tower. Its layers are `TOWER_LEVEL_0` (convolution), `_1` (ReLU), … `_7` and `PREDICTION_LEVEL`.
 * @returns the prediction's top
 * @example
 * const n = new NetSpec();
 * n.p3 = L.Input({ shape: { dim: [1, 8, 4, 4] } });
 * rpnTower(n, { tower: 'cls', prediction: 'logits', level: 'p3' }, n.p3, { channels: 8, outputs: 9 });
 * netShapes(n.toProto()).blobs.get('logits_p3'); // → [1, 9, 4, 4]
 */
export function rpnTower(
  n: NetSpec,
  { tower, prediction, level }: { tower: string; prediction: string; level: string },
  x: Bottom,
  { channels, outputs, inPlace = false, shareParams = false }: RpnTowerOptions,
): Top {
  const conv3x3 = (bottom: Bottom, num_output: number, sharedName: string) =>
    L.Convolution(bottom, {
      num_output,
      bias_term: true,
      kernel_size: 3,
      stride: 1,
      pad: 1,
      param: shareParams ? [{ name: `${sharedName}_weight` }, { name: `${sharedName}_bias` }] : undefined,
    });
  let last: Bottom = x;
  for (let i = 0; i < 8; i += 2) {
    const conv = (n[`${tower}_${level}_${i}`] = conv3x3(last, channels, `${tower}_${i}`));
    last = n[`${tower}_${level}_${i + 1}`] = L.ReLU(conv, { in_place: inPlace });
  }
  return (n[`${prediction}_${level}`] = conv3x3(last, outputs, prediction));
}
