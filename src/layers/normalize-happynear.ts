/** Normalize of happynear: divides each position by the norm of its channels. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface NormalizeSettings {
  normalize_type: string;
}

/**
 * Divides by the L2 or L1 norm of the channels at each position.
 *
 * @formula L2: y = x / √(Σ_c x² + 1e-6); L1: y = x / (Σ_c |x| + 1e-6)
 * @bottoms x, (N, C, H, W), or fewer axes
 * @tops y, (N, C, H, W), 4 axes whatever x has; optionally the norms, (N, 1, H, W)
 * @fields `normalize_type` ("L2" or "L1"); `fix_gradient` and `bp_norm` concern training
 * @source normalize_layer.cpp of happynear/caffe-windows
 */
export class NormalizeHappynearLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Normalize',
    origin: 'happynear',
    family: 'scaling',
    doc: 'Divides each position by the norm of its channels.',
    bottoms: ['x'],
    tops: ['y', 'norm?'],
    params: ['normalize_param'],
    variant: {
      name: 'happynear',
      schemas: ['happynear'],
      when: 'it has normalize_param or two tops',
      claims: ({ param }) => 'normalize_param' in param || param.top?.length === 2,
    },
  };

  override setUp([x]: readonly Blob[]): void {
    const { normalize_type: type = 'L2' } = settingsOf<NormalizeSettings>(this.param, 'normalize_param');
    this.check(
      type === 'L2' || type === 'L1',
      `normalize_type must be "L2" or "L1", got "${type}"`,
      undefined,
      'normalize_param.normalize_type',
    );
    this.check(x!.numAxes <= 4, () => `expected at most 4 axes, bottom[0] is ${shapeString(x!.shape)}`);
  }

  override reshape([x]: readonly Blob[], [y, norm]: readonly Blob[]): void {
    const [num, channels, height, width] = ([0, 1, 2, 3] as const).map((axis) => x!.legacyDim(axis));
    y!.reshape([num!, channels!, height!, width!]);
    norm?.reshape([num!, 1, height!, width!]);
  }

  override forward([x]: readonly Blob[], [y, norm]: readonly Blob[]): void {
    const { normalize_type: type = 'L2' } = settingsOf<NormalizeSettings>(this.param, 'normalize_param');
    const [num, channels, height, width] = y!.shape as [number, number, number, number];
    const area = height * width;
    const norms = new Float64Array(num * area);
    const [to, from, normTo] = norm ? valuesOf(y!, x!, norm) : [...valuesOf(y!, x!), undefined];
    const eps = 1e-6;
    for (let n = 0, at = 0; n < num; n++)
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < area; i++, at++)
          norms[n * area + i]! += type === 'L2' ? from[at]! ** 2 : Math.abs(from[at]!);
    for (let i = 0; i < norms.length; i++) norms[i] = type === 'L2' ? Math.sqrt(norms[i]! + eps) : norms[i]! + eps;
    for (let n = 0, at = 0; n < num; n++)
      for (let c = 0; c < channels; c++) for (let i = 0; i < area; i++, at++) to[at] = from[at]! / norms[n * area + i]!;
    normTo?.set(norms);
  }
}
