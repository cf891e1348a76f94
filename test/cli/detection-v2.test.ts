/**
 * The main job as a user does it: build detection-v2, pack its PyTorch weights, verify it against PyTorch's own outputs.
 * The fixtures are a real maskrcnn_benchmark model at 1/8 width, with every module's output for two stem poolings.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { fixture, netspec, temporaryFolder, TINY } from './support.js';

const npySave = fixture('detection-v2-tiny', 'npy_save');
const input = `data=${fixture('detection-v2-tiny', 'input.npy')}`;
const outputs = (stemPool: string) => fixture('detection-v2-tiny', `outputs_${stemPool}`);
const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);

interface VerifyJson {
  ok: boolean;
  matched: number;
  references: number;
  unusedReferences: string[];
  firstDivergence?: { name: string };
  uncheckedBefore: { name: string }[];
  causes: { id: string; layer: string; explanation: string; fix: string; matches: boolean }[];
  layers: { name: string; status: string; comparison?: { maxRel: number; allclose: boolean } }[];
}

/** Builds and packs a variant; gives the paths of its two files. */
async function port(name: string, ...options: string[]): Promise<{ net: string; weights: string }> {
  const [net, weights] = [at(`${name}.prototxt`), at(`${name}.caffemodel`)];
  const built = await netspec('build', 'detection-v2', ...TINY, ...options, '-o', net);
  expect(built).toEqual({ code: 0, stdout: `wrote ${net}\n`, stderr: '' });
  const packed = await netspec('pack-weights', net, '--from', npySave, '-o', weights);
  expect({ code: packed.code, stderr: packed.stderr }).toEqual({ code: 0, stderr: '' });
  return { net, weights };
}

async function verifyJson(
  net: string,
  weights: string,
  reference: string,
): Promise<{ code: number; report: VerifyJson }> {
  const { code, stdout, stderr } = await netspec('verify', net, '-w', weights, '-i', input, '-r', reference, '--json');
  expect(stderr).toBe('');
  return { code, report: JSON.parse(stdout) as VerifyJson };
}

