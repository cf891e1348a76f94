/**
 * Blob: an N-dimensional float32 array in WebAssembly memory, as Caffe's Blob is one in host memory.
 * The shape may be known long before there is storage: memory is taken at the first look at `ptr` or `data`.
 *
 * Two kinds of sharing, which differ in who sees a write. `shareData` makes one blob of two, as in Caffe: a write to
 * either is seen by both. `merge` lets blobs that happen to be equal hold their values once: a write to one is not
 * seen by the others, because whoever asks for a writable view (`data`) gets a copy of its own first.
 *
 * A blob can also borrow: its values then live where the net says, and only as long as the net says (`borrow`).
 */
import { NetspecError } from '../errors.js';
import { product, sameShape, shapeString } from '../shapes.js';
import type { Arena } from './arena.js';

/** Caffe's own limit (kMaxBlobAxes). */
export const MAX_BLOB_AXES = 32;

/** A piece of the arena and how many blobs hold it. More than one only while all of them are equal and unwritten. */
interface Memory {
  readonly ptr: number;
  readonly bytes: number;
  users: number;
}

/** Memory that a net lends to a blob, and to others before and after it. */
export interface Loan {
  readonly bytes: number;
  /**
   * Byte address of the values.
   * @param asked the blob whose values are wanted: the borrower, or one that shares its data
   * @throws NetspecError when they are not there, or not to be looked at now.
   */
  address(asked: Blob): number;
}

/**
 * An array of float32 values with a shape, in the memory of a net.
 * @example
 * const net = await Net.load('net.prototxt');
 * const data = net.blobs.get('data')!;
 * data instanceof Blob; // → true
 * data.reshape([2, 3, 8, 8]);
 * net.reshape();
 * data.count; // → 384
 * net.blobs.get('prob')!.shape; // → [2, 5]
 */
export class Blob {
  /** Dimensions, outermost first; empty for a scalar. */
  #shape: readonly number[] = [0];
  #count = 0;
  /** Elements of the largest shape so far. */
  #largest = 0;
  /** Undefined until storage is wanted. It only ever grows, as in Caffe. */
  #memory: Memory | undefined;
  /** Takes the place of `#memory` while there is one. */
  #loan: Loan | undefined;
  #view: Float32Array | undefined;
  /** Someone outside holds, or held, a view that can write at any time. */
  #exposed = false;
  /** When set, this blob has no storage of its own: it looks through to that one (ShareData). */
  #sharedWith: Blob | undefined;
  #initializer: ((data: Float32Array) => void) | undefined;

  /** @param beforeAllocation called whenever this blob is about to take memory: the net's chance to take it all at once */
  constructor(
    /** @internal */
    readonly arena: Arena,
    shape?: readonly number[],
    private readonly beforeAllocation?: () => void,
  ) {
    if (shape) this.reshape(shape);
  }

  /** Dimensions, outermost first; empty for a scalar. */
  get shape(): readonly number[] {
    return this.#shape;
  }

  /** Number of dimensions. */
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

  /** As in pycaffe: dimension 0 of the 4-D view, the batch. @throws NetspecError beyond 4 axes. */
  get num(): number {
    return this.legacyDim(0);
  }

  /** As in pycaffe: dimension 1 of the 4-D view. @throws NetspecError beyond 4 axes. */
  get channels(): number {
    return this.legacyDim(1);
  }

  /** As in pycaffe: dimension 2 of the 4-D view. @throws NetspecError beyond 4 axes. */
  get height(): number {
    return this.legacyDim(2);
  }

  /** As in pycaffe: dimension 3 of the 4-D view. @throws NetspecError beyond 4 axes. */
  get width(): number {
    return this.legacyDim(3);
  }

