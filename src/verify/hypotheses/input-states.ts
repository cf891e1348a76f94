/** input-states: the ways in which images are commonly prepared, and what makes one of another. */
import { range } from '../tensors.js';
import { KNOWN_MEANS, meanText } from './image-input.js';

/** How an image is prepared: `scale · pixel + shift` for each channel of pixels from 0 to 255. */
export interface InputState {
  readonly words: string;
  /** RGB or BGR; empty where the channels are all treated alike. */
  readonly order: 'RGB' | 'BGR' | '';
  readonly scale: readonly number[];
  readonly shift: readonly number[];
  /** Lines of numpy that prepare x so, and that undo it. */
  readonly make: readonly string[];
  readonly undo: readonly string[];
}

const array = (values: readonly number[]): string => `np.array(${meanText(values)}).reshape(1, -1, 1, 1)`;

function alike(
  words: string,
  scale: number,
  shift: number,
  make: readonly string[],
  undo: readonly string[],
): InputState {
  return { words, order: '', scale: [scale, scale, scale], shift: [shift, shift, shift], make, undo };
}

/** A state of three colours, for both orders of them. */
function coloured(
  words: string,
  rgb: (channel: number) => { scale: number; shift: number },
  text: (values: (of: (channel: number) => number) => readonly number[]) => Pick<InputState, 'make' | 'undo'>,
): InputState[] {
  return (['RGB', 'BGR'] as const).map((order) => {
    const channels = order === 'RGB' ? [0, 1, 2] : [2, 1, 0];
    return {
      words: `${words} (${order})`,
      order,
      scale: channels.map((c) => rgb(c).scale),
      shift: channels.map((c) => rgb(c).shift),
      ...text((of) => channels.map(of)),
    };
  });
}

const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

const ofMeans = KNOWN_MEANS.filter(({ bgr }) => bgr[0] !== bgr[2]).flatMap(({ of, bgr }) => {
  const mean = (c: number): number => bgr[2 - c]!;
  const [b, g, r] = bgr;
  const minus = coloured(
    `from 0 to 255 minus the mean ${meanText([b, g, r])} of ${of}`,
    (c) => ({ scale: 1, shift: -mean(c) }),
    (of) => ({ make: [`x = x - ${array(of(mean))}`], undo: [`x = x + ${array(of(mean))}`] }),
  );
  const scaled = coloured(
    `from 0 to 255 minus the mean ${meanText([b, g, r])}, times 0.017`,
    (c) => ({ scale: 0.017, shift: -0.017 * mean(c) }),
    (of) => ({ make: [`x = (x - ${array(of(mean))}) * 0.017`], undo: [`x = x / 0.017 + ${array(of(mean))}`] }),
  );
  return [...minus, ...scaled];
});

/** The common ways, the plainest first. */
export const INPUT_STATES: readonly InputState[] = [
  alike('from 0 to 255', 1, 0, [], []),
  alike('from 0 to 1', 1 / 255, 0, ['x = x / 255'], ['x = x * 255']),
  ...coloured(
    "normalized by torchvision's mean and standard deviation",
    (c) => ({ scale: 1 / 255 / STD[c]!, shift: -MEAN[c]! / STD[c]! }),
    (of) => ({
      make: [`x = (x / 255 - ${array(of((c) => MEAN[c]!))}) / ${array(of((c) => STD[c]!))}`],
      undo: [`x = (x * ${array(of((c) => STD[c]!))} + ${array(of((c) => MEAN[c]!))}) * 255`],
    }),
  ),
  ...ofMeans,
  alike('from -1 to 1 (x / 127.5 - 1)', 1 / 127.5, -1, ['x = x / 127.5 - 1'], ['x = (x + 1) * 127.5']),
  alike('(x - 127.5) / 128', 1 / 128, -127.5 / 128, ['x = (x - 127.5) / 128'], ['x = x * 128 + 127.5']),
  alike('from 0 to 255 minus 127.5', 1, -127.5, ['x = x - 127.5'], ['x = x + 127.5']),
  alike('from 0 to 255 minus 128', 1, -128, ['x = x - 128'], ['x = x + 128']),
  alike('from -0.5 to 0.5', 1 / 255, -0.5, ['x = x / 255 - 0.5'], ['x = (x + 0.5) * 255']),
  alike('from 0 to 1 (x / 256)', 1 / 256, 0, ['x = x / 256'], ['x = x * 256']),
];

/** What makes of an image in one state that in another: channel c is `factors[c] · x[from[c]] + offsets[c]`. */
export interface Conversion {
  readonly words: string;
  readonly isTurned: boolean;
  readonly from: readonly number[];
  readonly factors: readonly number[];
  readonly offsets: readonly number[];
  readonly code: readonly string[];
  /** The state that the image is taken to be in. */
  readonly is: InputState;
}

/** All conversions of images with so many channels. */
export function conversions(channels: number): Conversion[] {
  const found: Conversion[] = [];
  for (const is of INPUT_STATES)
    for (const should of INPUT_STATES)
      for (const isTurned of channels === 3 ? [false, true] : [false]) {
        // Two named orders say themselves whether the channels are turned.
        if (is.order !== '' && should.order !== '' && (is.order !== should.order) !== isTurned) continue;
        if (is === should && !isTurned) continue;
        // Of grey images green is the channel.
        const own = (values: readonly number[]): readonly number[] => (channels === 3 ? values : [values[1]!]);
        const from = isTurned ? range(channels).reverse() : range(channels);
        const factors = from.map((k, c) => own(should.scale)[c]! / own(is.scale)[k]!);
        const offsets = from.map((k, c) => own(should.shift)[c]! - factors[c]! * own(is.shift)[k]!);
        const differs = is === should ? '' : `the reference's input is ${should.words}, this one ${is.words}`;
        const turned = isTurned ? 'the channels are in the other order (RGB for BGR, or BGR for RGB)' : '';
        found.push({
          words: [turned, differs].filter((each) => each !== '').join('; '),
          ...{ isTurned, from, factors, offsets, is },
          code: [...is.undo, ...(isTurned ? ['x = x[:, ::-1]'] : []), ...should.make],
        });
      }
  return found;
}
