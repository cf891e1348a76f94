/**
 * models: four PyTorch models in double precision, as dump_activations.py saves one: the state dict, an input, and what each
 * module returned.
 */
import { seededRandom } from '../../../src/engine/random.js';
import * as t from '../../support/torch64.js';

export interface Dump {
  inputs: Record<string, t.T64>;
  state: Record<string, t.T64>;
  outputs: Record<string, t.T64>;
}

class Recorder implements Dump {
  readonly inputs: Dump['inputs'] = {};
  readonly state: Dump['state'] = {};
  readonly outputs: Dump['outputs'] = {};
  readonly #random = seededRandom(5);

  input(name: string, shape: readonly number[]): t.T64 {
    return (this.inputs[name] = this.#values(shape, 1));
  }

  /** A parameter. */
  p(name: string, shape: readonly number[], scale: number, centre = 0): t.T64 {
    return (this.state[name] = this.#values(shape, scale, centre));
  }

  /** What a module returned. */
  out(module: string, x: t.T64): t.T64 {
    return (this.outputs[module] = x);
  }

  conv(name: string, x: t.T64, out: number, kernel: number, options: t.ConvOptions & { bias?: boolean } = {}): t.T64 {
    const inputs = x.shape[1]! / (options.groups ?? 1);
    const w = this.p(`${name}.weight`, [out, inputs, kernel, kernel], Math.sqrt(3 / (inputs * kernel * kernel)));
    const b = options.bias === false ? undefined : this.p(`${name}.bias`, [out], 0.3);
    return this.out(name, t.conv2d(x, w, b, options));
  }

  norm(name: string, x: t.T64, eps = 1e-5): t.T64 {
    const c = [x.shape[1]!];
    const affine = [this.p(`${name}.weight`, c, 0.4, 1), this.p(`${name}.bias`, c, 0.3)];
    const statistics = [this.p(`${name}.running_mean`, c, 0.3), this.p(`${name}.running_var`, c, 0.4, 0.6)];
    this.p(`${name}.num_batches_tracked`, [], 0, 100);
    return this.out(name, t.batchNorm(x, [...affine, ...statistics], eps));
  }

  linear(name: string, x: t.T64, out: number): t.T64 {
    const inputs = x.shape.at(-1)!;
    const w = this.p(`${name}.weight`, [out, inputs], Math.sqrt(3 / inputs));
    return this.out(name, t.linear(x, w, this.p(`${name}.bias`, [out], 0.3)));
  }

  #values(shape: readonly number[], scale: number, centre = 0): t.T64 {
    const count = shape.reduce((n, d) => n * d, 1);
    return t.tensor(
      shape,
      Array.from({ length: count }, () => Math.fround(centre + scale * (this.#random() * 2 - 1))),
    );
  }
}

/** A classifier with squeeze and excitation, and Hardswish. */
export function classifier(): Dump {
  const m = new Recorder();
  let x = m.conv('features.0', m.input('input', [1, 3, 32, 32]), 8, 3, { stride: 2, padding: 1, bias: false });
  const stem = (x = m.out('features.2', t.hardswish(m.norm('features.1', x, 1e-3))));
  x = m.out('block.act1', t.hardswish(m.norm('block.bn1', m.conv('block.expand', x, 16, 1, { bias: false }), 1e-3)));
  x = m.norm('block.bn2', m.conv('block.dw', x, 16, 3, { padding: 1, groups: 16, bias: false }), 1e-3);
  const mean = m.out('block.se.avgpool', t.globalAvgPool(x));
  const squeezed = m.out('block.se.relu', t.relu(m.conv('block.se.fc1', mean, 4, 1)));
  const gate = m.out('block.se.scale_activation', t.hardsigmoid(m.conv('block.se.fc2', squeezed, 16, 1)));
  x = m.out('block.act2', t.hardswish(m.out('block.se', t.mul(x, gate))));
  x = m.out('block', t.add(m.norm('block.bn3', m.conv('block.project', x, 8, 1, { bias: false }), 1e-3), stem));
  x = m.out('avgpool', t.globalAvgPool(x));
  m.linear('classifier', t.reshape(x, [1, 8]), 10);
  return m;
}

/** A U-Net that upsamples once by a transposed convolution with output_padding and once bilinearly. */
export function unet(): Dump {
  const m = new Recorder();
  const x = m.input('input', [1, 3, 24, 32]);
  const one = m.out('enc1.1', t.relu(m.conv('enc1.0', x, 8, 3, { padding: 1 })));
  const two = m.out(
    'enc2.1',
    t.relu(m.conv('enc2.0', m.out('pool', t.maxPool2d(one, { kernel: 2 })), 12, 3, { padding: 1 })),
  );
  const deep = m.out(
    'enc3.1',
    t.relu(m.conv('enc3.0', m.out('pool2', t.maxPool2d(two, { kernel: 2 })), 12, 3, { padding: 1 })),
  );
  const w = m.p('up2.weight', [12, 12, 3, 3], 0.3);
  const b = m.p('up2.bias', [12], 0.3);
  const up2 = m.out('up2', t.convTranspose2d(deep, w, b, { stride: 2, padding: 1, outputPadding: 1 }));
  const dec2 = m.out('dec2.1', t.relu(m.conv('dec2.0', t.cat([up2, two]), 8, 3, { padding: 1 })));
  const up1 = m.out('up1', t.upsampleBilinear(dec2, [24, 32], false));
  const dec1 = m.out('dec1.1', t.relu(m.conv('dec1.0', t.cat([up1, one]), 8, 3, { padding: 1 })));
  m.out('sigmoid', t.sigmoid(m.conv('head', dec1, 1, 1)));
  return m;
}

/** Two levels of a pyramid with one head for both. */
export function detector(): Dump {
  const m = new Recorder();
  const c3 = m.out(
    'relu1',
    t.leakyRelu(
      m.norm('bn1', m.conv('conv1', m.input('input', [1, 3, 30, 38]), 8, 3, { stride: 2, padding: 1, bias: false })),
      0.1,
    ),
  );
  const pooled = m.out('pool', t.maxPool2d(c3, { kernel: 3, stride: 2, padding: 1 }));
  const c4 = m.out(
    'relu2',
    t.leakyRelu(m.norm('bn2', m.conv('conv2', pooled, 12, 3, { padding: 1, bias: false })), 0.1),
  );
  const p4 = m.conv('lateral4', c4, 8, 1);
  const up = m.out('upsample', t.upsampleNearest(p4, 2));
  const p3 = m.conv(
    'smooth3',
    t.add(
      m.conv('lateral3', t.narrow(t.narrow(c3, 2, 0, 15), 3, 0, 19), 8, 1),
      t.narrow(t.narrow(up, 2, 0, 15), 3, 0, 19),
    ),
    8,
    3,
    { padding: 1 },
  );
  const towers = (name: string, out: number) => {
    const w = [m.p(`head.${name}.0.weight`, [8, 8, 3, 3], 0.2), m.p(`head.${name}.0.bias`, [8], 0.2)];
    const v = [m.p(`head.${name}.2.weight`, [out, 8, 3, 3], 0.2), m.p(`head.${name}.2.bias`, [out], 0.2)];
    [p3, p4].forEach((level, call) => {
      const hidden = m.out(`head.${name}.0_${call}`, t.conv2d(level, w[0]!, w[1], { padding: 1 }));
      const relu = m.out(`head.${name}.1_${call}`, t.relu(hidden));
      m.out(`head.${name}.2_${call}`, t.conv2d(relu, v[0]!, v[1], { padding: 1 }));
    });
  };
  towers('cls', 3);
  towers('box', 4);
  return m;
}

/** Text recognition: a convolution, a sequence of its columns, a bidirectional LSTM. */
export function crnn(): Dump {
  const m = new Recorder();
  let x = m.out('cnn.1', t.relu(m.conv('cnn.0', m.input('input', [1, 1, 8, 20]), 6, 3, { padding: 1 })));
  x = m.out('cnn.2', t.maxPool2d(x, { kernel: 2 }));
  x = m.out('cnn.4', t.relu(m.norm('cnn.3', m.conv('cnn.5', x, 8, 4, { bias: false }))));
  const steps = x.shape[3]!;
  const sequence = t.reshape(t.permute(x, [3, 0, 1, 2]), [steps, 1, 8]);
  const direction = (suffix: string) => {
    const matrices = [m.p(`rnn.weight_ih_l0${suffix}`, [20, 8], 0.5), m.p(`rnn.weight_hh_l0${suffix}`, [20, 5], 0.5)];
    const biases = [m.p(`rnn.bias_ih_l0${suffix}`, [20], 0.3), m.p(`rnn.bias_hh_l0${suffix}`, [20], 0.3)];
    return t.lstm(sequence, [...matrices, ...biases], suffix !== '');
  };
  const both = m.out('rnn[0]', t.cat([direction(''), direction('_reverse')], 2));
  m.out('log_softmax', t.map(t.softmax(m.linear('fc', both, 7), 2), Math.log));
  return m;
}
