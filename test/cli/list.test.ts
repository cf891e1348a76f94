/** netspec list: the nets that build knows, and the schemas that --proto knows. */
import { expect, test } from '@jest/globals';
import { netspec } from './support.js';

test('lists the schemas, by name, with what they add', async () => {
  const { code, stdout } = await netspec('list', '--schemas');
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^name +Caffe +origin +adds to LayerParameter$/);
  expect(lines.find((line) => line.startsWith('segnet '))).toMatch(
    /^segnet +SegNet +github\.com\/alexgkendall\/caffe-segnet +bn, upsample, dense_image_data$/,
  );
  expect(lines.find((line) => line.startsWith('eric612, yolo '))).toContain('MobileNet-YOLO');
  expect(lines).toHaveLength(92);
});

test('as JSON, with every field', async () => {
  const { stdout } = await netspec('list', '--schemas', '--json');
  const schemas = JSON.parse(stdout) as { name: string; base?: string; layerFields: string[] }[];
  expect(schemas.find(({ name }) => name === 'nearest')).toMatchObject({ base: 'ssd' });
  expect(schemas.find(({ name }) => name === 'ssd')!.layerFields).toContain('permute_param');
});
