/**
 * Which value each blob holds, layer by layer. As in Caffe, blobs may share their memory: what a layer writes in place shows in every
 * blob that shares it, as in the one that a Flatten read.
 */
import type { Blob } from '../../engine/blob.js';
import type { Net } from '../../runtime/net.js';
import type { Value } from './graph-builder.js';
import type { Ops } from './ops.js';

/** A value, and how often its memory had been written in place when it came to its blob. */
interface Held {
  readonly value: Value;
  readonly writes: number;
}

export class BlobValues {
  readonly #held = new Map<string, Held>();
  /** What was last written in place, by memory. */
  readonly #written = new Map<Blob, Held>();

  constructor(
    private readonly net: Net,
    private readonly ops: Ops,
  ) {}

  /** What a blob holds now. */
  read(name: string): Value {
    const { shape, storage } = this.net.blobs.get(name)!;
    const held = this.#held.get(name)!;
    const written = this.#written.get(storage);
    if (!written || written.writes <= held.writes) return held.value;
    const value = this.ops.reshape(written.value, shape);
    this.#held.set(name, { value, writes: written.writes });
    return value;
  }

  /** A layer has made the value. @param inPlace it has written over what the blob held */
  write(name: string, value: Value, inPlace: boolean): void {
    const { storage } = this.net.blobs.get(name)!;
    const writes = (this.#written.get(storage)?.writes ?? 0) + (inPlace ? 1 : 0);
    if (inPlace) this.#written.set(storage, { value, writes });
    this.#held.set(name, { value, writes });
  }

  /** What the last layer that names each blob made, in the order in which the blobs were made. */
  last(): Map<string, Value> {
    return new Map([...this.#held].map(([name, { value }]) => [name, value]));
  }
}
