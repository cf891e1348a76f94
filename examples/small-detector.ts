/**
 * The port of pytorch/small_detector.py: layers bear the names of the modules, those of the shared head with the number
 * of the call.
 *
 *     netspec build examples/small-detector.ts > small.prototxt
 */
import { L, NetSpec, type Top } from 'netspec';

const n = new NetSpec();
n.data = L.Input({ shape: { dim: [1, 3, 32, 48] } });

n.conv1 = L.Convolution(n.data, { num_output: 8, kernel_size: 3, pad: 1, bias_term: false });
n.bn1 = L.Scale(n.conv1, { bias_term: true });
n.relu1 = L.ReLU(n.bn1, { in_place: true });
// PyTorch rounds down where Caffe rounds up.
n.pool1 = L.Pooling(n.relu1, { pool: 'MAX', kernel_size: 3, stride: 2, pad: 1, round_mode: 'FLOOR' });
n.conv2 = L.Convolution(n.pool1, { num_output: 16, kernel_size: 3, stride: 2, pad: 1, bias_term: false });
n.bn2 = L.Scale(n.conv2, { bias_term: true });
n.relu2 = L.ReLU(n.bn2, { in_place: true });

n.lateral = L.Convolution(n.pool1, { num_output: 16, kernel_size: 1 });
// Nearest neighbour: each value in a 2x2 square of its own, each channel by itself.
n.upsample = L.Deconvolution(n.relu2, {
  convolution_param: {
    num_output: 16,
    group: 16,
    kernel_size: [2],
    stride: [2],
    bias_term: false,
    weight_filler: { type: 'constant', value: 1 },
  },
});
n.fine = L.Eltwise(n.lateral, n.upsample);

[n.fine, n.relu2].forEach((level: Top, call) => {
  const conv = (name: string, input: Top, channels: number, kernel: number) =>
    (n[`${name}_${call}`] = L.Convolution(input, {
      num_output: channels,
      kernel_size: kernel,
      pad: (kernel - 1) / 2,
      param: [{ name: `${name}_weight` }, { name: `${name}_bias` }],
    }));
  const hidden = conv('head_0', level, 16, 3);
  const relu = (n[`head_1_${call}`] = L.ReLU(hidden, { in_place: true }));
  conv('head_2', relu, 4, 1);
});

export default n;
