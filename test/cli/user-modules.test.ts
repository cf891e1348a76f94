/**
 * Modules of the user, in folders where netspec is not installed: nets to build and layer types to register. Run from the
 * bundle, whose code is another copy of the library than the one that the modules import.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readNpyFile, writeNpyFile } from '../../src/node.js';
import { temporaryFolder } from './support.js';

const root = path.join(import.meta.dirname, '..', '..');
const folder = temporaryFolder();
const main = path.join(root, 'dist', 'cli', 'main.js');
const at = (...parts: string[]) => path.join(folder, ...parts);

const NET = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 } } }
layer { name: "act" type: "SoftGate" bottom: "data" top: "act" }`;
const SOFT_GATE = `{
  reshape([x], [y]) { y.reshapeLike(x); }
  forward([x], [y]) {
    y.data.set(Float32Array.from(x.data).map((v) => (v * Math.min(Math.max(v + 3, 0), 6)) / 6));
  }
}`;

beforeAll(async () => {
  writeFileSync(at('net.prototxt'), NET);
  await writeNpyFile(at('x.npy'), [1, 3], Float32Array.of(-4, 1.5, 4));
});

const run = (...words: string[]) => {
  // Not in this repository, whose tsconfig.json has 'netspec' mean the sources.
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], { encoding: 'utf8', cwd: folder });
  return { code: status, stdout, stderr };
};
const module = (name: string, text: string) => {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
  return at(name);
};

test.each(['net.ts', 'net.mts', 'net.mjs'])('build %s finds netspec', (name) => {
  const file = module(
    name,
    `import { L, NetSpec } from 'netspec';
     const n = new NetSpec();
     n.data = L.Input({ shape: { dim: [1, 3] } });
     export default n;`,
  );
  const text =
    'layer {\n  name: "data"\n  type: "Input"\n  top: "data"\n  input_param {\n    shape {\n      dim: 1\n      dim: 3\n    }\n  }\n}\n';
  expect(run('build', file)).toEqual({ code: 0, stdout: text, stderr: '' });
});

test('build keeps what a module sets that stands in no schema', () => {
  const file = module(
    'own.ts',
    `import { L, NetSpec } from 'netspec';
     const n = new NetSpec();
     n.data = L.Input({ shape: { dim: [1, 3] } });
     n.attend = L('Acme', n.data, { acme_param: '{ gain: 2 }' });
     export default { name: 'own', ...n.toProto() };`,
  );
  const { code, stdout } = run('build', file);
  expect(code).toBe(0);
  expect(stdout).toContain('  type: "Acme"\n  bottom: "data"\n  top: "attend"\n  acme_param {\n    gain: 2\n  }\n}\n');
});

test.each([
  ['awaits at its top', "import { NetSpec } from 'netspec';\nawait 0;\nexport default { name: 'n', layer: [] };\n"],
  ['is CommonJS', "const netspec = require('netspec');\nmodule.exports = { name: 'n', layer: [] };\n"],
])('build of a .ts file that %s', (name, text) => {
  expect(run('build', module(`${name}.ts`, text))).toEqual({ code: 0, stdout: 'name: "n"\n', stderr: '' });
});

test('a netspec that is installed beside the module goes first', () => {
  module('own/node_modules/netspec/package.json', '{ "name": "netspec", "type": "module", "main": "index.js" }');
  module('own/node_modules/netspec/index.js', 'export const net = { name: "from its own", layer: [] };');
  const file = module('own/net.mjs', "import { net } from 'netspec';\nexport default net;\n");
  expect(run('build', file)).toEqual({ code: 0, stdout: 'name: "from its own"\n', stderr: '' });
});

test('other packages that are missing are named', () => {
  const file = module('missing.mjs', "import 'no-such-package';\n");
  const { code, stderr } = run('build', file);
  expect([code, stderr]).toEqual([2, expect.stringContaining("Cannot find package 'no-such-package'")]);
});

describe('--layers', () => {
  const output = at('out');
  const forward = (file: string) =>
    run('forward', at('net.prototxt'), '-i', `data=${at('x.npy')}`, '-o', output, '--layers', file);

  test.each([
    [
      'registers.ts',
      `import { Layer, registerLayer } from 'netspec';\nregisterLayer('SoftGate', class extends Layer ${SOFT_GATE});`,
    ],
    [
      'exports.mts',
      `import { Layer } from 'netspec';\nexport const factor = 6;\nexport class SoftGate extends Layer ${SOFT_GATE}`,
    ],
    [
      'both.ts',
      `import { Layer, registerLayer } from 'netspec';\nexport class SoftGate extends Layer ${SOFT_GATE}\nregisterLayer('SoftGate', SoftGate);`,
    ],
    ['default.mjs', `import { Layer } from 'netspec';\nexport default { SoftGate: class extends Layer ${SOFT_GATE} };`],
  ])('%s', async (name, text) => {
    const { code, stderr } = forward(module(name, text));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { data } = await readNpyFile(path.join(output, 'act.npy'));
    // 1.5 · 4.5 / 6
    expect([...data]).toEqual([-0, 1.125, 4]);
  });

  test('a module without layers', () => {
    const file = module('none.mjs', 'export const three = 3;\n');
    expect(forward(file)).toEqual({
      code: 2,
      stdout: '',
      stderr:
        `netspec: ${file}: the module has no layer types\n` +
        "hint: call registerLayer('Foo', FooLayer), or export the class of each type by the type's name\n",
    });
  });

  test('a type that is there already', () => {
    const file = module('relu.mjs', `import { Layer } from 'netspec';\nexport class ReLU extends Layer ${SOFT_GATE}\n`);
    expect(forward(file)).toEqual({
      code: 2,
      stdout: '',
      stderr:
        `netspec: ${file}: Layer type ReLU already registered\n` +
        'hint: choose another name, or pass { override: true } to replace it\n',
    });
  });

  test('a file that is not there', () => {
    expect(forward(at('nowhere.ts'))).toEqual({
      code: 2,
      stdout: '',
      stderr: `netspec: no file ${at('nowhere.ts')}\n`,
    });
  });

  test.each(['inspect', 'draw', 'time'])('%s', (command) => {
    const file = module(
      'exports.mts',
      `import { Layer } from 'netspec';\nexport class SoftGate extends Layer ${SOFT_GATE}`,
    );
    const { code, stdout, stderr } = run(command, at('net.prototxt'), '--layers', file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(command === 'time' ? 'total: median' : 'SoftGate');
  });
});
