/**
 * Four models ported by what the docs say: a right port agrees with all outputs of the model at the first try. Of a port with a
 * mistake the fault is found, and the printed edit, applied as patch does, mends it.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { formatPrototxt, writeNpyFile } from '../../../src/node.js';
import { netspec, temporaryFolder } from '../../cli/support.js';
import { applyPatch } from '../../support/apply-patch.js';
import { runProgram } from '../../support/run-program.js';
import { tensor, type T64 } from '../../support/torch64.js';
import { classifier, crnn, detector, unet, type Dump } from './models.js';

const folder = temporaryFolder();

interface Port {
  dump: Dump;
  /** `propose` for what `netspec map` proposes. */
  map?: 'propose' | object;
  /** Arrays and inputs that the port needs and the model has not. */
  arrays?: Record<string, T64>;
  inputs?: Record<string, T64>;
  fault: (program: string) => string;
  cause: { id: string; layer: string };
}

/** What a bilinear deconvolution makes of ones, along an axis that it makes twice as long. */
const total = (size: number) => Array.from({ length: size }, (_, i) => (i === 0 || i === size - 1 ? 0.75 : 1));
const border = tensor(
  [24, 32],
  total(24).flatMap((row) => total(32).map((column) => 1 / (row * column))),
);
const zeros = [2, 3].map((axis) => ({ pad: { axis, after: 1 } }));

const PORTS: Record<string, Port> = {
  classifier: {
    dump: classifier(),
    fault: (program) =>
      program.replace('L.ReLU(n.block_se_fc1, { in_place: true })', 'L.Sigmoid(n.block_se_fc1, { in_place: true })'),
    cause: { id: 'activation', layer: 'block_se_relu' },
  },
  unet: {
    dump: unet(),
    map: { extends: 'identity', rules: [{ layer: 'up2', blob: 0, from: 'up2.weight', transform: zeros }] },
    arrays: { up1_border_weight: border },
    fault: (program) => program.replace('L.Concat(n.up1_border, one)', 'L.Concat(one, n.up1_border)'),
    cause: { id: 'concat-order', layer: 'cat1' },
  },
  detector: {
    dump: detector(),
    map: 'propose',
    fault: (program) =>
      program
        .replace('group: 8,\n    kernel_size: [2],', 'group: 8,\n    kernel_size: [4],\n    pad: [1],')
        .replace("{ type: 'constant', value: 1 }", "{ type: 'bilinear' }"),
    cause: { id: 'upsampling', layer: 'upsample' },
  },
  crnn: {
    dump: crnn(),
    inputs: { cont: tensor([7, 1], [0, 1, 1, 1, 1, 1, 1]) },
    fault: (program) => program.replace('L.Softmax(n.fc, { axis: 2 })', 'L.Softmax(n.fc)'),
    cause: { id: 'softmax-axis', layer: 'softmax' },
  },
};

/** The prototxt of a program, which begins with a comment. */
function build(program: string): string {
  return formatPrototxt(runProgram(program.slice(program.indexOf('import '))));
}

async function save(at: string, tensors: Record<string, T64>): Promise<void> {
  mkdirSync(at, { recursive: true });
  for (const [name, { shape, data }] of Object.entries(tensors))
    await writeNpyFile(path.join(at, `${name}.npy`), shape, Float32Array.from(data));
}

describe.each(Object.entries(PORTS))('%s', (name, { dump, map, arrays = {}, inputs = {}, fault, cause }) => {
  const at = (...parts: string[]) => path.join(folder, name, ...parts);
  const inputWords = Object.keys({ ...dump.inputs, ...inputs }).flatMap((each) => [
    '-i',
    `${each}=${at(`${each}.npy`)}`,
  ]);

  /** Packs and verifies. */
  async function ported(port: string, built: string) {
    const [net, weights] = [at(`${port}.prototxt`), at(`${port}.caffemodel`)];
    writeFileSync(net, built);
    if (map !== undefined) {
      const proposed =
        map === 'propose' ? (await netspec('map', net, '--from', at('state'))).stdout : JSON.stringify(map);
      writeFileSync(at('map.json'), proposed);
    }
    const mapWords = map === undefined ? [] : ['--map', at('map.json')];
    const packed = await netspec('pack-weights', net, '--from', at('state'), ...mapWords, '-o', weights);
    expect(packed).toMatchObject({ code: 0 });
    const words = [net, '-w', weights, ...inputWords, '-r', at('outputs'), '--json'];
    const { code, stdout } = await netspec('verify', ...words);
    return {
      code,
      report: JSON.parse(stdout) as { matched: number; causes: (typeof cause & { fix: string })[] },
    };
  }

  test('agrees at the first try; a mistake is found, and the printed edit mends it', async () => {
    await save(at('state'), { ...dump.state, ...arrays });
    await save(at('outputs'), dump.outputs);
    await save(at(), { ...dump.inputs, ...inputs });
    const given = readFileSync(path.join(import.meta.dirname, 'nets', `${name}.ts`), 'utf8');
    const right = await ported('net', build(given));
    expect({ code: right.code, matched: right.report.matched }).toEqual({
      code: 0,
      matched: Object.keys(dump.outputs).length,
    });
    const spoilt = fault(given);
    expect(spoilt).not.toBe(given);
    const wrong = await ported('wrong', build(spoilt));
    expect(wrong.code).toBe(1);
    expect(wrong.report.causes).toMatchObject([cause]);
    const mended = await ported('mended', applyPatch(build(spoilt), wrong.report.causes[0]!.fix));
    expect(mended.code).toBe(0);
  });
});
