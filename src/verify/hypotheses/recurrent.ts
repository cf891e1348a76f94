/** recurrent: an LSTM has its gates in another order, lacks a part of its bias, or is told otherwise where sequences begin. */
import type { LayerParameter } from '../../generated/messages.js';
import { product, sameShape } from '../../shapes.js';
import { mapped, range, reversed, taken, type FloatTensor } from '../tensors.js';
import { permutations } from './concat-order.js';
import { retyped } from './edits.js';
import type { Fitted, Hypothesis, ScriptFix, Suspect, Variant } from './hypothesis.js';
import { fittedBias } from './lstm-bias.js';

/** Caffe's gates stand in the order i, f, o, g. Which block of the blobs each is, when they lie as another framework has them. */
interface Gates {
  readonly order: readonly number[];
  /** `i f g o` */
  readonly given: string;
  readonly of: string;
}

const NONE: Gates = { order: [0, 1, 2, 3], given: 'i f o g', of: 'Caffe' };
const KNOWN: readonly Gates[] = [
  NONE,
  { order: [0, 1, 3, 2], given: 'i f g o', of: 'PyTorch and Keras' },
  { order: [0, 2, 1, 3], given: 'i o f g', of: 'ONNX' },
  { order: [0, 2, 3, 1], given: 'i g f o', of: "TensorFlow's BasicLSTMCell" },
];
const OTHERS: readonly Gates[] = permutations([0, 1, 2, 3])
  .filter((order) => KNOWN.every((known) => known.order.join() !== order.join()))
  .map((order) => {
    const given = range(4).map((block) => 'ifog'[order.indexOf(block)]);
    return { order, given: given.join(' '), of: '' };
  });

const RECURRENT: ReadonlySet<string> = new Set(['LSTM', 'RNN']);

/** Multiply-accumulates up to which a bias is fitted. */
const MOST_WORK = 3e8;

export const recurrent: Hypothesis = {
  id: 'recurrent',
  title: 'an LSTM has its gates in another order, lacks a part of its bias, or begins its sequences elsewhere',
  *variants(suspect): Generator<Variant> {
    const { type, bottoms, blobs } = suspect;
    const [x, cont] = bottoms;
    yield* ofInput(suspect);
    if (!RECURRENT.has(type) || !x || !cont) return;
    const isSimple = type === 'LSTM' && bottoms.length === 2 && blobs.length === 3;
    const sequences = [undefined, ...sequencesOf(cont)];
    for (const begin of sequences)
      for (const gates of isSimple ? KNOWN : [NONE])
        if (begin !== undefined || gates !== NONE) yield variant(suspect, gates, undefined, begin);
    yield* backward(suspect);
    if (!isSimple) return;
    for (const gates of OTHERS) yield variant(suspect, gates, undefined, undefined);
    if (product(x.shape) * blobs[0]!.shape[0]! + product(suspect.output.shape) * blobs[0]!.shape[0]! > MOST_WORK)
      return;
    for (const begin of sequences)
      for (const gates of KNOWN) {
        const bias = fittedBias(suspect, gates.order, begin?.value ?? cont);
        if (bias) yield variant(suspect, gates, bias, begin);
      }
  },
};

interface Begin {
  readonly value: FloatTensor;
  readonly words: string;
  readonly code: string;
}

/** What `cont` may be otherwise: 0 where a sequence begins. */
function sequencesOf(cont: FloatTensor): Begin[] {
  const streams = product(cont.shape, 1);
  const once = mapped(cont, (_, i) => (i < streams ? 0 : 1));
  const never = mapped(cont, () => 0);
  const always = mapped(cont, () => 1);
  return [
    {
      value: once,
      words: '0 at the first step and 1 at all others: one sequence from a state of zeros',
      code: 'cont[0], cont[1:] = 0, 1',
    },
    { value: never, words: '0 throughout: each step begins anew', code: 'cont[:] = 0' },
    { value: always, words: '1 throughout', code: 'cont[:] = 1' },
  ].filter(({ value }) => value.data.some((v, i) => v !== cont.data[i]));
}

/** The blobs with their gates as Caffe wants them. */
function inCaffesOrder(blobs: readonly FloatTensor[], { order }: Gates): FloatTensor[] {
  return blobs.map((blob) => {
    const size = blob.shape[0]! / 4;
    return taken(
      blob,
      0,
      order.flatMap((block) => range(size).map((i) => block * size + i)),
    );
  });
}

function variant(suspect: Suspect, gates: Gates, bias: FloatTensor | undefined, begin: Begin | undefined): Variant {
  const { name, blobs, bottoms } = suspect;
  const ordered = gates === NONE ? [...blobs] : inCaffesOrder(blobs, gates);
  const given = bias ? [ordered[0]!, bias, ordered[2]!] : ordered;
  const isPacked = gates !== NONE || bias !== undefined;
  const contBlob = suspect.surroundings.readsInput(1);
  const whose = gates.of === '' ? '' : `, as ${gates.of} ${gates.of.includes(' and ') ? 'have' : 'has'} them`;
  const says = [
    ...(gates === NONE
      ? []
      : [`the gates of '${name}' lie in the order ${gates.given}${whose}; Caffe's order is i f o g`]),
    ...(bias
      ? [`the bias of '${name}' is another one: PyTorch has two, bias_ih and bias_hh, and Caffe's is their sum`]
      : []),
    ...(begin ? [`in the reference the sequences begin elsewhere: it agrees with cont ${begin.words}`] : []),
  ];
  const fitted: Fitted = bias ? 'several per channel' : 'none';
  return {
    label: [
      ...(gates === NONE ? [] : [`gates from ${gates.given}`]),
      ...(bias ? ['another bias'] : []),
      ...(begin ? [`cont ${begin.words.split(':')[0]!}`] : []),
    ].join(', '),
    explanation: `${says.join('. And ')}.`,
    change: {
      ...(isPacked && { blobs: () => given }),
      ...(begin && { bottoms: bottoms.map((value, i) => (i === 1 ? begin.value : value)) }),
    },
    fitted,
    fix: isPacked ? packing(name, gates, bias !== undefined) : feeding(contBlob ?? 'cont', begin!),
    ...(isPacked && { values: { [name]: () => given } }),
    ...(begin && contBlob !== undefined && { inputs: { [contBlob]: () => begin.value } }),
  };
}