describe('build, pack-weights, verify', () => {
  test.each([
    ['ceil', []],
    ['floor_pad1', ['--stem-pool', 'floor-pad1']],
    ['ceil', ['--in-place']],
    ['ceil', ['--share-params']],
  ] as const)('the port equals PyTorch: outputs_%s, options %p', async (stemPool, options) => {
    const { net, weights } = await port(`equal${options.join('')}`, ...options);
    const { code, report } = await verifyJson(net, weights, outputs(stemPool));
    expect({ code, ok: report.ok, matched: report.matched, references: report.references }).toEqual({
      code: 0,
      ok: true,
      matched: 221,
      references: 221,
    });
    expect(report.unusedReferences).toEqual([]);
    // 60 layers of float32 summed in another order than PyTorch's: the real Caffe is within 2e-6 of each layer's largest
    // value, and so must we be, with a factor of 2 for FMA and blocked sums.
    for (const { name, comparison } of report.layers)
      if (comparison) expect({ name, within: comparison.maxRel < 4e-6 }).toEqual({ name, within: true });
  });

  test('a checkpoint in half precision gives the outputs to 2e-2', async () => {
    const { net } = await port('half');
    const weights = at('half_precision.caffemodel');
    const half = fixture('detection-v2-tiny', 'state_dict_half.pth');
    const packed = await netspec('pack-weights', net, '--from', half, '-o', weights);
    expect({ code: packed.code, stderr: packed.stderr }).toEqual({ code: 0, stderr: '' });
    const words = ['-w', weights, '-i', input, '-r', outputs('ceil'), '--atol', '2e-2', '--json'];
    const { stdout } = await netspec('verify', net, ...words);
    const heads = (JSON.parse(stdout) as VerifyJson).layers.filter(({ name }) =>
      /_(cls_logits|bbox_pred)_p\d$/.test(name),
    );
    expect(heads).toHaveLength(10);
    for (const { name, comparison } of heads)
      expect({ name, allclose: comparison?.allclose }).toEqual({ name, allclose: true });
  });

  test("the notebook's net diverges at the layer that reads its wrong upsampling", async () => {
    const { net, weights } = await port('notebook', '--variant', 'notebook');
    const { code, report } = await verifyJson(net, weights, outputs('ceil'));
    expect(code).toBe(1);
    expect(report.firstDivergence?.name).toBe('backbone_fpn_fpn_layer3');
    expect(report.uncheckedBefore.map(({ name }) => name)).toEqual([
      'backbone_fpn_fpn_inner3_upsample',
      'backbone_fpn_fpn_inner3_lateral_sum',
    ]);
    expect(report.causes[0]).toMatchObject({
      id: 'upsampling',
      layer: 'backbone_fpn_fpn_inner3_upsample',
      explanation:
        'this deconvolution is bilinear and dense: it has no group, so that each output channel is a sum over all 32 ' +
        'input channels; the reference upsamples by nearest neighbour, each channel on its own.',
      matches: true,
    });
    // The other two of its faults, each found at the layer that it spoils first.
    expect(report.causes.map(({ id, layer }) => [id, layer])).toEqual([
      ['upsampling', 'backbone_fpn_fpn_inner3_upsample'],
      ['upsampling', 'backbone_fpn_fpn_inner2_upsample'],
      ['in-place', 'backbone_fpn_topblocks_p6relu'],
    ]);
  });

  test('the wrong stem pooling is found at the stem', async () => {
    const { net, weights } = await port('pool');
    const { code, report } = await verifyJson(net, weights, outputs('floor_pad1'));
    expect(code).toBe(1);
    expect(report.firstDivergence?.name).toBe('backbone_body_stem_maxpool');
    expect(report.uncheckedBefore.map(({ name }) => name)).toEqual(['backbone_body_stem_relu']);
    expect(report.causes.map(({ id, layer, fix }) => ({ id, layer, added: fix.match(/^\+ .*$/gm) }))).toEqual([
      {
        id: 'pooling-window',
        layer: 'backbone_body_stem_maxpool',
        added: ['+    pad: 1', '+    round_mode: FLOOR'],
      },
    ]);
  });

  test('the printed report ends with the first divergence and what was not compared before it', async () => {
    const { net, weights } = await port('printed', '--variant', 'notebook');
    const { code, stdout } = await netspec('verify', net, '-w', weights, '-i', input, '-r', outputs('ceil'));
    expect(code).toBe(1);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^layer +type +shape +max abs +max rel +cosine +allclose$/);
    expect(lines.at(-3)).toBe('221 of 221 references matched; rtol 0.001, atol 0.0001, algorithm gemm');
    expect(lines.at(-2)).toMatch(/^first layer that diverges: backbone_fpn_fpn_layer3 \(Convolution\): max abs /);
    expect(lines.at(-1)).toBe(
      'before it, without a reference: backbone_fpn_fpn_inner3_upsample (Deconvolution), ' +
        'backbone_fpn_fpn_inner3_lateral_sum (Eltwise)',
    );
  });

  test('forward writes the five logits and the five deltas', async () => {
    const { net, weights } = await port('forward');
    const out = at('outputs');
    const { code, stderr } = await netspec('forward', net, '-w', weights, '-i', input, '-o', out);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const expected = ['bbox_pred', 'cls_logits'].flatMap((head) =>
      [2, 3, 4, 6, 7].map((l) => `rpn_head_${head}_p${l}.npy`),
    );
    expect(readdirSync(out).sort()).toEqual(expected);
  });
});

