/**
 * limit-chain: a limit that is made of layers of Caffe 1.0: Power, ReLU, Power for min and max by negation, and the difference of two
 * rectifiers. Caffe has no layer for it before Clip, so that ports of ReLU6 and Hardtanh are written so.
 */
import { EltwiseParameter_EltwiseOp as Op, type LayerParameter } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { mapped, type FloatTensor } from '../tensors.js';
import { edited, listed, rounded } from './edits.js';
import type { Neighbour, Suspect, Variant } from './hypothesis.js';
import { agreesOn, NEAR } from './near.js';

/** The limit that most models have, where no value of the reference reaches one. */
const USUAL = 6;

/** A limit as a few layers make it. */
interface LimitChain {
  readonly layers: readonly Neighbour[];
  /** What is limited. */
  readonly x: FloatTensor;
  /** What they do now, in words and in numbers; the limit where they have one. */
  readonly words: string;
  readonly present: (v: number) => number;
  readonly limit: number | undefined;
  /** Whether values above the limit are cut, or below. */
  readonly isUpper: boolean;
  readonly limited: (v: number, limit: number) => number;
  readonly withLimit: (limit: number) => LayerParameter[];
}

/** The same layers with the limit that the reference shows. */
export async function* limitVariants(suspect: Suspect): AsyncGenerator<Variant> {
  const { reference } = suspect;
  const chain = await chainOf(suspect);
  if (!chain || reference?.data.length !== chain.x.data.length) return;
  const { layers, x, present, limited, isUpper } = chain;
  // Where a reference stands between these layers, each of them is looked at by itself.
  if (x.data.some((v, i) => Math.abs(present(v) - suspect.output.data[i]!) > 1e-4 * (1 + Math.abs(v)))) return;
  const { limit, isReached } = limitOf(chain, reference) ?? {};
  if (limit === undefined || limit === chain.limit) return;
  if (!agreesOn(x, (v) => limited(v, limit), reference, NEAR)) return;
  const label = `limited to at ${isUpper ? 'most' : 'least'} ${rounded(limit)}`;
  yield {
    label,
    explanation:
      `${listed(layers.map(({ name }) => `'${name}'`))} ${chain.words}; the reference is what they read, ${label}.` +
      (isReached ? '' : ' No value of it is that large: it is the limit of ReLU6.'),
    change: { output: () => mapped(x, (v) => limited(v, limit)) },
    fitted: 'few',
    fix: { place: 'prototxt', before: layers.map(({ param }) => param), after: chain.withLimit(limit) },
  };
}

/** The limit that the reference shows: its largest or smallest value, where values are cut there. */
function limitOf(
  { x, isUpper, limited, limit = 0 }: LimitChain,
  { data }: FloatTensor,
): { limit: number; isReached: boolean } | undefined {
  const extreme = data.reduce((a, b) => (isUpper ? Math.max(a, b) : Math.min(a, b)));
  const none = isUpper ? Infinity : -Infinity;
  const isCut = (v: number) => Math.abs(limited(v, none) - extreme) > 1e-5 * (1 + Math.abs(extreme));
  if (x.data.some((v) => limited(v, extreme) === extreme && isCut(v)))
    return { limit: Number(extreme.toPrecision(6)), isReached: true };
  return isUpper && extreme <= USUAL && limit < USUAL ? { limit: USUAL, isReached: false } : undefined;
}

function chainOf(suspect: Suspect): Promise<LimitChain | undefined> {
  if (suspect.type === 'Power') return byNegation(suspect);
  return suspect.type === 'Eltwise' ? byDifference(suspect) : Promise.resolve(undefined);
}

/** Power, ReLU, Power: `L - relu(L - x)` is the smaller of the two, `L + relu(x - L)` the larger. */
async function byNegation({ name, type, param, surroundings }: Suspect): Promise<LimitChain | undefined> {
  const [rectifier, first] = await surroundings.leading(0);
  const [inner, outer] = [lineOf(first?.param), lineOf(param)];
  if (!rectifier || !first || !isRectifier(rectifier.param) || !inner || !outer) return undefined;
  if (Math.abs(inner.scale) !== 1 || outer.scale !== inner.scale) return undefined;
  const isUpper = inner.scale === -1;
  const [from, to] = [-inner.scale * inner.shift, outer.shift];
  return {
    layers: [first, rectifier, { name, type, param }],
    x: first.bottoms[0]!,
    words:
      from === to
        ? `limit what they read to at ${isUpper ? 'most' : 'least'} ${rounded(to)}`
        : `are a limit with two numbers, ${rounded(from)} and ${rounded(to)}`,
    present: (v) => outer.scale * Math.max(inner.scale * v + inner.shift, 0) + outer.shift,
    limit: from === to ? to : undefined,
    isUpper,
    limited: isUpper ? Math.min : Math.max,
    withLimit: (limit) => [shifted(first.param, -inner.scale * limit), rectifier.param, shifted(param, limit)],
  };
}

/** `relu(x) - relu(x - L)`: x between 0 and L. */
async function byDifference({ name, type, param, surroundings }: Suspect): Promise<LimitChain | undefined> {
  const { operation, coeff } = resolve('EltwiseParameter', param.eltwise_param);
  if (param.bottom?.length !== 2 || operation !== Op.SUM || coeff[0] !== 1 || coeff[1] !== -1) return undefined;
  const [[low], [high, line]] = await Promise.all([surroundings.leading(0), surroundings.leading(1)]);
  const { scale, shift } = lineOf(line?.param) ?? { scale: 0, shift: 0 };
  if (!low || !high || !line || scale !== 1 || ![low, high].every((each) => isRectifier(each.param))) return undefined;
  const limited = (v: number, limit: number) => Math.min(Math.max(v, 0), limit);
  return {
    layers: [line, high, { name, type, param }],
    x: line.bottoms[0]!,
    words: `limit what they read to 0 … ${rounded(-shift)}`,
    present: (v) => limited(v, -shift),
    limit: -shift,
    isUpper: true,
    limited,
    withLimit: (limit) => [shifted(line.param, -limit), high.param, param],
  };
}

/** The line that a Power is; undefined of other layers and other powers. */
function lineOf(param: LayerParameter | undefined): { scale: number; shift: number } | undefined {
  if (param?.type !== 'Power') return undefined;
  const { power, scale, shift } = resolve('PowerParameter', param.power_param);
  return power === 1 ? { scale, shift } : undefined;
}

function isRectifier({ type, relu_param }: LayerParameter): boolean {
  return type === 'ReLU' && resolve('ReLUParameter', relu_param).negative_slope === 0;
}

function shifted(param: LayerParameter, shift: number): LayerParameter {
  return { ...param, power_param: edited(param.power_param, ['shift'], { shift }) };
}
