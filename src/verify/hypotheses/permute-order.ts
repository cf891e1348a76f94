/** permute-order: a Permute puts the axes into another order. */
import { sameShape, withoutOnes } from '../../shapes.js';
import { settingsOf } from '../../layers/shared/fork-settings.js';
import { range } from '../tensors.js';
import { permutations } from './concat-order.js';
import { prototxtEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const permuteOrder: Hypothesis = {
  id: 'permute-order',
  title: 'a Permute puts the axes into another order',
  *variants(suspect): Generator<Variant> {
    const [x] = suspect.bottoms;
    if (suspect.type !== 'Permute' || !x || x.shape.length > 5) return;
    const given = settingsOf<{ order: number[] }>(suspect.param, 'permute_param').order ?? [];
    const axes = range(x.shape.length);
    const current = [...given, ...axes.filter((axis) => !given.includes(axis))];
    const { reference } = suspect;
    const moved = (order: readonly number[]): number => order.filter((axis, i) => axis !== current[i]).length;
    for (const order of permutations(axes).sort((a, b) => moved(a) - moved(b))) {
      const shape = order.map((axis) => x.shape[axis]!);
      if (moved(order) === 0 || (reference && !sameShape(withoutOnes(shape), withoutOnes(reference.shape)))) continue;
      const param = { ...suspect.param, permute_param: { ...suspect.param.permute_param, order } };
      yield {
        label: `order: ${order.join(', ')}`,
        explanation: `the reference puts the axes into the order ${order.join(', ')}, this layer into ${current.join(', ')}.`,
        change: { param },
        fix: prototxtEdit(suspect, param),
      };
    }
  },
};
