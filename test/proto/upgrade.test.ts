/**
 * Upgrades of old nets, one step at a time. The expected texts are what Caffe's own upgrade makes of the same nets.
 */
import { describe, expect, test } from '@jest/globals';
import type { NetParameter, SolverParameter } from '../../src/generated/messages.js';
import { addressOf } from '../../src/proto/message.js';
import { decodeNet, encodeNet } from '../../src/proto/codec.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';
import { needsUpgrade, upgradeNet, upgradeSolver } from '../../src/proto/upgrade.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { refusal } from '../support/refusal.js';

const parse = (text: string): NetParameter => parsePrototxt(text, { upgrade: false, file: 'old.prototxt' });

/** The upgraded text, from text and from bytes alike; the original stays as it was. */
function upgraded(text: string, warnings: string[] = []): string {
  const net = parse(text);
  const result = formatPrototxt(upgradeNet(net, { onWarning: (warning) => warnings.push(warning) }));
  expect(net).toEqual(parse(text));
  expect(formatPrototxt(decodeNet(encodeNet(net), { upgrade: true }))).toBe(result);
  expect(needsUpgrade(net)).toBe(true);
  expect(needsUpgrade(parse(result))).toBe(false);
  return result;
}

/** Both texts in protoc's layout. */
const canonical = (text: string): string => formatPrototxt(parse(text));

