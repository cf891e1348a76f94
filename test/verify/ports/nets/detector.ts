/** Two levels of a pyramid with one head for both. */
import { L, NetSpec, type Top } from 'netspec';

const n = new NetSpec();
n.input = L.Input({ shape: { dim: [1, 3, 30, 38] } });

function leaky(call: number, x: Top): Top {
  n[`bn${call}`] = L.Scale(x, { bias_term: true });
  return (n[`relu${call}`] = L.ReLU(n[`bn${call}`]!, { negative_slope: 0.1, in_place: true }));
}

n.conv1 = L.Convolution(n.input, { num_output: 8, kernel_size: 3, stride: 2, pad: 1, bias_term: false });
const c3 = leaky(1, n.conv1);
n.pool = L.Pooling(c3, { kernel_size: 3, stride: 2, pad: 1, round_mode: 'FLOOR' });
n.conv2 = L.Convolution(n.pool, { num_output: 12, kernel_size: 3, pad: 1, bias_term: false });
const c4 = leaky(2, n.conv2);

n.lateral4 = L.Convolution(c4, { num_output: 8, kernel_size: 1 });
n.lateral3 = L.Convolution(c3, { num_output: 8, kernel_size: 1 });
n.upsample = L.Deconvolution(n.lateral4, {
  convolution_param: {
    num_output: 8,
    group: 8,
    kernel_size: [2],
    stride: [2],
    bias_term: false,
    weight_filler: { type: 'constant', value: 1 },
  },
});
n.cut = L.Crop(n.upsample, n.lateral3, { axis: 2, offset: [0] });
n.sum = L.Eltwise(n.lateral3, n.cut);
n.smooth3 = L.Convolution(n.sum, { num_output: 8, kernel_size: 3, pad: 1 });

for (const [call, level] of [n.smooth3, n.lateral4].entries())
  for (const [tower, channels] of [
    ['cls', 3],
    ['box', 4],
  ] as const) {
    const conv = (index: number, x: Top, num_output: number) =>
      (n[`head_${tower}_${index}_${call}`] = L.Convolution(x, {
        num_output,
        kernel_size: 3,
        pad: 1,
        param: [{ name: `${tower}_${index}_w` }, { name: `${tower}_${index}_b` }],
      }));
    const hidden = conv(0, level, 8);
    conv(2, (n[`head_${tower}_1_${call}`] = L.ReLU(hidden, { in_place: true })), channels);
  }

export default n;