  /** Sets the shape. Values are kept when the storage is large enough already, otherwise undefined. */
  reshape(shape: readonly number[]): void {
    if (sameShape(shape, this.#shape)) return;
    if (shape.length > MAX_BLOB_AXES)
      throw new NetspecError(`a blob has at most ${MAX_BLOB_AXES} axes, got ${shape.length}`);
    for (const d of shape)
      if (!Number.isInteger(d) || d < 0)
        throw new NetspecError(`blob dimensions must be whole and not negative, got [${shape.join(', ')}]`);
    const count = product(shape);
    if (count > 0x3fffffff)
      throw new NetspecError(`blob of shape ${shapeString(shape)} exceeds the 4 GiB that WebAssembly can address`);
    this.#shape = Object.freeze([...shape]);
    this.#count = count;
    this.#largest = Math.max(this.#largest, count);
    this.#view = undefined;
    const held = this.#loan ?? this.#memory;
    if (held && count * 4 > held.bytes) this.release();
    // As in Caffe, a blob that outgrows what it shares gets storage of its own.
    if (this.#sharedWith && count > this.#sharedWith.storage.#count) this.#sharedWith = undefined;
  }

  /** Gives the blob the shape of another; see {@link reshape}. */
  reshapeLike(other: Blob): void {
    this.reshape(other.shape);
  }

  /**
   * From now on use `owner`'s storage instead of an own one: Split's tops, in-place results, shared parameters.
   * Shapes may differ, counts not.
   * @internal
   */
  shareData(owner: Blob): void {
    if (owner.storage === this || this.#sharedWith === owner) return;
    if (owner.count !== this.#count)
      throw new NetspecError(`cannot share ${shapeString(owner.shape)} as ${shapeString(this.#shape)}: counts differ`);
    this.release();
    this.#sharedWith = owner;
  }

  /**
   * The blob that really holds the values: this one, or the one it shares with.
   * @internal
   */
  get storage(): Blob {
    return this.#sharedWith ? this.#sharedWith.storage : this;
  }

  /**
   * Whether the blob has, or in an earlier shape had, elements. Caffe has no storage for one that never did.
   * @internal
   */
  get hasHadElements(): boolean {
    return this.largestCount > 0;
  }

  /**
   * Elements of the largest shape that the storage ever had.
   * @internal
   */
  get largestCount(): number {
    return this.storage.#largest;
  }

  /** Whether the values have memory already. */
  get isAllocated(): boolean {
    const owner = this.storage;
    return (owner.#memory ?? owner.#loan) !== undefined;
  }

  /**
   * Whether the values live in borrowed memory; see {@link borrow}.
   * @internal
   */
  get isBorrowed(): boolean {
    return this.storage.#loan !== undefined;
  }

  /**
   * An object that two blobs have in common exactly when they hold their values in one place, shared or merged.
   * @internal
   */
  get holder(): object {
    const owner = this.storage;
    return owner.#memory ?? owner;
  }

  /**
   * How to fill this blob when its storage is first wanted and nothing was written before: a parameter's filler.
   * @internal
   */
  setInitializer(fill: ((data: Float32Array) => void) | undefined): void {
    this.storage.#initializer = fill;
  }

  /**
   * Byte address of the first element, 16-byte aligned, for kernels. Takes memory when there is none yet. A parameter
   * may be read here but not written: others may hold the same memory. Writing goes through `data`.
   */
  get ptr(): number {
    const owner = this.storage;
    if (owner.#loan) return owner.#loan.address(this);
    if (!owner.#memory) {
      owner.#memory = owner.#allocate();
      const fill = owner.#initializer;
      if (fill) {
        owner.#initializer = undefined;
        fill(owner.peek());
      }
    }
    return owner.#memory.ptr;
  }

  /**
   * The values, row-major, live: writing here writes the blob. Take it anew after `reshape()` or a forward pass; a
   * view taken earlier may look at memory that has moved.
   */
  get data(): Float32Array {
    const owner = this.storage;
    const shared = owner.#memory;
    if (shared && shared.users > 1) {
      shared.users--;
      owner.#memory = owner.#allocate();
      new Uint8Array(this.arena.buffer).copyWithin(owner.#memory.ptr, shared.ptr, shared.ptr + owner.#count * 4);
    }
    owner.#exposed = true;
    return this.peek();
  }

  /** The values for reading only: never write here, other blobs may hold the same memory. */
  peek(): Float32Array {
    const ptr = this.ptr;
    const buffer = this.arena.buffer;
    if (this.#view?.buffer !== buffer || this.#view.byteOffset !== ptr)
      this.#view = new Float32Array(buffer, ptr, this.#count);
    return this.#view;
  }

  /**
   * Memory for a loader that overwrites every value: a filler that has not run yet never will. Views that were taken
   * of this blob stay views of it.
   * @internal
   */
  overwrite(): Float32Array {
    const owner = this.storage;
    owner.#initializer = undefined;
    if (owner.#memory && owner.#memory.users > 1) owner.release();
    return this.peek();
  }

  /**
   * Holds this blob's values and `other`'s in one place when they are bit for bit the same and nobody has a writable
   * view of either.
   * @returns whether they are in one place now
   * @internal
   */
  merge(other: Blob): boolean {
    const [mine, theirs] = [this.storage, other.storage];
    if (mine === theirs) return true;
    if (!mine.#memory || !theirs.#memory || mine.#exposed || theirs.#exposed) return false;
    if (mine.#memory === theirs.#memory) return true;
    if (mine.#count !== theirs.#count) return false;
    // As bits: a NaN equals itself, 0 and -0 differ.
    if (!mine.arena.kernels.u32_equal__simd(mine.#memory.ptr, theirs.#memory.ptr, mine.#count)) return false;
    mine.release();
    mine.#memory = theirs.#memory;
    mine.#memory.users++;
    return true;
  }

  /**
   * From now on the values live in lent memory; without a loan, in memory of the blob's own again. A blob that outgrows
   * what it borrows takes memory of its own. Values do not move along.
   * @internal
   */
  borrow(loan: Loan | undefined): void {
    const owner = this.storage;
    if (owner.#loan === loan) return;
    owner.release();
    owner.#loan = loan;
  }

  #allocate(): Memory {
    this.beforeAllocation?.();
    const bytes = Math.max(this.#count, 1) * 4;
    return { ptr: this.arena.allocate(bytes), bytes, users: 1 };
  }

  /**
   * Gives the memory back. The next look at the values takes new, zeroed memory.
   * @internal
   */
  release(): void {
    const memory = this.#memory;
    if (memory && --memory.users === 0) this.arena.free(memory.ptr, memory.bytes);
    this.#memory = undefined;
    this.#loan = undefined;
    this.#view = undefined;
    this.#exposed = false;
  }
}
