/** Accuracy: GatherElements of the true class's score, and how many scores are not less. */
import { AccuracyLayer } from '../../../layers/accuracy.js';
import { resolve } from '../../../proto/message.js';
import { axisIn } from '../axis.js';
import { atLabels, isOfClass, labelsOf, sumOver } from '../labels.js';
import type { LayerExport } from '../layer-export.js';

export const accuracy: LayerExport = {
  layers: [AccuracyLayer],
  becomes: "GatherElements of the true class's score, and how many scores are not less",
  isOneWay: true,
  emit: ({ ops, param, bottoms: [scores, given], topShapes }) => {
    const { axis, top_k: count } = resolve('AccuracyParameter', param.accuracy_param);
    const ignore = param.accuracy_param?.ignore_label;
    const labels = labelsOf(ops, given!, scores!.shape, axisIn(scores!, axis), ignore);
    const { outer, inner, size, counts } = labels;
    const values = ops.reshape(scores!, [outer, size, inner]);
    // The true class is among those that are not less than itself.
    const isNotLess = ops.cast(ops.not(ops.less(values, atLabels(ops, values, labels))), 'float');
    const isRight = ops.cast(ops.less(ops.reduce('ReduceSum', isNotLess, [1]), count + 0.5), 'float');
    const right = sumOver(ops, isRight, counts);
    const all = counts ? ops.max(sumOver(ops, ops.cast(counts, 'float'), undefined), 1) : Math.max(outer * inner, 1);
    const share = ops.div(right, all);
    if (topShapes.length === 1) return [share];
    const ofClass = counts ? ops.and(isOfClass(ops, labels), counts) : isOfClass(ops, labels);
    const members = ops.cast(ofClass, 'float');
    const numbers = ops.reduce('ReduceSum', members, [0, 2], false);
    const rightOnes = ops.reduce('ReduceSum', ops.mul(members, isRight), [0, 2], false);
    return [share, ops.div(rightOnes, ops.max(numbers, 1))];
  },
};
