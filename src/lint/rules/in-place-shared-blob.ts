/** in-place-shared-blob: an in-place layer over a blob that others read. */
import type { LayerParameter } from '../../generated/messages.js';
import { derive } from '../../proto/derive.js';
import type { LintEdit, Problem } from '../finding.js';
import { isInPlace } from '../../proto/in-place.js';
import type { Version } from '../flow.js';
import type { LintNet } from '../lint-net.js';
import type { Rule } from '../rule.js';

export const inPlaceSharedBlob: Rule = {
  name: 'in-place-shared-blob',
  severity: 'warning',
  doc: 'an in-place layer over a blob that others read',
  check: (net) => {
    const families = familiesOf(net.layers);
    return net.layers
      .filter((layer) => isInPlace(layer))
      .flatMap((layer) => readBefore(net, layer) ?? readByOneOfAFamily(net, families, layer) ?? []);
  },
};

/** Which bottom an in-place layer overwrites. */
const overwrittenBottom = ({ bottom = [], top = [] }: LayerParameter): number => bottom.indexOf(top[0]!);

/** Other layers read the blob as it was before. Caffe copies it for them; a compiler may not. */
function readBefore({ flow }: LintNet, layer: LayerParameter): Problem | undefined {
  const others = flow.readsOf(layer)[overwrittenBottom(layer)]?.readers.filter((reader) => reader !== layer) ?? [];
  if (others.length === 0) return undefined;
  const names = others.map(({ name }) => `'${name ?? ''}'`).join(', ');
  return {
    layer,
    field: 'top',
    message:
      `It overwrites '${layer.top![0]!}', which ${names} read as it was before. Caffe splits the blob; other readers of the ` +
      'prototxt may give them the overwritten values.',
    edit: withOwnTop(flow.layers, layer, flow.writesOf(layer)[0]!.readers),
  };
}

/**
 * Layers that differ in a number of their names alone, as the heads of a detector's levels do, read results of one kind, but for one
 * of them, which reads what the in-place layer left.
 */
function readByOneOfAFamily({ flow }: LintNet, families: Families, layer: LayerParameter): Problem | undefined {
  const before = flow.readsOf(layer)[overwrittenBottom(layer)];
  const readers = flow.writesOf(layer)[0]!.readers;
  if (!before || readers.length < 2 || isInPlace(before.writer)) return undefined;
  const version = flow.writesOf(layer)[0]!;
  const odd = readers.filter((reader) => {
    const bottom = flow.readsOf(reader).indexOf(version);
    return familyKeys(reader).some((key) => {
      const others = families.get(key)!.filter((other) => other !== reader);
      return (
        others.length >= 2 && others.every((other) => flow.readsOf(other)[bottom]?.writer.type === before.writer.type)
      );
    });
  });
  // The others are where the in-place layer belongs.
  if (odd.length === 0 || odd.length === readers.length) return undefined;
  const names = odd.map(({ name }) => `'${name ?? ''}'`).join(', ');
  return {
    layer,
    field: 'top',
    message:
      `It overwrites '${before.blob}', so ${names} read what ${layer.type ?? ''} left. The layers of the same kind read a ` +
      `${before.writer.type ?? ''} layer's own result.`,
    edit: withOwnTop(
      flow.layers,
      layer,
      readers.filter((reader) => !odd.includes(reader)),
    ),
  };
}

/** Layers of one type whose names differ in one number alone, by the name with that number left out. */
type Families = ReadonlyMap<string, readonly LayerParameter[]>;

function familiesOf(layers: readonly LayerParameter[]): Families {
  const families = new Map<string, LayerParameter[]>();
  for (const layer of layers)
    for (const key of familyKeys(layer)) {
      const family = families.get(key);
      if (family) family.push(layer);
      else families.set(key, [layer]);
    }
  return families;
}

/** One for each number in the name. */
function familyKeys({ type = '', name = '' }: LayerParameter): string[] {
  const parts = name.split(/(\d+)/);
  // Numbers stand at the odd places.
  return parts.flatMap((_, at) =>
    at % 2 === 1 ? [`${type}\0${parts.map((part, i) => (i === at ? '\0' : part)).join('')}`] : [],
  );
}

/** The layer with a top of its own, which `readers` read in the place of the old one. */
function withOwnTop(
  layers: readonly LayerParameter[],
  layer: LayerParameter,
  readers: Version['readers'],
): LintEdit | undefined {
  const [blob] = layer.top!;
  const top = layer.name ?? '';
  if (top === '' || layers.some((each) => each.top?.includes(top))) return undefined;
  // A layer that overwrites the result in turn would go on to write the old blob.
  if (readers.some((reader) => isInPlace(reader) && reader.top![0] === blob)) return undefined;
  const rename = (names: readonly string[] = []): string[] => names.map((name) => (name === blob ? top : name));
  return {
    title: 'give it a top of its own',
    isExact: true,
    before: [layer, ...readers],
    after: [
      derive(layer, { top: rename(layer.top) }),
      ...readers.map((reader) => derive(reader, { bottom: rename(reader.bottom) })),
    ],
  };
}
