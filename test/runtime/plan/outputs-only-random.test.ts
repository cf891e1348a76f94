/**
 * Random nets that keep only their outputs: against plain loops in double precision, and, where integers make every way
 * of computing exact, bit for bit against the same net with all blobs kept.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LayerParameter, NetParameter } from '../../../src/generated/messages.js';
import { Net } from '../../../src/runtime/net.js';
import {
  choices,
  expectBounded,
  inputShapes,
  planNet,
  protoOf,
  runStep,
  settings,
  weightsOf,
} from '../../support/random-net.js';
import { exact } from '../../support/reference-net.js';
import { integers, seeds, uniform } from '../../support/values.js';

/** Few settings, and types that go with convolutions, so that layers follow each other as they do in real nets. */
const chains = choices({
  a: fc.constantFrom(0, 2),
  b: fc.constantFrom(0, 4),
  c: fc.constantFrom(1, 2),
  types: [...settings.types, 'Convolution', 'BatchNorm', 'Scale', 'ReLU', 'Eltwise', 'Eltwise'],
});

test.each(['gemm', 'auto'] as const)(
  'random nets compute what plain loops compute (%s)',
  async (algorithm) => {
    await fc.assert(
      fc.asyncProperty(inputShapes, seeds, chains, fc.array(fc.nat(), { maxLength: 3 }), async (...given) => {
        const [shape, seed, chosen, also] = given;
        const inputs = [shape, [3, ...shape.slice(1)]].map((s, i) => exact(s, uniform(s, seed, `data ${i}`).data));
        const steps = planNet(chosen, inputs[0]!, seed, algorithm);
        const weights = weightsOf(steps);
        const net = await Net.load(protoOf(steps, shape), { algorithm, outputsOnly: true, weights });
        try {
          const names = [...net.blobs.keys()].filter((name) => !name.includes('split'));
          // The second time with another batch size, and with other blobs kept.
          for (const [pass, input] of inputs.entries()) {
            const blobs = also.slice(pass).map((index) => names[index % names.length]!);
            const expected = new Map([['data', input]]);
            for (const step of steps) runStep(step, expected, algorithm);
            net.blobs.get('data')!.reshape(input.shape);
            net.blobs.get('data')!.data.set(input.value);
            for (const [name, blob] of await net.forward({ blobs })) expectBounded(name, blob, expected.get(name)!);
          }
        } finally {
          net.dispose();
        }
      }),
      { numRuns: 12 },
    );
  },
  120_000,
);

/** One layer to be, for nets of whole numbers. */
const wholeChoices = fc.array(
  fc.record({
    type: fc.constantFrom(
      ...['Convolution', 'Convolution', 'Convolution', 'ReLU', 'ReLU', 'Scale', 'Bias', 'Eltwise', 'Eltwise'],
      ...['Flatten', 'Reshape', 'Split', 'Dropout', 'Pooling', 'Concat', 'AbsVal', 'Silence'],
    ),
    from: fc.nat(3),
    other: fc.nat(3),
    isInPlace: fc.boolean(),
    isShared: fc.boolean(),
    flag: fc.boolean(),
  }),
  { minLength: 1, maxLength: 14 },
);

interface Whole {
  name: string;
  channels: number;
  isFlat: boolean;
  /** Somebody has read it: in-place layers may not follow. */
  isRead: boolean;
}

const SIZE = 5;
const IN_PLACE = new Set(['ReLU', 'Scale', 'Bias', 'Dropout']);

