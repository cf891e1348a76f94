/** DummyData: makes blobs of given shapes and fills them. */
import type { FillerParameter } from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

const LEGACY_DIMS = ['num', 'channels', 'height', 'width'] as const;

/**
 * Blobs that a filler fills. Constant ones are filled once, when the net is built, and may be overwritten by hand;
 * random ones are filled anew by each forward pass.
 *
 * @formula y = filler()
 * @bottoms none
 * @tops one or more; `shape` is given once for all or once for each, or in the old form `num`, `channels`, `height`,
 *   `width`, each once for all or once for each
 * @fields `data_filler` is given not at all (0), once for all, or once for each top
 * @source Caffe's dummy_data_layer.cpp
 */
export class DummyDataLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'DummyData',
    origin: 'BVLC',
    family: 'input',
    doc: 'Filler-made blobs. Each forward refills them: a deploy net wants Input instead.',
    bottoms: [],
    tops: ['...blobs'],
    params: ['dummy_data_param'],
    fed: true,
    withoutCase: 'its tops are what fillers make, which have tests of their own',
  };

  #fillers: readonly FillerParameter[] = [];

  override setUp(_bottom: readonly Blob[], top: readonly Blob[]): void {
    const param = resolve('DummyDataParameter', this.param.dummy_data_param);
    const { data_filler, shape } = param;
    const tops = top.length;
    this.check(
      data_filler.length <= 1 || data_filler.length === tops,
      `Number of data fillers must be 0, 1 or equal to the number of tops: ${tops}; ` +
        `you specified ${data_filler.length} data fillers.`,
      undefined,
      'dummy_data_param.data_filler',
    );
    const legacy = LEGACY_DIMS.some((dim) => param[dim].length > 0);
    if (legacy)
      this.check(
        shape.length === 0,
        'Both shape and legacy fields were specified',
        'remove num, channels, height and width',
        'dummy_data_param.shape',
      );
    for (const field of legacy ? LEGACY_DIMS : (['shape'] as const)) {
      const given = param[field].length;
      this.check(
        given === 1 || given === tops,
        `Must specify '${field}' once, or once per top blob (${tops}); specified ${given}.`,
        undefined,
        `dummy_data_param.${field}`,
      );
    }
    const nth = <T>(list: readonly T[], i: number): T => (list.length === 1 ? list[0]! : list[i]!);
    this.#fillers = top.map((_, i) => (data_filler.length === 0 ? { type: 'constant' } : nth(data_filler, i)));
    top.forEach((blob, i) => {
      blob.reshape(legacy ? LEGACY_DIMS.map((dim) => nth(param[dim], i)) : (nth(shape, i).dim ?? []));
      if (isConstant(this.#fillers[i]!)) this.context.fill(blob, this.#fillers[i]);
    });
  }

  override reshape(): void {
    // Shapes are set once; a caller may then change them.
  }

  override forward(_bottom: readonly Blob[], top: readonly Blob[]): void {
    top.forEach((blob, i) => {
      if (!isConstant(this.#fillers[i]!)) this.context.fill(blob, this.#fillers[i]);
    });
  }
}

function isConstant({ type = 'constant' }: FillerParameter): boolean {
  return type === 'constant';
}