describe('V0', () => {
  test('every setting of a convolution, a pooling, an inner product and their kin', () => {
    const v0 = `
      name: "old" input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8 force_backward: true
      layers { layer { name: "conv" type: "conv" num_output: 4 kernelsize: 3 stride: 2 pad: 1 group: 2 biasterm: false
        weight_filler { type: "gaussian" std: 0.01 } bias_filler { type: "constant" } blobs_lr: 1. blobs_lr: 2.
        weight_decay: 1. weight_decay: 0. } bottom: "data" top: "conv" }
      layers { layer { name: "relu" type: "relu" } bottom: "conv" top: "conv" }
      layers { layer { name: "pool" type: "pool" pool: AVE kernelsize: 3 stride: 2 pad: 1 } bottom: "conv" top: "pool" }
      layers { layer { name: "norm" type: "lrn" local_size: 3 alpha: 0.1 beta: 0.5 k: 2 } bottom: "pool" top: "norm" }
      layers { layer { name: "drop" type: "dropout" dropout_ratio: 0.25 } bottom: "norm" top: "norm" }
      layers { layer { name: "ip" type: "innerproduct" num_output: 5 biasterm: true weight_filler { } bias_filler { } }
        bottom: "norm" top: "ip" }
      layers { layer { name: "cat" type: "concat" concat_dim: 0 } bottom: "ip" bottom: "ip" top: "cat" }
      layers { layer { name: "loss" type: "infogain_loss" source: "h.bin" } bottom: "cat" bottom: "cat" }
      layers { layer { name: "out" type: "hdf5_output" hdf5_output_param { file_name: "o.h5" } } bottom: "cat" }`;
    expect(upgraded(v0)).toBe(
      canonical(`
        name: "old" force_backward: true
        layer { name: "input" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
        layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" param { lr_mult: 1 decay_mult: 1 }
          param { lr_mult: 2 decay_mult: 0 } convolution_param { num_output: 4 bias_term: false pad: 1 kernel_size: 3
          group: 2 stride: 2 weight_filler { type: "gaussian" std: 0.01 } bias_filler { type: "constant" } } }
        layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
        layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
          pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 } }
        layer { name: "norm" type: "LRN" bottom: "pool" top: "norm"
          lrn_param { local_size: 3 alpha: 0.1 beta: 0.5 k: 2 } }
        layer { name: "drop" type: "Dropout" bottom: "norm" top: "norm" dropout_param { dropout_ratio: 0.25 } }
        layer { name: "ip" type: "InnerProduct" bottom: "norm" top: "ip"
          inner_product_param { num_output: 5 bias_term: true weight_filler { } bias_filler { } } }
        layer { name: "cat" type: "Concat" bottom: "ip" bottom: "ip" top: "cat" concat_param { concat_dim: 0 } }
        layer { name: "loss" type: "InfogainLoss" bottom: "cat" bottom: "cat" infogain_loss_param { source: "h.bin" } }
        layer { name: "out" type: "HDF5Output" bottom: "cat" hdf5_output_param { file_name: "o.h5" } }`),
    );
  });

  test('data layers; their transformations go to transform_param', () => {
    const v0 = `
      layers { layer { name: "d" type: "data" source: "db" meanfile: "m" batchsize: 8 cropsize: 5 mirror: true scale: 0.5
        rand_skip: 2 } top: "data" top: "label" }
      layers { layer { name: "i" type: "images" source: "l" batchsize: 4 shuffle_images: true new_height: 6 new_width: 7
        rand_skip: 3 } top: "a" top: "b" }
      layers { layer { name: "w" type: "window_data" source: "w" batchsize: 2 det_fg_threshold: 0.6 det_bg_threshold: 0.4
        det_fg_fraction: 0.3 det_context_pad: 1 det_crop_mode: "square" } top: "e" top: "f" }
      layers { layer { name: "h" type: "hdf5_data" source: "h" batchsize: 1 } top: "g" }`;
    expect(upgraded(v0)).toBe(
      canonical(`
        layer { name: "d" type: "Data" top: "data" top: "label" data_param { source: "db" batch_size: 8 rand_skip: 2 }
          transform_param { scale: 0.5 mirror: true crop_size: 5 mean_file: "m" } }
        layer { name: "i" type: "ImageData" top: "a" top: "b" image_data_param { source: "l" batch_size: 4 rand_skip: 3
          shuffle: true new_height: 6 new_width: 7 } }
        layer { name: "w" type: "WindowData" top: "e" top: "f" window_data_param { source: "w" batch_size: 2
          fg_threshold: 0.6 bg_threshold: 0.4 fg_fraction: 0.3 context_pad: 1 crop_mode: "square" } }
        layer { name: "h" type: "HDF5Data" top: "g" hdf5_data_param { source: "h" batch_size: 1 } }`),
    );
  });

  test('a padding layer becomes the pad of the layers that read it', () => {
    const v0 = `
      input: "data"
      layers { layer { name: "pad" type: "padding" pad: 2 } bottom: "data" top: "padded" }
      layers { layer { name: "conv" type: "conv" num_output: 1 kernelsize: 5 } bottom: "padded" top: "conv" }
      layers { layer { name: "pool" type: "pool" kernelsize: 3 } bottom: "padded" top: "pool" }`;
    expect(upgraded(v0)).toBe(
      canonical(`
        layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
          convolution_param { num_output: 1 pad: 2 kernel_size: 5 } }
        layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" pooling_param { kernel_size: 3 pad: 2 } }`),
    );
  });

  test('settings on a layer of another type are dropped with a warning', () => {
    const warnings: string[] = [];
    const v0 = 'input: "a" layers { layer { name: "r" type: "relu" num_output: 3 k: 1 } bottom: "a" top: "a" }';
    expect(upgraded(v0, warnings)).toBe(canonical('layer { name: "r" type: "ReLU" bottom: "a" top: "a" }'));
    expect(warnings).toEqual([
      "layer 'r': Unknown parameter num_output for layer type relu",
      "layer 'r': Unknown parameter k for layer type relu",
    ]);
  });

  test('a V1 layer among V0 layers keeps its bottoms and tops alone', () => {
    const warnings: string[] = [];
    const mixed = `input: "a" layers { layer { name: "r" type: "relu" } bottom: "a" top: "a" }
      layers { name: "v1" type: RELU bottom: "a" top: "b" }`;
    expect(upgraded(mixed, warnings)).toBe(
      canonical('layer { name: "r" type: "ReLU" bottom: "a" top: "a" } layer { bottom: "a" top: "b" }'),
    );
    expect(warnings).toEqual(["layer 'v1' is a V1 layer in a net of V0 layers: only its bottoms and tops are kept"]);
  });

  test.each<[string, string, string]>([
    [
      'an unknown type',
      'layers { layer { name: "c" type: "convv" } }',
      "old.prototxt:1:28: layer 'c' (convv): Unknown layer name: convv\nhint: did you mean 'conv'?",
    ],
    [
      'a bottom that nothing makes',
      'layers { layer { name: "c" type: "conv" } bottom: "x" }',
      "old.prototxt:1:43: layer 'c' (conv): Unknown blob input (bottom 'x')",
    ],
    [
      'padding before what cannot pad',
      'input: "a" layers { layer { type: "padding" } bottom: "a" top: "p" }\nlayers { layer { name: "r" type: "relu" } bottom: "p" }',
      "old.prototxt:2:43: layer 'r' (relu): Padding layer input to non-convolutional / non-pooling layer type relu (bottom 'p')",
    ],
    [
      'padding before a convolution of two bottoms',
      'input: "a" layers { layer { type: "padding" } bottom: "a" top: "p" }\nlayers { layer { name: "c" type: "conv" } bottom: "p" bottom: "a" }',
      "old.prototxt:2:43: layer 'c' (conv): Conv Layer takes a single blob as input (bottom 'p')",
    ],
    [
      'padding of two blobs',
      'input: "a" layers { layer { type: "padding" } bottom: "a" bottom: "a" top: "p" }\nlayers { layer { name: "c" type: "conv" } bottom: "p" }',
      "old.prototxt:2:43: layer 'c' (conv): Padding Layer takes a single blob as input (bottom 'p')",
    ],
    [
      'padding that makes two blobs',
      'input: "a" layers { layer { type: "padding" } bottom: "a" top: "p" top: "q" }\nlayers { layer { name: "c" type: "conv" } bottom: "p" }',
      "old.prototxt:2:43: layer 'c' (conv): Padding Layer produces a single blob as output (bottom 'p')",
    ],
  ])('%s is refused', async (_what, text, message) => {
    expect(await refusal(() => upgradeNet(parse(text)))).toBe(message);
  });
});

