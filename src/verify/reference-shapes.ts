/** reference-shapes: the shapes of what layers make that are not run here, as references have them. */
import { NetspecError } from '../errors.js';
import type { NetParameter } from '../generated/messages.js';
import { netShapes, type NetShapes } from '../runtime/net-shapes.js';
import { withState, type NetOptions } from '../runtime/net-options.js';
import { filterNet } from '../runtime/state-filter.js';
import { isNotRun } from '../runtime/step-over.js';
import { identityMap, maskrcnnBenchmarkMap, torchvisionResnetMap, type ReferenceMap } from '../weights/maps/index.js';
import { NameIndex } from '../weights/name-index.js';
import type { WeightSource } from '../weights/source.js';
import { sameDimensions } from './claims.js';
import { withLeadingOnes } from './tensors.js';

/** A top of a layer that is not run here. */
export interface TopNotRun {
  layer: { name: string; type: string };
  top: string;
  index: number;
  /** How many tops the layer has. */
  count: number;
}

/** The tops of a net's layers that are not run here; those made in place have the shape of what they overwrite. */
export function topsNotRun(net: NetParameter, options: NetOptions = {}): TopNotRun[] {
  const layers = filterNet(withState(net, options)).layer ?? [];
  return layers
    .filter(isNotRun)
    .flatMap(({ name = '', type = '', top = [], bottom = [] }) =>
      top.flatMap((blob, index) =>
        bottom.includes(blob) ? [] : [{ layer: { name, type }, top: blob, index, count: top.length }],
      ),
    );
}

/**
 * The shapes that references give the tops of layers which are not run here, by the tops' names. A reference that lacks the batch's axis
 * has it in front.
 * @param options.map which names belong to a layer. Default: those of all maps that netspec knows, in turn
 */
export function shapesFromReferences(
  net: NetParameter,
  references: WeightSource,
  { map, ...options }: NetOptions & { map?: ReferenceMap },
): Map<string, readonly number[]> {
  const tops = topsNotRun(net, options);
  const shapes = new Map<string, readonly number[]>();
  if (tops.length === 0) return shapes;
  const index = new NameIndex(references.list());
  const maps = map ? [map] : [identityMap(), maskrcnnBenchmarkMap(), torchvisionResnetMap()];
  const assumed = assumedShapes(net, options);
  for (const { layer, top, index: at, count } of tops) {
    const ofLayer = maps.flatMap((each) => each.referenceNames(layer.name, layer.type));
    const names =
      count > 1 ? [top, ...ofLayer.map((name) => `${name}[${at}]`), ...(at === 0 ? ofLayer : [])] : [...ofLayer, top];
    const found = names.flatMap((name) => index.find(name))[0];
    if (found) shapes.set(top, wholeShape(found.shape, assumed?.blobs.get(top)));
  }
  return shapes;
}

/** The shapes of the net where what is not run keeps the shape of what it reads; undefined where another layer refuses that. */
function assumedShapes(net: NetParameter, options: NetOptions): NetShapes | undefined {
  try {
    return netShapes(net, { ...options, stepOver: 'assume' });
  } catch (error) {
    if (error instanceof NetspecError) return undefined;
    throw error;
  }
}

const IMAGE_AXES = 4;

function wholeShape(shape: readonly number[], assumed: readonly number[] | undefined): readonly number[] {
  if (assumed && sameDimensions(shape, assumed)) return assumed;
  return assumed?.length === IMAGE_AXES && shape.length === IMAGE_AXES - 1 ? withLeadingOnes(shape, IMAGE_AXES) : shape;
}
