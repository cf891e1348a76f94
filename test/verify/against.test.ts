/** Another net as the reference. */
import { describe, expect, test } from '@jest/globals';
import { Net, referencesFromNet, verify } from '../../src/index.js';

const INPUT = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 } } }';
const power = (name: string, bottom: string, top: string, setting: string) =>
  `layer { name: "${name}" type: "Power" bottom: "${bottom}" top: "${top}" power_param { ${setting} } }`;
const relu = (name: string, blob: string) => `layer { name: "${name}" type: "ReLU" bottom: "${blob}" top: "${blob}" }`;

/** The report of `ours` held against `theirs`, both given -1, 0, 2. */
async function compared(ours: string[], theirs: string[]) {
  const nets = await Promise.all([ours, theirs].map((layers) => Net.load([INPUT, ...layers].join('\n'))));
  const [net, other] = nets as [Net, Net];
  try {
    for (const each of nets) each.blobs.get('data')!.data.set([-1, 0, 2]);
    const report = await verify(net, await referencesFromNet(net, other, 'other.prototxt'));
    return {
      compared: report.layers.map(({ name, reference, status }) => [name, reference, status]),
      unused: report.unusedReferences,
      ok: report.ok,
    };
  } finally {
    for (const each of nets) each.dispose();
  }
}

describe('referencesFromNet', () => {
  test('equal nets agree layer by layer, in-place layers each at its time', async () => {
    const layers = [power('double', 'data', 'x', 'scale: 2'), relu('relu', 'x'), power('plus', 'x', 'y', 'shift: 1')];
    expect(await compared(layers, layers)).toEqual({
      compared: [
        ['double', 'x before relu', 'agrees'],
        ['relu', 'x', 'agrees'],
        ['plus', 'y', 'agrees'],
      ],
      unused: [],
      ok: true,
    });
  });

  test('a layer that an in-place layer follows is compared before it is overwritten', async () => {
    // After the pass both blobs are all zeros.
    const clipped = (scale: number) => [
      power('times', 'data', 'x', `scale: ${scale}`),
      power('clip', 'x', 'x', 'scale: 0'),
    ];
    expect((await compared(clipped(2), clipped(3))).compared).toEqual([
      ['times', 'x before clip', 'diverges'],
      ['clip', 'x', 'agrees'],
    ]);
  });

  test('where layers were folded into one, the blob is compared as it is after the pass', async () => {
    const folded = [power('double', 'data', 'x', 'scale: 2 shift: 1'), relu('relu', 'x')];
    const before = [
      power('double', 'data', 'x', 'scale: 2'),
      power('shift', 'x', 'x', 'shift: 1'),
      relu('relu', 'x'),
      power('dropped', 'x', 'z', 'scale: 1'),
    ];
    expect(await compared(folded, before)).toEqual({
      compared: [
        ['double', undefined, 'no reference'],
        ['relu', 'x', 'agrees'],
      ],
      unused: ['z'],
      ok: true,
    });
  });

  test('nets that share no names but their inputs are refused', async () => {
    await expect(compared([relu('relu', 'data')], [power('p', 'data', 'q', 'scale: 1')])).rejects.toThrow(
      'other.prototxt has no blob of a name that this net has too, inputs aside\n' +
        'hint: layers are compared through the names of the blobs they write',
    );
  });
});
