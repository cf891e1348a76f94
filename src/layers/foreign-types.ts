/**
 * foreign-types: what PyTorch, Keras and ONNX call things that Caffe writes as a layer, or several, of other names. Whoever writes
 * `Conv2d` as a layer's type is told the Caffe form. docs/pytorch-ops.md has the forms in full.
 */

/** The Caffe form by the foreign name, in small letters. */
const FORMS: Readonly<Record<string, string>> = {
  adaptiveavgpool2d: 'Pooling { pool: AVE global_pooling: true } for an output of 1x1',
  add: 'Eltwise { operation: SUM } for equal shapes, Bias with two bottoms for a smaller one, Power { shift } for a number',
  avgpool2d:
    'Pooling { pool: AVE round_mode: FLOOR }, which divides by the padded window as count_include_pad=True does',
  averagepool: 'Pooling { pool: AVE round_mode: FLOOR }, which divides by the padded window',
  batchnorm1d: 'BatchNorm { eps: 1e-5 } and a Scale { bias_term: true } behind it, which holds weight and bias',
  batchnorm2d: 'BatchNorm { eps: 1e-5 } and a Scale { bias_term: true } behind it, which holds weight and bias',
  batchnormalization:
    'BatchNorm with the eps of the model and a Scale { bias_term: true } behind it, which holds gamma and beta',
  bcewithlogitsloss: 'SigmoidCrossEntropyLoss; in a net for deployment Sigmoid',
  cat: 'Concat { axis: 1 }',
  channelshuffle:
    'a 1x1 Convolution whose kernels a rule { "channelShuffle": groups } fills, or ShuffleChannel of a fork',
  chunk: 'Slice { axis: 1 } with a top for each part',
  clamp: 'Clip { min max }; Caffe 1.0 has none: there, ReLU and Power',
  conv: 'Convolution { num_output kernel_size stride pad group dilation bias_term }',
  conv1d: 'Convolution on a blob of N x C x 1 x L, with kernel_h: 1 and kernel_w',
  conv2d: 'Convolution { num_output kernel_size stride pad group dilation bias_term }',
  conv3d: 'Convolution with three values of kernel_size, on a blob of N x C x D x H x W',
  convtranspose: 'Deconvolution { convolution_param { num_output kernel_size stride pad group } }',
  convtranspose2d:
    'Deconvolution { convolution_param { num_output kernel_size stride pad group } }; output_padding p is p rows and columns of zeros behind the kernel',
  crossentropyloss: 'SoftmaxWithLoss; in a net for deployment Softmax',
  dense: 'InnerProduct { num_output }',
  depthtospace: 'Deconvolution with kernel_size and stride r, whose kernels a rule { "depthToSpace": r } fills',
  depthwiseconv2d: 'Convolution with group and num_output equal to the number of channels',
  div: 'Power { power: -1 } and Eltwise { operation: PROD }, Power { scale } for a number',
  dropout2d: 'nothing: in a net for deployment it hands on what it reads',
  embedding: 'Embed { input_dim num_output bias_term: false }',
  focus:
    'Convolution { num_output: 4 C kernel_size: 2 stride: 2 bias_term: false }, whose kernels a rule { "focus": 2 } fills',
  gelu: 'exact to 4e-7: about 17 layers of AbsVal, Power, Exp and Eltwise, as import writes it; one layer within 2e-2: Swish { beta: 1.702 }',
  gemm: 'InnerProduct { num_output }, with transpose: true where transB is 0',
  globalaveragepool: 'Pooling { pool: AVE global_pooling: true }',
  globalmaxpool: 'Pooling { pool: MAX global_pooling: true }',
  groupnorm:
    'Reshape to 1 x N G x …, BatchNorm { use_global_stats: false eps: 1e-5 }, Reshape back, Scale { bias_term: true }',
  gru: 'InnerProduct layers that share weights by param names, Slice, Sigmoid, TanH and Eltwise: exact, about 18 layers for each step',
  hardtanh: 'Clip { min: -1 max: 1 }',
  identity: 'nothing: read the bottom itself',
  instancenorm2d:
    'for one image: BatchNorm { use_global_stats: false eps: 1e-5 } and Scale { bias_term: true }; MVN adds its eps after the root',
  interpolate:
    'nearest: Deconvolution of ones with kernel_size and stride f and group C; bilinear: Deconvolution with a bilinear filler',
  layernorm:
    'Reshape to 1 x M x D x 1, BatchNorm { use_global_stats: false eps: 1e-5 }, Reshape back, Scale { axis bias_term: true }',
  leakyrelu: 'ReLU { negative_slope: 0.01 }',
  linear: 'InnerProduct { num_output }',
  logsoftmax: 'Softmax and Log',
  maxpool: 'Pooling { pool: MAX round_mode: FLOOR }, for Caffe rounds sizes up',
  maxpool2d: 'Pooling { pool: MAX round_mode: FLOOR }, for Caffe rounds sizes up where PyTorch rounds them down',
  mean: 'Pooling { pool: AVE global_pooling: true } over rows and columns, Reduction { operation: MEAN } over the last axes',
  mseloss: 'EuclideanLoss, which halves the sum of squares over the batch',
  mul: 'Eltwise { operation: PROD } for equal shapes, Scale with two bottoms for a smaller one, Power { scale } for a number',
  multiheadattention:
    'InnerProduct, Softmax, and for each product of two blobs Reshape and Tile both, Eltwise { operation: PROD } and a 1x1 Convolution of ones: exact, with M K N numbers of memory for each head; MatMul of some forks is one layer',
  pixelshuffle:
    'Deconvolution { num_output: C group: C kernel_size: r stride: r bias_term: false }, whose kernels a rule { "pixelShuffle": r } fills',
  pixelunshuffle:
    'Convolution { num_output: C r r group: C kernel_size: r stride: r bias_term: false }, whose kernels a rule { "pixelShuffle": r } fills',
  pow: 'Power { power }',
  reflectionpad2d:
    'Slice and Concat, for rows and for columns: exact for one input size, and it copies the blob twice; before the first layer pad the image instead',
  resize:
    'nearest: Deconvolution of ones with kernel_size and stride f and group C; bilinear: Deconvolution with a bilinear filler',
  silu: 'Swish, or for Caffe 1.0 Sigmoid and Eltwise { operation: PROD }',
  softmax2d: 'Softmax { axis: 1 }',
  softplus: 'BNLL',
  spacetodepth: 'Convolution with kernel_size and stride r, whose kernels a rule { "depthToSpace": r } fills',
  sqrt: 'Power { power: 0.5 }',
  squeeze: 'Reshape { shape { dim … } }',
  sub: 'Eltwise { operation: SUM coeff: 1 coeff: -1 }',
  unsqueeze: 'Reshape { shape { dim … } }',
  upsamplingbilinear2d:
    'Reshape, a 1x1 Convolution over the rows, Reshape and InnerProduct { axis: 3 } over the columns: exact, with fixed weights of in x out for each axis; Interp of some forks is one layer',
  upsamplingnearest2d: 'Deconvolution of ones with kernel_size and stride f, group and num_output C, bias_term: false',
  view: 'Reshape { shape { dim … } } or Flatten',
  zeropad2d: 'pad of the Convolution or Pooling behind it',
};

/** Names of the table, for tests. */
export const FOREIGN_TYPES: readonly string[] = Object.keys(FORMS);

/** What Caffe writes for something that is called `type` elsewhere; undefined where nothing is known. */
export function caffeFormOf(type: string): string | undefined {
  const name = type.toLowerCase().replace(/^(torch\.)?nn\./, '');
  return Object.hasOwn(FORMS, name) ? FORMS[name] : undefined;
}
