/** Dropout: sets values to 0 at random in training, and does nothing in testing, or scales there where forks say so. */
import { Phase, type LayerParameter } from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { parallelFor } from '../engine/parallel-for.js';
import { settingsOf } from './shared/fork-settings.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

/**
 * Passes values on unchanged in phase TEST. In phase TRAIN each value becomes 0 with probability `dropout_ratio`
 * (0.5), and the others are enlarged so that the expected sum stays. The choice depends only on the net's seed and
 * the layer's name. Nets of forks such as Faster R-CNN's ZF have `scale_train: false`: they do not enlarge in training, and multiply
 * all values by 1 − `dropout_ratio` in testing.
 *
 * @formula TEST `y = x`; TRAIN `y = x · mask / (1 − dropout_ratio)`. With `scale_train: false`: TEST `y = x · (1 − dropout_ratio)`; TRAIN `y = x · mask`
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @fields `dropout_ratio` (0.5); of forks, `scale_train` (true)
 * @source Caffe's dropout_layer.cpp; that of weiliu89/caffe (SSD) and other forks for `scale_train`
 */
export class DropoutLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'Dropout',
    origin: 'BVLC',
    family: 'activation',
    doc: 'Zeroes elements at random in training; the identity in testing, unless scale_train is false.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['dropout_param'],
    idle: (param, phase) => phase === Phase.TEST && !scalesInTest(param),
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(y: number, x: number, count: number, top: Blob, bottom: Blob): void {
    const { phase, arena } = this.context;
    const inTest = scalesInTest(this.param);
    if (phase === Phase.TEST) {
      if (inTest) parallelFor(arena, 'f32_affine__simd', [y, x, dropoutScale(this.param), 0], count);
      else if (y !== x) arena.kernels.copy_rows__scalar(y, 0, x, 0, count * 4, 0, 1);
      return;
    }
    const ratio = ratioOf(this.param);
    const scale = inTest ? 1 : Math.fround(1 / (1 - ratio));
    const [to, from] = valuesOf(top, bottom);
    for (let i = 0; i < count; i++) to[i] = from[i]! * (this.context.random() < ratio ? 0 : scale);
  }
}

/** Whether the layer makes up for what training drops in phase TEST, and not in training. */
function scalesInTest(param: LayerParameter): boolean {
  return settingsOf<{ scale_train: boolean }>(param, 'dropout_param').scale_train === false;
}

function ratioOf({ dropout_param }: LayerParameter): number {
  return Math.fround(resolve('DropoutParameter', dropout_param).dropout_ratio);
}

/** What a layer multiplies with in phase TEST, in the float32 steps of Caffe's. */
export function dropoutScale(param: LayerParameter): number {
  return scalesInTest(param) ? Math.fround(1 / Math.fround(1 / (1 - ratioOf(param)))) : 1;
}
