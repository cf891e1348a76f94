/**
 * LeNet as it is trained: data by phase, learning rates, a loss for training and an accuracy for testing.
 *
 *     netspec build examples/lenet-train.ts > lenet_train_test.prototxt
 */
import { L, NetSpec, toProto, type Bottom, type Top } from 'netspec';

/** Weights learn at the solver's rate, biases twice as fast. */
const learned = { param: [{ lr_mult: 1 }, { lr_mult: 2 }], weight_filler: { type: 'xavier' } };

function convPool(x: Bottom, num_output: number): Top {
  const conv = L.Convolution(x, { num_output, kernel_size: 5, ...learned });
  return L.Pooling(conv, { pool: 'MAX', kernel_size: 2, stride: 2 });
}

function mnist(phase: 'TRAIN' | 'TEST', batch_size: number): [data: Top, label: Top] {
  return L.Data({
    source: `mnist_${phase.toLowerCase()}_lmdb`,
    backend: 'LMDB',
    batch_size,
    include: { phase },
    transform_param: { scale: 1 / 256 },
    ntop: 2,
  });
}

export default function lenet() {
  const n = new NetSpec();
  [n.data, n.label] = mnist('TRAIN', 64);
  n.pool1 = convPool(n.data, 20);
  n.pool2 = convPool(n.pool1, 50);
  n.ip1 = L.InnerProduct(n.pool2, { num_output: 500, ...learned });
  n.relu1 = L.ReLU(n.ip1, { in_place: true });
  n.ip2 = L.InnerProduct(n.relu1, { num_output: 10, ...learned });
  n.accuracy = L.Accuracy(n.ip2, n.label, { include: { phase: 'TEST' } });
  n.loss = L.SoftmaxWithLoss(n.ip2, n.label);

  // A NetSpec holds one blob of each name; the test phase's data has the same names, so it is a net of its own in front.
  const [data, label] = mnist('TEST', 100);
  const testData = { ...toProto(data, label).layer![0]!, name: 'data', top: ['data', 'label'] };
  return { name: 'LeNet', layer: [testData, ...n.toProto().layer!] };
}
