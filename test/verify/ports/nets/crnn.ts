/** Text recognition: a convolution, a sequence of its columns, a bidirectional LSTM. */
import { L, NetSpec, type Top } from 'netspec';

const STEPS = 7;

const n = new NetSpec();
n.input = L.Input({ shape: { dim: [1, 1, 8, 20] } });
n.cont = L.Input({ shape: { dim: [STEPS, 1] } });

n.cnn_0 = L.Convolution(n.input, { num_output: 6, kernel_size: 3, pad: 1 });
n.cnn_1 = L.ReLU(n.cnn_0, { in_place: true });
n.cnn_2 = L.Pooling(n.cnn_1, { kernel_size: 2, stride: 2, round_mode: 'FLOOR' });
n.cnn_5 = L.Convolution(n.cnn_2, { num_output: 8, kernel_size: 4, bias_term: false });
n.cnn_3 = L.Scale(n.cnn_5, { bias_term: true });
n.cnn_4 = L.ReLU(n.cnn_3, { in_place: true });

// N x C x 1 x W becomes W x N x C x 1.
n.sequence = L.Permute(n.cnn_4, { order: [3, 0, 1, 2] });

/** The steps in the opposite order. */
function reversed(name: string, x: Top): Top {
  const steps = L.Slice(x, { axis: 0, ntop: STEPS });
  steps.forEach((step, i) => (n[`${name}_${i}`] = step));
  return (n[name] = L.Concat(...[...steps].reverse(), { axis: 0 }));
}

n.rnn = L.LSTM(n.sequence, n.cont, { num_output: 5 });
n.rnn_reverse = L.LSTM(reversed('rnn_turned', n.sequence), n.cont, { num_output: 5 });
n.rnn_both = L.Concat(n.rnn, reversed('rnn_back', n.rnn_reverse), { axis: 2 });
n.fc = L.InnerProduct(n.rnn_both, { num_output: 7, axis: 2 });
n.softmax = L.Softmax(n.fc, { axis: 2 });
n.log_softmax = L.Log(n.softmax);

export default n;
