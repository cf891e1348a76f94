/** Lstm of caffe-lstm with more bottoms than it reads: its code takes the second for clip, whatever it is called. */
import { expect, test } from '@jest/globals';
import { Net } from '../../src/runtime/net.js';
import { onRemark } from '../../src/remarks.js';

const inputs = ['x', 'before', 'clip']
  .map((name) => `layer { name: "${name}" type: "Input" top: "${name}" input_param { shape { dim: 5 dim: 1 } } }\n`)
  .join('');
const lstm = (bottoms: string) => `
  layer { name: "l" type: "Lstm" ${bottoms} top: "y" lstm_param { num_output: 3 weight_filler { type: "gaussian" std: 1 } } }`;

async function run(bottoms: string): Promise<number[]> {
  const net = await Net.load(inputs + lstm(bottoms), { seed: 5 });
  net.blobs.get('x')!.data.set([0.5, -1, 2, 0.25, -0.75]);
  net.blobs.get('before')!.data.set([0, 3, 0, -2, 1]);
  net.blobs.get('clip')!.data.set([0, 1, 1, 1, 1]);
  const y = [...(await net.forward({ blobs: ['y'] })).get('y')!.data];
  net.dispose();
  return y;
}

test('a third bottom is not read, and a remark says so', async () => {
  const remarks: string[] = [];
  const end = onRemark((remark) => remarks.push(remark));
  try {
    const three = await run('bottom: "x" bottom: "before" bottom: "clip"');
    expect(remarks).toEqual([
      "layer 'l' (Lstm): it takes 'before', its second bottom, for clip and does not read 'clip', as the code of the fork does",
    ]);
    expect(three).toEqual(await run('bottom: "x" bottom: "before"'));
    expect(three).not.toEqual(await run('bottom: "x" bottom: "clip"'));
    expect(remarks).toHaveLength(1);
  } finally {
    end();
  }
});
