/**
 * LeNet for MNIST, ready to run: pixels in, ten probabilities out.
 *
 *     netspec build examples/lenet.ts > lenet.prototxt
 *
 * The default export is what `netspec build` prints: a NetSpec, a NetParameter, or a function that returns one of them.
 */
import { L, NetSpec, P } from 'netspec';

const n = new NetSpec();

n.data = L.Input({ shape: { dim: [1, 1, 28, 28] } });

n.conv1 = L.Convolution(n.data, { num_output: 20, kernel_size: 5, weight_filler: { type: 'xavier' } });
n.pool1 = L.Pooling(n.conv1, { pool: P.Pooling.MAX, kernel_size: 2, stride: 2 });
n.conv2 = L.Convolution(n.pool1, { num_output: 50, kernel_size: 5, weight_filler: { type: 'xavier' } });
n.pool2 = L.Pooling(n.conv2, { pool: P.Pooling.MAX, kernel_size: 2, stride: 2 });

n.ip1 = L.InnerProduct(n.pool2, { num_output: 500, weight_filler: { type: 'xavier' } });
n.relu1 = L.ReLU(n.ip1, { in_place: true });
n.ip2 = L.InnerProduct(n.relu1, { num_output: 10, weight_filler: { type: 'xavier' } });

n.prob = L.Softmax(n.ip2);

export default n;
