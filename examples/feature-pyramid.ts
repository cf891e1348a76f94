/**
 * A small detector of the building blocks that come with netspec: a ResNet body of three stages under a pyramid, and one
 * tower over each of its levels, all with the same weights.
 *
 *     netspec build examples/feature-pyramid.ts > detector.prototxt
 */
import { L, NetSpec, convFrozenBn, fpn, resnetStage, rpnTower } from 'netspec';

const n = new NetSpec();
n.data = L.Input({ shape: { dim: [1, 3, 256, 256] } });

const bn1 = convFrozenBn(n, { conv: 'conv1', bn: 'bn1' }, n.data, { channels: 16, kernel: 7, stride: 2, pad: 3 });
n.relu1 = L.ReLU(bn1);
// PyTorch rounds down where Caffe rounds up; this is nn.MaxPool2d(3, stride=2, padding=1).
n.pool1 = L.Pooling(n.relu1, { pool: 'MAX', kernel_size: 3, stride: 2, pad: 1, round_mode: 'FLOOR' });

const c2 = resnetStage(n, 'stage2', n.pool1, { width: 16, blocks: 2 });
const c3 = resnetStage(n, 'stage3', c2, { width: 32, blocks: 2, stride: 2 });
const c4 = resnetStage(n, 'stage4', c3, { width: 64, blocks: 2, stride: 2 });

const levels = fpn(n, 'pyramid', { c2, c3, c4 }, { channels: 64 });
for (const [level, feature] of Object.entries(levels)) {
  const names = { tower: 'head', prediction: 'scores', level };
  rpnTower(n, names, feature, { channels: 64, outputs: 9, shareParams: true });
}

export default n.toProto();
