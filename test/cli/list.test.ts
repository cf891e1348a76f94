/** netspec list: the nets that build knows, and the schemas that --proto knows. */
import { expect, test } from '@jest/globals';
import { forks } from '../../src/proto/forks/catalog.js';
import { netspec } from './support.js';

test('lists the nets, with what they cost', async () => {
  const { code, stdout } = await netspec('list');
  expect(code).toBe(0);
  const lines = stdout.split('\n');
  expect(lines[0]).toMatch(/^net +parameters +GFLOPs *$/);
  // 0.43 million parameters; 15.47 thousand million multiply-adds, as the VGG paper's net D has them.
  expect(lines.find((line) => line.startsWith('lenet '))).toMatch(/ 0\.43M +0\.00 /);
  expect(lines.find((line) => line.startsWith('vgg-16 '))).toMatch(/ 138\.36M +30\.94 /);
});

test('as JSON, with the options of each', async () => {
  const { stdout } = await netspec('list', '--json');
  const nets = JSON.parse(stdout) as { name: string; parameters: number; options: { name: string }[] }[];
  expect(nets.find(({ name }) => name === 'lenet')).toMatchObject({
    parameters: 431_080,
    options: [{ name: 'input-size' }, { name: 'classes' }, { name: 'channels' }],
  });
});

test('lists the schemas, by name, with what they add', async () => {
  const { code, stdout } = await netspec('list', '--schemas');
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^name +Caffe +origin +adds to LayerParameter$/);
  expect(lines.find((line) => line.startsWith('segnet '))).toMatch(
    /^segnet +SegNet +github\.com\/alexgkendall\/caffe-segnet +bn, upsample, dense_image_data$/,
  );
  expect(lines.find((line) => line.startsWith('eric612, yolo '))).toContain('MobileNet-YOLO');
  // A title, and the forks.
  expect(lines).toHaveLength(1 + forks().length);
});

test('as JSON, with every field', async () => {
  const { stdout } = await netspec('list', '--schemas', '--json');
  const schemas = JSON.parse(stdout) as { name: string; base?: string; layerFields: string[] }[];
  expect(schemas.find(({ name }) => name === 'nearest')).toMatchObject({ base: 'ssd' });
  expect(schemas.find(({ name }) => name === 'ssd')!.layerFields).toContain('permute_param');
});
