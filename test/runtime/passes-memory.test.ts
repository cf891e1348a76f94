/** Passes over the same shapes take no memory: what a small net holds after 1,000 of them is what it held before. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, test } from '@jest/globals';
import { Net } from '../../src/node.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
afterAll(() => {
  setFlagsFromString('--no-expose-gc');
});

const NET = `
  layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 dim: 12 dim: 12 } } }
  layer { name: "conv" type: "Convolution" bottom: "x" top: "conv" convolution_param { num_output: 8 kernel_size: 3 } }
  layer { name: "prelu" type: "PReLU" bottom: "conv" top: "conv" }
  layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { kernel_size: 2 stride: 2 } }
  layer { name: "depthwise" type: "Convolution" bottom: "pool" top: "depthwise" convolution_param { num_output: 8 group: 8 kernel_size: 3 pad: 1 } }
  layer { name: "fc" type: "InnerProduct" bottom: "depthwise" top: "fc" inner_product_param { num_output: 4 } }
  layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }`;

test.each([false, true])('outputsOnly: %p', async (outputsOnly) => {
  const net = await Net.load(NET, { threads: 1, outputsOnly });
  const passes = async (count: number): Promise<{ heap: number; buffers: number }> => {
    for (let i = 0; i < count; i++) await net.forward();
    collect();
    const { heapUsed: heap, arrayBuffers: buffers } = process.memoryUsage();
    return { heap, buffers };
  };
  let before = await passes(500);
  const growth = { heap: Infinity, buffers: Infinity };
  // Code that V8 compiles on the way takes memory once; what passes leave behind, they leave in each stretch.
  for (let stretch = 0; stretch < 4; stretch++) {
    const after = await passes(1000);
    growth.heap = Math.min(growth.heap, after.heap - before.heap);
    growth.buffers = Math.min(growth.buffers, after.buffers - before.buffers);
    before = after;
  }
  // One object that stays of each pass would be 1,000 of some 50 bytes at least.
  expect(growth.heap).toBeLessThan(50_000);
  expect(growth.buffers).toBeLessThanOrEqual(0);
  net.dispose();
});
