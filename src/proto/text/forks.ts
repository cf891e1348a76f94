/**
 * Fields that BVLC's caffe.proto lacks and well-known forks of Caffe have, so that the error for one can name the fork
 * rather than a field of ours that happens to be spelled alike.
 */

const SSD = 'SSD (weiliu89/caffe)';
const FASTER_RCNN = 'Fast and Faster R-CNN (rbgirshick/caffe-fast-rcnn)';
const RFCN = 'R-FCN (daijifeng001/caffe-rfcn)';
const PSPNET = 'PSPNet (hszhao/PSPNet)';
const SEGNET = 'SegNet (alexgkendall/caffe-segnet)';
const YOLO = 'MobileNet-YOLO (eric612/MobileNet-YOLO)';
const FACE = 'caffe-face (ydwen/caffe-face)';
const INTEL = 'Intel Caffe (intel/caffe)';
const NVIDIA = 'NVCaffe (NVIDIA/caffe)';
const OCR = 'the LSTM and CTC forks for text reading';

const forks: Readonly<Record<string, readonly string[]>> = {
  [SSD]: [
    'annotated_data_param',
    'detection_evaluate_param',
    'detection_output_param',
    'distort_param',
    'emit_constraint',
    'expand_param',
    'multibox_loss_param',
    'norm_param',
    'permute_param',
    'prior_box_param',
    'resize_param',
    'video_data_param',
  ],
  [FASTER_RCNN]: ['proposal_param', 'roi_pooling_param', 'smooth_l1_loss_param'],
  [RFCN]: ['box_annotator_ohem_param', 'pre_fixed_normalizer', 'psroi_pooling_param'],
  [PSPNET]: ['interp_param'],
  [`${PSPNET} or ${SEGNET}`]: ['bn_param'],
  [SEGNET]: ['class_weighting', 'dense_image_data_param', 'upsample_param', 'weight_by_label_freqs'],
  [YOLO]: [
    'region_loss_param',
    'segmentation_evaluate_param',
    'yolo_detection_output_param',
    'yolov3_detection_output_param',
    'yolov3_param',
  ],
  ['ShuffleNet (farmingyard/ShuffleNet)']: ['shuffle_channel_param'],
  [FACE]: ['center_loss_param'],
  ['SphereFace (wy1iu/sphereface)']: ['margin_inner_product_param'],
  [INTEL]: ['fuse_type', 'multinode', 'quantization_param', 'remote_data_param'],
  [NVIDIA]: [
    'backward_type',
    'default_backward_math',
    'default_backward_type',
    'default_forward_math',
    'default_forward_type',
    'eltwise_mem_sharing',
    'forward_type',
    'global_grad_scale',
    'img_rand_resize_lower',
    'img_rand_resize_upper',
    'scale_bias',
    'solver_data_type',
  ],
  [OCR]: ['continuation_indicator_param', 'ctc_loss_param', 'lstm_param', 'reverse_param', 'transpose_param'],
};

const forkOfField = new Map(Object.entries(forks).flatMap(([fork, fields]) => fields.map((field) => [field, fork])));

/** One line on a field that BVLC's Caffe does not have but a fork does, or undefined when none is known. */
export function forkHint(field: string): string | undefined {
  if (field === 'ceil_mode') return "BVLC's Caffe has round_mode: CEIL, the default, or FLOOR instead";
  const fork = forkOfField.get(field);
  return fork && `it is a field of ${fork}; give that fork's caffe.proto to read it`;
}
