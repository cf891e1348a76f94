/** convolution-window: the weights are right, but laid on the image at other places. */
import { resolve } from '../../proto/message.js';
import { windowOf, outputSize, type WindowAxis } from '../../layers/shared/window.js';
import { sameShape } from '../../shapes.js';
import { edited, prototxtEdit } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';

const FIELDS = ['dilation', 'stride', 'pad'] as const;

export const convolutionWindow: Hypothesis = {
  id: 'convolution-window',
  title: 'a convolution has another dilation, stride or padding',
  *variants(suspect): Generator<Variant> {
    const [x] = suspect.bottoms;
    if (suspect.type !== 'Convolution' || x?.shape.length !== 4) return;
    const given = suspect.param.convolution_param ?? {};
    const [axis, columns] = windowOf(given, 2);
    const { axis: channelAxis } = resolve('ConvolutionParameter', given);
    if (!axis || !columns || channelAxis !== 1) return;
    const wanted = (suspect.reference ?? suspect.output).shape.at(-1);
    for (const dilation of [1, 2, 3, 4])
      for (const stride of [1, 2])
        for (let pad = 0; pad <= Math.floor((dilation * (axis.kernel - 1) + 1) / 2); pad++) {
          const window = { kernel: axis.kernel, dilation, stride, pad };
          const isSame = dilation === axis.dilation && stride === axis.stride && pad === axis.pad;
          if (isSame || (axis.kernel === 1 && dilation > 1) || outputSize(x.shape[3]!, window) !== wanted) continue;
          const convolution_param = edited(
            given,
            ['dilation', 'stride', 'stride_h', 'stride_w', 'pad', 'pad_h', 'pad_w'],
            {
              ...(dilation > 1 && { dilation: [dilation] }),
              ...(stride > 1 && { stride: [stride] }),
              ...(pad > 0 && { pad: [pad] }),
            },
          );
          const param = { ...suspect.param, convolution_param };
          const label = `dilation: ${dilation}, stride: ${stride}, pad: ${pad}`;
          yield {
            label,
            explanation: `the reference convolves with ${label}; this layer with dilation: ${axis.dilation}, stride: ${axis.stride}, pad: ${axis.pad}.`,
            change: { param },
            fix: prototxtEdit(suspect, param),
          };
        }
    const size = (suspect.reference ?? suspect.output).shape;
    yield* alongOneAxis(suspect, [axis, columns], size.slice(-2));
    yield* beforeCut(suspect, [axis, columns]);
    // Where rows and columns differ, one may have the other's.
    for (const field of ['pad', 'stride', 'dilation'] as const) {
      const windows = [axis, columns].map((own, i) => ({ ...own, [field]: [columns, axis][i]![field] }));
      const isFitting = windows.every((window, i) => outputSize(x.shape[2 + i]!, window) === size[i + size.length - 2]);
      if (axis[field] === columns[field] || !isFitting) continue;
      const [h, w] = [columns[field], axis[field]];
      const convolution_param = edited(
        given,
        [field, ...(field === 'dilation' ? [] : ([`${field}_h`, `${field}_w`] as const))],
        {
          ...(field === 'dilation' ? { dilation: [h, w] } : { [`${field}_h`]: h, [`${field}_w`]: w }),
        },
      );
      const param = { ...suspect.param, convolution_param };
      yield {
        label: `${field} ${h} of rows and ${w} of columns`,
        explanation: `the reference convolves with a ${field} of ${h} along rows and ${w} along columns; this layer has them exchanged.`,
        change: { param },
        fix: prototxtEdit(suspect, param),
      };
    }
  },
};

/** Types that take a part of what they read, so that the size before them is not told by what is behind. */
const CUTTING: ReadonlySet<string> = new Set(['Crop', 'Slice']);

/** Rows or columns of another window before a layer that cuts what is too much, as causal convolutions are ported. */
function* beforeCut(suspect: Suspect, windows: readonly [WindowAxis, WindowAxis]): Generator<Variant> {
  if (suspect.reference || !suspect.surroundings.readers().some(({ type }) => CUTTING.has(type))) return;
  for (const [i, words] of (['rows', 'columns'] as const).entries()) {
    const own = windows[i]!;
    for (const dilation of own.kernel === 1 ? [] : [1, 2, 3, 4, 8, 16])
      for (const pad of new Set([0, 0.5, 1].map((part) => Math.floor(dilation * (own.kernel - 1) * part)))) {
        if (dilation === own.dilation && pad === own.pad) continue;
        const window = { ...own, dilation, pad };
        yield windowVariant(suspect, i === 0 ? [window, windows[1]] : [windows[0], window], window, own, words);
      }
  }
}

/** The layer with other windows, of which one differs. */
function windowVariant(
  suspect: Suspect,
  [h, w]: readonly [WindowAxis, WindowAxis],
  { dilation, stride, pad }: WindowAxis,
  own: WindowAxis,
  words: string,
): Variant {
  const convolution_param = edited(
    suspect.param.convolution_param,
    ['dilation', 'stride', 'stride_h', 'stride_w', 'pad', 'pad_h', 'pad_w'],
    {
      ...((h.dilation > 1 || w.dilation > 1) && { dilation: [h.dilation, w.dilation] }),
      ...((h.stride > 1 || w.stride > 1) && { stride_h: h.stride, stride_w: w.stride }),
      ...((h.pad > 0 || w.pad > 0) && { pad_h: h.pad, pad_w: w.pad }),
    },
  );
  const param = { ...suspect.param, convolution_param };
  const label = `dilation: ${dilation}, stride: ${stride}, pad: ${pad} along ${words}`;
  return {
    label,
    explanation: `the reference convolves with ${label}; this layer with dilation: ${own.dilation}, stride: ${own.stride}, pad: ${own.pad}.`,
    change: { param },
    fix: prototxtEdit(suspect, param),
  };
}

/** Rows or columns have another window, and the other axis is right: where both are alike already, both change together. */
function* alongOneAxis(
  suspect: Suspect,
  windows: readonly [WindowAxis, WindowAxis],
  wanted: readonly number[],
): Generator<Variant> {
  const { shape } = suspect.bottoms[0]!;
  const isAlike = FIELDS.every((field) => windows[0][field] === windows[1][field]);
  const isOfSameSize = sameShape(wanted, suspect.output.shape.slice(-2));
  if (wanted.length < 2 || (isAlike && windows[0].kernel === windows[1].kernel && isOfSameSize)) return;
  for (const [i, words] of (['rows', 'columns'] as const).entries()) {
    const other = windows[1 - i]!;
    if (outputSize(shape[3 - i]!, other) !== wanted[1 - i]) continue;
    const own = windows[i]!;
    for (const dilation of own.kernel === 1 ? [1] : [1, 2, 3, 4])
      for (const stride of [1, 2, 3, 4])
        for (let pad = 0; pad <= Math.floor((dilation * (own.kernel - 1) + 1) / 2); pad++) {
          const window = { kernel: own.kernel, dilation, stride, pad };
          if (FIELDS.every((field) => window[field] === own[field])) continue;
          if (outputSize(shape[2 + i]!, window) !== wanted[i]) continue;
          yield windowVariant(suspect, i === 0 ? [window, other] : [other, window], window, own, words);
        }
  }
}