describe('V1', () => {
  test('types, and lists of names, modes, rates and decays of different lengths', () => {
    const v1 = `
      name: "v1" debug_info: true
      layers { name: "c" type: CONVOLUTION bottom: "x" top: "c" param: "w" blob_share_mode: PERMISSIVE
        blob_share_mode: STRICT blobs_lr: 0 blobs_lr: 2 blobs_lr: 3 weight_decay: 1 loss_weight: 0.5
        include { phase: TEST } exclude { stage: "s" } convolution_param { num_output: 2 kernel_size: 3 } }
      layers { name: "n" type: NONE }
      layers { bottom: "c" }`;
    expect(upgraded(v1)).toBe(
      canonical(`
        name: "v1" debug_info: true
        layer { name: "c" type: "Convolution" bottom: "x" top: "c" loss_weight: 0.5
          param { name: "w" share_mode: PERMISSIVE lr_mult: 0 decay_mult: 1 } param { share_mode: STRICT lr_mult: 2 }
          param { lr_mult: 3 } include { phase: TEST } exclude { stage: "s" }
          convolution_param { num_output: 2 kernel_size: 3 } }
        layer { name: "n" type: "" }
        layer { bottom: "c" }`),
    );
  });

  test.each([
    ['ABSVAL', 'AbsVal'],
    ['ACCURACY', 'Accuracy'],
    ['ARGMAX', 'ArgMax'],
    ['BNLL', 'BNLL'],
    ['CONCAT', 'Concat'],
    ['CONTRASTIVE_LOSS', 'ContrastiveLoss'],
    ['CONVOLUTION', 'Convolution'],
    ['DATA', 'Data'],
    ['DECONVOLUTION', 'Deconvolution'],
    ['DROPOUT', 'Dropout'],
    ['DUMMY_DATA', 'DummyData'],
    ['ELTWISE', 'Eltwise'],
    ['EUCLIDEAN_LOSS', 'EuclideanLoss'],
    ['EXP', 'Exp'],
    ['FLATTEN', 'Flatten'],
    ['HDF5_DATA', 'HDF5Data'],
    ['HDF5_OUTPUT', 'HDF5Output'],
    ['HINGE_LOSS', 'HingeLoss'],
    ['IM2COL', 'Im2col'],
    ['IMAGE_DATA', 'ImageData'],
    ['INFOGAIN_LOSS', 'InfogainLoss'],
    ['INNER_PRODUCT', 'InnerProduct'],
    ['LRN', 'LRN'],
    ['MEMORY_DATA', 'MemoryData'],
    ['MULTINOMIAL_LOGISTIC_LOSS', 'MultinomialLogisticLoss'],
    ['MVN', 'MVN'],
    ['POOLING', 'Pooling'],
    ['POWER', 'Power'],
    ['RELU', 'ReLU'],
    ['SIGMOID', 'Sigmoid'],
    ['SIGMOID_CROSS_ENTROPY_LOSS', 'SigmoidCrossEntropyLoss'],
    ['SILENCE', 'Silence'],
    ['SLICE', 'Slice'],
    ['SOFTMAX', 'Softmax'],
    ['SOFTMAX_LOSS', 'SoftmaxWithLoss'],
    ['SPLIT', 'Split'],
    ['TANH', 'TanH'],
    ['THRESHOLD', 'Threshold'],
    ['WINDOW_DATA', 'WindowData'],
  ])('%s is %s today', (v1, v2) => {
    expect(upgradeNet(parse(`layers { type: ${v1} }`)).layer![0]!.type).toBe(v2);
  });

  test('once one data layer holds a transformation, every data layer gets both messages', () => {
    const v1 = `
      layers { name: "a" type: DATA data_param { source: "s" scale: 0.5 mean_file: "m" crop_size: 3 mirror: false } }
      layers { name: "b" type: IMAGE_DATA transform_param { scale: 2 } image_data_param { scale: 3 new_width: 1 } }
      layers { name: "c" type: WINDOW_DATA }
      layers { name: "d" type: RELU }`;
    expect(upgraded(v1)).toBe(
      canonical(`
        layer { name: "a" type: "Data" transform_param { scale: 0.5 mirror: false crop_size: 3 mean_file: "m" }
          data_param { source: "s" } }
        layer { name: "b" type: "ImageData" transform_param { scale: 3 } image_data_param { new_width: 1 } }
        layer { name: "c" type: "WindowData" transform_param { } window_data_param { } }
        layer { name: "d" type: "ReLU" }`),
    );
  });

  test('data layers without transformations are left alone', () => {
    expect(upgraded('layers { type: DATA data_param { source: "s" } }')).toBe(
      canonical('layer { type: "Data" data_param { source: "s" } }'),
    );
  });

  test('blobs are the same objects, not copies', () => {
    const blobs = [{ data: Float32Array.of(1) }];
    expect(upgradeNet({ layers: [{ blobs }] }).layer![0]!.blobs).toBe(blobs);
  });

  test("a fork's fields of a layer are dropped with a warning", () => {
    const warnings: string[] = [];
    const net = decodeNet(Uint8Array.of(0x12, 6, 0x22, 1, 0x78, 0xf8, 0x7f, 1));
    expect(upgradeNet(net, { onWarning: (warning) => warnings.push(warning) })).toEqual({ layer: [{ name: 'x' }] });
    expect(warnings).toEqual(["layer 'x': fields that the schema does not know are dropped"]);
  });

  test('together with V2 layers it is refused', async () => {
    expect(await refusal(() => upgradeNet(parse('layer { name: "new" }\nlayers { name: "old" }')))).toBe(
      "old.prototxt:2:1: Refusing to upgrade inconsistent NetParameter input; the definition includes both 'layer' and " +
        '\'layers\' fields: 1 and 1\nhint: write every layer as layer { type: "Name" … }, none as layers { type: NAME … }',
    );
  });

  test('layers and fields keep their addresses', () => {
    const net = upgradeNet(
      parse(
        'input: "data"\ninput_dim: 1 input_dim: 1 input_dim: 1 input_dim: 1\nlayers {\n  name: "c"\n  type: RELU\n  blobs_lr: 1\n}\n',
      ),
    );
    const [input, layer] = net.layer!;
    expect(addressOf(layer!)).toMatchObject({ file: 'old.prototxt', line: 3, column: 1 });
    expect(addressOf(layer!, 'type')).toMatchObject({ line: 5, column: 3 });
    expect(addressOf(layer!, 'param')).toMatchObject({ line: 6, column: 3 });
    expect(addressOf(input!)).toMatchObject({ line: 1, column: 1 });
    expect(addressOf(input!.input_param!, 'shape')).toMatchObject({ line: 2, column: 1 });
  });

  test('V0 layers and fields keep their addresses', () => {
    const net = upgradeNet(
      parse('input: "a"\nlayers {\n  layer {\n    type: "conv"\n    kernelsize: 3\n  }\n  bottom: "a"\n}\n'),
    );
    const [layer] = net.layer!;
    expect(addressOf(layer!)).toMatchObject({ file: 'old.prototxt', line: 2, column: 1 });
    expect(addressOf(layer!, 'type')).toMatchObject({ line: 4, column: 5 });
    expect(addressOf(layer!, 'bottom')).toMatchObject({ line: 7, column: 3 });
    expect(addressOf(layer!.convolution_param!, 'kernel_size')).toMatchObject({ line: 5, column: 5 });
  });
});

