/** verify on small nets whose references are written here, so that what it says can be followed by hand. */
import { describe, expect, test } from '@jest/globals';
import { fromTensors, Net, reportToJson, verify } from '../../src/index.js';
import { identityMap } from '../../src/weights/maps/identity.js';
import { summaryLines, tableRow } from '../../src/verify/report.js';

const NET = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 } } }
layer { name: "double" type: "Power" bottom: "data" top: "double" power_param { scale: 2 } }
layer { name: "relu" type: "ReLU" bottom: "double" top: "double" }
layer { name: "plus" type: "Power" bottom: "double" top: "plus" power_param { shift: 1 } }
`;
const f32 = (...values: number[]) => ({ shape: [1, values.length], data: Float32Array.from(values) });
/** What the net gives for [-1, 0, 1, 2]. */
const DOUBLE = f32(-2, 0, 2, 4);
const RELU = f32(0, 0, 2, 4);
const PLUS = f32(1, 1, 3, 5);

async function verified(references: Parameters<typeof fromTensors>[0], text = NET) {
  const net = await Net.load(text);
  try {
    net.blobs.get('data')!.data.set([-1, 0, 1, 2]);
    return await verify(net, { references: fromTensors(references, 'refs'), map: identityMap() });
  } finally {
    net.dispose();
  }
}

describe('verify', () => {
  test('compares a layer before the in-place layer after it overwrites the blob', async () => {
    const report = await verified({ double_output: DOUBLE, relu_output: RELU, plus_output: PLUS });
    expect(report).toMatchObject({ ok: true, matched: 3, references: 3, unusedReferences: [], uncheckedBefore: [] });
    expect(report.layers.map(({ name, status }) => [name, status])).toEqual([
      ['double', 'agrees'],
      ['relu', 'agrees'],
      ['plus', 'agrees'],
    ]);
    expect(summaryLines(report)).toEqual([
      '3 of 3 references matched; rtol 0.001, atol 0.0001, algorithm auto',
      'every matched layer agrees',
    ]);
  });

  test('names the first layer that diverges, and the in-place layer before it that had no reference', async () => {
    const report = await verified({ double_output: DOUBLE, plus_output: f32(1, 1, 3, 6) });
    expect(report.ok).toBe(false);
    expect(report.firstDivergence).toMatchObject({
      name: 'plus',
      comparison: { maxAbs: 1, outside: 1, worstIndex: 3 },
    });
    expect(report.uncheckedBefore.map(({ name }) => name)).toEqual(['relu']);
    // cosine = (1 + 1 + 9 + 30) / √(36 · 47)
    expect(summaryLines(report)).toEqual([
      '2 of 2 references matched; rtol 0.001, atol 0.0001, algorithm auto',
      'first layer that diverges: plus (Power): max abs 1, max rel 0.167, cosine 0.996744, 1 of 4 values outside the tolerance',
      'before it, without a reference: relu (ReLU)',
    ]);
  });

  test('a divergence right after compared layers says that all before it agree', async () => {
    const report = await verified({ relu_output: RELU, plus_output: f32(0, 0, 0, 0) });
    expect(summaryLines(report).at(-1)).toBe('every layer that it reads from has a reference, and agrees');
  });

  test('a reference of another shape diverges; dimensions of one do not matter', async () => {
    const flat = await verified({ plus_output: { shape: [4, 1, 1], data: PLUS.data } });
    expect(flat.ok).toBe(true);
    const short = await verified({ plus_output: f32(1, 1, 3) });
    expect(short.firstDivergence).toMatchObject({ name: 'plus', status: 'shape differs', referenceShape: [1, 3] });
    expect(tableRow(short.firstDivergence!)).toEqual(['plus', 'Power', '1x4', '', '', '', 'NO (reference is 1x3)']);
    expect(summaryLines(short)[1]).toBe('first layer that diverges: plus (Power): gives 1x4, the reference is 1x3');
  });

  test('references that belong to no layer are listed, not silently dropped', async () => {
    const report = await verified({ plus_output: PLUS, fc9_output: PLUS });
    expect(report).toMatchObject({ ok: true, matched: 1, references: 2, unusedReferences: ['fc9_output'] });
    expect(summaryLines(report)[1]).toBe('references that belong to no layer of this net: fc9_output');
  });

  test('dotted names of references are the same as underscored ones', async () => {
    const text = NET.replaceAll('"plus"', '"block_plus"');
    expect(await verified({ 'block.plus_output': PLUS }, text)).toMatchObject({ ok: true, matched: 1 });
  });

  test('when no reference fits, says what it looked for', async () => {
    await expect(verified({ duoble_output: DOUBLE })).rejects.toThrow(
      /^none of the 1 references in refs belongs to a layer of this net; for layer 'double' looked for 'double_output'.*\nhint: did you mean 'duoble_output'\?$/,
    );
  });

  test('NaN in the net is a divergence, and survives JSON as a word', async () => {
    const text = NET.replace('power_param { shift: 1 }', 'power_param { power: 0.5 shift: -1 }');
    const report = await verified({ plus_output: PLUS }, text);
    expect(report.firstDivergence?.comparison?.maxAbs).toBeNaN();
    expect(reportToJson(report)).toMatchObject({ ok: false, firstDivergence: { comparison: { maxAbs: 'NaN' } } });
  });
});
