/** Patches of a net's own file, however it is written: GNU patch and `git apply` take them, one after the other. */
import { describe, expect, test } from '@jest/globals';
import { PoolingParameter_RoundMode as Round, type LayerParameter } from '../../../src/generated/messages.js';
import { Net } from '../../../src/index.js';
import { NetText } from '../../../src/proto/patch/net-text.js';
import { wiringOf } from '../../../src/verify/wiring.js';
import { applyPatch, hasProgram, patchedBy } from '../../support/apply-patch.js';

const FILE = `# A net as people write it.
name: 'net'
layer { name: "data" type: "Input" top: "data"  # the image
        input_param { shape: { dim: 1 dim: 3 dim: 8 dim: 8 } } }

layer {
  type: "Pooling"  name: "pool"   # Caffe rounds up
  bottom: "data"
  top: "pool"
  pooling_param { kernel_size: 3, stride: 2; pool: MAX }
}
layer { name: "relu" type: "ReLU" bottom: "pool" top: "pool" } layer { name: "relu2" type: "ReLU" bottom: "pool" top: "out"
}
# the end`;

async function textOf(text: string, options: { file?: string; text?: string } = {}): Promise<NetText> {
  const net = await Net.load(text, { shapesOnly: true });
  const params = wiringOf(net).params.filter(({ type }) => type !== 'Split');
  net.dispose();
  return new NetText(net.name, params, { text, file: 'net.prototxt', ...options });
}

const layerOf = async (text: string, name: string): Promise<LayerParameter> => {
  const net = await Net.load(text, { shapesOnly: true });
  const param = wiringOf(net).params.find((each) => each.name === name)!;
  net.dispose();
  return param;
};

const SCALE: LayerParameter = { name: 'scale', type: 'Scale', bottom: ['pool'], top: ['pool'] };

/** The patch of one edit, and of another on what that left. */
async function patches(text: string): Promise<{ patches: string[]; result: string }> {
  const edited = await textOf(text);
  const pool = await layerOf(text, 'pool');
  const relu = await layerOf(text, 'relu2');
  const edits = [
    {
      before: [pool],
      after: [{ ...pool, pooling_param: { ...pool.pooling_param, round_mode: Round.FLOOR, pad: 1 } }, SCALE],
    },
    { before: [relu], after: [{ ...relu, relu_param: { negative_slope: 0.5 } }] },
    { before: [relu], after: [] },
  ];
  const made = edits.map((edit) => {
    const after = edited.with(edit);
    const patch = edited.diffTo(after, 'layer');
    edited.text = after;
    return patch;
  });
  return { patches: made, result: edited.text };
}

const RESULT = FILE.replace(
  'pool: MAX }\n}',
  `pool: MAX pad: 1 round_mode: FLOOR }
}
layer {
  name: "scale"
  type: "Scale"
  bottom: "pool"
  top: "pool"
}`,
).replace(/ layer \{ name: "relu2"[^}]*\n\}/, ' ');

const VARIANTS: readonly [string, (text: string) => string][] = [
  ['as people write it, without a line break at the end', (text) => text],
  ['with a line break at the end', (text) => `${text}\n`],
  ['with the line breaks of Windows', (text) => text.replaceAll('\n', '\r\n')],
  ['with a layer at the very end', (text) => text.slice(0, text.indexOf('\n# the end'))],
];

describe.each(VARIANTS)('a file %s', (_, written) => {
  test('takes the patches one after the other, and keeps all else', async () => {
    const { patches: made, result } = await patches(written(FILE));
    expect(made.reduce(applyPatch, written(FILE))).toBe(result);
    expect(result).toBe(written(RESULT));
  });

  const run = (program: 'patch' | 'git', args: string) =>
    (hasProgram(program, args) ? test : test.skip)(`is patched by ${program}`, async () => {
      const { patches: made, result } = await patches(written(FILE));
      const bySteps = made.reduce((text, patch) => patchedBy(program, text, patch, 'net.prototxt'), written(FILE));
      expect(bySteps).toBe(result);
      // As one patch, too.
      expect(patchedBy(program, written(FILE), made.join(''), 'net.prototxt')).toBe(result);
    });
  run('patch', '--version');
  run('git', '--version');
});

describe('the text of a net', () => {
  test('that is given no file is as netspec prints it', async () => {
    const edited = await textOf('layer { name: "a" type: "Input" top: "a" input_param { shape { dim: 1 } } }', {
      text: undefined,
    });
    expect([edited.isOfFile, edited.isGiven]).toEqual([false, false]);
    expect(edited.text).toMatch(/^layer \{\n {2}name: "a"\n/);
  });

  test('in an old format is as netspec convert prints it', async () => {
    const old = `name: "old" input: "a" input_dim: 1 input_dim: 1 input_dim: 1 input_dim: 2
      layers { name: "r" type: RELU bottom: "a" top: "b" }`;
    const edited = await textOf(old);
    expect([edited.isOfFile, edited.isGiven]).toEqual([false, true]);
    expect(edited.text).toContain('type: "ReLU"');
  });

  test('with two layers of a name in two phases changes the one that the net has', async () => {
    const twice = (phase: string, slope: number) =>
      `layer { name: "r" type: "ReLU" bottom: "a" top: "b" include { phase: ${phase} } relu_param { negative_slope: ${slope} } }\n`;
    const text = `layer { name: "a" type: "Input" top: "a" input_param { shape { dim: 1 } } }\n${twice('TRAIN', 0.5)}${twice('TEST', 0.25)}`;
    const relu = await layerOf(text, 'r');
    const edited = await textOf(text);
    const changed = edited.with({ before: [relu], after: [{ ...relu, relu_param: { negative_slope: 1 } }] });
    expect(changed).toBe(text.replace('0.25', '1'));
  });

  test('names a file in a folder as git does', async () => {
    const edited = await textOf(FILE, { file: 'nets/net.prototxt' });
    expect(edited.diffTo(edited.text.replace('MAX', 'AVE')).split('\n').slice(0, 2)).toEqual([
      '--- a/nets/net.prototxt',
      '+++ b/nets/net.prototxt',
    ]);
  });
});
