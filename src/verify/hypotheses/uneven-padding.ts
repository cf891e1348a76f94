/** same-padding: a convolution or pooling pads more on one side than on the other, as TensorFlow's SAME does. */
import { outputSize, type WindowAxis } from '../../layers/shared/window.js';
import { range } from '../tensors.js';
import type { Sides } from './planes.js';

/** Padding of both axes that is not the same on all sides. */
export interface SamePadding {
  readonly label: string;
  /** What the reference does, as the end of "the reference pads …". */
  readonly words: string;
  readonly sides: readonly [Sides, Sides];
}

/** What TensorFlow's SAME pads along an axis: the smaller half in front. */
function sameSides(size: number, { kernel, stride, dilation }: WindowAxis): Sides {
  const extent = dilation * (kernel - 1) + 1;
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0);
  return { before: Math.floor(total / 2), behind: Math.ceil(total / 2) };
}

const turned = ({ before, behind }: Sides): Sides => ({ before: behind, behind: before });
const isEven = ({ before, behind }: Sides): boolean => before === behind;

/** How much further one side is padded than the other, where it is not SAME. */
const MOST_DIFFERENCE = 2;

/**
 * The paddings to try, SAME first.
 * @param image height and width of what the layer reads
 * @param wanted height and width of what it should give; undefined where that is not known
 */
export function samePaddings(
  image: readonly number[],
  window: readonly [WindowAxis, WindowAxis],
  wanted: readonly number[] | undefined,
): SamePadding[] {
  const same = window.map((axis, i) => sameSides(image[i]!, axis)) as [Sides, Sides];
  const extents = window.map(({ kernel, dilation }) => dilation * (kernel - 1) + 1);
  const found: SamePadding[] = [
    { sides: same, ...textOf(same, " (TensorFlow's SAME)") },
    { sides: [turned(same[0]), turned(same[1])], ...textOf([turned(same[0]), turned(same[1])], ' (SAME_LOWER)') },
  ];
  const most = Math.min(...extents);
  for (const before of range(most))
    for (const behind of range(most)) {
      if (before === behind || Math.abs(before - behind) > MOST_DIFFERENCE || wanted === undefined) continue;
      const sides: [Sides, Sides] = [
        { before, behind },
        { before, behind },
      ];
      found.push({ sides, ...textOf(sides, '') });
    }
  const sizeOf = ({ before, behind }: Sides, i: number): number =>
    outputSize(image[i]! + before + behind, { ...window[i]!, pad: 0 });
  const key = ({ sides }: SamePadding): string => JSON.stringify(sides);
  return found
    .filter(({ sides }) => !sides.every(isEven))
    .filter(({ sides }) => wanted === undefined || sides.every((side, i) => sizeOf(side, i) === wanted[i]))
    .filter((each, i, all) => all.findIndex((other) => key(other) === key(each)) === i);
}

function textOf([h, w]: readonly [Sides, Sides], kind: string): Pick<SamePadding, 'label' | 'words'> {
  const text = ({ before, behind }: Sides): string => `${before} before and ${behind} behind`;
  const both = h.before === w.before && h.behind === w.behind;
  return {
    label: both ? `pad ${text(h)}${kind}` : `pad ${text(h)} in height, ${text(w)} in width${kind}`,
    words: both ? `${text(h)}${kind}` : `${text(h)} along the height, ${text(w)} along the width${kind}`,
  };
}
