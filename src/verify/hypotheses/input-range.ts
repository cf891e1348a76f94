/** input-range: values of 0 to 255 where the reference's went from 0 to 1, and other scales. */
import { mapped } from '../tensors.js';
import { inputEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';
import { imageFedBy, repainted } from './image-input.js';

/** What torchvision's models were trained with, red first. */
const TORCHVISION = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

export const inputRange: Hypothesis = {
  id: 'input-range',
  title: 'the input has another range of values',
  *variants(suspect): Generator<Variant> {
    const { bottoms, facts, output } = suspect;
    if (bottoms.length > 0 || !facts.fed) return;
    const simple = [
      { label: 'divided by 255', code: 'x /= 255', value: (v: number) => v / 255 },
      { label: 'times 255', code: 'x *= 255', value: (v: number) => v * 255 },
      { label: 'from 0…255 to -1…1', code: 'x = x / 127.5 - 1', value: (v: number) => v / 127.5 - 1 },
      { label: 'from 0…1 to -1…1', code: 'x = 2 * x - 1', value: (v: number) => 2 * v - 1 },
    ];
    for (const { label, code, value } of simple)
      yield {
        label,
        explanation: `the reference's input is this one ${label}.`,
        change: { output: () => mapped(output, value) },
        fix: inputEdit(suspect, [], [code]),
      };
    const image = imageFedBy(suspect);
    if (image?.shape[1] !== 3) return;
    for (const order of ['RGB', 'BGR'] as const)
      for (const range of [255, 1]) {
        const [mean, std] = [TORCHVISION.mean, TORCHVISION.std].map((v) => (order === 'RGB' ? v : [...v].reverse()));
        const [m, s] = [mean!, std!];
        const from = range === 255 ? 'x / 255' : 'x';
        yield {
          label: `torchvision's mean and deviation (${order}), from 0…${range}`,
          explanation: `the reference's input is normalized by torchvision's mean and standard deviation (${order}); this one is not.`,
          change: { output: () => repainted(image, (v, c) => (v / range - m[c]!) / s[c]!, undefined) },
          fix: inputEdit(
            suspect,
            [],
            [
              `x = (${from} - np.array([${m.join(', ')}]).reshape(1, 3, 1, 1)) / np.array([${s.join(', ')}]).reshape(1, 3, 1, 1)`,
            ],
          ),
        };
      }
  },
};
