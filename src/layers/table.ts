/**
 * Every layer type that netspec knows, one row each. Adding a layer is adding its file and its row. Of several implementations of
 * one type, an earlier row goes before a later one: see registry.ts.
 */
import { AbsValLayer } from './abs-val.js';
import { AccuracyLayer } from './accuracy.js';
import { AnnotatedDataLayer } from './annotated-data.js';
import { ArgMaxLayer } from './arg-max.js';
import { AxpyLayer } from './axpy.js';
import { BatchNormLayer } from './batch-norm.js';
import { BatchReindexLayer } from './batch-reindex.js';
import { BiasLayer } from './bias.js';
import { BilinearInterpolationLayer } from './bilinear-interpolation.js';
import { BNLayer } from './bn.js';
import { BNSegNetLayer } from './bn-segnet.js';
import { BNYjxiongLayer } from './bn-yjxiong.js';
import { BNLLLayer } from './bnll.js';
import { BoxAnnotatorOHEMLayer } from './box-annotator-ohem.js';
import { BoxGroupOutputLayer } from './box-group-output.js';
import { CenterLossLayer } from './center-loss.js';
import { ClipLayer } from './clip.js';
import { ConcatLayer } from './concat.js';
import { ContinuationIndicatorLayer } from './continuation-indicator.js';
import { ContrastiveLossLayer } from './contrastive-loss.js';
import { ConvolutionLayer } from './convolution.js';
import { ConvolutionDepthwiseLayer } from './convolution-depthwise.js';
import { CosineLayer } from './cosine.js';
import { BoxOutputLayer } from './box-output.js';
import { CReLULayer } from './crelu.js';
import { CropLayer } from './crop.js';
import { CTCGreedyDecoderLayer } from './ctc-greedy-decoder.js';
import { CtcLossLayer } from './ctc-loss.js';
import { DataLayer } from './data.js';
import { DecodeBBoxLayer } from './decode-bbox.js';
import { DeconvolutionLayer } from './deconvolution.js';
import { DepthwiseConvolutionLayer } from './depthwise-convolution.js';
import { DetectionEvaluateLayer } from './detection-evaluate.js';
import { DetectionOutputLayer } from './detection-output.js';
import { DetectionOutputTextBoxesLayer } from './detection-output-textboxes.js';
import { DropoutLayer } from './dropout.js';
import { DummyDataLayer } from './dummy-data.js';
import { EltwiseLayer } from './eltwise.js';
import { ELULayer } from './elu.js';
import { EmbedLayer } from './embed.js';
import { EuclideanLossLayer } from './euclidean-loss.js';
import { ExpLayer } from './exp.js';
import { FilterLayer } from './filter.js';
import { FlattenLayer } from './flatten.js';
import { FlipLayer } from './flip.js';
import { FrcnDetectionLayer } from './frcn-detection.js';
import { FrcnnProposalLayer } from './frcnn-proposal.js';
import { GatherLayer } from './gather.js';
import { HardSigmoidLayer } from './hard-sigmoid.js';
import { HardSwishLayer } from './hard-swish.js';
import { HDF5DataLayer } from './hdf5-data.js';
import { HDF5OutputLayer } from './hdf5-output.js';
import { HingeLossLayer } from './hinge-loss.js';
import { HSigmoidLayer } from './hsigmoid.js';
import { HSwishLayer } from './hswish.js';
import { Im2colLayer } from './im2col.js';
import { ImResizeLayer } from './im-resize.js';
import { ImageDataLayer } from './image-data.js';
import { InfogainLossLayer } from './infogain-loss.js';
import { InnerProductLayer } from './inner-product.js';
import { InputLayer } from './input.js';
import { InterpLayer } from './interp.js';
import { LogLayer } from './log.js';
import { LpNormalizationLayer } from './lp-normalization.js';
import { LRNLayer } from './lrn.js';
import { LSTMLayer } from './lstm.js';
import { LstmForkLayer } from './lstm-fork.js';
import { LSTMUnitLayer } from './lstm-unit.js';
import { MatMulLayer } from './matmul.js';
import { MatMulSophgoLayer } from './matmul-sophgo.js';
import { MemoryDataLayer } from './memory-data.js';
import { MishLayer } from './mish.js';
import { MultiBoxLossLayer } from './multi-box-loss.js';
import { MultiStageMeanfieldLayer } from './multi-stage-meanfield.js';
import { MultinomialLogisticLossLayer } from './multinomial-logistic-loss.js';
import { MVNLayer } from './mvn.js';
import { NmsLayer } from './nms.js';
import { NormalizeLayer } from './normalize.js';
import { NormalizeHappynearLayer } from './normalize-happynear.js';
import { NormalizeYjxiongLayer } from './normalize-yjxiong.js';
import { PadLayer } from './pad.js';
import { PaddingLayer } from './padding.js';
import { ParameterLayer } from './parameter.js';
import { PermuteLayer } from './permute.js';
import { PoolingLayer } from './pooling.js';
import { Pooling3DLayer } from './pooling3d.js';
import { Pooling3DCambriconLayer } from './pooling3d-cambricon.js';
import { PowerLayer } from './power.js';
import { PReLULayer } from './prelu.js';
import { PriorBoxTextBoxesLayer } from './prior-box-textboxes.js';
import { PriorBoxLayer } from './prior-box.js';
import { PriorBoxClusteredLayer } from './prior-box-clustered.js';
import { PriorBoxFaceBoxesLayer } from './prior-box-faceboxes.js';
import { ProposalLayer } from './proposal.js';
import { ProposalCambriconLayer } from './proposal-cambricon.js';
import { ProposalSynopsysLayer } from './proposal-synopsys.js';
import { PSROIPoolingLayer } from './psroi-pooling.js';
import { PythonLayer } from './python.js';
import { ReductionLayer } from './reduction.js';
import { RegionOutputLayer } from './region.js';
import { ReLULayer } from './relu.js';
import { ReLU6Layer } from './relu6.js';
import { ReorgLayer } from './reorg.js';
import { ReorgSophgoLayer } from './reorg-sophgo.js';
import { ReorgSynopsysLayer } from './reorg-synopsys.js';
import { ReshapeLayer } from './reshape.js';
import { ResizeBilinearLayer } from './resize-bilinear.js';
import { ResizeNearestNeighborLayer } from './resize-nearest-neighbor.js';
import { RetinaFaceDetectionLayer } from './retinaface-detection.js';
import { ReverseLayer } from './reverse.js';
import { ReverseCambriconLayer } from './reverse-cambricon.js';
import { ReverseTimeLayer } from './reverse-time.js';
import { RNNLayer } from './rnn.js';
import { ROIAlignLayer } from './roi-align.js';
import { ROIAlignMscnnLayer } from './roi-align-mscnn.js';
import { ROIPoolingLayer } from './roi-pooling.js';
import { ScaleLayer } from './scale.js';
import { ScaleRouteLayer } from './scale-route.js';
import { ShuffleChannelLayer } from './shuffle-channel.js';
import { SigmoidLayer } from './sigmoid.js';
import { SigmoidCrossEntropyLossLayer } from './sigmoid-cross-entropy-loss.js';
import { SilenceLayer } from './silence.js';
import { SliceLayer } from './slice.js';
import { SmoothL1LossLayer } from './smooth-l1-loss.js';
import { SmoothL1LossOHEMLayer } from './smooth-l1-loss-ohem.js';
import { SoftmaxLayer } from './softmax.js';
import { SoftmaxWithLossLayer } from './softmax-with-loss.js';
import { SoftmaxWithLossOHEMLayer } from './softmax-with-loss-ohem.js';
import { SplitLayer } from './split.js';
import { SPPLayer } from './spp.js';
import { SwishLayer } from './swish.js';
import { TanHLayer } from './tanh.js';
import { ThresholdLayer } from './threshold.js';
import { TileLayer } from './tile.js';
import { TransposeLayer } from './transpose.js';
import { UnPoolingLayer } from './unpooling.js';
import { UpsampleLayer } from './upsample.js';
import { UpsampleCambriconLayer } from './upsample-cambricon.js';
import { UpsampleDarknetLayer } from './upsample-darknet.js';
import { UpsampleSegNetLayer } from './upsample-segnet.js';
import { UpsampleSophgoLayer } from './upsample-sophgo.js';
import { VideoDataLayer } from './video-data.js';
import { WarpCTCLossLayer } from './warp-ctc-loss.js';
import { WindowDataLayer } from './window-data.js';
import { YoloDetectionLayer } from './yolo-detection.js';
import { YoloDetectionOutputLayer } from './yolo-detection-output.js';
import { Yolov3Layer } from './yolov3.js';
import { Yolov3DetectionLayer } from './yolov3-detection.js';
import { Yolov3DetectionOutputLayer } from './yolov3-detection-output.js';
import type { LayerFacts } from './facts.js';
import type { LayerClass } from './layer.js';

