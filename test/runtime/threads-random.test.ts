/** Random nets on images that cross the kernels' tiles and the sizes from which threads share the work: as on one thread. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Net } from '../../src/node.js';
import type { LayerParameter } from '../../src/generated/messages.js';
import { choices, planNet, protoOf, settings } from '../support/random-net.js';
import { exact } from '../support/reference-net.js';
import { uniform } from '../support/values.js';

/** Types whose parameters have the same shapes for each size of image. */
const types = settings.types.filter((type) => type !== 'InnerProduct');

/** Channels, rows and columns: one more and one less than multiples of the tiles, and work enough to be shared. */
const images = fc.tuple(
  fc.integer({ min: 1, max: 2 }),
  fc.integer({ min: 1, max: 6 }),
  fc.constantFrom(31, 33, 64, 65, 127),
  fc.constantFrom(15, 17, 63, 96, 129),
);

test.each(['gemm', 'auto'] as const)(
  'random nets give the same on one and on three threads (%s)',
  async (algorithm) => {
    await fc.assert(
      fc.asyncProperty(images, fc.nat(), choices({ ...settings, types }), async (shape, seed, chosen) => {
        const small = [1, shape[1], 9, 8];
        const steps = planNet(chosen, exact(small, uniform(small, seed, 'data').data), seed, algorithm);
        const values = uniform(shape, seed, 'data').data;
        const results = [];
        for (const threads of [1, 3]) {
          const net = await Net.load(protoOf(steps, shape), { algorithm, threads });
          try {
            for (const { layer, params } of steps)
              params.forEach(({ value }, i) => net.params.get(layer.name!)![i]!.data.set(value));
            net.blobs.get('data')!.data.set(values);
            await net.forward();
            results.push(new Map([...net.blobs].map(([name, { data }]) => [name, data.slice()])));
          } finally {
            net.dispose();
          }
        }
        const [one, three] = results as [Map<string, Float32Array>, Map<string, Float32Array>];
        const typeOf = (blob: string): LayerParameter['type'] =>
          steps.find(({ layer }) => layer.top?.includes(blob))?.layer.type;
        for (const [name, data] of one)
          expect({ name, type: typeOf(name), isSame: data.every((v, i) => Object.is(v, three.get(name)![i])) }).toEqual(
            {
              ...{ name, type: typeOf(name), isSame: true },
            },
          );
      }),
      { numRuns: 12 },
    );
  },
);
