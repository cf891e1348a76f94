/** crop-offset: a Crop begins at another row and column. Caffe's does not centre. */
import { resolve } from '../../proto/message.js';
import { range } from '../tensors.js';
import { edited, prototxtEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

/** Pairs of offsets up to which all are tried. */
const MOST_PAIRS = 200;

export const cropOffset: Hypothesis = {
  id: 'crop-offset',
  title: 'a Crop begins at another offset',
  *variants(suspect): Generator<Variant> {
    const [x, like] = suspect.bottoms;
    if (suspect.type !== 'Crop' || !x || !like) return;
    const given = suspect.param.crop_param;
    const { axis, offset } = resolve('CropParameter', given);
    const start = axis < 0 ? axis + x.shape.length : axis;
    const axes = range(x.shape.length - start).map((i) => start + i);
    const current = axes.map((_, i) => (offset.length > 1 ? offset[i]! : (offset[0] ?? 0)));
    const room = axes.map((each) => x.shape[each]! - like.shape[each]!);
    const least = Math.min(...room);
    const centre = room.map((each) => each >> 1);
    const alike = range(least + 1).map((each) => axes.map(() => each));
    const count = room.reduce((n, each) => n * (each + 1), 1);
    const all =
      count > MOST_PAIRS
        ? []
        : room.reduce<number[][]>(
            (lists, each) => lists.flatMap((list) => range(each + 1).map((value) => [...list, value])),
            [[]],
          );
    const seen = new Set([current.join()]);
    for (const offsets of [centre, ...alike, ...all]) {
      if (seen.has(offsets.join())) continue;
      seen.add(offsets.join());
      const isAlike = offsets.every((each) => each === offsets[0]);
      const crop_param = edited(given, ['offset'], { offset: isAlike ? [offsets[0]!] : offsets });
      const param = { ...suspect.param, crop_param };
      const text = isAlike ? String(offsets[0]) : offsets.join(', ');
      const isCentre = offsets.every((each, i) => each === centre[i]);
      yield {
        label: `offset: ${text}`,
        explanation:
          `the reference is cut out from offset ${text} on${isCentre ? ', the centre' : ''}; this layer begins at ` +
          `${[...new Set(current)].join(', ')}. Caffe's Crop takes the offset as it is given, 0 when it is not, and never centres.`,
        change: { param },
        fix: prototxtEdit(suspect, param),
      };
    }
  },
};
