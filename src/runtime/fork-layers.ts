/**
 * Layer types that people meet in prototxt files and that no BVLC Caffe has: whose they are and what to do about them.
 */

interface ForkLayer {
  from: string;
  advice: string;
}

const SSD = 'SSD';
const FASTER = 'py-faster-rcnn';
const RFCN = 'R-FCN';
const YOLO = 'MobileNet-YOLO';
const postProcessing = 'cut the net before it and decode the boxes in your own code';
const trainingOnly = 'it is for training: leave it out of the deploy net';

/** By type name. Where several forks have the type, the one it is best known from. */
const FORK_LAYERS: Readonly<Record<string, ForkLayer>> = {
  AnnotatedData: { from: SSD, advice: 'replace it with an Input layer' },
  Axpy: {
    from: 'SENet',
    advice: 'write it as Scale with axis: 0 and a second bottom of shape (N, C), then Eltwise SUM',
  },
  BN: { from: 'SegNet and PSPNet', advice: 'fold its blobs into a Scale layer with bias_term: true' },
  BilinearInterpolation: { from: 'a fork', advice: 'write it as a Deconvolution with a bilinear weight_filler' },
  BoxAnnotatorOHEM: { from: RFCN, advice: trainingOnly },
  CTCGreedyDecoder: { from: 'a CTC fork', advice: 'cut the net before it and decode in your own code' },
  CenterLoss: { from: 'a face recognition fork', advice: trainingOnly },
  ConvolutionDepthwise: { from: 'a MobileNet fork', advice: 'write it as Convolution with group equal to num_output' },
  CtcLoss: { from: 'a CTC fork', advice: trainingOnly },
  DepthwiseConvolution: { from: 'a MobileNet fork', advice: 'write it as Convolution with group equal to num_output' },
  DetectionEvaluate: { from: SSD, advice: 'it is for measuring: leave it out of the deploy net' },
  DetectionOutput: { from: SSD, advice: postProcessing },
  Interp: {
    from: 'DeepLab and PSPNet',
    advice: 'it aligns corners, which no BVLC layer does; write it as a Deconvolution if that does not matter',
  },
  Lstm: {
    from: "Junhyuk Oh's LSTM fork",
    advice: "it is not BVLC's LSTM: gates and parameters are laid out differently",
  },
  MultiBoxLoss: { from: SSD, advice: trainingOnly },
  Normalize: {
    from: SSD,
    advice:
      'write it as Power (power: 2), a 1x1 Convolution of ones, Power (power: -0.5), Eltwise PROD with the input, Scale',
  },
  PSROIPooling: { from: RFCN, advice: 'cut the net before it' },
  Permute: { from: SSD, advice: 'no BVLC layer transposes: cut the net before it and permute in your own code' },
  PriorBox: { from: SSD, advice: 'its output depends on sizes alone: compute the boxes in your own code' },
  Proposal: { from: FASTER, advice: postProcessing },
  ROIPooling: { from: FASTER, advice: 'cut the net before it' },
  ReLU6: { from: 'a MobileNet fork', advice: 'write it as Clip with min: 0 and max: 6' },
  Reverse: { from: 'an LSTM fork', advice: 'reverse the sequence in your own code' },
  ShuffleChannel: {
    from: 'a ShuffleNet fork',
    advice: 'write it as a 1x1 Convolution whose weights are a permutation',
  },
  SmoothL1Loss: { from: FASTER, advice: trainingOnly },
  SmoothL1LossOHEM: { from: RFCN, advice: trainingOnly },
  SoftmaxWithLossOHEM: { from: RFCN, advice: trainingOnly },
  Transpose: { from: 'a CTC fork', advice: 'no BVLC layer transposes: cut the net before it' },
  Upsample: {
    from: 'SegNet and Darknet converters',
    advice:
      "SegNet's, with a pooling mask, has no equal; write nearest-neighbour upsampling as a Deconvolution with kernel_size and stride equal to the factor, " +
      'group equal to num_output, bias_term: false and a weight_filler of 1',
  },
  VideoData: { from: 'a video fork', advice: 'replace it with an Input layer' },
  WarpCTCLoss: { from: 'a CTC fork', advice: trainingOnly },
  YoloDetectionOutput: { from: YOLO, advice: postProcessing },
  Yolov3: { from: YOLO, advice: trainingOnly },
  Yolov3DetectionOutput: { from: YOLO, advice: postProcessing },
};

/** One line on where a layer type comes from and what to put in its place; undefined for a type that is not known. */
export function forkLayerHint(type: string): string | undefined {
  if (!Object.hasOwn(FORK_LAYERS, type)) return undefined;
  const { from, advice } = FORK_LAYERS[type]!;
  return `${type} is a layer of ${from}, not of BVLC Caffe; ${advice}, or add it with registerLayer()`;
}
