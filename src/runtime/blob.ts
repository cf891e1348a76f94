/**
 * Blob: an N-dimensional float32 array in WebAssembly memory, as Caffe's Blob is one in host memory.
 * The shape may be known long before there is storage: memory is taken at the first look at `ptr` or `data`.
 */
import { NetspecError } from '../errors.js';
import type { Arena } from './arena.js';

/** Caffe's own limit (kMaxBlobAxes). */
export const MAX_BLOB_AXES = 32;

/** "1 3 480 576 (829440)": a shape as Caffe's messages write it. */
export function shapeString(shape: readonly number[]): string {
  return [...shape, `(${product(shape)})`].join(' ');
}

export function product(dims: readonly number[], from = 0, to = dims.length): number {
  let n = 1;
  for (let i = from; i < to; i++) n *= dims[i]!;
  return n;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

export class Blob {
  /** Dimensions, outermost first; empty for a scalar. */
  #shape: readonly number[] = [0];
  #count = 0;
  /** Byte address in the arena; undefined until storage is wanted. */
  #ptr: number | undefined;
  /** Bytes held at `#ptr`; storage only ever grows, as in Caffe. */
  #capacity = 0;
  #view: Float32Array | undefined;
  /** When set, this blob has no storage of its own: it looks through to that one (ShareData). */
  #sharedWith: Blob | undefined;
  #initializer: ((data: Float32Array) => void) | undefined;

  constructor(
    readonly arena: Arena,
    shape?: readonly number[],
  ) {
    if (shape) this.reshape(shape);
  }

  get shape(): readonly number[] {
    return this.#shape;
  }

  get numAxes(): number {
    return this.#shape.length;
  }

  /** Number of elements. */
  get count(): number {
    return this.#count;
  }

  /** Product of the dimensions from axis `from` up to, not including, axis `to`. */
  countOf(from: number, to = this.numAxes): number {
    return product(this.#shape, from, to);
  }

  /** Dimension of an axis; negative axes count from the end. */
  dim(axis: number): number {
    return this.#shape[this.canonicalAxis(axis)]!;
  }

  /**
   * Turns a negative axis into its positive index.
   * @throws NetspecError when the axis does not exist.
   */
  canonicalAxis(axis: number): number {
    const n = this.numAxes;
    if (axis < -n || axis >= n)
      throw new NetspecError(`axis ${axis} out of range for ${n}-D Blob with shape ${shapeString(this.#shape)}`);
    return axis < 0 ? axis + n : axis;
  }

  /**
   * num, channels, height or width (0..3) of the 4-D view that older layers take: missing axes are 1.
   * @throws NetspecError beyond 4 axes, as Caffe's LegacyShape does.
   */
  legacyDim(index: 0 | 1 | 2 | 3): number {
    if (this.numAxes > 4)
      throw new NetspecError(
        `this layer takes blobs of at most 4 axes, got ${this.numAxes}: Cannot use legacy accessors on Blobs with > 4 axes`,
      );
    return this.#shape[index] ?? 1;
  }

  /** Sets the shape. Values are kept when the storage is large enough already, otherwise undefined. */
  reshape(shape: readonly number[]): void {
    if (shape.length > MAX_BLOB_AXES)
      throw new NetspecError(`a blob has at most ${MAX_BLOB_AXES} axes, got ${shape.length}`);
    for (const d of shape)
      if (!Number.isInteger(d) || d < 0)
        throw new NetspecError(`blob dimensions must be whole and not negative, got [${shape.join(', ')}]`);
    const count = product(shape);
    if (count > 0x3fffffff)
      throw new NetspecError(`blob of shape ${shapeString(shape)} exceeds the 4 GiB that WebAssembly can address`);
    if (!sameShape(shape, this.#shape)) {
      this.#shape = Object.freeze([...shape]);
      this.#view = undefined;
    }
    this.#count = count;
    if (this.#ptr !== undefined && count * 4 > this.#capacity) {
      this.arena.free(this.#ptr, this.#capacity);
      this.#ptr = undefined;
    }
  }

  reshapeLike(other: Blob): void {
    this.reshape(other.shape);
  }

  /**
   * From now on use `owner`'s storage instead of an own one: Split's tops, in-place results, shared parameters.
   * Shapes may differ, counts not.
   */
  shareData(owner: Blob): void {
    if (owner.storage === this) return;
    if (owner.count !== this.#count)
      throw new NetspecError(`cannot share ${shapeString(owner.shape)} as ${shapeString(this.#shape)}: counts differ`);
    this.#release();
    this.#sharedWith = owner;
  }

  /** The blob that really holds the values: this one, or the one it shares with. */
  get storage(): Blob {
    return this.#sharedWith ? this.#sharedWith.storage : this;
  }

  get isAllocated(): boolean {
    return this.storage.#ptr !== undefined;
  }

  /** How to fill this blob when its storage is first wanted and nothing was written before: a parameter's filler. */
  setInitializer(fill: ((data: Float32Array) => void) | undefined): void {
    this.storage.#initializer = fill;
  }

  /** Byte address of the first element, 16-byte aligned. Takes memory when there is none yet. */
  get ptr(): number {
    const owner = this.storage;
    if (owner.#ptr === undefined) {
      owner.#capacity = Math.max(owner.#count, 1) * 4;
      owner.#ptr = owner.arena.allocate(owner.#capacity);
      const fill = owner.#initializer;
      if (fill) {
        owner.#initializer = undefined;
        fill(owner.data);
      }
    }
    return owner.#ptr;
  }

  /**
   * The values, row-major, live: writing here writes the blob. Take it anew after `reshape()` or a forward pass; a
   * view taken earlier may look at memory that has moved.
   */
  get data(): Float32Array {
    const ptr = this.ptr;
    const buffer = this.arena.buffer;
    if (
      !this.#view ||
      this.#view.buffer !== buffer ||
      this.#view.byteOffset !== ptr ||
      this.#view.length !== this.#count
    )
      this.#view = new Float32Array(buffer, ptr, this.#count);
    return this.#view;
  }

  #release(): void {
    if (this.#ptr !== undefined) this.arena.free(this.#ptr, this.#capacity);
    this.#ptr = undefined;
    this.#capacity = 0;
    this.#view = undefined;
  }
}