describe('pack-weights refuses', () => {
  let net: string;
  beforeAll(async () => {
    net = at('refuse.prototxt');
    await netspec('build', 'detection-v2', ...TINY, '-o', net);
  });
  /** A copy of the weights, with something done to it; what pack-weights then says. */
  async function pack(name: string, spoil: (source: string) => void, ...options: string[]) {
    const source = at(name);
    cpSync(npySave, source, { recursive: true });
    spoil(source);
    const output = at(`${name}.caffemodel`);
    const { code, stderr } = await netspec('pack-weights', net, '--from', source, '-o', output, ...options);
    expect(existsSync(output)).toBe(false);
    return { code, stderr: stderr.replaceAll(source, 'SOURCE').replaceAll(net, 'NET') };
  }

  test('a missing .npy', async () => {
    const result = await pack('missing', (source) => rmSync(path.join(source, 'backbone_body_stem_conv1_weight.npy')));
    expect(result.code).toBe(2);
    expect(result.stderr).toContain("'backbone_body_stem_conv1' (Convolution)");
    expect(result.stderr).toContain('backbone_body_stem_conv1_weight');
  });

  test('a wrong shape, with both shapes', async () => {
    const result = await pack('shape', (source) =>
      cpSync(
        path.join(source, 'backbone_body_layer1_0_conv1_weight.npy'),
        path.join(source, 'backbone_body_stem_conv1_weight.npy'),
      ),
    );
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('8 3 7 7');
    expect(result.stderr).toContain('8 8 1 1');
  });

  test('a truncated .npy', async () => {
    const result = await pack('truncated', (source) =>
      truncateSync(path.join(source, 'backbone_fpn_fpn_inner4_weight.npy'), 1000),
    );
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('backbone_fpn_fpn_inner4_weight');
    expect(result.stderr).toMatch(/truncated|incomplete|ends/);
  });

  test('arrays that no parameter wants, unless allowed', async () => {
    const extra = (source: string) =>
      cpSync(path.join(source, 'backbone_body_stem_bn1_bias.npy'), path.join(source, 'roi_heads_box_bias.npy'));
    const result = await pack('unused', extra);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('roi_heads_box_bias');
  });

  test('a name map that fits nothing', async () => {
    const result = await pack('map', () => undefined, '--map', 'identity');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('rpn_head_cls_tower_p2_0');
  });

  test('a name map that does not exist', async () => {
    const result = await pack('nomap', () => undefined, '--map', 'identitty');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain("did you mean 'identity'?");
  });

  test('an output that cannot be written', async () => {
    const output = at('no/such/folder/x.caffemodel');
    const { code, stderr } = await netspec('pack-weights', net, '--from', npySave, '-o', output);
    expect(code).toBe(2);
    expect(stderr).toContain(output);
    expect(existsSync(at('no'))).toBe(false);
  });

  test('no -o and no --dry-run', async () => {
    const { code, stderr } = await netspec('pack-weights', net, '--from', npySave);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'netspec: say where to write with -o FILE, or check only with --dry-run\nsee netspec pack-weights --help\n',
    });
  });

  test('--dry-run reports and writes nothing', async () => {
    const before = readdirSync(folder);
    const { code, stdout } = await netspec('pack-weights', net, '--from', npySave, '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain('sources: 301 of 301 arrays used, 0 unused');
    expect(stdout).toContain('0 left unfilled');
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe('verify refuses', () => {
  let files: { net: string; weights: string };
  beforeAll(async () => {
    files = await port('bad-input');
  });
  const run = (...words: string[]) => netspec('verify', files.net, '-w', files.weights, ...words);

  test('an input without values', async () => {
    expect(await run('-r', outputs('ceil'))).toEqual({
      code: 2,
      stdout: '',
      stderr: "netspec: input 'data' has no values\nhint: give them with --input data=FILE.npy\n",
    });
  });

  test('an input that the net has not', async () => {
    const { code, stderr } = await run('-i', input, '-i', 'dta=x.npy', '-r', outputs('ceil'));
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "netspec: the net has no input 'dta'; its inputs are data\nhint: did you mean 'data'?\n",
    });
  });

  test('a folder of references that belong to another net', async () => {
    const other = at('other');
    mkdirSync(other);
    cpSync(fixture('detection-v2-tiny', 'input.npy'), path.join(other, 'fc6_output.npy'));
    const { code, stderr } = await run('-i', input, '-r', other);
    expect(code).toBe(2);
    expect(stderr).toContain(`none of the 1 references in ${other} belongs to a layer of this net`);
  });

  test('a truncated caffemodel', async () => {
    const cut = at('cut.caffemodel');
    writeFileSync(cut, readFileSync(files.weights).subarray(0, 100_000));
    const { code, stderr } = await netspec('verify', files.net, '-w', cut, '-i', input, '-r', outputs('ceil'));
    expect(code).toBe(2);
    expect(stderr).toContain(cut);
    expect(stderr).toMatch(/truncated|incomplete|ends/);
  });

  test('weights that leave layers unfilled', async () => {
    const half = at('half.prototxt');
    writeFileSync(half, readFileSync(files.net, 'utf8').replaceAll('name: "rpn_head_bbox_pred_p7"', 'name: "renamed"'));
    const { code, stderr } = await netspec('verify', half, '-w', files.weights, '-i', input, '-r', outputs('ceil'));
    expect(code).toBe(2);
    expect(stderr).toContain('renamed');
  });
});
