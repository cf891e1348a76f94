/** netspec draw: files, stdout, nets that cannot be built, and what is refused. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { netspec, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const write = (name: string, text: string) => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};
const INPUT = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 4 dim: 4 } } }';
const RELU = 'layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }';

describe('netspec draw', () => {
  test('writes a file, with shapes', async () => {
    const [net, output] = [write('net.prototxt', INPUT + RELU), path.join(folder, 'net.svg')];
    expect(await netspec('draw', net, '-o', output)).toEqual({
      code: 0,
      stdout: `wrote ${output}: 2 layers\n`,
      stderr: '',
    });
    expect(readFileSync(output, 'utf8')).toMatch(/^<\?xml[^]*>relu<[^]*>1x3x4x4<[^]*<\/svg>\n$/);
  });

  test('without -o the picture goes to stdout', async () => {
    const { code, stdout } = await netspec('draw', write('net.prototxt', INPUT));
    expect([code, stdout.slice(0, 5), stdout.slice(-7)]).toEqual([0, '<?xml', '</svg>\n']);
  });

  test('a net that reads a database is drawn without shapes, the layers of its phase only', async () => {
    const data = (phase: string) =>
      `layer { name: "${phase}_data" type: "Data" top: "data" include { phase: ${phase} } data_param { source: "db" batch_size: 1 } }`;
    const net = write('train.prototxt', data('TRAIN') + data('TEST') + RELU);
    const { code, stdout, stderr } = await netspec('draw', net, '--phase', 'TRAIN');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^note: not run here: 1 layer of type Data \(TRAIN_data\); /);
    expect(stdout).toContain('>TRAIN_data<');
    expect(stdout).not.toContain('TEST_data');
  });

  test.each([
    ['another format', INPUT, 'net.png', /^netspec: draw writes SVG, and '.*net\.png' does not end in \.svg\n$/],
    ['an empty net', 'name: "none"', 'empty.svg', /^netspec: .*x\.prototxt: the net has no layers to draw\n$/],
    ['a prototxt that is none', 'layer {', 'none.svg', /^netspec: .*x\.prototxt:1:8: /],
  ])('refuses %s', async (_what, text, name, message) => {
    const output = path.join(folder, name);
    const { code, stdout, stderr } = await netspec('draw', write('x.prototxt', text), '-o', output);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(existsSync(output)).toBe(false);
  });
});
