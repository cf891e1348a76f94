/** The recipes of docs/pytorch-ops.md: each is built by the DSL, run, and compared with the operation's formula in float64. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { L, NetSpec, P } from '../../src/netspec/index.js';
import { Net } from '../../src/runtime/net.js';

const text = readFileSync(path.join(import.meta.dirname, '../../docs/pytorch-ops.md'), 'utf8');
const recipes = [...text.matchAll(/^```ts\n\/\/ (.*)\n([^]*?)^```/gm)].map(([, name, code]) => ({
  name: name!,
  code: code!,
}));

const CHANNELS = 3;
const PIXELS = 16;
const clip = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.log1p(Math.exp(x));

/** The mean of each channel. */
function means(x: readonly number[]): number[] {
  return Array.from(
    { length: CHANNELS },
    (_, c) => x.slice(c * PIXELS, (c + 1) * PIXELS).reduce((sum, value) => sum + value, 0) / PIXELS,
  );
}

const each = (f: (x: number) => number) => (x: readonly number[]) => x.map(f);

/** What each operation gives for an image of 3 x 4 x 4. */
const FORMULAS: Readonly<Record<string, (x: readonly number[]) => number[]>> = {
  ReLU6: each((x) => clip(x, 0, 6)),
  SiLU: each((x) => x * sigmoid(x)),
  Hardsigmoid: each((x) => clip(x / 6 + 0.5, 0, 1)),
  Hardswish: each((x) => (x * clip(x + 3, 0, 6)) / 6),
  Mish: each((x) => x * Math.tanh(softplus(x))),
  SELU: each((x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))),
  Softplus: each(softplus),
  'LeakyReLU(0.1)': each((x) => (x > 0 ? x : 0.1 * x)),
  subtraction: each((x) => x - x / 2),
  minimum: each((x) => Math.min(x, x / 2)),
  'squeeze and excitation': (x) => x.map((value, i) => value * sigmoid(means(x)[Math.floor(i / PIXELS)]!)),
  'mean over rows and columns': means,
};

test('every recipe has a formula, and every formula a recipe', () => {
  expect(recipes.map(({ name }) => name).sort()).toEqual(Object.keys(FORMULAS).sort());
  // No code stands in the page that is not run.
  expect(text.match(/^```\w/gm)).toHaveLength(recipes.length);
});

test.each(recipes)('$name', async ({ name, code }) => {
  const n = new NetSpec();
  n['x'] = L.Input({ shape: { dim: [1, CHANNELS, 4, 4] } });
  // eslint-disable-next-line typescript/no-implied-eval, typescript/no-unsafe-call -- the page's own code is what is tested
  new Function('n', 'L', 'P', code)(n, L, P);
  const net = await Net.load(n.toProto());
  try {
    const x = net.blobs.get('x')!;
    // From -8 to 8, both ends and 0 among them.
    const values = Array.from({ length: x.count }, (_, i) => Math.fround(-8 + (16 * ((i * 7) % 49)) / 48));
    x.data.set(values);
    await net.forward();
    const got = Array.from(net.blobs.get('y')!.data);
    const wanted = FORMULAS[name]!(values);
    expect(got).toHaveLength(wanted.length);
    // Some ten roundings of 6e-8, of values up to 8.
    const worst = Math.max(...got.map((value, i) => Math.abs(value - wanted[i]!)));
    expect(worst).toBeLessThan(5e-6);
  } finally {
    net.dispose();
  }
});
