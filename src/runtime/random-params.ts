/**
 * Random parameters for a net that has no weights and whose speed is to be measured: cheap for hundreds of millions of
 * values, and of a size that keeps activations finite through any depth.
 */
import { LIST, checkArguments, fields } from '../arguments.js';
import type { FillerParameter, LayerParameter } from '../generated/messages.js';
import { blobFactsOf } from '../layers/facts.js';
import type { Layer } from '../layers/layer.js';
import { factsOfLayer } from '../layers/registry.js';
import { resolve } from '../proto/message.js';
import { product } from '../shapes.js';
import type { Blob } from '../engine/blob.js';
import { isDeterministic } from '../engine/fillers.js';
import { seededRandom, type Random } from '../engine/random.js';

/** Numbers that are repeated over and over; a prime number of them, so that no two rows of a matrix are equal. */
const TABLE_LENGTH = 65521;

/**
 * Gives every weight matrix (a parameter of two or more axes) uniform numbers with the variance 2 / inputs of He et al.
 * 2015, and statistics the mean 0 and the variance 1. Left as they are: biases, parameters of one axis, and
 * matrices whose filler computes something other than zeros, such as an upsampling kernel. What layers share is filled
 * once.
 * @param net whose `layers` to go through
 * @param seed same seed, same numbers. Default 0
 * @example
 * const net = await Net.load('net.prototxt');
 * randomizeParams(net, 1);
 * const outputs = await net.forward();
 * outputs.get('prob')!.data.every(Number.isFinite); // → true
 */
export function randomizeParams(net: { readonly layers: readonly Layer[] }, seed = 0): void {
  checkArguments('randomizeParams()', { net: [net, fields('a Net, such as Net.load() gives', { layers: LIST })] });
  const table = new Float32Array(TABLE_LENGTH);
  fillUniform(table, seededRandom(seed, 'parameters'));
  const filled = new Set<Blob>();
  for (const layer of net.layers) {
    const filler = weightFiller(layer.param);
    const computes = filler && isDeterministic(filler) && !isZero(filler);
    for (const [i, { storage, numAxes, shape }] of layer.blobs.entries()) {
      const role = blobFactsOf(factsOfLayer(layer), layer.param, i)?.role;
      if (role === 'variance' || role === 'divisor') storage.overwrite().fill(1);
      if (role === 'variance' || role === 'divisor' || role === 'mean') continue;
      if (computes || numAxes < 2 || filled.has(storage)) continue;
      repeat(storage.overwrite(), table, Math.sqrt(6 / product(shape, 1)), filled.size);
      filled.add(storage);
    }
  }
}

/** Input values for such a net: uniform in [-1, 1), other ones for each index. */
export function fillRandomly(data: Float32Array, seed = 0, index = 0): void {
  fillUniform(data, seededRandom(seed, 'input', index));
}

function fillUniform(data: Float32Array, random: Random): void {
  for (let i = 0; i < data.length; i++) data[i] = 2 * random() - 1;
}

/** Fills `data` with the table's numbers times `factor`, from another one on for each index. */
function repeat(data: Float32Array, table: Float32Array, factor: number, index: number): void {
  const start = (index * 7919) % table.length;
  const first = Math.min(data.length, table.length);
  for (let i = 0; i < first; i++) data[i] = factor * table[(start + i) % table.length]!;
  for (let done = first; done < data.length; done *= 2) data.copyWithin(done, 0, Math.min(done, data.length - done));
}

/** The filler of a layer's weights, in whichever of its parameter messages it stands. */
function weightFiller(param: LayerParameter): FillerParameter | undefined {
  for (const message of Object.values(param) as unknown[])
    if (typeof message === 'object' && message !== null && 'weight_filler' in message)
      return message.weight_filler as FillerParameter | undefined;
  return undefined;
}

function isZero(filler: FillerParameter): boolean {
  const { type, value } = resolve('FillerParameter', filler);
  return type === 'constant' && value === 0;
}
