/** Lstm of caffe-lstm and caffe_ocr: its steps one after another, for clip may begin a sequence at each. */
import { LstmForkLayer } from '../../../layers/lstm-fork.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { product } from '../../../shapes.js';
import type { Value } from '../graph-builder.js';
import type { LayerExport } from '../layer-export.js';
import { joinSteps, lstmStep, stepsOf } from '../recurrent.js';

export const lstmFork: LayerExport = {
  layers: [LstmForkLayer],
  becomes: 'its steps one after another',
  emit: ({ ops, layer, param, blob, bottoms: [x, clip], topShapes: [shape] }) => {
    const { batch_size: batch = 1 } = settingsOf<{ batch_size: number }>(param, 'lstm_param');
    const streams = x!.shape.length === 3 ? x!.shape[1]! : batch;
    const inputs = layer.blobs[0]!.shape[1]!;
    const items = product(x!.shape) / inputs;
    const steps = items / streams;
    const all = ops.gemm(ops.reshape(x!, [items, inputs]), blob(0), blob(2));
    const gates = stepsOf(ops, ops.reshape(all, [steps, streams, all.shape[1]!]));
    const going = clip && stepsOf(ops, ops.cast(ops.cast(ops.reshape(clip, [steps, streams, 1]), 'bool'), 'float'));
    const recurrent = steps > 1 ? blob(1) : undefined;
    let hidden: Value | undefined;
    let cell: Value | undefined;
    const outputs = gates.map((input, t) => {
      let sum = input;
      if (hidden) {
        const before = going ? ops.mul(hidden, going[t]!) : hidden;
        sum = ops.add(ops.gemm(before, recurrent!, undefined), input);
      }
      const next = lstmStep(ops, sum, cell, going?.[t]);
      ({ hidden, cell } = next);
      return next.hidden;
    });
    return [ops.reshape(joinSteps(ops, outputs), shape!)];
  },
};
