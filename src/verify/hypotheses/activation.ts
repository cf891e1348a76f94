/** activation: a layer applies another function to each value than the model. */
import { holds } from '../../layers/facts.js';
import { sameShape } from '../../shapes.js';
import { Phase } from '../../generated/messages.js';
import { isInPlace } from '../../proto/in-place.js';
import { mapped, type FloatTensor } from '../tensors.js';
import { ACTIVATIONS, chainLayers, IDENTITY, type ActivationKind } from './activation-kinds.js';
import { composedVariants } from './composed-activation.js';
import { prototxtEdit, retyped, rounded } from './edits.js';
import type { Hypothesis, PrototxtFix, Suspect, Variant } from './hypothesis.js';
import { limitVariants } from './limit-chain.js';
import { agreesOn, NEAR } from './near.js';

export const activation: Hypothesis = {
  id: 'activation',
  title:
    'an activation of another kind: ReLU6, Hardswish, SiLU, GELU, Sigmoid …, or none; a limit made of Power and ReLU with another number',
  async *variants(suspect): AsyncGenerator<Variant> {
    yield* limitVariants(suspect);
    yield* composedVariants(suspect);
    const [x] = suspect.bottoms;
    if (!isActivation(suspect) || !x) return;
    for (const kind of ACTIVATIONS) {
      // What it computes already, on these values, and what the reference cannot be.
      if (x.data.every((v, i) => isSame(kind.f(v), suspect.output.data[i]!))) continue;
      if (suspect.reference && !agreesOn(x, kind.f, suspect.reference, NEAR)) continue;
      // A rectifier's other slopes are for negative-slope.
      if (suspect.type === 'ReLU' && kind.layer?.type === 'ReLU') continue;
      yield {
        label: kind.name,
        explanation:
          kind.name === IDENTITY
            ? `the reference has no activation here: it is what '${suspect.name}' reads.`
            : `the reference is ${kind.name} of what this layer reads, not ${suspect.type}.${madeOf(kind)}`,
        change: { output: () => mapped(x, kind.f) },
        ...mendOf(suspect, kind),
      };
    }
    const alpha = alphaOf(suspect, x);
    if (alpha !== undefined) {
      const elu = retyped(suspect.param, 'ELU', { elu_param: { alpha } });
      yield {
        label: `ELU, alpha ${rounded(alpha)}`,
        explanation: `the reference is ELU with alpha ${rounded(alpha)} of what this layer reads.`,
        change: { output: () => mapped(x, (v) => (v > 0 ? v : alpha * Math.expm1(v))) },
        fitted: 'few',
        fix: prototxtEdit(suspect, elu),
        values: { [suspect.name]: () => [] },
      };
    }
    const limits = limitsOf(suspect, x);
    if (!limits) return;
    const { min, max } = limits;
    const param = retyped(suspect.param, 'Clip', { clip_param: { min, max } });
    yield {
      label: `limited to ${rounded(min)} … ${rounded(max)}`,
      explanation: `the reference is what this layer reads, limited to ${rounded(min)} … ${rounded(max)}.`,
      change: { output: () => mapped(x, (v) => Math.min(Math.max(v, min), max)) },
      fitted: 'few',
      fix: prototxtEdit(suspect, param),
      values: { [suspect.name]: () => [] },
    };
  },
};

function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * (1 + Math.abs(a));
}

/** Whether a layer applies one function to each value of its one bottom. */
export function isActivation({ type, facts, param, bottoms, output }: Suspect): boolean {
  if (bottoms.length !== 1 || type === 'Dropout' || !sameShape(bottoms[0]!.shape, output.shape)) return false;
  return (facts.family === 'activation' || type === 'Power') && !holds(facts.idle, param, Phase.TEST);
}

function madeOf(kind: ActivationKind): string {
  const { layer, words } = kind;
  if (layer?.type === 'BNLL') return ' That is the layer BNLL.';
  if (layer || words === undefined) return '';
  return ` BVLC Caffe computes it in ${chainLayers(kind, {}, '', '').length} layers: ${words}.`;
}

/** The layer as another one, or as several. */
function mendOf(suspect: Suspect, kind: ActivationKind): Pick<Variant, 'fix' | 'instead' | 'values'> {
  const values = { [suspect.name]: () => [] };
  if (kind.name === IDENTITY) return { fix: without(suspect), values };
  const chain = kind.chain && asChain(suspect, kind);
  if (!kind.layer) return { fix: chain!, values };
  const fix = prototxtEdit(suspect, retyped(suspect.param, kind.layer.type, kind.layer.settings));
  return { fix, values, ...(chain && { instead: { words: kind.words!, fix: chain } }) };
}

/** Several layers in its place. In place they would overwrite what they still read, so that the top becomes another blob. */
function asChain({ param, name, surroundings }: Suspect, kind: ActivationKind): PrototxtFix {
  const [bottom = ''] = param.bottom ?? [];
  const [top = ''] = param.top ?? [];
  if (!isInPlace(param)) return prototxtEdit({ param }, ...chainLayers(kind, param, bottom, top));
  const own = `${name}_activated`;
  const moved = (names: readonly string[] = []) => names.map((each) => (each === top ? own : each));
  const users = surroundings.users().map((user) => user.param);
  return {
    place: 'prototxt',
    before: [param, ...users],
    after: [
      ...chainLayers(kind, param, bottom, own),
      ...users.map((user) => ({ ...user, bottom: moved(user.bottom), top: moved(user.top) })),
    ],
  };
}

/** The net without the layer. */
function without({ param, surroundings }: Suspect): PrototxtFix {
  const [bottom = ''] = param.bottom ?? [];
  const [top = ''] = param.top ?? [];
  const users = isInPlace(param) ? [] : surroundings.users().map((user) => user.param);
  const moved = (names: readonly string[] = []) => names.map((each) => (each === top ? bottom : each));
  // A net's output keeps its name.
  if (!isInPlace(param) && users.length === 0) return prototxtEdit({ param }, retyped(param, 'Power'));
  return {
    place: 'prototxt',
    before: [param, ...users],
    after: users.map((user) => ({ ...user, bottom: moved(user.bottom), top: moved(user.top) })),
  };
}

/** The alpha of an ELU that gives the reference, to four digits, as far as values below zero tell. */
function alphaOf({ type, reference }: Suspect, x: FloatTensor): number | undefined {
  if (type !== 'ELU' || reference?.data.length !== x.data.length) return undefined;
  let [squares, products] = [0, 0];
  x.data.forEach((v, i) => {
    if (v > 0) return;
    const e = Math.expm1(v);
    squares += e * e;
    products += e * reference.data[i]!;
  });
  const alpha = Number((products / squares).toPrecision(4));
  return alpha > 0 && agreesOn(x, (v) => (v > 0 ? v : alpha * Math.expm1(v)), reference, NEAR) ? alpha : undefined;
}

/** The reference's least and largest value, where it is what the layer reads between them. */
function limitsOf({ reference }: Suspect, x: FloatTensor): { min: number; max: number } | undefined {
  if (reference?.data.length !== x.data.length) return undefined;
  let [min, max] = [Infinity, -Infinity];
  for (const v of reference.data) [min, max] = [Math.min(min, v), Math.max(max, v)];
  const cut = x.data.filter((v) => v < min || v > max).length;
  return cut > 0 && min < max ? { min: Number(min.toPrecision(6)), max: Number(max.toPrecision(6)) } : undefined;
}
