/** lrn: local response normalization by other numbers. */
import { LRNParameter_NormRegion as Region } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { isInPlace } from '../../proto/in-place.js';
import { edited, prototxtEdit, rounded } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const lrn: Hypothesis = {
  id: 'lrn',
  title: 'a local response normalization has another alpha, size, beta, k or region',
  *variants(suspect): Generator<Variant> {
    if (suspect.type !== 'LRN') return;
    const given = suspect.param.lrn_param;
    const current = resolve('LRNParameter', given);
    const { local_size: n, alpha, beta, k } = current;
    if (isInPlace(suspect.param)) {
      const param = { ...suspect.param, top: [suspect.name] };
      yield {
        label: 'not in place',
        explanation:
          'across channels and in place Caffe applies the power twice, since it overwrites what it still has to multiply ' +
          'by; the layer needs a top of its own, and the layers that read it that name.',
        change: { param },
        fix: prototxtEdit(suspect, param),
      };
    }
    const sizes = [n, 2 * n + 1, (n - 1) / 2, 3, 5, 7, 9].filter((size) => size % 2 === 1);
    const candidates = [Region.ACROSS_CHANNELS, Region.WITHIN_CHANNEL].flatMap((norm_region) =>
      [...new Set(sizes)].flatMap((local_size) =>
        [alpha, alpha * local_size, alpha / local_size, alpha * n].flatMap((a) =>
          [k, 1, 2].flatMap((offset) =>
            [beta, 0.75, 0.5].map((power) => ({ local_size, alpha: a, beta: power, k: offset, norm_region })),
          ),
        ),
      ),
    );
    const seen = new Set([describe({ local_size: n, alpha, beta, k, norm_region: current.norm_region })]);
    const changes = (each: (typeof candidates)[number]) =>
      Object.entries(each).filter(([key, value]) => current[key as keyof typeof each] !== value);
    for (const each of candidates.sort((a, b) => changes(a).length - changes(b).length)) {
      // Three settings at once would fit nearly anything.
      if (seen.has(describe(each)) || changes(each).length > 2) continue;
      seen.add(describe(each));
      const settings = Object.fromEntries(changes(each));
      const param = { ...suspect.param, lrn_param: edited(given, [], settings) };
      const label = changes(each)
        .map(([key, value]) => `${key}: ${key === 'norm_region' ? regionName(value as Region) : rounded(value)}`)
        .join(', ');
      yield {
        label,
        explanation:
          `the reference normalizes with ${label}. Caffe divides alpha by the number of values in the window, as PyTorch ` +
          "does; TensorFlow does not, and its depth_radius r is Caffe's local_size 2r + 1.",
        change: { param },
        fix: prototxtEdit(suspect, param),
      };
    }
  },
};

function describe(settings: {
  local_size: number;
  alpha: number;
  beta: number;
  k: number;
  norm_region: Region;
}): string {
  return Object.values(settings)
    .map((value) => value.toPrecision(6))
    .join(' ');
}

function regionName(region: Region): string {
  return region === Region.WITHIN_CHANNEL ? 'WITHIN_CHANNEL' : 'ACROSS_CHANNELS';
}
