/** STFT: the frequencies of a signal in windows along it, which is a convolution by cosines and sines. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { fourierMatrix } from './shared/fourier.js';
import { reshape } from './shared/layers.js';
import { transpose } from './shared/transpose.js';

interface Frames {
  readonly batch: number;
  readonly samples: number;
  readonly step: number;
  readonly count: number;
  readonly length: number;
  readonly frequencies: number;
  readonly matrix: () => Float64Array;
}

function framesOf(c: NodeContext): Frames {
  const [batch = 0, samples = 0, parts = 1] = c.shape(0);
  if (c.rank(0) > 3 || parts !== 1) throw new Refusal('its signal is complex, and Caffe has real numbers only');
  const [step = 0] = c.numbers(1, 'frame_step') ?? [];
  const [given] = c.numbers(3, 'frame_length') ?? [];
  const window = c.numbers(2, 'window');
  const length = given ?? window?.length ?? samples;
  if (step < 1 || length < 1 || (window && window.length !== length))
    throw new Refusal(`its steps are ${step}, its frames ${length} long, and its window ${window?.length ?? length}`);
  const frequencies = c.attributes.int('onesided', 1) === 0 ? length : Math.floor(length / 2) + 1;
  return {
    ...{ batch, samples, step, length, frequencies },
    count: Math.floor((samples - length) / step) + 1,
    matrix: () => fourierMatrix({ inputs: length, length, frequencies, window }),
  };
}

export const stft: Operator = {
  type: 'STFT',
  caffe: 'Convolution by cosines and sines',
  grade: 'cheap',
  notes: 'window, step and length must be constant, and the signal real',
  least: 2,
  infer: (c) => {
    const { batch, count, frequencies } = framesOf(c);
    return [{ type: c.type(0), shape: [batch, count, frequencies, 2] }];
  },
  evaluate: (c, [signal]) => {
    const { batch, samples, step, count, length, frequencies, matrix } = framesOf(c);
    const rows = matrix();
    const data = new Float64Array(batch * count * frequencies * 2);
    for (let at = 0; at < data.length; at++) {
      const row = at % (frequencies * 2);
      const frame = Math.floor(at / (frequencies * 2));
      const start = Math.floor(frame / count) * samples + (frame % count) * step;
      for (let n = 0; n < length; n++) data[at]! += rows[row * length + n]! * signal!.data[start + n]!;
    }
    return [{ shape: [batch, count, frequencies, 2], type: signal!.type, data }];
  },
  emit: (c) => {
    const { batch, samples, step, count, length, frequencies, matrix } = framesOf(c);
    const outputs = 2 * frequencies;
    const frames = c.layer(
      'Convolution',
      [reshape(c, c.blob(0), [batch, 1, 1, samples])],
      {
        ...{ num_output: outputs, kernel_h: 1, kernel_w: length, bias_term: false },
        ...(step !== 1 && { stride_h: 1, stride_w: step }),
      },
      [batch, outputs, 1, count],
      { blobs: [{ shape: [outputs, 1, 1, length], values: () => Float32Array.from(matrix()) }], role: 'frames' },
    );
    const turned = transpose(c, reshape(c, frames, [batch, outputs, count]), [0, 2, 1]);
    c.set(reshape(c, turned, [batch, count, frequencies, 2]));
  },
};
