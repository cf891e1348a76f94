/** The files of a project that `netspec new` makes, by name. */

/**
 * @param name of the package
 * @param netspec what package.json names it by: `^0.1.0`, `file:../netspec-0.1.0.tgz`
 */
export function projectFiles(name: string, netspec: string): Record<string, string> {
  return {
    'package.json': `${JSON.stringify(
      {
        name,
        private: true,
        type: 'module',
        scripts: {
          build: 'netspec build net.ts -o net.prototxt',
          watch: 'netspec build net.ts -o net.prototxt --watch',
          typecheck: 'tsc',
          test: 'node --import tsx --test net.test.ts',
        },
        dependencies: { netspec },
        devDependencies: { '@types/node': '^20.0.0', tsx: '^4.0.0', typescript: '^6.0.0' },
      },
      null,
      2,
    )}\n`,
    'tsconfig.json': `${JSON.stringify(
      {
        compilerOptions: {
          target: 'ES2022',
          module: 'NodeNext',
          moduleResolution: 'NodeNext',
          types: ['node'],
          strict: true,
          skipLibCheck: true,
          noEmit: true,
        },
        include: ['*.ts'],
      },
      null,
      2,
    )}\n`,
    'net.ts': NET,
    'net.test.ts': TEST,
  };
}

const NET = `/** The net: \`netspec build net.ts\` prints its prototxt. */
import { L, NetSpec, type Bottom, type Top } from 'netspec';

const n = new NetSpec();

/** Convolution, ReLU, and a pooling that halves the size. */
function block(x: Bottom, name: string, num_output: number): Top {
  const conv = (n[\`conv\${name}\`] = L.Convolution(x, {
    num_output,
    kernel_size: 3,
    pad: 1,
    weight_filler: { type: 'msra' },
  }));
  const relu = (n[\`relu\${name}\`] = L.ReLU(conv, { in_place: true }));
  return (n[\`pool\${name}\`] = L.Pooling(relu, { pool: 'MAX', kernel_size: 2, stride: 2 }));
}

n.data = L.Input({ shape: { dim: [1, 3, 32, 32] } });
let x: Bottom = n.data;
for (const [i, width] of [16, 32, 64].entries()) x = block(x, String(i + 1), width);
n.fc = L.InnerProduct(x, { num_output: 10, weight_filler: { type: 'msra' } });
n.prob = L.Softmax(n.fc);

export default n.toProto();
`;

const TEST = `/** The net builds, runs, and each of its layers agrees with the reference. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Net, formatPrototxt, parsePrototxt, referencesFromNet, verify } from 'netspec';
import param from './net.js';

test('the prototxt says the same as the net', () => {
  const text = formatPrototxt(param);
  assert.equal(formatPrototxt(parsePrototxt(text)), text);
});

// The reference is the same net in Caffe's own order of arithmetic. Once there are outputs of a PyTorch model, take these:
// references: await openWeights('outputs.npz'), and the weights that netspec pack-weights wrote.
test('each layer agrees with the reference', async () => {
  const net = await Net.load(param, { seed: 1, algorithm: 'auto' });
  const other = await Net.load(param, { seed: 1, algorithm: 'gemm' });
  for (const { blobs } of [net, other]) {
    const { data } = blobs.get('data')!;
    for (let i = 0; i < data.length; i++) data[i] = Math.sin(i);
  }
  const { references, map } = await referencesFromNet(net, other);
  const report = await verify(net, { references, map, rtol: 1e-4, atol: 1e-5 });
  assert.ok(report.ok, \`layer '\${report.firstDivergence?.name ?? ''}' differs\`);
  assert.equal(report.matched, report.references);
  assert.deepEqual([...net.blobs.get('prob')!.shape], [1, 10]);
  net.dispose();
  other.dispose();
});
`;
