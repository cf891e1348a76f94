/** A classifier with squeeze and excitation, and Hardswish. */
import { L, NetSpec, type Top } from 'netspec';

const n = new NetSpec();
n.input = L.Input({ shape: { dim: [1, 3, 32, 32] } });

function bn(name: string, x: Top): Top {
  const normal = (n[name] = L.BatchNorm(x, { eps: 1e-3 }));
  return (n[`${name}_scale`] = L.Scale(normal, { bias_term: true }));
}

function hardsigmoid(name: string, x: Top): Top {
  const line = (n[`${name}_line`] = L.Power(x, { scale: 1 / 6, shift: 0.5 }));
  return (n[name] = L.Clip(line, { min: 0, max: 1 }));
}

function hardswish(name: string, x: Top): Top {
  return (n[name] = L.Eltwise(x, hardsigmoid(`${name}_gate`, x), { operation: 'PROD' }));
}

n.features_0 = L.Convolution(n.input, { num_output: 8, kernel_size: 3, stride: 2, pad: 1, bias_term: false });
const stem = hardswish('features_2', bn('features_1', n.features_0));

n.block_expand = L.Convolution(stem, { num_output: 16, kernel_size: 1, bias_term: false });
const wide = hardswish('block_act1', bn('block_bn1', n.block_expand));
n.block_dw = L.Convolution(wide, { num_output: 16, group: 16, kernel_size: 3, pad: 1, bias_term: false });
const deep = bn('block_bn2', n.block_dw);
n.block_se_avgpool = L.Pooling(deep, { pool: 'AVE', global_pooling: true });
n.block_se_fc1 = L.Convolution(n.block_se_avgpool, { num_output: 4, kernel_size: 1 });
n.block_se_relu = L.ReLU(n.block_se_fc1, { in_place: true });
n.block_se_fc2 = L.Convolution(n.block_se_relu, { num_output: 16, kernel_size: 1 });
n.block_se_flat = L.Flatten(hardsigmoid('block_se_scale_activation', n.block_se_fc2));
n.block_se = L.Scale(deep, n.block_se_flat, { axis: 0 });
n.block_project = L.Convolution(hardswish('block_act2', n.block_se), {
  num_output: 8,
  kernel_size: 1,
  bias_term: false,
});
n.block = L.Eltwise(bn('block_bn3', n.block_project), stem);
n.avgpool = L.Pooling(n.block, { pool: 'AVE', global_pooling: true });
n.classifier = L.InnerProduct(n.avgpool, { num_output: 10 });

export default n;