/** A class that declares what it is. */
export type LayerRow = LayerClass & { readonly facts: LayerFacts };

export const LAYER_TABLE: readonly LayerRow[] = [
  AbsValLayer,
  AccuracyLayer,
  AnnotatedDataLayer,
  ArgMaxLayer,
  AxpyLayer,
  BNSegNetLayer,
  BNYjxiongLayer,
  BNLayer,
  BNLLLayer,
  BatchNormLayer,
  BatchReindexLayer,
  BiasLayer,
  BilinearInterpolationLayer,
  BoxAnnotatorOHEMLayer,
  BoxGroupOutputLayer,
  BoxOutputLayer,
  CReLULayer,
  CTCGreedyDecoderLayer,
  CenterLossLayer,
  ClipLayer,
  ConcatLayer,
  ContinuationIndicatorLayer,
  ContrastiveLossLayer,
  ConvolutionLayer,
  ConvolutionDepthwiseLayer,
  CosineLayer,
  CropLayer,
  CtcLossLayer,
  DataLayer,
  DecodeBBoxLayer,
  DeconvolutionLayer,
  DepthwiseConvolutionLayer,
  DetectionEvaluateLayer,
  DetectionOutputTextBoxesLayer,
  DetectionOutputLayer,
  DropoutLayer,
  DummyDataLayer,
  ELULayer,
  EltwiseLayer,
  EmbedLayer,
  EuclideanLossLayer,
  ExpLayer,
  FilterLayer,
  FlattenLayer,
  FlipLayer,
  FrcnDetectionLayer,
  FrcnnProposalLayer,
  GatherLayer,
  HDF5DataLayer,
  HDF5OutputLayer,
  HSigmoidLayer,
  HSwishLayer,
  HardSigmoidLayer,
  HardSwishLayer,
  HingeLossLayer,
  Im2colLayer,
  ImResizeLayer,
  ImageDataLayer,
  InfogainLossLayer,
  InnerProductLayer,
  InputLayer,
  InterpLayer,
  LRNLayer,
  LSTMLayer,
  LSTMUnitLayer,
  LogLayer,
  LpNormalizationLayer,
  LstmForkLayer,
  MVNLayer,
  MatMulSophgoLayer,
  MatMulLayer,
  MemoryDataLayer,
  MishLayer,
  MultiBoxLossLayer,
  MultiStageMeanfieldLayer,
  MultinomialLogisticLossLayer,
  NmsLayer,
  NormalizeYjxiongLayer,
  NormalizeHappynearLayer,
  NormalizeLayer,
  PReLULayer,
  PSROIPoolingLayer,
  PadLayer,
  PaddingLayer,
  ParameterLayer,
  PermuteLayer,
  PoolingLayer,
  Pooling3DCambriconLayer,
  Pooling3DLayer,
  PowerLayer,
  PriorBoxFaceBoxesLayer,
  PriorBoxTextBoxesLayer,
  PriorBoxLayer,
  PriorBoxClusteredLayer,
  ProposalCambriconLayer,
  ProposalSynopsysLayer,
  ProposalLayer,
  PythonLayer,
  RNNLayer,
  ROIAlignLayer,
  ROIAlignMscnnLayer,
  ROIPoolingLayer,
  ReLULayer,
  ReLU6Layer,
  ReductionLayer,
  RegionOutputLayer,
  ReorgSophgoLayer,
  ReorgSynopsysLayer,
  ReorgLayer,
  ReshapeLayer,
  ResizeBilinearLayer,
  ResizeNearestNeighborLayer,
  RetinaFaceDetectionLayer,
  ReverseLayer,
  ReverseCambriconLayer,
  ReverseTimeLayer,
  SPPLayer,
  ScaleLayer,
  ScaleRouteLayer,
  ShuffleChannelLayer,
  SigmoidLayer,
  SigmoidCrossEntropyLossLayer,
  SilenceLayer,
  SliceLayer,
  SmoothL1LossLayer,
  SmoothL1LossOHEMLayer,
  SoftmaxLayer,
  SoftmaxWithLossLayer,
  SoftmaxWithLossOHEMLayer,
  SplitLayer,
  SwishLayer,
  TanHLayer,
  ThresholdLayer,
  TileLayer,
  TransposeLayer,
  UnPoolingLayer,
  UpsampleSegNetLayer,
  UpsampleCambriconLayer,
  UpsampleSophgoLayer,
  UpsampleLayer,
  UpsampleDarknetLayer,
  VideoDataLayer,
  WarpCTCLossLayer,
  WindowDataLayer,
  YoloDetectionLayer,
  YoloDetectionOutputLayer,
  Yolov3Layer,
  Yolov3DetectionLayer,
  Yolov3DetectionOutputLayer,
];
