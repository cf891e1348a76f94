/** prior-box: default boxes have other ratios, clipping, steps, offset or variances. */
import { settingsOf } from '../../layers/shared/fork-settings.js';
import type { PriorBoxSettings } from '../../layers/shared/prior-boxes.js';
import { edited, prototxtEdit, rounded } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';

/** One setting, and what it may be. */
interface Choice {
  readonly settings: Partial<PriorBoxSettings>;
  /** Empty where it stays. */
  readonly words: string;
  readonly isFitted?: boolean;
}

/** PriorBoxSettings that are changed together. */
const MOST_CHANGES = 3;

export const priorBox: Hypothesis = {
  id: 'prior-box',
  title: 'a PriorBox has another flip, clip, step, offset or variance',
  *variants(suspect): Generator<Variant> {
    if (suspect.type !== 'PriorBox') return;
    const given = settingsOf<PriorBoxSettings>(suspect.param, 'prior_box_param');
    const others = edited(given, ['step', 'step_h', 'step_w'], {});
    const lists = choicesOf(suspect, given);
    const combinations = lists
      .reduce<Choice[][]>((sets, list) => sets.flatMap((set) => list.map((each) => [...set, each])), [[]])
      .map((set) => set.filter(({ words }) => words !== ''))
      .filter(({ length }) => length > 0 && length <= MOST_CHANGES)
      .sort((a, b) => a.length - b.length);
    for (const set of combinations) {
      const changed = Object.assign({}, ...set.map(({ settings }) => settings)) as Partial<PriorBoxSettings>;
      const kept = 'step' in changed ? others : given;
      const isDropped = ([, value]: [string, unknown]): boolean => value === undefined;
      const all = Object.entries({ ...kept, ...changed }).filter((entry) => !isDropped(entry));
      const prior_box_param = Object.fromEntries(all) as typeof suspect.param.prior_box_param;
      const param = { ...suspect.param, prior_box_param };
      const words = set.map((each) => each.words).join(', ');
      yield {
        label: words,
        explanation: `the reference's default boxes have ${words}.`,
        change: { param },
        fitted: set.some(({ isFitted }) => isFitted) ? 'few' : 'none',
        fix: prototxtEdit(suspect, param),
      };
    }
  },
};

/** What each setting may be; the first choice is that it stays. */
function choicesOf(suspect: Suspect, given: Partial<PriorBoxSettings>): Choice[][] {
  const { flip = true, clip = false, offset = 0.5, variance = [] } = given;
  const stays: Choice = { settings: {}, words: '' };
  const own = variance.length === 0 ? [0.1] : variance;
  const told = variancesOf(suspect);
  const common = [[0.1, 0.1, 0.2, 0.2], [0.1]];
  const text = (list: readonly number[]): string => `variance: ${list.map(rounded).join(', ')}`;
  const variances = [...common, ...(told && common.every((list) => list.join() !== told.join()) ? [told] : [])]
    .filter((list) => list.join() !== own.join())
    .map((list): Choice => ({ settings: { variance: list }, words: text(list), isFitted: !common.includes(list) }));
  const steps = stepsOf(suspect, given);
  return [
    [stays, { settings: { flip: !flip }, words: `flip: ${!flip}` }],
    [stays, { settings: { clip: !clip }, words: `clip: ${!clip}` }],
    [
      stays,
      ...[0.5, 0, 1]
        .filter((each) => each !== offset)
        .map((each): Choice => ({ settings: { offset: each }, words: `offset: ${each}` })),
    ],
    [stays, ...steps],
    [stays, ...variances],
  ];
}

/** The variances that stand in the reference, where it has them. */
function variancesOf({ reference }: Suspect): number[] | undefined {
  const { data, shape } = reference ?? {};
  if (!data || shape?.at(-2) !== 2 || data.length < 8) return undefined;
  const list = [...data.subarray(data.length / 2, data.length / 2 + 4)].map((v) => Number(v.toPrecision(6)));
  if (list.some((v) => !(v > 0))) return undefined;
  return list.every((v) => v === list[0]) ? [list[0]!] : list;
}

/** No step, so that the sizes tell it; the whole number that the sizes come near to; and that which the reference tells. */
function stepsOf(suspect: Suspect, given: Partial<PriorBoxSettings>): Choice[] {
  const [map, image] = suspect.bottoms;
  const own = given.step ?? given.step_h;
  if (map?.shape.length !== 4 || image?.shape.length !== 4) return [];
  const exact = image.shape[2]! / map.shape[2]!;
  const candidates = [2, 4, 8, 16, 32, 64, Math.round(exact), Math.ceil(exact)];
  const near = [...new Set(candidates)].filter((step) => step !== own && step / exact > 0.4 && step / exact < 2.5);
  return [
    ...(own === undefined ? [] : [{ settings: { step: undefined }, words: 'no step' } as Choice]),
    ...near.map((step): Choice => ({ settings: { step }, words: `step: ${step}` })),
  ];
}
