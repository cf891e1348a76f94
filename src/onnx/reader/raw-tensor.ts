/**
 * A tensor as it stands in the file: its values are in one of several fields, in the message or left in the file, or in
 * another file. `load` reads them once, after checking that they are as many as the shape says.
 */
import { NetspecError } from '../../errors.js';
import { WireReader } from '../../proto/wire.js';
import { product } from '../../shapes.js';
import { dataTypeName, makeNumbers, storedType, type Numbers, type TypedField } from '../schema/data-types.js';
import type { StoredTensor, Tensor } from '../schema/model.js';
import type { Stretch } from './skeleton.js';

/** Reads a stretch of the model's file, or of the file that holds external data. */
export interface ValueFiles {
  readonly model: (stretch: Stretch) => Promise<Uint8Array>;
  /** @throws NetspecError when there is no such file, or it may not be read */
  readonly external: (fields: ReadonlyMap<string, string>, bytes: number, tensor: string) => Promise<Uint8Array>;
}

/** A dimension beyond this is no tensor's. */
const LARGEST_COUNT = 2 ** 31;

export class RawTensor implements StoredTensor {
  name = '';
  readonly dims: number[] = [];
  dataType = 0;
  /** Stretches of values in file order; several where a writer did not pack them, or split them. */
  readonly stored: { field: TypedField | 'raw_data'; bytes?: Uint8Array; stretch?: Stretch }[] = [];
  readonly external = new Map<string, string>();
  isExternal = false;
  sparse?: { values: RawTensor; indices: RawTensor };
  values?: Tensor;

  /** Whether the type holds numbers. */
  get isReadable(): boolean {
    return storedType(this.dataType) !== undefined;
  }

  /**
   * @throws NetspecError when the values are not as many as the shape says, or of a type that holds no numbers
   * @throws MalformedBytes when the typed field ends within a value
   */
  async load(files: ValueFiles): Promise<void> {
    if (this.values) return;
    const type = storedType(this.dataType);
    if (!type) throw this.#error(`has element type ${dataTypeName(this.dataType)}, which holds no numbers of Caffe's`);
    const bad = this.dims.find((dim) => !Number.isSafeInteger(dim) || dim < 0);
    if (bad !== undefined) throw this.#error(`has a dimension of ${bad}`);
    const count = product(this.dims);
    if (count > LARGEST_COUNT) throw this.#error(`has ${count} values, more than ${LARGEST_COUNT}`);
    const data = this.sparse ? await this.#dense(this.sparse, count, files) : await this.#data(count, files);
    this.values = { shape: [...this.dims], type: type.name, data };
    // What the file holds is not needed again.
    this.stored.length = 0;
  }

  async #data(count: number, files: ValueFiles): Promise<Numbers> {
    const type = storedType(this.dataType)!;
    if (this.isExternal) {
      const bytes = await files.external(this.external, count * type.bytes, this.name);
      return this.#fromRaw([bytes], count);
    }
    const raw = this.stored.filter(({ field }) => field === 'raw_data');
    const typed = this.stored.filter(({ field }) => field === type.field);
    const parts = raw.length > 0 ? raw : typed;
    const announced = parts.reduce((sum, { bytes, stretch }) => sum + (bytes?.length ?? stretch!.length), 0);
    if (raw.length > 0 && announced !== count * type.bytes) throw this.#wrongCount(count, announced / type.bytes);
    // A number takes a byte at least.
    if (raw.length === 0 && announced < count) throw this.#wrongCount(count, announced === 0 ? 0 : undefined);
    const pieces: Uint8Array[] = [];
    for (const { bytes, stretch } of parts) pieces.push(bytes ?? (await files.model(stretch!)));
    return raw.length > 0 ? this.#fromRaw(pieces, count) : this.#fromTyped(pieces, count);
  }

  #fromRaw(pieces: readonly Uint8Array[], count: number): Numbers {
    const type = storedType(this.dataType)!;
    const [first] = pieces;
    if (type.name === 'float' && pieces.length === 1 && first && first.byteOffset % 4 === 0 && first.length > 0)
      return new Float32Array(first.buffer as ArrayBuffer, first.byteOffset, count);
    const values = makeNumbers(type.name, count);
    let at = 0;
    for (const piece of pieces) {
      const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
      for (let i = 0; i + type.bytes <= piece.length; i += type.bytes) values[at++] = type.read(view, i);
    }
    return values;
  }

  #fromTyped(pieces: readonly Uint8Array[], count: number): Numbers {
    const type = storedType(this.dataType)!;
    const values = makeNumbers(type.name, count);
    let at = 0;
    for (const piece of pieces) {
      const reader = new WireReader(piece);
      while (reader.at < reader.end) {
        if (at === count) throw this.#wrongCount(count, undefined);
        const value =
          type.field === 'float_data'
            ? reader.float()
            : type.field === 'double_data'
              ? reader.double()
              : reader.int64Nearest();
        values[at++] = type.fromTyped ? type.fromTyped(value) : value;
      }
    }
    if (at !== count) throw this.#wrongCount(count, at);
    return values;
  }

  async #dense(
    { values, indices }: NonNullable<RawTensor['sparse']>,
    count: number,
    files: ValueFiles,
  ): Promise<Numbers> {
    if (count > 64 * (this.stored.length + 2 ** 20)) throw this.#error(`is sparse and has ${count} values`);
    await values.load(files);
    await indices.load(files);
    const dense = makeNumbers(values.values!.type, count);
    const flat = indices.values!;
    const rank = this.dims.length;
    values.values!.data.forEach((value, i) => {
      let at = flat.shape.length < 2 ? flat.data[i]! : 0;
      if (flat.shape.length >= 2) for (let a = 0; a < rank; a++) at = at * this.dims[a]! + flat.data[i * rank + a]!;
      if (!(at >= 0 && at < count)) throw this.#error(`is sparse, with an index of ${at} for ${count} values`);
      dense[at] = value;
    });
    return dense;
  }

  #error(what: string): NetspecError {
    return new NetspecError(`the tensor '${this.name}' ${what}`);
  }

  #wrongCount(count: number, found: number | undefined): NetspecError {
    const shape = this.dims.length > 0 ? this.dims.join('x') : 'of a scalar';
    return this.#error(`has the shape ${shape} of ${count} values, the file has ${found ?? 'another number'} of them`);
  }
}
