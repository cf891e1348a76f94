/**
 * Poolings that round up where the model rounds down: which of them make an inner product read an image that is too large,
 * found by building the net without each.
 */
import { NetspecError } from '../../errors.js';
import type { LayerParameter, NetParameter } from '../../generated/messages.js';
import { defaultSchema } from '../../proto/schema.js';
import { netShapes } from '../../runtime/net-shapes.js';
import { roundedDown, roundsUp } from '../../runtime/pooling-rounding.js';
import { product } from '../../shapes.js';
import type { ShapedNet } from './net-to-fill.js';

/** More poolings than this are not tried one by one. */
const MOST_TRIED = 16;

/**
 * What to do about a layer that reads too large an image; undefined when no pooling before it rounds up.
 * @param wanted what the layer should read: the size, and how many numbers of a sample that are
 */
export function roundedUp(
  net: ShapedNet,
  layer: LayerParameter,
  wanted: { height: number; width: number; columns: number },
): string | undefined {
  const poolings = poolingsBefore(net.net, layer);
  if (poolings.length === 0) return undefined;
  const reads = (down: readonly LayerParameter[]) => columnsRead(net, layer, down);
  const all = reads(poolings);
  const now = reads([]);
  if (all === undefined || now === undefined || all === now) return undefined;
  const names = (layers: readonly LayerParameter[]) => layers.map(({ name = '' }) => `'${name}'`).join(' and ');
  const rounding = "Caffe's Pooling rounds sizes up, PyTorch's rounds down";
  if (all !== wanted.columns) return `${rounding}. The poolings before it are ${names(poolings)}`;
  let needed = poolings;
  if (poolings.length <= MOST_TRIED)
    for (const each of poolings) {
      const others = needed.filter((other) => other !== each);
      if (reads(others) === wanted.columns) needed = others;
    }
  const size = `${wanted.columns / (wanted.height * wanted.width)}x${wanted.height}x${wanted.width}`;
  const cut = `cut the last row and column off the outputs of ${names(needed)} with Slice layers (axis: 2, axis: 3)`;
  if (!hasRoundMode(net)) return `${rounding}. This schema has no round_mode: ${cut}, and it reads ${size}`;
  return (
    `${rounding}. With round_mode: FLOOR in pooling_param of ${names(needed)} it reads ${size}. Caffe 1.0 has no ` +
    `round_mode: there, ${cut}`
  );
}

/** How many numbers of a sample the layer reads when these poolings round down; undefined when no net comes of it. */
function columnsRead(net: ShapedNet, layer: LayerParameter, down: readonly LayerParameter[]): number | undefined {
  const layers = net.net.layer!.map((each) => (down.includes(each) ? roundedDown(each) : each));
  try {
    const { blobs } = netShapes({ ...net.net, layer: layers }, net);
    const shape = blobs.get(layer.bottom?.[0] ?? '');
    return shape && product(shape, layer.inner_product_param?.axis ?? 1);
  } catch (error) {
    if (error instanceof NetspecError) return undefined;
    throw error;
  }
}

/** The poolings that a layer's bottoms come from and that round up, in order. */
function poolingsBefore({ layer: layers = [] }: NetParameter, layer: LayerParameter): LayerParameter[] {
  const wanted = new Set(layer.bottom);
  const found: LayerParameter[] = [];
  for (const each of layers.slice(0, layers.indexOf(layer)).reverse()) {
    if (!each.top?.some((top) => wanted.has(top))) continue;
    for (const bottom of each.bottom ?? []) wanted.add(bottom);
    if (roundsUp(each)) found.push(each);
  }
  return found.reverse();
}

function hasRoundMode({ schema = defaultSchema() }: ShapedNet): boolean {
  return (
    schema.has('PoolingParameter') &&
    schema.message('PoolingParameter').fields.some(({ name }) => name === 'round_mode')
  );
}
