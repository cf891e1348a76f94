/** Reshape: other dimensions for the same values. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { product, shapeString } from '../shapes.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Gives a blob other dimensions. No values move.
 *
 * @formula y = x
 * @bottoms x, any shape
 * @tops y: `shape` replaces x's axes from `axis` (0) to before `axis + num_axes` (−1: all). In `shape`, 0 copies the
 *   dimension at the same place of x. One −1 stands for what is left; shares x's values; not in place
 * @fields a negative `axis` counts from behind the last axis: −1 appends
 * @source Caffe's reshape_layer.cpp
 */
export class ReshapeLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Reshape',
    origin: 'BVLC',
    family: 'joining',
    doc: 'Changes the shape: 0 keeps an axis, one -1 is inferred.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['reshape_param'],
    sharesValues: true,
    keepsOrder: true,
    movesValues: true,
  };

  override setUp(): void {
    const inferred = this.#dims.filter((dim) => dim === -1).length;
    this.check(
      inferred <= 1,
      `new shape contains multiple -1 dims; at most a single (1) value of -1 may be specified: ${this.#written}`,
      undefined,
      'reshape_param.shape',
    );
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { axis, num_axes } = resolve('ReshapeParameter', this.param.reshape_param);
    const n = x!.numAxes;
    const start = axis >= 0 ? axis : n + axis + 1;
    this.check(
      start >= 0 && start <= n,
      () => `axis ${axis} out of range for ${n}-D input blob with shape ${shapeString(x!.shape)}`,
      undefined,
      'reshape_param.axis',
    );
    this.check(
      num_axes >= -1,
      `num_axes must be >= 0, or -1 for all, got ${num_axes}`,
      undefined,
      'reshape_param.num_axes',
    );
    const end = num_axes === -1 ? n : start + num_axes;
    this.check(
      end <= n,
      () => `end_axis = axis + num_axes is out of range: ${start} + ${num_axes} vs. ${n} axes`,
      undefined,
      'reshape_param.num_axes',
    );
    const middle = this.#dims.map((dim, i) => {
      if (dim !== 0) return dim;
      const copied = x!.shape[start + i];
      this.check(
        copied !== undefined,
        () =>
          `new shape contains a 0, but there was no corresponding bottom axis to copy: ${this.#written} from axis ` +
          `${start} on, bottom[0] is ${shapeString(x!.shape)}`,
        undefined,
        'reshape_param.shape',
      );
      return copied;
    });
    const shape = [...x!.shape.slice(0, start), ...middle, ...x!.shape.slice(end)];
    const open = middle.indexOf(-1);
    if (open >= 0) {
      const explicit = product(shape.filter((_, i) => i !== start + open));
      this.check(
        explicit !== 0 && x!.count % explicit === 0,
        () =>
          `bottom count (${x!.count}) must be divisible by the product of the specified dimensions (${explicit}): ` +
          `${this.#written}, bottom[0] is ${shapeString(x!.shape)}`,
        undefined,
        'reshape_param.shape',
      );
      shape[start + open] = x!.count / explicit;
    }
    this.check(
      product(shape) === x!.count && shape.every((dim) => dim >= 0),
      () =>
        `output count must match input count: [${shape.join(', ')}] has ${product(shape)} elements, bottom[0] is ` +
        shapeString(x!.shape),
      'a dimension of -1 takes what is left',
      'reshape_param.shape',
    );
    y!.reshape(shape);
    y!.shareData(x!);
  }

  override forward(): void {
    // The values are shared.
  }

  get #dims(): readonly number[] {
    return this.param.reshape_param?.shape?.dim ?? [];
  }

  get #written(): string {
    return `shape { ${this.#dims.map((dim) => `dim: ${dim}`).join(' ')} }`;
  }
}
