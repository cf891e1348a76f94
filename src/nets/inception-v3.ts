/** inception-v3: Szegedy et al. 2015 ("Rethinking the Inception Architecture"), without the auxiliary classifier, layers named as torchvision's modules. */
import type { NetParameter } from '../generated/messages.js';
import { L, type Bottom, type Top } from '../netspec/index.js';
import { classifierOptions, type ImageClassifierOptions } from './image-net.js';
import { ModuleLayers, type ModuleConvOptions } from './module-layers.js';
import { checkNetOptions } from './options.js';

export const inceptionV3Options = classifierOptions('299x299');

/**
 * Inception-v3, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function inceptionV3(options: ImageClassifierOptions = {}): NetParameter {
  checkNetOptions(inceptionV3Options, options);
  const { inputSize = [299, 299], classes = 1000 } = options;
  const m = new ModuleLayers(1e-3);
  let x = conv(m, 'Conv2d_1a_3x3', m.input('data', 3, inputSize), { out: 32, kernel: 3, stride: 2, pad: 0 });
  x = conv(m, 'Conv2d_2a_3x3', x, { out: 32, kernel: 3, pad: 0 });
  x = conv(m, 'Conv2d_2b_3x3', x, { out: 64, kernel: 3 });
  x = m.maxPool('maxpool1', x, { kernel: 3, stride: 2 });
  x = conv(m, 'Conv2d_3b_1x1', x, { out: 80 });
  x = conv(m, 'Conv2d_4a_3x3', x, { out: 192, kernel: 3, pad: 0 });
  x = m.maxPool('maxpool2', x, { kernel: 3, stride: 2 });
  for (const [name, pooled] of [
    ['5b', 32],
    ['5c', 64],
    ['5d', 64],
  ] as const)
    x = blockA(m, `Mixed_${name}`, x, pooled);
  x = blockB(m, 'Mixed_6a', x);
  for (const [name, inner] of [
    ['6b', 128],
    ['6c', 160],
    ['6d', 160],
    ['6e', 192],
  ] as const)
    x = blockC(m, `Mixed_${name}`, x, inner);
  x = blockD(m, 'Mixed_7a', x);
  for (const name of ['7b', '7c']) x = blockE(m, `Mixed_${name}`, x);
  m.n['prob'] = L.Softmax(m.linear('fc', m.globalPool('avgpool', x), classes));
  return m.n.toProto();
}

const conv = (m: ModuleLayers, name: string, x: Bottom, options: ModuleConvOptions): Top =>
  m.convBn(`${name}.conv`, `${name}.bn`, x, options);

/** A run of convolutions, the end of each one's name and its options. */
function chain(
  m: ModuleLayers,
  name: string,
  x: Bottom,
  ...convs: readonly (readonly [string, ModuleConvOptions])[]
): Top {
  let y = x;
  for (const [end, options] of convs) y = conv(m, `${name}.${end}`, y, options);
  return y as Top;
}

const WIDE = [1, 7] as const;
const TALL = [7, 1] as const;

function blockA(m: ModuleLayers, name: string, x: Bottom, pooled: number): Top {
  const a = chain(m, name, x, ['branch1x1', { out: 64 }]);
  const b = chain(m, name, x, ['branch5x5_1', { out: 48 }], ['branch5x5_2', { out: 64, kernel: 5 }]);
  const c = chain(
    m,
    name,
    x,
    ['branch3x3dbl_1', { out: 64 }],
    ['branch3x3dbl_2', { out: 96, kernel: 3 }],
    ['branch3x3dbl_3', { out: 96, kernel: 3 }],
  );
  return m.cat(name, a, b, c, pooledBranch(m, name, x, pooled));
}

function pooledBranch(m: ModuleLayers, name: string, x: Bottom, out: number): Top {
  const pool = m.avgPool(`${name}.avg_pool`, x, { kernel: 3, stride: 1, pad: 1 });
  return chain(m, name, pool, ['branch_pool', { out }]);
}

function blockB(m: ModuleLayers, name: string, x: Bottom): Top {
  const down = { kernel: 3, stride: 2, pad: 0 };
  const a = chain(m, name, x, ['branch3x3', { out: 384, ...down }]);
  const b = chain(
    m,
    name,
    x,
    ['branch3x3dbl_1', { out: 64 }],
    ['branch3x3dbl_2', { out: 96, kernel: 3 }],
    ['branch3x3dbl_3', { out: 96, ...down }],
  );
  return m.cat(name, a, b, m.maxPool(`${name}.max_pool`, x, { kernel: 3, stride: 2 }));
}

function blockC(m: ModuleLayers, name: string, x: Bottom, inner: number): Top {
  const a = chain(m, name, x, ['branch1x1', { out: 192 }]);
  const b = chain(
    m,
    name,
    x,
    ['branch7x7_1', { out: inner }],
    ['branch7x7_2', { out: inner, kernel: WIDE }],
    ['branch7x7_3', { out: 192, kernel: TALL }],
  );
  const c = chain(
    m,
    name,
    x,
    ['branch7x7dbl_1', { out: inner }],
    ['branch7x7dbl_2', { out: inner, kernel: TALL }],
    ['branch7x7dbl_3', { out: inner, kernel: WIDE }],
    ['branch7x7dbl_4', { out: inner, kernel: TALL }],
    ['branch7x7dbl_5', { out: 192, kernel: WIDE }],
  );
  return m.cat(name, a, b, c, pooledBranch(m, name, x, 192));
}

function blockD(m: ModuleLayers, name: string, x: Bottom): Top {
  const down = { kernel: 3, stride: 2, pad: 0 };
  const a = chain(m, name, x, ['branch3x3_1', { out: 192 }], ['branch3x3_2', { out: 320, ...down }]);
  const b = chain(
    m,
    name,
    x,
    ['branch7x7x3_1', { out: 192 }],
    ['branch7x7x3_2', { out: 192, kernel: WIDE }],
    ['branch7x7x3_3', { out: 192, kernel: TALL }],
    ['branch7x7x3_4', { out: 192, ...down }],
  );
  return m.cat(name, a, b, m.maxPool(`${name}.max_pool`, x, { kernel: 3, stride: 2 }));
}

function blockE(m: ModuleLayers, name: string, x: Bottom): Top {
  const split = (branch: string, y: Bottom, a: string, b: string): Top =>
    m.cat(
      `${name}.${branch}`,
      chain(m, name, y, [a, { out: 384, kernel: [1, 3] }]),
      chain(m, name, y, [b, { out: 384, kernel: [3, 1] }]),
    );
  const a = chain(m, name, x, ['branch1x1', { out: 320 }]);
  const b = chain(m, name, x, ['branch3x3_1', { out: 384 }]);
  const c = chain(m, name, x, ['branch3x3dbl_1', { out: 448 }], ['branch3x3dbl_2', { out: 384, kernel: 3 }]);
  return m.cat(
    name,
    a,
    split('branch3x3', b, 'branch3x3_2a', 'branch3x3_2b'),
    split('branch3x3dbl', c, 'branch3x3dbl_3a', 'branch3x3dbl_3b'),
    pooledBranch(m, name, x, 192),
  );
}
