/** check: runs a net before and after it was optimized on the same input, and says how far their outputs are apart. */
import { LIST, NET, checkArguments } from '../arguments.js';
import type { Net } from '../runtime/net.js';
import { gaussian, seededRandom } from '../engine/random.js';
import { factsOfLayer } from '../layers/registry.js';
import { compare } from '../compare/compare.js';

/** How far one output of the optimized net is from that of the original. */
export interface OutputDifference {
  blob: string;
  /** Largest difference of two values. */
  maxAbs: number;
  /** The same divided by the original's largest magnitude; infinite where that is 0 and the other is not. */
  maxRel: number;
  /** Whether all values of the original are finite. Where they are not, the comparison proves little. */
  finite: boolean;
}

/** The blobs that are fed: the inputs, and what layers make that are not run here. */
function fedBlobs(net: Net): string[] {
  const { steppedOver } = net;
  return net.layers.flatMap((layer, index) => {
    const bottoms = net.bottomNamesOf(index);
    if (steppedOver.includes(layer)) return net.topNamesOf(index).filter((name) => !bottoms.includes(name));
    return factsOfLayer(layer)?.fed ? net.topNamesOf(index) : [];
  });
}

/**
 * Fills the inputs with numbers of the standard normal distribution; the same seed gives a blob of a name the same ones.
 * @example
 * const net = await Net.load('net.prototxt');
 * fillRandomInputs(net, 7);
 * const first = net.blobs.get('data')!.data[0];
 * fillRandomInputs(net, 7);
 * net.blobs.get('data')!.data[0] === first; // → true
 */
export function fillRandomInputs(net: Net, seed = 0): void {
  checkArguments('fillRandomInputs()', { net: [net, NET] });
  for (const name of fedBlobs(net)) {
    const random = gaussian(seededRandom(seed, name));
    const { data } = net.blobs.get(name)!;
    for (let i = 0; i < data.length; i++) data[i] = random();
  }
}

/**
 * Gives the inputs of `to` the shapes and values of those of the same names in `from`.
 * @example
 * const [from, to] = [await Net.load('net.prototxt'), await Net.load('net.prototxt')];
 * from.blobs.get('data')!.data.fill(2);
 * copyInputs(from, to);
 * to.blobs.get('data')!.data[0]; // → 2
 */
export function copyInputs(from: Net, to: Net): void {
  checkArguments('copyInputs()', { from: [from, NET], to: [to, NET] });
  const names = fedBlobs(to).filter((name) => from.blobs.has(name));
  for (const name of names) to.blobs.get(name)!.reshape(from.blobs.get(name)!.shape);
  to.reshape();
  for (const name of names) to.blobs.get(name)!.data.set(from.blobs.get(name)!.peek());
}

/**
 * Runs both nets and compares blobs. In place of what a layer makes that is not run here, what it reads is compared.
 * @param blobs names of blobs that both have; inputs are set
 * @throws NetspecError when a net cannot run, or has no such blob
 * @example
 * const before = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * const after = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * fillRandomInputs(before);
 * copyInputs(before, after);
 * const [difference] = await compareOutputs(before, after, ['prob']);
 * difference!.maxAbs; // → 0
 */
export async function compareOutputs(before: Net, after: Net, blobs: readonly string[]): Promise<OutputDifference[]> {
  checkArguments('compareOutputs()', { before: [before, NET], after: [after, NET], blobs: [blobs, LIST] });
  const fed = new Set(before.steppedOver.flatMap(({ param }) => param.top ?? []));
  const pairs = [
    ...blobs.filter((blob) => !fed.has(blob)).map((blob) => [blob, blob] as const),
    ...before.steppedOver.flatMap(({ name }) => {
      const [from, to] = [before, after].map((net) => net.bottomNames.get(name) ?? []) as [string[], string[]];
      return from.slice(0, to.length).map((blob, i) => [blob, to[i]!] as const);
    }),
  ];
  const expected = await before.forward({ blobs: pairs.map(([blob]) => blob) });
  const actual = await after.forward({ blobs: pairs.map(([, blob]) => blob) });
  return pairs.map(([blob, same]) => {
    const reference = expected.get(blob)!.peek();
    const { maxAbs, maxRel } = compare(actual.get(same)!.peek(), reference, { rtol: 0, atol: 0 });
    return { blob, maxAbs, maxRel, finite: reference.every(Number.isFinite) };
  });
}
