/**
 * shaped-references: references whose files do not say their shape get that of the blob that they are held against, and those of
 * images with their channels last are turned, where the user says so.
 */
import type { Net } from '../runtime/net.js';
import { product } from '../shapes.js';
import type { ReferenceMap } from '../weights/maps/index.js';
import { NameIndex } from '../weights/name-index.js';
import type { WeightSource } from '../weights/source.js';
import { turnedSource } from './channels-last.js';
import { matchReferences } from './match-references.js';

const IMAGE_AXES = 4;

/** The references with four axes, from N, H, W, C to N, C, H, W. */
export function channelsFirst(source: WeightSource): WeightSource {
  const images = source.list().filter(({ shape }) => shape.length === IMAGE_AXES);
  return images.length === 0 ? source : turnedSource(source, new Set(images.map(({ name }) => name)));
}

/**
 * The references with the shapes of the blobs that they belong to, for those that have none of their own and as many values.
 * @param isChannelsLast whether the values of images are in the order N, H, W, C
 */
export function shapedReferences(
  net: Net,
  map: ReferenceMap,
  source: WeightSource,
  { shapeless, isChannelsLast }: { shapeless: ReadonlySet<string>; isChannelsLast: boolean },
): WeightSource {
  const shapes = new Map<string, readonly number[]>();
  const turned = new Set<string>();
  for (const [key, { name, shape }] of matchReferences(net, map, new NameIndex(source.list()))) {
    if (!shapeless.has(name) || shapes.has(name)) continue;
    const [layer = 0, top = 0] = key.split(':').map(Number);
    const blob = net.blobs.get(net.topNamesOf(layer)[top]!)!.shape;
    if (product(blob) !== product(shape)) continue;
    const isTurned = isChannelsLast && blob.length === IMAGE_AXES;
    if (isTurned) turned.add(name);
    shapes.set(name, isTurned ? [blob[0]!, blob[2]!, blob[3]!, blob[1]!] : blob);
  }
  if (shapes.size === 0) return source;
  const shaped: WeightSource = {
    description: source.description,
    list: () => source.list().map((info) => ({ ...info, shape: shapes.get(info.name) ?? info.shape })),
    read: async (name) => {
      const { shape, data } = await source.read(name);
      return { shape: shapes.get(name) ?? shape, data };
    },
    close: () => source.close(),
  };
  return turned.size === 0 ? shaped : turnedSource(shaped, turned);
}
