/** output-padding: a transposed convolution with output_padding, or with other padding, which Caffe's Deconvolution lacks. */
import { resolve } from '../../proto/message.js';
import { windowOf, type WindowAxis } from '../../layers/shared/window.js';
import { range } from '../tensors.js';
import { prototxtEdit } from './edits.js';
import { grown, grownDeconvolution, type GrownAxis } from './grown-kernel.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';

export const outputPadding: Hypothesis = {
  id: 'output-padding',
  title: 'a transposed convolution has output_padding, or another padding',
  *variants(suspect): Generator<Variant> {
    const [x] = suspect.bottoms;
    const given = suspect.param.convolution_param;
    if (suspect.type !== 'Deconvolution' || !given || x?.shape.length !== 4 || suspect.blobs.length === 0) return;
    if (resolve('ConvolutionParameter', given).axis !== 1) return;
    const window = windowOf(given, 2) as [WindowAxis, WindowAxis];
    const known =
      suspect.reference && suspect.reference.shape.length > 1 ? suspect.reference.shape.slice(-2) : undefined;
    // Where the size is not known, what the layer gives, and up to a stride more.
    const sizes = known
      ? [known]
      : range(Math.max(...window.map(({ stride }) => stride))).map((more) =>
          suspect.output.shape.slice(2).map((size) => size + more),
        );
    for (const wanted of sizes) yield* variantsFor(suspect, window, x.shape.slice(2), wanted);
  },
};

function* variantsFor(
  suspect: Suspect,
  window: readonly [WindowAxis, WindowAxis],
  image: readonly number[],
  wanted: readonly number[],
): Generator<Variant> {
  // What is left out at both sides together, from the size that is wanted.
  const totals = window.map(
    ({ kernel, stride, dilation }, i) => stride * (image[i]! - 1) + dilation * (kernel - 1) + 1 - wanted[i]!,
  );
  const own = window.map(({ pad }) => pad);
  const most = Math.max(...window.map(({ kernel, dilation }) => dilation * (kernel - 1)));
  const pads = [own, ...range(most + 1).map((pad) => [pad, pad])];
  const seen = new Set<string>();
  for (const pad of pads) {
    const behind = totals.map((total, i) => total - pad[i]!);
    const key = `${pad.join()} ${behind.join()}`;
    if (seen.has(key) || pad.some((before, i) => Math.abs(before - behind[i]!) >= window[i]!.stride)) continue;
    seen.add(key);
    if (own.every((each, i) => pad[i] === each && behind[i] === each)) continue;
    const axes = window.map((axis, i) => grownDeconvolution(axis, { before: pad[i]!, behind: behind[i]! }));
    if (!axes.every((axis) => axis !== undefined)) continue;
    const { param, blobs, numbers } = grown(suspect, window, axes as unknown as [GrownAxis, GrownAxis]);
    const [size, gives] = [wanted, suspect.output.shape.slice(2)].map((each) => each.join('x'));
    const sizes = size === gives ? '' : `the reference is ${size!}, this layer gives ${gives!}: `;
    const more = pad.map((before, i) => before - behind[i]!);
    yield {
      label: labelOf(pad, more),
      explanation: more.every((each) => each === 0)
        ? `${sizes}the reference has padding=${pair(pad)}, this layer ${pair(own)}.`
        : more.every((each) => each >= 0)
          ? `${sizes}the reference has padding=${pair(pad)} and output_padding=${pair(more)}, which Caffe's Deconvolution lacks. ` +
            'A kernel with zeros behind it does the same.'
          : `${sizes}the reference leaves out ${pair(pad)} in front and ${pair(behind)} behind (TensorFlow's SAME); Caffe ` +
            'leaves out the same on both sides. A kernel with zeros in front does the same.',
      change: { param, blobs },
      fix: prototxtEdit(suspect, param),
      ...(numbers && { numbers }),
    };
  }
}

function labelOf(pad: readonly number[], more: readonly number[]): string {
  return more.every((each) => each === 0)
    ? `padding=${pair(pad)}`
    : `padding=${pair(pad)}, output_padding=${pair(more)}`;
}

/** `1`, or `(1, 0)` where the axes differ. */
function pair([h, w]: readonly number[]): string {
  return h === w ? String(h) : `(${h!}, ${w!})`;
}
