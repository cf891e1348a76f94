/**
 * Every layer type that netspec knows, one row each. Adding a layer is adding its file and its row. Of several implementations of
 * one type, an earlier row goes before a later one: see registry.ts.
 */
import { AbsValLayer } from './abs-val.js';
import { AccuracyLayer } from './accuracy.js';
import { ArgMaxLayer } from './arg-max.js';
import { BNLLLayer } from './bnll.js';
import { BatchNormLayer } from './batch-norm.js';
import { BatchReindexLayer } from './batch-reindex.js';
import { BiasLayer } from './bias.js';
import { ClipLayer } from './clip.js';
import { ConcatLayer } from './concat.js';
import { ContrastiveLossLayer } from './contrastive-loss.js';
import { ConvolutionLayer } from './convolution.js';
import { CropLayer } from './crop.js';
import { DataLayer } from './data.js';
import { DeconvolutionLayer } from './deconvolution.js';
import { DropoutLayer } from './dropout.js';
import { DummyDataLayer } from './dummy-data.js';
import { ELULayer } from './elu.js';
import { EltwiseLayer } from './eltwise.js';
import { EmbedLayer } from './embed.js';
import { EuclideanLossLayer } from './euclidean-loss.js';
import { ExpLayer } from './exp.js';
import { FilterLayer } from './filter.js';
import { FlattenLayer } from './flatten.js';
import { HDF5DataLayer } from './hdf5-data.js';
import { HDF5OutputLayer } from './hdf5-output.js';
import { HingeLossLayer } from './hinge-loss.js';
import { Im2colLayer } from './im2col.js';
import { ImageDataLayer } from './image-data.js';
import { InfogainLossLayer } from './infogain-loss.js';
import { InnerProductLayer } from './inner-product.js';
import { InputLayer } from './input.js';
import { LRNLayer } from './lrn.js';
import { LSTMLayer } from './lstm.js';
import { LSTMUnitLayer } from './lstm-unit.js';
import { LogLayer } from './log.js';
import { MVNLayer } from './mvn.js';
import { MemoryDataLayer } from './memory-data.js';
import { MultinomialLogisticLossLayer } from './multinomial-logistic-loss.js';
import { PReLULayer } from './prelu.js';
import { ParameterLayer } from './parameter.js';
import { PoolingLayer } from './pooling.js';
import { PowerLayer } from './power.js';
import { PythonLayer } from './python.js';
import { RNNLayer } from './rnn.js';
import { ReLULayer } from './relu.js';
import { ReductionLayer } from './reduction.js';
import { ReshapeLayer } from './reshape.js';
import { SPPLayer } from './spp.js';
import { ScaleLayer } from './scale.js';
import { SigmoidLayer } from './sigmoid.js';
import { SigmoidCrossEntropyLossLayer } from './sigmoid-cross-entropy-loss.js';
import { SilenceLayer } from './silence.js';
import { SliceLayer } from './slice.js';
import { SoftmaxLayer } from './softmax.js';
import { SoftmaxWithLossLayer } from './softmax-with-loss.js';
import { SplitLayer } from './split.js';
import { SwishLayer } from './swish.js';
import { TanHLayer } from './tanh.js';
import { ThresholdLayer } from './threshold.js';
import { TileLayer } from './tile.js';
import { WindowDataLayer } from './window-data.js';
import type { LayerFacts } from './facts.js';
import type { LayerClass } from './layer.js';

/** A class that declares what it is. */
export type LayerRow = LayerClass & { readonly facts: LayerFacts };

export const LAYER_TABLE: readonly LayerRow[] = [
  AbsValLayer,
  AccuracyLayer,
  ArgMaxLayer,
  BNLLLayer,
  BatchNormLayer,
  BatchReindexLayer,
  BiasLayer,
  ClipLayer,
  ConcatLayer,
  ContrastiveLossLayer,
  ConvolutionLayer,
  CropLayer,
  DataLayer,
  DeconvolutionLayer,
  DropoutLayer,
  DummyDataLayer,
  ELULayer,
  EltwiseLayer,
  EmbedLayer,
  EuclideanLossLayer,
  ExpLayer,
  FilterLayer,
  FlattenLayer,
  HDF5DataLayer,
  HDF5OutputLayer,
  HingeLossLayer,
  Im2colLayer,
  ImageDataLayer,
  InfogainLossLayer,
  InnerProductLayer,
  InputLayer,
  LRNLayer,
  LSTMLayer,
  LSTMUnitLayer,
  LogLayer,
  MVNLayer,
  MemoryDataLayer,
  MultinomialLogisticLossLayer,
  PReLULayer,
  ParameterLayer,
  PoolingLayer,
  PowerLayer,
  PythonLayer,
  RNNLayer,
  ReLULayer,
  ReductionLayer,
  ReshapeLayer,
  SPPLayer,
  ScaleLayer,
  SigmoidLayer,
  SigmoidCrossEntropyLossLayer,
  SilenceLayer,
  SliceLayer,
  SoftmaxLayer,
  SoftmaxWithLossLayer,
  SplitLayer,
  SwishLayer,
  TanHLayer,
  ThresholdLayer,
  TileLayer,
  WindowDataLayer,
];
