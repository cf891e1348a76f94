/** The parameter blobs of a net that want values, layer by layer, with what name maps and messages have to know of each. */
import { deterministicFill } from '../../engine/deterministic-fillers.js';
import type { FillerParameter, LayerParameter, NetParameter } from '../../generated/messages.js';
import { blobFactsOf } from '../../layers/facts.js';
import { factsOf } from '../../layers/registry.js';
import { ignoresStatistics as ignoresStatisticsOf, isUpsampling } from '../../layers/shared/own-values.js';
import type { Schema } from '../../proto/schema.js';
import { netShapes, type StateOptions } from '../../runtime/net-shapes.js';
import { withState } from '../../runtime/net-options.js';
import { filterNet } from '../../runtime/state-filter.js';
import { product } from '../../shapes.js';
import type { ParamBlob } from '../maps/map.js';

type Shape = readonly number[];

/** A net whose parameters want values. `phase`, `level` and `stages` say which of its layers count. */
export interface NetToFill extends StateOptions {
  /** The net in today's format, as parsePrototxt and NetSpec give it. */
  net: NetParameter;
  /**
   * Shapes of each layer's parameter blobs, by layer name. Layers that are not listed have no parameters in this phase.
   * Default: what {@link netShapes} says of the net.
   */
  shapes?: ReadonlyMap<string, readonly (readonly number[])[]>;
  /**
   * Shapes of the net's blobs, by name. Where they are known, messages say what a layer reads, and a matrix of Keras' is
   * brought into the order of Caffe's blobs. Default: those of `netShapes`; none where `shapes` are given.
   */
  blobs?: ReadonlyMap<string, readonly number[]>;
  /** A vendor's schema, when the net has its fields. Default: BVLC's. */
  schema?: Schema;
}

/** A net with all shapes there are. */
export type ShapedNet = NetToFill & Required<Pick<NetToFill, 'shapes' | 'blobs'>>;

/** A layer with parameters. */
export interface Target {
  readonly layer: LayerParameter;
  readonly shapes: readonly Shape[];
  readonly blobs: readonly ParamBlob[];
}

/** @throws NetspecError for a net that cannot be built, when its shapes are not given */
export function withShapes<T extends NetToFill>(options: T): T & ShapedNet {
  if (options.shapes) return { ...options, shapes: options.shapes, blobs: options.blobs ?? new Map<string, Shape>() };
  const { params, blobs } = netShapes(options.net, options);
  return { ...options, shapes: params, blobs };
}

/** A layer, and who made what it reads first. */
interface Made {
  readonly layer: LayerParameter;
  readonly before: Made | undefined;
}

/** The layers with parameters, in order. Of layers that share a name, those that the net's state leaves out do not count. */
export function targetsToFill({ net, shapes, blobs, ...state }: ShapedNet): Target[] {
  const makers = new Map<string, Made>();
  return countedLayers(net, state).flatMap((layer) => {
    const own = shapes.get(layer.name ?? '') ?? [];
    const [bottom = ''] = layer.bottom ?? [];
    const before = makers.get(bottom);
    for (const top of layer.top ?? []) makers.set(top, { layer, before });
    if (own.length === 0) return [];
    const input = imageBefore(blobs.get(bottom), before, blobs);
    const common = { layer, count: own.length, shapes: own, producer: before?.layer, input };
    return [{ layer, shapes: own, blobs: own.map((shape, index) => ({ ...common, index, shape })) }];
  });
}

/** A net's layers without those whose name belongs to another in this state: the usual pair of a training net. */
function countedLayers(net: NetParameter, state: StateOptions): LayerParameter[] {
  const { layer: layers = [] } = net;
  const names = new Set<string | undefined>();
  const twice = new Set<string | undefined>();
  for (const { name } of layers) (names.has(name) ? twice : names).add(name);
  if (twice.size === 0) return layers;
  const here = new Set(filterNet(withState(net, state)).layer);
  return layers.filter((layer) => !twice.has(layer.name) || here.has(layer));
}

/** The shape of what a layer reads; before it was flattened, where layers that keep the order of values did that. */
function imageBefore(
  shape: Shape | undefined,
  maker: Made | undefined,
  blobs: ReadonlyMap<string, Shape>,
): Shape | undefined {
  if (shape?.length !== 2) return shape;
  for (let made = maker; made && factsOf(made.layer)?.keepsOrder; made = made.before) {
    const before = blobs.get(made.layer.bottom?.[0] ?? '');
    if (!before || before[0] !== shape[0] || product(before) !== product(shape)) break;
    if (before.length === 4) return before;
  }
  return shape;
}

export { isUpsampling };

/** Whether a layer has statistics and normalizes by those of each batch, so that nobody reads them. */
export function ignoresStatistics(layer: LayerParameter): boolean {
  return ignoresStatisticsOf(layer, factsOf(layer));
}

/** The filler of a layer's blob, with the defaults that some layers put in a filler's place. */
export function fillerOf(
  { layer, shapes }: Pick<Target, 'layer' | 'shapes'>,
  index: number,
): FillerParameter | undefined {
  return blobFactsOf(factsOf(layer, { blobs: shapes }), layer, index)?.filler?.(layer);
}

/** @throws NetspecError for a kernel that the filler refuses; one pair of channels is enough to tell. */
export function checkFill(shape: Shape, filler: FillerParameter | undefined): void {
  deterministicFill([...shape.slice(0, -2).map(() => 1), ...shape.slice(-2)], filler);
}
