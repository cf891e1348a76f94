/**
 * NetMemory: all memory of one net. It makes the blobs, lends scratch memory to layers, and takes what all blobs need at
 * once when the first of them is looked at, so that views people take do not go stale one allocation later.
 */
import { NetspecError } from '../errors.js';
import type { Arena } from '../engine/arena.js';
import { Blob } from '../engine/blob.js';

/**
 * Asked for on top of what the blobs need, for scratch: as much again, within these bounds. Untouched pages take no memory, but
 * V8 counts them: with 64 MiB for each small net it collects garbage at every net, which takes longer than the net itself.
 */
const HEADROOM_BYTES = { least: 16 * 2 ** 20, most: 64 * 2 ** 20 };

export class NetMemory {
  readonly #blobs: Blob[] = [];
  #scratch: { ptr: number; bytes: number } | undefined;
  #region: { ptr: number; bytes: number } | undefined;
  #regionBytes = 0;
  /** All shapes are known, and the next allocation may ask for everything at once. */
  #settled = false;
  #disposed = false;

  constructor(readonly arena: Arena) {}

  get disposed(): boolean {
    return this.#disposed;
  }

  createBlob(shape?: readonly number[]): Blob {
    const blob = new Blob(this.arena, shape, () => {
      this.#beforeAllocation();
    });
    this.#blobs.push(blob);
    return blob;
  }

  /** See LayerContext.scratch. */
  scratch(bytes: number): number {
    if (!this.#scratch || this.#scratch.bytes < bytes) {
      this.#beforeAllocation();
      if (this.#scratch) this.arena.free(this.#scratch.ptr, this.#scratch.bytes);
      this.#scratch = undefined;
      this.#scratch = { ptr: this.arena.allocate(bytes), bytes };
    }
    return this.#scratch.ptr;
  }

  /** Size of the region: memory that blobs take turns in; 0, the default, for none. It never shrinks. */
  set regionBytes(bytes: number) {
    this.#regionBytes = bytes;
  }

  /** Byte address of the region, 64-byte aligned; its contents are undefined. Takes memory when there is none yet. */
  get region(): number {
    if (!this.#region || this.#region.bytes < this.#regionBytes) {
      this.#beforeAllocation();
      if (this.#region) this.arena.free(this.#region.ptr, this.#region.bytes);
      this.#region = undefined;
      this.#region = { ptr: this.arena.allocate(this.#regionBytes), bytes: this.#regionBytes };
    }
    return this.#region.ptr;
  }

  /** Tells that shapes are final for now: after the net was built, and again after it was reshaped. */
  settle(): void {
    this.#settled = true;
  }

  /** Bytes that the blobs hold or would hold, the region and what is held in one place counted once. */
  get plannedBytes(): number {
    let bytes = this.#regionBytes;
    const seen = new Set<object>();
    for (const blob of this.#blobs) {
      if (!blob.isBorrowed && !seen.has(blob.holder)) bytes += blob.count * 4;
      seen.add(blob.holder);
    }
    return bytes;
  }

  dispose(): void {
    if (this.#disposed) return;
    for (const blob of this.#blobs) blob.release();
    this.#disposed = true;
    this.arena.dispose?.();
  }

  #beforeAllocation(): void {
    if (this.#disposed)
      throw new NetspecError('the net was disposed', { hint: 'load it again, or copy what you need before dispose()' });
    if (!this.#settled) return;
    this.#settled = false;
    let bytes = 0;
    if (!this.#region || this.#region.bytes < this.#regionBytes) bytes += this.#regionBytes + 64;
    for (const blob of this.#blobs) if (blob.storage === blob && !blob.isAllocated) bytes += blob.count * 4 + 64;
    const headroom = Math.min(Math.max(bytes, HEADROOM_BYTES.least), HEADROOM_BYTES.most);
    this.arena.reserve?.(bytes + headroom);
  }
}
