/** A U-Net that upsamples once by a transposed convolution with output_padding and once bilinearly. */
import { L, NetSpec, type Top } from 'netspec';

const n = new NetSpec();
n.input = L.Input({ shape: { dim: [1, 3, 24, 32] } });

function conv(name: string, x: Top, channels: number): Top {
  n[`${name}_0`] = L.Convolution(x, { num_output: channels, kernel_size: 3, pad: 1 });
  return (n[`${name}_1`] = L.ReLU(n[`${name}_0`]!, { in_place: true }));
}

const one = conv('enc1', n.input, 8);
n.pool = L.Pooling(one, { kernel_size: 2, stride: 2, round_mode: 'FLOOR' });
const two = conv('enc2', n.pool, 12);
n.pool2 = L.Pooling(two, { kernel_size: 2, stride: 2, round_mode: 'FLOOR' });
const deep = conv('enc3', n.pool2, 12);

// The kernel of 3 and a row and a column of zeros, for output_padding.
n.up2 = L.Deconvolution(deep, { convolution_param: { num_output: 12, kernel_size: [4], stride: [2], pad: [1] } });
n.cat2 = L.Concat(n.up2, two);
const dec2 = conv('dec2', n.cat2, 8);

n.up1 = L.Deconvolution(dec2, {
  convolution_param: {
    num_output: 8,
    group: 8,
    kernel_size: [4],
    stride: [2],
    pad: [1],
    bias_term: false,
    weight_filler: { type: 'bilinear' },
  },
});
n.up1_border = L.Scale(n.up1, { axis: 2, num_axes: 2 });
n.cat1 = L.Concat(n.up1_border, one);
const dec1 = conv('dec1', n.cat1, 8);
n.head = L.Convolution(dec1, { num_output: 1, kernel_size: 1 });
n.sigmoid = L.Sigmoid(n.head);

export default n;
