/** pooling-same-padding: a pooling pads more on one side than on the other. Caffe pads both alike. */
import { PoolingParameter_PoolMethod as Method } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { writtenSetting, type WindowAxis } from '../../layers/shared/window.js';
import { filled, mapped, type FloatTensor } from '../tensors.js';
import { cutLayers } from './cut-layers.js';
import { edited, prototxtEdit } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';
import { divisorLines } from './numpy.js';
import { cropped } from './planes.js';
import { samePaddings, type SamePadding } from './uneven-padding.js';

export const poolingSamePadding: Hypothesis = {
  id: 'pooling-same-padding',
  title: "a pooling pads more on one side than on the other (TensorFlow's SAME, Darknet's maxpool)",
  async *variants(suspect): AsyncGenerator<Variant> {
    const given = suspect.param.pooling_param;
    const [x] = suspect.bottoms;
    if (suspect.type !== 'Pooling' || !given || given.global_pooling || x?.shape.length !== 4) return;
    if (suspect.param.top?.length !== 1) return;
    const window = windowOf(suspect);
    const wanted =
      suspect.reference && suspect.reference.shape.length > 1 ? suspect.reference.shape.slice(-2) : undefined;
    for (const padding of samePaddings(x.shape.slice(2), window, wanted)) yield* variantsOf(suspect, window, padding);
  },
};

function windowOf({ param }: Suspect): [WindowAxis, WindowAxis] {
  const given = param.pooling_param!;
  const [kernel, stride, pad] = (['kernel', 'stride', 'pad'] as const).map((stem) => writtenSetting(given, stem));
  return [0, 1].map((i) => ({ kernel: kernel![i]!, stride: stride![i]!, pad: pad![i]!, dilation: 1 })) as [
    WindowAxis,
    WindowAxis,
  ];
}

async function* variantsOf(
  suspect: Suspect,
  window: readonly [WindowAxis, WindowAxis],
  { label, words, sides }: SamePadding,
): AsyncGenerator<Variant> {
  const [x] = suspect.bottoms as [FloatTensor];
  const out = window.map(({ kernel, stride }, i) => {
    const { before, behind } = sides[i]!;
    return Math.floor((x.shape[2 + i]! + before + behind - kernel) / stride) + 1;
  });
  // Windows in front that are left out, so that the others lie where they should and enough follow.
  const laid = window.map(({ kernel, stride }, i) => {
    const { before, behind } = sides[i]!;
    const needed = behind > before ? 1 : 0;
    for (const skipped of [0, 1, 2]) {
      const pad = before + skipped * stride;
      if (pad < kernel && (skipped >= needed || pad >= behind)) return { pad, skipped };
    }
    return undefined;
  });
  const [h, w] = laid;
  if (!h || !w) return;
  const pads = h.pad === w.pad ? (h.pad === 0 ? {} : { pad: h.pad }) : { pad_h: h.pad, pad_w: w.pad };
  const pooling_param = edited(suspect.param.pooling_param, ['pad', 'pad_h', 'pad_w', 'round_mode'], pads);
  const param = { ...suspect.param, pooling_param };
  const { shape } = await suspect.run({ param });
  const offsets = [h.skipped, w.skipped];
  if (offsets.some((from, i) => from + out[i]! > shape[2 + i]!)) return;
  const crop = (y: FloatTensor): FloatTensor => cropped(y, offsets, out);
  const [top = ''] = suspect.param.top ?? [];
  const cuts = cutLayers(
    `${suspect.name}_cut`,
    `${top}_padded`,
    top,
    offsets.map((from, i) => ({ axis: 2 + i, size: shape[2 + i]!, from, kept: out[i]! })),
  );
  const padded = cuts.length > 0 ? { ...param, top: [`${top}_padded`] } : param;
  const own = [...new Set(window.map(({ pad }) => pad))].join(' and ');
  const explanation =
    `the reference pads ${words}; Caffe pads both sides alike, this layer by ${own}. With more padding the windows stand ` +
    `where they should${cuts.length > 0 ? ', and a Slice leaves out those that are too many' : ''}.`;
  yield {
    label,
    explanation,
    change: { param, output: crop },
    fix: prototxtEdit(suspect, padded, ...cuts),
  };
  if (resolve('PoolingParameter', suspect.param.pooling_param).pool !== Method.AVE) return;
  const inside = crop(await suspect.run({ param, bottoms: [filled(x.shape, 1)] }));
  if (inside.data.every((part) => part === 1)) return;
  const name = `${suspect.name}_divisor`;
  const mask = { name, type: 'Scale', bottom: [top], top: [top], scale_param: { axis: 2, num_axes: 2 } };
  const factors = { shape: out, data: inside.data.slice(0, out[0]! * out[1]!).map((part) => 1 / part) };
  const axes = window.map(({ kernel, stride }, i) => ({
    ...{ size: x.shape[2 + i]!, out: out[i]!, kernel, stride, pad: sides[i]!.before },
  }));
  yield {
    label: `${label}, padding not counted`,
    explanation: `${explanation} Its means do not count the padding, as those of a Scale behind it for this input size.`,
    change: { param, output: (y) => mapped(crop(y), (v, i) => v / inside.data[i]!) },
    fix: prototxtEdit(suspect, padded, ...cuts, mask),
    values: { [name]: () => [factors] },
    numbers: divisorLines(name, axes),
  };
}
