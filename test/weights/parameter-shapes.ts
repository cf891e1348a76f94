/** Shapes of the parameters of nets made of convolutions, scales, poolings and sums: what a Net would say of them. */
import type { NetParameter } from '../../src/generated/messages.js';

export function parameterShapes(net: NetParameter): Map<string, number[][]> {
  const channels = new Map<string, number>();
  const shapes = new Map<string, number[][]>();
  for (const layer of net.layer ?? []) {
    const { name = '', type, top = [], bottom = [], convolution_param: conv } = layer;
    let out = channels.get(bottom[0] ?? '') ?? 0;
    if (type === 'Input') out = layer.input_param!.shape![0]!.dim![1]!;
    if (type === 'DummyData') out = layer.dummy_data_param!.shape![0]!.dim![1]!;
    if (type === 'Scale') shapes.set(name, layer.scale_param?.bias_term ? [[out], [out]] : [[out]]);
    if (type === 'Convolution' || type === 'Deconvolution') {
      const kernel = conv!.kernel_size![0]!;
      const perGroup = (type === 'Convolution' ? out : conv!.num_output!) / (conv!.group ?? 1);
      const rows = type === 'Convolution' ? conv!.num_output! : out;
      const weight = [rows, perGroup, kernel, kernel];
      out = conv!.num_output!;
      shapes.set(name, conv!.bias_term === false ? [weight] : [weight, [out]]);
    }
    for (const each of top) channels.set(each, out);
  }
  return shapes;
}