describe('inputs', () => {
  test('with input_dim, four a piece', () => {
    const old = `input: "a" input: "b" input_dim: 1 input_dim: 2 input_dim: 3 input_dim: 4
      input_dim: 5 input_dim: 6 input_dim: 7 input_dim: 8 layer { name: "x" }`;
    expect(upgraded(old)).toBe(
      canonical(`layer { name: "input" type: "Input" top: "a" top: "b" input_param {
        shape { dim: 1 dim: 2 dim: 3 dim: 4 } shape { dim: 5 dim: 6 dim: 7 dim: 8 } } } layer { name: "x" }`),
    );
  });

  test('with input_shape, which goes before input_dim', () => {
    expect(upgraded('input: "a" input_shape { dim: 3 } input_dim: 9')).toBe(
      canonical('layer { name: "input" type: "Input" top: "a" input_param { shape { dim: 3 } } }'),
    );
  });

  test('without shapes they are dropped, as from a caffemodel', () => {
    expect(upgraded('name: "n" input: "a" layer { name: "x" }')).toBe(canonical('name: "n" layer { name: "x" }'));
  });

  test.each([
    ['input_shape { dim: 3 }', '2 inputs need as many input_shape, there are 1'],
    ['input_dim: 1 input_dim: 2 input_dim: 3 input_dim: 4 input_dim: 5', '2 inputs need 8 input_dim, there are 5'],
  ])('fewer shapes than inputs are refused: %s', async (shapes, hint) => {
    expect(await refusal(() => upgradeNet(parse(`input: "a" input: "b" ${shapes}`)))).toBe(
      "old.prototxt:1:1: Incorrect input blob dimension specifications: input 'b' is number 2 and has no shape\n" +
        `hint: ${hint}`,
    );
  });
});

