/** What LSTM and RNN of BVLC share: their bottoms, the input's part of all steps at once, and the states. */
import { resolve } from '../../proto/message.js';
import { product } from '../../shapes.js';
import type { Value } from './graph-builder.js';
import type { ExportContext } from './layer-export.js';
import { stepsOf, zeros } from './recurrent.js';

export interface Unrolled {
  /** For each step, (streams, gates · width): what the inputs and the bias add up to. */
  readonly inputs: readonly Value[];
  /** For each step, (streams, 1): 0 where a sequence begins. */
  readonly going: readonly Value[];
  /** (streams, width), each, before the first step. */
  readonly states: readonly Value[];
  readonly width: number;
  readonly exposed: boolean;
  /** Index of the first parameter blob behind those of the inputs. */
  readonly ownBlobs: number;
}

export function unroll(context: ExportContext, stateCount: number): Unrolled {
  const { ops, layer, param, blob, bottoms, remark } = context;
  const { num_output: width, expose_hidden: exposed } = resolve('RecurrentParameter', param.recurrent_param);
  const [x, cont] = bottoms as [Value, Value];
  const [steps, streams] = x.shape as [number, number];
  const hasStatic = bottoms.length > 2 + (exposed ? stateCount : 0);
  const rows = layer.blobs[0]!.shape[0]!;
  const flat = ops.reshape(x, [steps * streams, product(x.shape, 2)]);
  let all = ops.reshape(ops.gemm(flat, blob(0), blob(1)), [steps, streams, rows]);
  if (hasStatic) {
    const still = ops.reshape(bottoms[2]!, [streams, product(bottoms[2]!.shape, 1)]);
    all = ops.add(all, ops.gemm(still, blob(2), undefined));
  }
  const given = exposed ? bottoms.slice(-stateCount) : [];
  if (!exposed)
    remark('each run begins with states of 0; Caffe goes on with those of the run before, except where cont is 0');
  return {
    inputs: stepsOf(ops, all),
    going: stepsOf(ops, ops.reshape(cont, [steps, streams, 1])),
    states: exposed
      ? given.map((state) => ops.reshape(state, [streams, width]))
      : Array.from({ length: stateCount }, () => zeros(ops, [streams, width])),
    width,
    exposed,
    ownBlobs: hasStatic ? 3 : 2,
  };
}
