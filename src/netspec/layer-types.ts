/**
 * What the schema does not say about Caffe's layer types: their bottoms, and whose parameters they read when they have
 * no message of their own. The DSL's types and editor help are generated from this table; unknown types need no entry.
 */

export interface LayerTypeInfo {
  /** Bottoms by name, in order: `x`, an optional `x?` after the required ones, and last `...more` for any number. */
  bottoms: readonly string[];
  /** Fields of LayerParameter, beside the type's own, whose members may be given directly. */
  borrows?: readonly string[];
  doc: string;
}

/** Every layer type of BVLC Caffe 1.0. */
export const layerTypes = {
  AbsVal: { bottoms: ['x'], doc: 'Absolute value of each element.' },
  Accuracy: { bottoms: ['scores', 'labels'], doc: 'Share of the labels that are among the top_k scores.' },
  ArgMax: { bottoms: ['x'], doc: 'Index (and value, with out_max_val) of the top_k largest elements.' },
  BatchNorm: {
    bottoms: ['x'],
    doc: 'Normalizes each channel by mean and variance; its third blob divides both. Gamma and beta need a Scale after it.',
  },
  BatchReindex: { bottoms: ['x', 'indices'], doc: 'Selects and reorders the items of a batch by the second bottom.' },
  Bias: { bottoms: ['x', 'bias?'], doc: 'Adds a learned bias, or the second bottom, broadcast along the other axes.' },
  BNLL: { bottoms: ['x'], doc: 'Binomial normal log likelihood: log(1 + exp(x)).' },
  Clip: { bottoms: ['x'], doc: 'Limits each element to min … max.' },
  Concat: { bottoms: ['...bottoms'], doc: 'Joins the bottoms along an axis.' },
  ContrastiveLoss: { bottoms: ['a', 'b', 'similar'], doc: 'Contrastive loss of pairs: pulls similar ones together.' },
  Convolution: {
    bottoms: ['x', '...more'],
    doc: 'Convolution with learned filters. Several bottoms share the filters and give one top each.',
  },
  Crop: { bottoms: ['x', 'reference'], doc: 'Crops the first bottom to the size of the second, beginning at offset.' },
  Data: { bottoms: [], doc: 'Reads images and labels from a LevelDB or LMDB database.' },
  Deconvolution: {
    bottoms: ['x', '...more'],
    borrows: ['convolution_param'],
    doc: 'Transposed convolution, of which upsampling is a case. Without group every output channel sums all inputs.',
  },
  Dropout: { bottoms: ['x'], doc: 'Zeroes elements at random in training; the identity in testing.' },
  DummyData: { bottoms: [], doc: 'Filler-made blobs. Each forward refills them: a deploy net wants Input instead.' },
  ELU: { bottoms: ['x'], doc: 'Exponential linear unit: x, or alpha (exp(x) - 1) below zero.' },
  Eltwise: { bottoms: ['a', 'b', '...more'], doc: 'Sum, product or maximum of equal shapes; it does not broadcast.' },
  Embed: { bottoms: ['indices'], doc: 'Looks up a learned vector for each index.' },
  EuclideanLoss: { bottoms: ['a', 'b'], doc: 'Half the mean squared distance over the batch.' },
  Exp: { bottoms: ['x'], doc: 'base ^ (shift + scale x); base -1 means e.' },
  Filter: { bottoms: ['...bottoms'], doc: 'Keeps the items of a batch that the last bottom marks with non-zero.' },
  Flatten: { bottoms: ['x'], doc: 'Joins the axes from axis to end_axis into one.' },
  HDF5Data: { bottoms: [], doc: 'Reads blobs from HDF5 files; each top is named as its data set.' },
  HDF5Output: { bottoms: ['data', 'labels'], doc: 'Writes its bottoms to an HDF5 file. Needs ntop: 0.' },
  HingeLoss: { bottoms: ['scores', 'labels'], doc: 'One-against-all hinge loss.' },
  Im2col: { bottoms: ['x'], borrows: ['convolution_param'], doc: 'Unrolls the windows of a convolution into columns.' },
  ImageData: { bottoms: [], doc: 'Reads the images and labels that a list file names.' },
  InfogainLoss: {
    bottoms: ['scores', 'labels', 'infogain?'],
    borrows: ['loss_param'],
    doc: 'Softmax followed by a multinomial logistic loss weighted by an infogain matrix.',
  },
  InnerProduct: { bottoms: ['x'], doc: 'Fully connected layer over all axes from axis on.' },
  Input: { bottoms: [], doc: 'A net input: the caller sets its values before forward.' },
  Log: { bottoms: ['x'], doc: 'log_base(shift + scale x); base -1 means e.' },
  LRN: { bottoms: ['x'], doc: 'Local response normalization across channels or within one.' },
  LSTM: {
    bottoms: ['x', 'continuation', '...more'],
    borrows: ['recurrent_param'],
    doc: 'Long short-term memory over time steps (axis 0), restarted where continuation is 0.',
  },
  LSTMUnit: { bottoms: ['cell', 'gates', 'continuation'], doc: 'One step of LSTM. Two tops: cell and hidden state.' },
  MemoryData: { bottoms: [], doc: 'Reads images and labels from memory that the caller hands over.' },
  MultinomialLogisticLoss: { bottoms: ['probabilities', 'labels'], doc: 'Mean of -log(probability of the label).' },
  MVN: { bottoms: ['x'], doc: 'Subtracts the mean and divides by the standard deviation of each item.' },
  Parameter: { bottoms: [], doc: 'A learned blob as a top.' },
  Pooling: {
    bottoms: ['x'],
    doc: 'Maximum or average over windows. Output sizes are rounded up unless round_mode is FLOOR.',
  },
  Power: { bottoms: ['x'], doc: '(shift + scale x) ^ power.' },
  PReLU: { bottoms: ['x'], doc: 'ReLU with a learned slope below zero, per channel unless channel_shared.' },
  Python: { bottoms: ['...bottoms'], doc: "A layer written in Python; only Caffe's own pycaffe runs it." },
  Reduction: { bottoms: ['x'], doc: 'Sum, mean, sum of squares or of absolute values over all axes from axis on.' },
  ReLU: { bottoms: ['x'], doc: 'max(x, 0), or negative_slope x below zero.' },
  Reshape: { bottoms: ['x'], doc: 'Changes the shape: 0 keeps an axis, one -1 is inferred.' },
  RNN: {
    bottoms: ['x', 'continuation', '...more'],
    borrows: ['recurrent_param'],
    doc: 'Plain recurrent net over time steps (axis 0), restarted where continuation is 0.',
  },
  Scale: {
    bottoms: ['x', 'factor?'],
    doc: 'Multiplies by a learned factor, or by the second bottom, broadcast along the other axes; bias_term adds a bias.',
  },
  Sigmoid: { bottoms: ['x'], doc: '1 / (1 + exp(-x)).' },
  SigmoidCrossEntropyLoss: {
    bottoms: ['scores', 'targets'],
    borrows: ['loss_param'],
    doc: 'Cross entropy of sigmoid(scores), computed stably.',
  },
  Silence: {
    bottoms: ['...bottoms'],
    doc: 'Uses up blobs that nothing reads, so that they are no outputs. Needs ntop: 0.',
  },
  Slice: { bottoms: ['x'], doc: 'Cuts along an axis, at slice_point or in equal parts. Needs ntop.' },
  Softmax: { bottoms: ['x'], doc: 'exp(x) / sum exp(x) along an axis.' },
  SoftmaxWithLoss: {
    bottoms: ['scores', 'labels'],
    borrows: ['softmax_param', 'loss_param'],
    doc: 'Multinomial logistic loss of softmax(scores).',
  },
  Split: {
    bottoms: ['x'],
    doc: 'Copies a blob for several readers. Caffe inserts these itself where they are needed.',
  },
  SPP: { bottoms: ['x'], doc: 'Spatial pyramid pooling: a vector of fixed length from any spatial size.' },
  Swish: { bottoms: ['x'], doc: 'x sigmoid(beta x).' },
  TanH: { bottoms: ['x'], doc: 'Hyperbolic tangent.' },
  Threshold: { bottoms: ['x'], doc: '1 where x > threshold, else 0.' },
  Tile: { bottoms: ['x'], doc: 'Repeats a blob along an axis.' },
  WindowData: { bottoms: [], doc: 'Reads windows of images that a window file lists, as R-CNN trains on.' },
} satisfies Record<string, LayerTypeInfo>;

/** The table's entry for a layer type; undefined for a type that is not Caffe's. */
export function layerTypeInfo(type: string): LayerTypeInfo | undefined {
  return Object.hasOwn(layerTypes, type) ? layerTypes[type as keyof typeof layerTypes] : undefined;
}