describe('BatchNorm', () => {
  test('with three params gets rates and decays of 0', () => {
    const old = `layer { name: "b" type: "BatchNorm" param { name: "m" lr_mult: 1 decay_mult: 1 } param { } param { lr_mult: 0 } }
      layer { name: "s" type: "Scale" param { lr_mult: 1 } param { } param { } }`;
    expect(upgraded(old)).toBe(
      canonical(`layer { name: "b" type: "BatchNorm" param { name: "m" lr_mult: 0 decay_mult: 0 }
        param { lr_mult: 0 decay_mult: 0 } param { lr_mult: 0 decay_mult: 0 } }
        layer { name: "s" type: "Scale" param { lr_mult: 1 } param { } param { } }`),
    );
  });
});

test("a net in today's format is returned itself", () => {
  const net = parse('layer { name: "b" type: "BatchNorm" param { lr_mult: 1 } }');
  expect(needsUpgrade(net)).toBe(false);
  expect(upgradeNet(net)).toBe(net);
});

describe('solvers', () => {
  test.each([
    ['SGD', 'SGD'],
    ['NESTEROV', 'Nesterov'],
    ['ADAGRAD', 'AdaGrad'],
    ['RMSPROP', 'RMSProp'],
    ['ADADELTA', 'AdaDelta'],
    ['ADAM', 'Adam'],
  ])('%s is %s today', (old, today) => {
    const solver = parsePrototxt(`base_lr: 0.5 solver_type: ${old}`, { type: 'SolverParameter', upgrade: false });
    const before = structuredClone(solver);
    expect(upgradeSolver(solver)).toEqual({ base_lr: 0.5, type: today });
    expect(solver).toEqual(before);
  });

  test('without the old field it is returned itself', () => {
    const solver: SolverParameter = { type: 'Adam' };
    expect(upgradeSolver(solver)).toBe(solver);
  });

  test('with both fields it is refused', async () => {
    const solver = parsePrototxt('type: "Adam"\nsolver_type: SGD', {
      type: 'SolverParameter',
      upgrade: false,
      file: 's.prototxt',
    });
    expect(await refusal(() => upgradeSolver(solver))).toBe(
      's.prototxt:2:1: Failed to upgrade solver: old solver_type field (enum) and new type field (string) cannot be both ' +
        'specified in solver proto text\nhint: keep type: "Adam"',
    );
  });
});
