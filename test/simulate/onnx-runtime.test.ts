/** The simulation in int8 against ONNX Runtime's quantized execution of the same scales, layer by layer on the same integers. */
import { expect, test } from '@jest/globals';
import { Net } from '../../src/runtime/net.js';
import { randomizeParams } from '../../src/runtime/random-params.js';
import { seededRandom } from '../../src/engine/random.js';
import { simulate } from '../../src/simulate/index.js';
import { compareWithRuntime, type Runtime } from '../support/quantized-model.js';

const conv = (name: string, from: string, settings: string): string =>
  `layer { name: "${name}" type: "Convolution" bottom: "${from}" top: "${name}" convolution_param { ${settings} } }\n`;
const relu = (blob: string): string => `layer { name: "${blob}_relu" type: "ReLU" bottom: "${blob}" top: "${blob}" }\n`;

/** Two residual blocks, the second with a stride and a projection. */
const RESNET =
  'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 32 dim: 32 } } }\n' +
  conv('conv1', 'data', 'num_output: 16 kernel_size: 7 stride: 2 pad: 3') +
  relu('conv1') +
  'layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }\n' +
  conv('a1', 'pool1', 'num_output: 16 kernel_size: 3 pad: 1') +
  relu('a1') +
  conv('a2', 'a1', 'num_output: 16 kernel_size: 3 pad: 1') +
  'layer { name: "sum1" type: "Eltwise" bottom: "a2" bottom: "pool1" top: "sum1" }\n' +
  relu('sum1') +
  conv('b1', 'sum1', 'num_output: 32 kernel_size: 3 pad: 1 stride: 2') +
  relu('b1') +
  conv('b2', 'b1', 'num_output: 32 kernel_size: 3 pad: 1') +
  conv('b3', 'sum1', 'num_output: 32 kernel_size: 1 stride: 2 bias_term: false') +
  'layer { name: "sum2" type: "Eltwise" bottom: "b2" bottom: "b3" top: "sum2" }\n' +
  relu('sum2') +
  'layer { name: "pool2" type: "Pooling" bottom: "sum2" top: "pool2" pooling_param { pool: AVE global_pooling: true } }\n' +
  'layer { name: "fc" type: "InnerProduct" bottom: "pool2" top: "fc" inner_product_param { num_output: 10 } }\n';

test.each([
  ['symmetric values', { zeroPoint: false }],
  ['zero points', { zeroPoint: true }],
  ['zero points, clamped', { zeroPoint: true, calibration: 'percentile', percentile: 99 }],
  ['one scale for each matrix', { weightScales: 'tensor' }],
] as const)('agrees within one step on a ResNet: %s', async (_name, settings) => {
  const net = await Net.load(RESNET, { algorithm: 'gemm', threads: 1 });
  try {
    randomizeParams(net, 3);
    const random = seededRandom(5, 'values');
    for (const { blobs } of net.layers) blobs[1]?.data.forEach((_, i, bias) => (bias[i] = random() - 0.5));
    net.blobs.get('data')!.data.forEach((_, i, data) => (data[i] = 4 * random() - 2));
    const { scales } = await simulate(net, { format: 'int8', sensitivity: false, ...settings });
    const runtime = (await import('onnxruntime-web')) as unknown as Runtime & { env: { wasm: { numThreads: number } } };
    runtime.env.wasm.numThreads = 1;
    const agreement = await compareWithRuntime(net, scales!, runtime);
    // Each unit gives one value: five ReLUs, two sums with theirs, a pooling, convolutions without a ReLU.
    expect(agreement.map(({ layer }) => layer)).toEqual([
      ...['conv1_relu', 'a1_relu', 'a2', 'sum1_relu', 'b1_relu', 'b2', 'b3', 'sum2_relu', 'pool2', 'fc'],
    ]);
    expect(agreement.filter(({ steps }) => steps.length > 2)).toEqual([]);
    // One step is where both round a value in the middle differently: few of all.
    const different = agreement.reduce((sum, { steps }) => sum + (steps[1] ?? 0), 0);
    expect(different / agreement.reduce((sum, { values }) => sum + values, 0)).toBeLessThan(0.01);
  } finally {
    net.dispose();
  }
});
