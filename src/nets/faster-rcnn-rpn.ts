/** faster-rcnn-rpn: the region proposal net of Ren et al. 2015 over VGG-16, up to the scores and box deltas, named as in py-faster-rcnn: rpn_conv/3x3, rpn_cls_score … */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Top } from '../netspec/index.js';
import { sizeOption, type ImageNetOptions } from './image-net.js';
import { checkNetOptions, type NetOption } from './options.js';
import { vggBody } from './vgg.js';

export interface FasterRcnnRpnOptions extends ImageNetOptions {
  /** Anchors of each cell. @default 9 */
  anchors?: number;
}

export const fasterRcnnRpnOptions: readonly NetOption[] = [
  sizeOption('224x224'),
  { name: 'anchors', type: 'count', default: '9', describe: 'anchors of each cell' },
];

/**
 * The region proposal net, from `data` to `rpn_cls_prob_reshape` and `rpn_bbox_pred`.
 * @throws NetspecError on an unknown option or value
 */
export function fasterRcnnRpn(options: FasterRcnnRpnOptions = {}): NetParameter {
  checkNetOptions(fasterRcnnRpnOptions, options);
  const { inputSize = [224, 224], anchors = 9 } = options;
  const n = new NetSpec();
  const data: Top = (n['data'] = L.Input({ shape: { dim: [1, 3, ...inputSize] } }));
  const body = vggBody(n, data, [2, 2, 3, 3, 3], 4);
  n['rpn_conv/3x3'] = L.Convolution(body, { num_output: 512, kernel_size: 3, pad: 1, stride: 1 });
  const relu = (n['rpn_relu/3x3'] = L.ReLU(n['rpn_conv/3x3'], { in_place: true }));
  const predict = { kernel_size: 1, pad: 0, stride: 1 };
  n['rpn_cls_score'] = L.Convolution(relu, { num_output: 2 * anchors, ...predict });
  n['rpn_bbox_pred'] = L.Convolution(relu, { num_output: 4 * anchors, ...predict });
  // Background and foreground of all anchors, one above the other, so that the softmax is over the two.
  n['rpn_cls_score_reshape'] = L.Reshape(n['rpn_cls_score'], { shape: { dim: [0, 2, -1, 0] } });
  n['rpn_cls_prob'] = L.Softmax(n['rpn_cls_score_reshape']);
  n['rpn_cls_prob_reshape'] = L.Reshape(n['rpn_cls_prob'], { shape: { dim: [0, 2 * anchors, -1, 0] } });
  return n.toProto();
}