/** A net of these layers. In-place layers may stand over blobs with several names, as over Flatten's and Split's. */
function wholeNet(chosen: (typeof wholeChoices extends fc.Arbitrary<infer T> ? T : never)[number][]): LayerParameter[] {
  const shape = { dim: [2, 2, SIZE, SIZE] };
  const layers: LayerParameter[] = [{ name: 'data', type: 'Input', top: ['data'], input_param: { shape: [shape] } }];
  const blobs: Whole[] = [{ name: 'data', channels: 2, isFlat: false, isRead: false }];
  for (const { type, from, other, isInPlace, isShared, flag } of chosen) {
    const x = blobs.at(-1 - (from % blobs.length))!;
    const name = `layer${layers.length}`;
    const inPlace = isInPlace && IN_PLACE.has(type) && !x.isRead;
    const add = (param: LayerParameter, channels = x.channels, isFlat = x.isFlat, read = [x]): void => {
      const top = inPlace ? [x.name] : (param.top ?? [name]);
      layers.push({ name, type, bottom: read.map((blob) => blob.name), ...param, top });
      if (inPlace) return;
      for (const blob of read) blob.isRead = true;
      for (const each of top) blobs.push({ name: each, channels, isFlat, isRead: false });
    };
    const alike = blobs.filter(({ channels, isFlat }) => channels === x.channels && isFlat === x.isFlat);
    switch (type) {
      case 'Convolution': {
        if (x.isFlat) break;
        const [outputs, kernel] = [flag ? 3 : 2, other === 0 ? 1 : 3];
        const shared = `${x.channels} ${outputs} ${kernel}`;
        const convolution_param = { num_output: outputs, kernel_size: [kernel], pad: [(kernel - 1) / 2] };
        const param = isShared ? [{ name: `${shared} weight` }, { name: `${shared} bias` }] : undefined;
        add({ param, convolution_param }, outputs);
        break;
      }
      case 'ReLU':
        add(flag ? {} : { relu_param: { negative_slope: 2 } });
        break;
      case 'Scale':
        add({ scale_param: { bias_term: flag } });
        break;
      case 'Bias':
      case 'Dropout':
      case 'AbsVal':
        add({});
        break;
      case 'Eltwise':
        add({}, x.channels, x.isFlat, [x, alike[other % alike.length]!]);
        break;
      case 'Flatten':
        if (!x.isFlat) add({}, x.channels, true);
        break;
      case 'Reshape':
        if (x.isFlat) add({ reshape_param: { shape: { dim: [0, x.channels, SIZE, SIZE] } } }, x.channels, false);
        break;
      case 'Split':
        add({ top: [`${name}a`, `${name}b`] });
        break;
      case 'Pooling':
        if (!x.isFlat) add({ pooling_param: { kernel_size: 3, stride: 1, pad: 1 } });
        break;
      case 'Concat':
        if (!x.isFlat && x.channels < 4) add({}, 2 * x.channels, false, [x, alike[other % alike.length]!]);
        break;
      case 'Silence':
        if (other === 0) add({ top: [] });
    }
  }
  return layers;
}

test('random nets of whole numbers give the same bits as with all blobs kept', async () => {
  await fc.assert(
    fc.asyncProperty(wholeChoices, seeds, fc.array(fc.nat(), { maxLength: 2 }), async (chosen, seed, also) => {
      const net: NetParameter = { layer: wholeNet(chosen) };
      const plain = await Net.load(net, { algorithm: 'gemm' });
      // Whole numbers of little magnitude; those of layers that are not named apart are equal.
      for (const [name, blobs] of plain.params)
        blobs.forEach((blob, i) => {
          const key = seed % 2 === 0 ? `${i}` : `${name} ${i}`;
          blob.data.set(integers(blob.shape, seed, key, -1, 2).data);
        });
      const lean = await Net.load(net, { algorithm: 'gemm', outputsOnly: true, weights: plain.toProto() });
      try {
        const names = [...plain.blobs.keys()];
        for (const pass of [0, 1]) {
          const input = integers([2, 2, SIZE, SIZE], seed, `data ${pass}`, -3, 4).data;
          const blobs = also.slice(pass).map((index) => names[index % names.length]!);
          const expected = await plain.forward({ inputs: { data: input }, blobs: names });
          // Sums of up to 109 terms of this size are exact.
          fc.pre([...expected.values()].every((blob) => blob.peek().every((v) => Math.abs(v) < 2 ** 17)));
          const actual = await lean.forward({ inputs: { data: input }, blobs });
          for (const [name, blob] of actual) {
            const [values, wanted] = [blob.peek(), expected.get(name)!];
            expect([name, blob.shape]).toEqual([name, wanted.shape]);
            // 0 and -0 are equal numbers.
            if (wanted.peek().some((v, i) => v !== values[i])) throw new Error(`${name} differs`);
          }
        }
      } finally {
        plain.dispose();
        lean.dispose();
      }
    }),
    { numRuns: 50 },
  );
}, 120_000);

test('the nets above contain every kind of step', async () => {
  const seen = new Set<string>();
  for (const chosen of fc.sample(wholeChoices, { numRuns: 150, seed: 1 })) {
    const net = await Net.load({ layer: wholeNet(chosen) }, { outputsOnly: true });
    for (const { layers } of net.steps) {
      const types = layers.map(({ type }) => type);
      if (types.filter((type) => type === 'Convolution').length > 1) seen.add('several convolutions');
      if (types.includes('Convolution')) for (const type of types) seen.add(type);
    }
    net.dispose();
  }
  expect([...seen].sort()).toEqual(['Bias', 'Convolution', 'Eltwise', 'ReLU', 'Scale', 'several convolutions']);
});
