/** convolution-window: the weights are right, but laid on the image at other places. */
import { resolve } from '../../proto/message.js';
import { windowOf, outputSize } from '../../layers/shared/window.js';
import { edited, prototxtEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

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
    // Where rows and columns differ, one may have the other's.
    const size = (suspect.reference ?? suspect.output).shape;
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
