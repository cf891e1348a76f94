/** missing-activation: the model applies an activation, often a functional one without a module, that the port lacks. */
import { Phase } from '../../generated/messages.js';
import { holds, type LayerFamily } from '../../layers/facts.js';
import { mapped } from '../tensors.js';
import { ACTIVATIONS, chainLayers, IDENTITY, type ActivationKind } from './activation-kinds.js';
import { isActivation } from './activation.js';
import type { Hypothesis, PrototxtFix, Suspect, Variant } from './hypothesis.js';
import { agreesOn, NEAR } from './near.js';

/** Families of layers behind which models have activations. */
const BEFORE: ReadonlySet<LayerFamily | undefined> = new Set<LayerFamily>(['weights', 'scaling', 'pooling', 'joining']);

/** Whether the layer computes something that an activation could follow. Views and layers that do nothing do not. */
function isBefore({ facts, param }: Suspect): boolean {
  return (
    BEFORE.has(facts.family) && !holds(facts.sharesValues, param, Phase.TEST) && !holds(facts.idle, param, Phase.TEST)
  );
}

export const missingActivation: Hypothesis = {
  id: 'missing-activation',
  title: 'an activation is missing, behind the layer or before it',
  *variants(suspect): Generator<Variant> {
    const kinds = ACTIVATIONS.filter(({ name }) => name !== IDENTITY);
    if (isBefore(suspect) && !isActivation(suspect) && suspect.param.top?.length === 1)
      for (const kind of kinds)
        if (!suspect.reference || agreesOn(suspect.output, kind.f, suspect.reference, NEAR))
          yield behind(suspect, kind);
    if (suspect.reference === undefined || suspect.bottoms.length === 0) return;
    // Two activations one after the other are none of a model; a Power is often no activation.
    if (isActivation(suspect) && suspect.type !== 'Power') return;
    // What reads identifiers has no function of them before it.
    if (suspect.type === 'Embed') return;
    for (const [i, blob] of (suspect.param.bottom ?? []).entries())
      for (const kind of kinds) {
        const value = suspect.bottoms[i]!;
        if (value.data.every((v) => kind.f(v) === v)) continue;
        yield {
          label: `${kind.name} of '${blob}'`,
          explanation: `the reference reads ${kind.name} of '${blob}': the model has an activation there that this net lacks.`,
          change: { bottoms: () => suspect.bottoms.map((each, k) => (k === i ? mapped(value, kind.f) : each)) },
          ...editsOf(kind, `${suspect.name}_input`, blob, `${suspect.name}_input`, (layers) => ({
            place: 'prototxt',
            before: [suspect.param],
            after: [
              ...layers,
              {
                ...suspect.param,
                bottom: suspect.param.bottom!.map((each, k) => (k === i ? `${suspect.name}_input` : each)),
              },
            ],
          })),
        };
      }
  },
};

function behind(suspect: Suspect, kind: ActivationKind): Variant {
  const { param, name, surroundings } = suspect;
  const [top = ''] = param.top ?? [];
  const before = `${name}_linear`;
  const users = surroundings.users().map((user) => user.param);
  // Readers of the layer before this one stay; the blob that they share does not.
  const isOwn = !(param.bottom ?? []).includes(top);
  const own = isOwn ? top : `${name}_activated`;
  const moved = (names: readonly string[] = []) => names.map((each) => (each === top ? own : each));
  return {
    label: kind.name,
    explanation: `the reference is ${kind.name} of what this layer gives: the model has an activation behind it that this net lacks.`,
    change: { output: (y) => mapped(y, kind.f) },
    ...editsOf(kind, `${name}_activation`, isOwn ? before : top, own, (layers): PrototxtFix => ({
      place: 'prototxt',
      before: [param, ...(isOwn ? [] : users)],
      after: [
        isOwn ? { ...param, top: [before] } : param,
        ...layers,
        ...(isOwn ? [] : users.map((user) => ({ ...user, bottom: moved(user.bottom), top: moved(user.top) }))),
      ],
    })),
  };
}

/** The edits that put a layer, or several, from one blob to another. */
function editsOf(
  kind: ActivationKind,
  name: string,
  bottom: string,
  top: string,
  edit: (layers: { name?: string; type?: string }[]) => PrototxtFix,
): Pick<Variant, 'fix' | 'instead'> {
  const at = { name, bottom: [bottom], top: [top] };
  const chain = kind.chain && edit(chainLayers(kind, at, bottom, top));
  if (!kind.layer) return { fix: chain! };
  const fix = edit([{ ...at, type: kind.layer.type, ...kind.layer.settings }]);
  return { fix, ...(chain && { instead: { words: kind.words!, fix: chain } }) };
}
