/** What of a net wants values, in units that come from one module of the model: a convolution, or BatchNorm and Scale. */
import type { LayerParameter } from '../../../generated/messages.js';
import { blobFactsOf, type BlobRole } from '../../../layers/facts.js';
import { factsOf } from '../../../layers/registry.js';
import { ignoresStatistics, isUpsampling, targetsToFill, type ShapedNet } from '../../packing/net-to-fill.js';
import { tokens, type Token } from './names.js';

/** A layer, the shapes of its blobs, and that of what it reads, where it is known. */
export interface TargetPart {
  readonly layer: LayerParameter;
  readonly shapes: readonly (readonly number[])[];
  readonly input?: readonly number[];
}

/** One layer, or the BatchNorm and the Scale behind it. */
export interface Target {
  readonly kind: 'layer' | 'norm' | 'vector' | 'recurrent';
  readonly layers: readonly TargetPart[];
  readonly name: string;
  /** Each layer's name in tokens. */
  readonly tokens: readonly (readonly Token[])[];
  /** Position among the targets. */
  readonly order: number;
  /** The target whose layer makes what this one reads: a normalization's convolution. */
  readonly before?: Target;
}

/** The targets of a net, in order. Layers that take another's blobs, or compute their own, are not among them. */
export function targetsOf(net: ShapedNet): Target[] {
  const targets: Target[] = [];
  const ofLayer = new Map<LayerParameter, Target>();
  const owned = new Set<string>();
  for (const { layer, shapes: own, blobs } of targetsToFill(net)) {
    const names = own.map((_, i) => layer.param?.[i]?.name ?? '');
    const shared = names.every((name) => name !== '' && owned.has(name));
    for (const name of names) owned.add(name);
    if (shared || isUpsampling(layer) || ignoresStatistics(layer)) continue;
    const producer = blobs[0]?.producer;
    const before = producer && ofLayer.get(producer);
    const part = { layer, shapes: own, input: blobs[0]?.input };
    let target: Target;
    if (
      before &&
      rolesOf(part).includes('scale') &&
      before.layers.some((each) => each.layer === producer && isStatistics(each))
    ) {
      target = {
        ...before,
        layers: [...before.layers, part],
        tokens: [...before.tokens, tokens(layer.name ?? '')],
      };
      targets[before.order] = target;
    } else {
      const name = layer.name ?? '';
      target = { kind: kindOf(part), layers: [part], name, tokens: [tokens(name)], order: targets.length, before };
      targets.push(target);
    }
    for (const each of target.layers) ofLayer.set(each.layer, target);
  }
  return targets;
}

function kindOf({ layer, shapes }: TargetPart): Target['kind'] {
  if (layer.type === 'LSTM') return 'recurrent';
  const roles = rolesOf({ layer, shapes });
  if (roles.includes('variance') || (roles.includes('scale') && roles.includes('shift'))) return 'norm';
  return shapes[0]!.length < 2 ? 'vector' : 'layer';
}

/** What each blob of a layer is. */
export function rolesOf({ layer, shapes }: TargetPart): (BlobRole | undefined)[] {
  const facts = factsOf(layer, { blobs: shapes });
  return shapes.map((_, i) => blobFactsOf(facts, layer, i)?.role);
}

/** Whether a layer normalizes and leaves factor and offset to the layer behind it. */
function isStatistics(part: TargetPart): boolean {
  const roles = rolesOf(part);
  return roles.includes('variance') && !roles.includes('scale');
}
