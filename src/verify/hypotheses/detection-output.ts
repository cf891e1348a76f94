/** detection-output: detections are decoded or filtered by other settings. */
import { settingsOf } from '../../layers/shared/fork-settings.js';
import { prototxtEdit, rounded } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';

interface Settings {
  background_label_id: number;
  nms_param: { nms_threshold?: number; top_k?: number };
  code_type: number;
  variance_encoded_in_target: boolean;
  keep_top_k: number;
  confidence_threshold: number;
}

interface Choice {
  readonly settings: Partial<Settings>;
  readonly words: string;
  readonly isFitted?: boolean;
}

const CODES = ['', 'CORNER', 'CENTER_SIZE', 'CORNER_SIZE'];
const MOST_CHANGES = 2;

export const detectionOutput: Hypothesis = {
  id: 'detection-output',
  title: 'a DetectionOutput has other thresholds, code_type or background',
  *variants(suspect): Generator<Variant> {
    if (suspect.type !== 'DetectionOutput') return;
    const given = settingsOf<Settings>(suspect.param, 'detection_output_param');
    const groups = choicesOf(suspect, given);
    const single = groups.flatMap((group) => group.map((each) => [each]));
    const pairs = groups.flatMap((group, i) =>
      group.flatMap((a) => groups.slice(i + 1).flatMap((other) => other.map((b) => [a, b]))),
    );
    for (const set of [...single, ...pairs]) {
      if (set.length > MOST_CHANGES) continue;
      const merged = set.reduce<Partial<Settings>>(
        (all, { settings }) => ({
          ...all,
          ...settings,
          ...(settings.nms_param && { nms_param: { ...given.nms_param, ...all.nms_param, ...settings.nms_param } }),
        }),
        {},
      );
      const detection_output_param = { ...given, ...merged } as typeof suspect.param.detection_output_param;
      const param = { ...suspect.param, detection_output_param };
      const words = set.map((each) => each.words).join(', ');
      yield {
        label: words,
        explanation: `the reference's detections agree with ${words}.`,
        change: { param },
        fitted: set.some(({ isFitted }) => isFitted) ? 'few' : 'none',
        fix: prototxtEdit(suspect, param),
      };
    }
  },
};

/** What each setting may be otherwise. */
function choicesOf(suspect: Suspect, given: Partial<Settings>): Choice[][] {
  const { background_label_id = 0, nms_param = {}, code_type = 1, variance_encoded_in_target = false } = given;
  const { nms_threshold = 0.3 } = nms_param;
  const { rows, least, classes } = seenIn(suspect);
  const thresholds = [0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6].filter(
    (each) => least === undefined || each < least,
  );
  const tops = [100, 200, 400, 1000, ...(rows === undefined ? [] : [rows])];
  return [
    [1, 2, 3]
      .filter((code) => code !== code_type)
      .map((code) => ({ settings: { code_type: code }, words: `code_type: ${CODES[code]!}` })),
    [
      {
        settings: { variance_encoded_in_target: !variance_encoded_in_target },
        words: `variance_encoded_in_target: ${!variance_encoded_in_target}`,
      },
    ],
    [0, ...(classes === undefined ? [] : [classes - 1])]
      .filter((id, i, all) => id !== background_label_id && all.indexOf(id) === i)
      .map((id) => ({ settings: { background_label_id: id }, words: `background_label_id: ${id}` })),
    [0.3, 0.4, 0.45, 0.5, 0.6, 0.7]
      .filter((each) => each !== nms_threshold)
      .map((each) => ({ settings: { nms_param: { nms_threshold: each } }, words: `nms_threshold: ${each}` })),
    thresholds
      .filter((each) => each !== given.confidence_threshold)
      .map((each) => ({ settings: { confidence_threshold: each }, words: `confidence_threshold: ${rounded(each)}` })),
    tops
      .filter((each) => each !== given.keep_top_k)
      .map((each) => ({
        settings: { keep_top_k: each },
        words: `keep_top_k: ${each}`,
        isFitted: each === rows && ![100, 200, 400, 1000].includes(each),
      })),
    [100, 200, 400, 1000]
      .filter((each) => each !== nms_param.top_k)
      .map((each) => ({ settings: { nms_param: { top_k: each } }, words: `top_k: ${each}` })),
  ];
}

/** The number of detections of the reference, their least score, and the number of classes. */
function seenIn({ reference, param }: Suspect): { rows?: number; least?: number; classes?: number } {
  const { num_classes: classes } = settingsOf<{ num_classes: number }>(param, 'detection_output_param');
  if (reference?.shape.at(-1) !== 7) return { classes };
  const rows = reference.data.length / 7;
  let least = Infinity;
  for (let row = 0; row < rows; row++) least = Math.min(least, reference.data[row * 7 + 2]!);
  return { rows, least, classes };
}
