/** border-padding: a model pads by reflection or by repeating the border, where Caffe pads by zeros. */
import type { LayerParameter } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { outputSize, windowOf } from '../../layers/shared/window.js';
import { range } from '../tensors.js';
import { edited, prototxtEdit } from './edits.js';
import type { Hypothesis, PrototxtFix, Suspect, Variant } from './hypothesis.js';
import { bordered, borderOrder, type Border } from './planes.js';

const BORDERS: readonly { border: Border; words: string; module: string }[] = [
  { border: 'reflect', words: 'by reflection', module: "padding_mode='reflect' or ReflectionPad2d" },
  { border: 'replicate', words: 'by repeating the border', module: "padding_mode='replicate' or ReplicationPad2d" },
  { border: 'circular', words: 'with the values of the other side', module: "padding_mode='circular'" },
];

export const borderPadding: Hypothesis = {
  id: 'border-padding',
  title: 'a convolution pads by reflection or by repeating the border; the interior agrees',
  *variants(suspect): Generator<Variant> {
    const [x] = suspect.bottoms;
    const given = suspect.param.convolution_param;
    const layout = suspect.facts.weights?.(suspect.param);
    if (!given || !layout || layout.inputsFirst || x?.shape.length !== 4 || suspect.blobs.length === 0) return;
    if (resolve('ConvolutionParameter', given).axis !== 1) return;
    const window = windowOf(given, 2);
    const wanted =
      suspect.reference && suspect.reference.shape.length > 1 ? suspect.reference.shape.slice(-2) : undefined;
    const pads = window.map((axis, i) =>
      axis.pad > 0 || !wanted
        ? axis.pad
        : (range(axis.kernel * axis.dilation).find(
            (pad) => outputSize(x.shape[2 + i]!, { ...axis, pad }) === wanted[i],
          ) ?? 0),
    );
    if (pads.every((pad) => pad === 0)) return;
    const convolution_param = edited(given, ['pad', 'pad_h', 'pad_w'], {});
    const param = { ...suspect.param, convolution_param };
    for (const { border, words, module } of BORDERS) {
      const around = pads.map((pad) => ({ before: pad, behind: pad })) as [
        { before: number; behind: number },
        { before: number; behind: number },
      ];
      const isLargeEnough = around.every((side, i) => borderOrder(x.shape[2 + i]!, side, border));
      if (!isLargeEnough) continue;
      const size = pads[0] === pads[1] ? String(pads[0]) : pads.join(' x ');
      yield {
        label: `pad ${size} ${words}`,
        explanation:
          `the reference pads ${words} (${module}), Caffe by zeros: the border differs, the interior agrees. For one ` +
          'input size, Slice and Concat make this border, exactly; they copy the blob twice. Before the first layer ' +
          'the input can be padded instead.',
        change: { param, bottoms: () => [bordered(x, around, border)!] },
        fix: paddedBefore(suspect, param, pads, border),
      };
    }
  },
};

/** The layer behind a Slice and a Concat for each axis that is padded. */
function paddedBefore(
  { param, bottoms }: Suspect,
  changed: LayerParameter,
  pads: readonly number[],
  border: Border,
): PrototxtFix {
  const { name = '' } = param;
  const layers: LayerParameter[] = [];
  let from = param.bottom![0]!;
  for (const [i, pad] of pads.entries()) {
    if (pad === 0) continue;
    const axis = 2 + i;
    const size = bottoms[0]!.shape[axis]!;
    const order = borderOrder(size, { before: pad, behind: pad }, border)!;
    const what = i === 0 ? 'rows' : 'columns';
    // Every index that stands outside of its own place is a slice of its own; what lies between stays together.
    const single = new Set([...order.slice(0, pad), ...order.slice(pad + size)]);
    const starts = range(size).filter((at) => at === 0 || single.has(at) || single.has(at - 1));
    const slices = starts.map((_, k) => `${name}_${what}_${k}`);
    if (starts.length > 1)
      layers.push({
        name: `${name}_${what}`,
        type: 'Slice',
        bottom: [from],
        top: slices,
        slice_param: { axis, slice_point: starts.slice(1) },
      });
    const sliceOf = (at: number): string => (starts.length > 1 ? slices[starts.indexOf(at)]! : from);
    const to = `${name}_${what}_padded`;
    layers.push({
      name: to,
      type: 'Concat',
      bottom: [...order.slice(0, pad).map(sliceOf), ...starts.map(sliceOf), ...order.slice(pad + size).map(sliceOf)],
      top: [to],
      concat_param: { axis },
    });
    from = to;
  }
  return prototxtEdit({ param }, ...layers, { ...changed, bottom: [from] });
}
