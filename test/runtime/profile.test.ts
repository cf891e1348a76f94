/** Profiles: what is taken from which pass, with a clock that only the layers move. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Layer, registerLayer, unregisterLayer } from '../../src/layers/index.js';
import type { Blob } from '../../src/engine/blob.js';
import { Net } from '../../src/runtime/net.js';
import { profileNet } from '../../src/runtime/profile.js';
import { refusal } from '../support/refusal.js';

let clock = 0;
/** Milliseconds that each layer takes in its first, second … pass; the last one of them for ever after. */
let durations: Record<string, number[]> = {};

class Slow extends Layer {
  #runs = 0;

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    y!.reshapeLike(x!);
  }

  override forward(): void {
    const mine = durations[this.name]!;
    clock += mine[Math.min(this.#runs++, mine.length - 1)]!;
  }

  override macs(): number {
    return 1000;
  }
}

const slow = (name: string, bottom: string): string =>
  `layer { name: "${name}" type: "Slow" bottom: "${bottom}" top: "${name}" }`;
const NET = `layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } } ${slow('a', 'x')} ${slow('b', 'a')}`;

describe('profileNet', () => {
  let net: Net;
  beforeEach(async () => {
    clock = 5000;
    registerLayer('Slow', Slow);
    net = await Net.load(NET);
    jest.spyOn(performance, 'now').mockImplementation(() => clock);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    unregisterLayer('Slow');
    net.dispose();
  });

  const ms = (seconds: number): number => Math.round(seconds * 1e6) / 1e3;
  const timesOf = async (iterations: number) => {
    const { steps, median, min, overhead } = await profileNet(net, { iterations });
    return {
      median: ms(median),
      min: ms(min),
      overhead: ms(overhead),
      ...Object.fromEntries(steps.slice(1).map((s) => [s.layers[0]!.name, [s.seconds, s.median, s.min].map(ms)])),
    };
  };

  test('steps are those of the pass of median length, beside their own median and minimum', async () => {
    // One pass of warm-up, which is long enough; then passes of 110, 150 and 120 ms.
    durations = { a: [300, 10, 90, 20], b: [0, 100, 60, 100] };
    expect(await timesOf(3)).toEqual({ median: 120, min: 110, overhead: 0, a: [20, 20, 10], b: [100, 100, 60] });
  });

  test('with an even number of passes they are the mean of the two in the middle', async () => {
    // 10, 20, 40 and 100 ms.
    durations = { a: [300, 90, 5, 10, 20], b: [0, 10, 5, 10, 20] };
    expect(await timesOf(4)).toEqual({ median: 30, min: 10, overhead: 0, a: [15, 15, 5], b: [15, 10, 5].with(1, 10) });
  });

  test('the warm-up is as many passes as fill 0.3 s', async () => {
    durations = { a: [100, 100, 100, 7], b: [0] };
    expect(await timesOf(1)).toEqual({ median: 7, min: 7, overhead: 0, a: [7, 7, 7], b: [0, 0, 0] });
  });

  test('counts multiply-accumulates and reports each pass', async () => {
    durations = { a: [400], b: [0] };
    const seen: number[][] = [];
    const profile = await profileNet(net, { iterations: 2, onPass: (...progress) => seen.push(progress) });
    expect(seen).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect([profile.iterations, profile.macs, profile.steps.map(({ macs }) => macs)]).toEqual([
      2,
      2000,
      [0, 1000, 1000],
    ]);
  });

  test.each([0, 1.5, NaN])('%p iterations are refused', async (iterations) => {
    expect(await refusal(() => profileNet(net, { iterations }))).toBe(
      `iterations: expected a whole number of at least 1, got ${iterations}`,
    );
  });
});
