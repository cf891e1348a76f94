import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadNameMap } from '../../src/node/name-map.js';
import { temporaryFolder } from '../cli/support.js';

const folder = temporaryFolder();

function file(name: string, text: string): string {
  const location = path.join(folder, name);
  writeFileSync(location, text);
  return location;
}

const blob = { layer: { name: 'c', type: 'Convolution' }, index: 0, count: 1, shape: [1] };

describe('loadNameMap', () => {
  test('a preset', async () => {
    expect((await loadNameMap('torchvision-resnet')).name).toBe('torchvision-resnet');
  });

  test.each([
    ['rules.json', '{ "rules": [{ "layer": "c", "module": "a" }] }'],
    ['rules.mjs', 'export default { rules: [{ layer: "c", module: "a" }] };'],
    ['function.mjs', 'export default async () => ({ rules: [{ layer: "c", module: "a" }] });'],
    ['rules.cjs', 'module.exports = { rules: [{ layer: "c", module: "a" }] };'],
    [
      'map.mjs',
      `export default {
        name: 'mine', isIgnorable: () => false, referenceNames: () => [],
        recipes: () => [{ inputs: [{ name: 'a.weight' }] }],
      };`,
    ],
  ])('%s', async (name, text) => {
    const map = await loadNameMap(file(name, text));
    expect(map.recipes(blob)[0]!.inputs).toEqual([{ name: 'a.weight' }]);
  });

  test("a rule file's errors name it", async () => {
    const broken = file('broken.json', '{ "rules": [{ "layer": "c" "module": "a" }] }');
    await expect(loadNameMap(broken)).rejects.toThrow(
      new Error(`${broken}:1:28: is no JSON: expected ',' or '}', got '"'`),
    );
    const wrong = file('wrong.mjs', 'export default { rules: [{ layer: "c" }] };');
    await expect(loadNameMap(wrong)).rejects.toThrow(
      new Error(
        `${wrong}: rule 1: expected one of 'module', 'from', 'constant', 'pixelShuffle', 'depthToSpace', 'focus', 'channelShuffle', got none\n` +
          'hint: a rule says where values come from: a module; or, with the blob, tensors, a constant, or a kernel that moves values',
      ),
    );
    const half = file('half.mjs', 'export default { recipes: () => [] };');
    await expect(loadNameMap(half)).rejects.toThrow(
      new Error(`${half}: the default export is no name map: 'isIgnorable' is no function`),
    );
    const throws = file('throws.mjs', 'throw new RangeError("boom");');
    await expect(loadNameMap(throws)).rejects.toMatchObject({ message: `${throws}: fails: RangeError: boom` });
  });

  test('what there is not', async () => {
    await expect(loadNameMap('torchvision_resnet')).rejects.toThrow(
      new Error("there is no name map 'torchvision_resnet'\nhint: did you mean 'torchvision-resnet'?"),
    );
    await expect(loadNameMap('my-names-of-things')).rejects.toThrow(
      new Error(
        "there is no name map 'my-names-of-things'\n" +
          "hint: name maps are identity, maskrcnn-benchmark, torchvision-resnet, or a rule file's path (.json)",
      ),
    );
    await expect(loadNameMap('no/such.json')).rejects.toMatchObject({
      message: 'no/such.json: cannot read: no such file or directory',
    });
    await expect(loadNameMap('no/such.ts')).rejects.toThrow(new Error('no file no/such.ts'));
    const text = file('rules.txt', '');
    await expect(loadNameMap(text)).rejects.toThrow(
      new Error(`${text}: a name map is a .json file, or a .js or .ts module`),
    );
  });
});