/** The input that says to several layers where sequences begin: they are right or wrong together. */
function* ofInput(suspect: Suspect): Generator<Variant> {
  const { param, bottoms, output } = suspect;
  const [blob = ''] = param.top ?? [];
  const told = suspect.surroundings
    .readers()
    .filter((reader) => RECURRENT.has(reader.type) && reader.param.bottom?.[1] === blob);
  if (bottoms.length > 0 || told.length < 2 || output.data.some((v) => v !== 0 && v !== 1)) return;
  for (const begin of sequencesOf(output))
    yield {
      label: `cont ${begin.words.split(':')[0]!}`,
      explanation: `in the reference the sequences begin elsewhere: it agrees with '${blob}' ${begin.words}.`,
      change: { output: () => begin.value },
      fix: feeding(blob, begin),
      inputs: { [blob]: () => begin.value },
    };
}

function packing(name: string, gates: Gates, isBiasOther: boolean): ScriptFix {
  const isReordered = gates !== NONE;
  const order = `gates = [${gates.order.join(', ')}]`;
  const matrix = (w: string): string =>
    isReordered ? `${w}.reshape(4, -1, ${w}.shape[1])[gates].reshape(${w}.shape)` : w;
  const sum = isBiasOther ? 'b_ih + b_hh' : 'b';
  const vector = isReordered ? `(${sum}).reshape(4, -1)[gates].reshape(-1)` : sum;
  const bias = `np.save('${name}_1.npy', `;
  return {
    place: 'packing',
    file: 'what is packed',
    before: [
      ...(isReordered ? [`np.save('${name}_0.npy', w_ih)`] : []),
      `${bias}${isBiasOther ? 'b_ih' : 'b'})`,
      ...(isReordered ? [`np.save('${name}_2.npy', w_hh)`] : []),
    ],
    after: [
      ...(isReordered
        ? [`${order}  # ${gates.given} becomes i f o g`, `np.save('${name}_0.npy', ${matrix('w_ih')})`]
        : []),
      `${bias}${vector})`,
      ...(isReordered ? [`np.save('${name}_2.npy', ${matrix('w_hh')})`] : []),
    ],
  };
}

function feeding(blob: string, { code }: Begin): ScriptFix {
  const save = `np.save('${blob}.npy', cont)`;
  return { place: 'input', file: 'what is fed', before: [save], after: [code, save] };
}

/** Steps up to which a sequence is turned round by one Slice and one Concat. */
const MOST_STEPS = 256;

/** The direction of a bidirectional layer that reads the sequence from its end. */
function* backward(suspect: Suspect): Generator<Variant> {
  const { name, param, blobs, bottoms, output } = suspect;
  const [x, cont] = bottoms as [FloatTensor, FloatTensor];
  const steps = x.shape[0]!;
  const begin = sequencesOf(cont).find(({ words }) => words.startsWith('0 at the first'))?.value ?? cont;
  if (steps < 2 || steps > MOST_STEPS || output.shape[0] !== steps || !sameShape(cont.shape, begin.shape)) return;
  const [top = ''] = param.top ?? [];
  const turned = (label: string, from: string, to: string) => {
    const parts = range(steps).map((t) => `${name}_${label}_${t}`);
    return [
      {
        ...{ name: `${name}_${label}_steps`, type: 'Slice', bottom: [from], top: parts },
        slice_param: { axis: 0, slice_point: range(steps - 1).map((t) => t + 1) },
      },
      {
        ...{ name: `${name}_${label}`, type: 'Concat', bottom: [...parts].reverse(), top: [to] },
        concat_param: { axis: 0 },
      },
    ];
  };
  const own = `${name}_backward`;
  const inner = {
    ...param,
    name: own,
    bottom: [`${name}_reversed`, ...param.bottom!.slice(1)],
    top: [own, ...param.top!.slice(1)],
  };
  const [parts, joined] = turned('forward', own, top) as [LayerParameter, LayerParameter];
  yield {
    label: 'backward in time',
    explanation:
      `the reference reads the sequence from its end, as the second direction of a bidirectional layer does; Caffe's ` +
      'recurrent layers go forward only. A Slice and a Concat turn the steps round before and behind it (Reverse in forks); the weights go to the layer between.',
    change: { bottoms: [reversed(x, 0), begin, ...bottoms.slice(2)], output: (y) => reversed(y, 0) },
    fix: {
      place: 'prototxt',
      before: [param],
      after: [
        ...turned('reversed', param.bottom![0]!, `${name}_reversed`),
        inner,
        parts,
        // What bears the name gives what the module gives.
        { ...retyped(param, 'Concat', { concat_param: { axis: 0 } }), bottom: joined.bottom, top: [top] },
      ],
    },
    values: { [own]: () => blobs, [name]: () => [] },
    ...(begin !== cont &&
      suspect.surroundings.readsInput(1) !== undefined && {
        inputs: { [suspect.surroundings.readsInput(1)!]: () => begin },
      }),
  };
}
