/** ContinuationIndicator: says where sequences begin, for LSTM layers. */
import type { Blob } from '../engine/blob.js';
import { axisOf } from './shared/axis.js';
import { settingsOf } from './shared/fork-settings.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface IndicatorSettings {
  time_step: number;
  batch_size: number;
  axis: number;
}

/**
 * The second bottom of an LSTM: 0 at the first step of each sequence, 1 at all others.
 *
 * @formula y[t, n] = 0 for t = 0, else 1
 * @bottoms none; or, as in DeepDetect's Caffe, one whose size along `axis` is the batch
 * @tops y, (time_step, batch_size)
 * @fields `time_step` is required, and so is `batch_size` without a bottom; `axis` (0)
 * @source continuation_indicator_layer.cpp of xmfbit/warpctc-caffe, and of beniz/caffe
 */
export class ContinuationIndicatorLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'ContinuationIndicator',
    origin: 'WarpCTC',
    family: 'other',
    doc: 'Says where sequences begin: 0 in the first step, 1 in all others.',
    bottoms: ['x?'],
    tops: ['y'],
    params: ['continuation_indicator_param'],
  };

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const given = settingsOf<IndicatorSettings>(this.param, 'continuation_indicator_param');
    const { time_step = 0, axis = 0 } = given;
    const batch_size = x ? x.shape[axisOf(x, axis, 'continuation_indicator_param.axis')]! : (given.batch_size ?? 0);
    this.check(
      batch_size > 0,
      'The batch size should be greater than 0',
      undefined,
      'continuation_indicator_param.batch_size',
    );
    this.check(
      time_step > 0,
      'The time step should be greater than 0',
      undefined,
      'continuation_indicator_param.time_step',
    );
    y!.reshape([time_step, batch_size]);
  }

  override forward(_bottom: readonly Blob[], [y]: readonly Blob[]): void {
    y!.data.fill(1).fill(0, 0, y!.shape[1]);
  }
}
