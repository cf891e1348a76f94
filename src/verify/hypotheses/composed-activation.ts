/**
 * composed-activation: an activation that is several layers (GELU, Mish, Hardswish by Power, Sigmoid, Eltwise), and computes another
 * function of what the first of them reads than the model.
 */
import type { LayerParameter } from '../../generated/messages.js';
import { isInPlace } from '../../proto/in-place.js';
import { mapped } from '../tensors.js';
import { ACTIVATIONS, chainLayers, IDENTITY, type ActivationKind } from './activation-kinds.js';
import { listed } from './edits.js';
import type { PrototxtFix, Suspect, ValueSource, Variant } from './hypothesis.js';
import { agreesOn, NEAR } from './near.js';

/** How near a function must be to what the layers give to count as what they compute. */
const SAME = 1e-6;

/** The same values by another function of their source. */
export async function* composedVariants(suspect: Suspect): AsyncGenerator<Variant> {
  const { reference, name, output } = suspect;
  if (!reference) return;
  for (const source of await suspect.surroundings.sources()) {
    const { value, blob, layers } = source;
    const names = listed([...layers.map((each) => `'${each.name}'`), `'${name}'`]);
    for (const kind of ACTIVATIONS) {
      if (kind.name === IDENTITY || agreesOn(value, kind.f, output, SAME)) continue;
      if (!agreesOn(value, kind.f, reference, NEAR)) continue;
      const edits = editsOf(suspect, source, kind);
      if (!edits) continue;
      yield {
        label: `${kind.name} of '${blob}'`,
        explanation: `the reference is ${kind.name} of '${blob}'; ${names} compute another function of it.`,
        change: { output: () => mapped(value, kind.f) },
        ...edits,
      };
    }
  }
}

function editsOf(
  { param }: Suspect,
  { blob, layers, isReadElsewhere }: ValueSource,
  kind: ActivationKind,
): Pick<Variant, 'fix' | 'instead'> | undefined {
  const replaced = [...layers.map((each) => each.param), param];
  const [top = ''] = param.top ?? [];
  // Layers that stay may overwrite what others read, and several layers in the place of one overwrite what they read themselves.
  if (isReadElsewhere && replaced.some((each) => isInPlace(each))) return undefined;
  const isOver = isInPlace(param);
  const edit = (after: readonly LayerParameter[]): PrototxtFix => ({
    place: 'prototxt',
    before: replaced,
    after: isReadElsewhere ? [...replaced.slice(0, -1), ...after] : after,
  });
  const taken = new Set(replaced.slice(0, -1).map((each) => each.name));
  const chain = kind.chain && !isOver && edit(renamed(chainLayers(kind, param, blob, top), taken));
  if (!kind.layer) return chain ? { fix: chain } : undefined;
  const [first] = chainLayers(
    { ...kind, chain: (c) => c.add('only', kind.layer!.type, ['x'], kind.layer!.settings) },
    param,
    blob,
    top,
  );
  return { fix: edit([first!]), ...(chain && { instead: { words: kind.words!, fix: chain } }) };
}

/** Layers under names that others had before get other names. */
function renamed(layers: readonly LayerParameter[], taken: ReadonlySet<string | undefined>): LayerParameter[] {
  const to = (name: string): string => (taken.has(name) ? `${name}_2` : name);
  return layers.map((layer) => ({
    ...layer,
    name: to(layer.name ?? ''),
    bottom: layer.bottom?.map(to),
    top: layer.top?.map(to),
  }));
}
