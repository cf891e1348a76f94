/** verifySamples: worst, mean and quantiles over samples, the worst sample, and a way to stop. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fromTensors, Net, verifySamples, type VerifySample } from '../../../src/index.js';
import { spreadOf } from '../../../src/verify/samples/spread.js';
import { identityMap } from '../../../src/weights/maps/identity.js';

const NET = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 } } }
layer { name: "twice" type: "Power" bottom: "data" top: "twice" power_param { scale: 2 } }
layer { name: "shifted" type: "Power" bottom: "twice" top: "shifted" power_param { shift: 1 } }
`;
const X = [0.5, -1, 2, 1];

let net: Net;
beforeAll(async () => {
  net = await Net.load(NET);
});
afterAll(() => net.dispose());

/** Samples that are open at a time. */
let open = 0;
let most = 0;

/** A sample whose reference of `twice` is off by a factor. */
function sample(name: string, factor: number): VerifySample {
  const twice = Float32Array.from(X, (x) => 2 * x * factor);
  const shifted = Float32Array.from(X, (x) => 2 * x + 1);
  return {
    name,
    open: (each) => {
      each.blobs.get('data')!.data.set(X);
      most = Math.max(most, ++open);
      return Promise.resolve({
        references: fromTensors(
          { twice: { shape: [1, 4], data: twice }, shifted: { shape: [1, 4], data: shifted } },
          name,
        ),
        map: identityMap(),
        close: () => {
          open--;
          return Promise.resolve();
        },
      });
    },
  };
}

test('each layer has its worst sample, its mean and its quantiles', async () => {
  const samples = [sample('a', 1), sample('b', 1.25), sample('c', 1)];
  const report = await verifySamples(net, samples, { metrics: ['rmse'] });
  expect(report).toMatchObject({ ok: false, worst: 'b', stopped: false });
  expect(report.samples.map(({ name, ok, failing }) => [name, ok, failing])).toEqual([
    ['a', true, 0],
    ['b', false, 1],
    ['c', true, 0],
  ]);
  const [twice, shifted] = report.layers;
  expect(twice).toMatchObject({ name: 'twice', sample: 'b', samples: 3, failing: 1, status: 'diverges' });
  // |2 - 2.5| · 2 of 5.
  expect(twice!.spread['max-rel']!.worst).toBeCloseTo(0.2, 6);
  expect(twice!.spread['max-rel']!.mean).toBeCloseTo(0.2 / 3, 6);
  expect(twice!.spread['max-rel']).toMatchObject({ sample: 'b', p50: 0 });
  expect(Object.keys(twice!.spread)).toEqual(['max-abs', 'max-rel', 'cosine', 'rmse']);
  expect(shifted).toMatchObject({ name: 'shifted', failing: 0, status: 'agrees' });
  // The cause is looked for at the worst sample.
  expect(report.report.firstDivergence?.name).toBe('twice');
  expect(report.report.tried.length).toBeGreaterThan(0);
});

test('one sample is open at a time, and each is closed', async () => {
  [open, most] = [0, 0];
  await verifySamples(net, [sample('a', 1), sample('b', 2), sample('c', 1)]);
  expect({ open, most }).toEqual({ open: 0, most: 1 });
});

test('samples may come from a generator, and are asked for one by one', async () => {
  const asked: string[] = [];
  async function* generate() {
    for (const name of ['a', 'b']) {
      asked.push(name);
      yield await Promise.resolve(sample(name, 1));
    }
  }
  const seen: string[] = [];
  const report = await verifySamples(net, generate(), {
    onSample: (done, name) => seen.push(`${done} ${name} of ${asked.length}`),
  });
  expect(report.ok).toBe(true);
  expect(seen.slice(0, 2)).toEqual(['0 a of 1', '1 b of 2']);
});

test('a signal stops after the sample that is being run, with what is known so far', async () => {
  const stopping = new AbortController();
  const report = await verifySamples(net, [sample('a', 1), sample('b', 1.5), sample('c', 3)], {
    signal: stopping.signal,
    onSample: (_, name) => {
      if (name === 'b') stopping.abort();
    },
  });
  expect(report).toMatchObject({ stopped: true, ok: false, worst: 'b' });
  expect(report.samples).toHaveLength(2);
});

test('where all agree, the sample with the largest error is reported', async () => {
  const report = await verifySamples(net, [sample('a', 1), sample('b', 1.0001), sample('c', 1)]);
  expect(report).toMatchObject({ ok: true, worst: 'b', layers: [{ sample: 'b', failing: 0 }, { failing: 0 }] });
});

test('NaN in one sample is the worst', async () => {
  const report = await verifySamples(net, [sample('a', 3), sample('b', NaN)]);
  expect(report.worst).toBe('b');
  expect(report.layers[0]!.spread['max-abs']!.worst).toBeNaN();
});

describe('bad input', () => {
  test('no samples', async () => {
    await expect(verifySamples(net, [])).rejects.toThrow('there are no samples');
  });

  test('two samples of one name', async () => {
    await expect(verifySamples(net, [sample('a', 1), sample('a', 1)])).rejects.toThrow("two samples have the name 'a'");
  });

  test('references that belong to no layer are told with the sample', async () => {
    const lost: VerifySample = {
      name: 'lost',
      open: () =>
        Promise.resolve({
          references: fromTensors({ other: { shape: [1], data: new Float32Array(1) } }, 'refs'),
          map: identityMap(),
        }),
    };
    await expect(verifySamples(net, [sample('a', 1), lost])).rejects.toThrow(/sample 'lost': /);
  });
});

describe('the spread of a measure', () => {
  const of = (...values: number[]) => new Map(values.map((value, i) => [`s${i}`, value]));
  test('quantiles go from good to bad, whichever way that is', () => {
    expect(spreadOf(of(3, 1, 2, 4, 5), 'smaller')).toMatchObject({ worst: 5, sample: 's4', mean: 3, p50: 3, p90: 4.6 });
    expect(spreadOf(of(3, 1, 2, 4, 5), 'larger')).toMatchObject({ worst: 1, sample: 's1', mean: 3, p50: 3, p90: 1.4 });
  });

  test('NaN and infinities are in order too', () => {
    expect(spreadOf(of(1, NaN, Infinity), 'smaller')).toMatchObject({ sample: 's1', p50: Infinity });
    expect(spreadOf(of(40, Infinity, -Infinity), 'larger')).toMatchObject({ worst: -Infinity, sample: 's2', p50: 40 });
  });
});
