/**
 * docs/layers.md says what the layers' docstrings say.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { formatLayerDocs, readLayerDocs } from '../../scripts/generate-layer-docs.js';
import { LAYER_TABLE } from '../../src/layers/table.js';

const docs = readLayerDocs();

test('every registered layer type is described', () => {
  expect(docs.map(({ facts }) => facts)).toEqual(LAYER_TABLE.map(({ facts }) => facts));
});

test('docs/layers.md is up to date; run npx tsx scripts/generate-layer-docs.ts', () => {
  expect(readFileSync(new URL('../../docs/layers.md', import.meta.url), 'utf8')).toBe(formatLayerDocs(docs));
});

test('a description has its summary, tags in order, and its settings with their defaults', () => {
  const text = formatLayerDocs(docs.filter(({ facts }) => facts.type === 'ReLU'));
  expect(text.slice(text.indexOf('## ReLU'))).toBe(`## ReLU

Rectified linear unit, leaky with \`negative_slope\`.

- **Formula**: \`y = max(x, 0) + negative_slope · min(x, 0)\`
- **Bottoms**: x, any shape
- **Tops**: y, the shape of x; may be x
- **Source**: Caffe's relu_layer.cpp
- **Settings**: \`relu_param\`
  - \`negative_slope\`: float, default 0
  - \`engine\`: DEFAULT | CAFFE | CUDNN, default DEFAULT
- **Code**: \`src/layers/relu.ts\`
`);
});
