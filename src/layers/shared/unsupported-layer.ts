/**
 * The base of the layer types that Caffe has and netspec does not run: those that read a database or files, run Python, or
 * train. Nets that contain them parse, print, convert and draw as any other. Running one is refused, with what to write instead.
 */
import { ShapesArena } from '../../engine/shapes-arena.js';
import type { Blob } from '../../engine/blob.js';
import { NetspecError } from '../../errors.js';
import type { LayerParameter } from '../../generated/messages.js';
import type { BlobCount } from '../facts.js';
import { Layer, type LayerClass } from '../layer.js';

/** A subclass has nothing but its facts, which say why the type is not run. */
export abstract class UnsupportedLayer extends Layer {
  // The refusal says more than a wrong number of blobs.
  override readonly bottomCount: BlobCount = {};
  override readonly topCount: BlobCount = {};

  override setUp(bottom: readonly Blob[]): void {
    if (!this.#shapes(bottom)) this.#refuse();
  }

  override reshape(bottom: readonly Blob[], top: readonly Blob[]): void {
    const shapes = this.#shapes(bottom) ?? this.#refuse();
    top.forEach((blob, i) => {
      blob.reshape(shapes[i] ?? []);
    });
  }

  override forward(): never {
    this.#refuse();
  }

  /** The shapes of the tops, in a net that needs nothing else, where they are known. */
  #shapes(bottom: readonly Blob[]): readonly (readonly number[])[] | undefined {
    if (!(this.context.arena instanceof ShapesArena)) return undefined;
    return (this.constructor as LayerClass).facts?.unsupported?.shapes?.(
      this.param,
      bottom.map(({ shape }) => shape),
    );
  }

  #refuse(): never {
    const { unsupported, training } = (this.constructor as LayerClass).facts!;
    const { purpose, instead } = unsupported!;
    const reads = (this.param.bottom?.length ?? 0) > 0;
    throw new NetspecError(`${this.type} layers ${purpose}, which netspec does not run`, {
      hint: instead(this.param),
      // What makes its tops of nothing reads training data.
      code: training || !reads ? 'training-layer' : undefined,
      layer: { name: this.name, type: this.type },
    });
  }
}

/** What to write for a layer that only training needs. */
export function leftOutInstead(): string {
  return 'leave it out of a net for deployment, or give it include { phase: TRAIN }';
}

/** What to write for a layer that reads data: an Input layer with the same tops, its sizes as far as the settings tell them. */
export function inputInstead(param: LayerParameter): string {
  const { data_param, image_data_param, window_data_param, hdf5_data_param, transform_param } = param;
  const batch = (data_param ?? image_data_param ?? window_data_param ?? hdf5_data_param)?.batch_size ?? 'N';
  const crop = transform_param?.crop_size ?? data_param?.crop_size ?? window_data_param?.crop_size;
  const height = crop ?? image_data_param?.new_height ?? 'H';
  const width = crop ?? image_data_param?.new_width ?? 'W';
  const tops = param.top ?? [];
  const shapes = tops.map((_, i) => (i === 0 ? [batch, 'C', height, width] : [batch]));
  const input = [
    `layer { name: "${param.name ?? ''}" type: "Input"`,
    ...tops.map((top) => `top: "${top}"`),
    `input_param {`,
    ...shapes.map((dims) => `shape { ${dims.map((d) => `dim: ${d}`).join(' ')} }`),
    '} }',
  ].join(' ');
  return `replace it with an Input layer and set its blobs before forward(): ${input}`;
}
