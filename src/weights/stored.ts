/**
 * Tensors that lie in a file, in order or strided, and the WeightSource over them: what PyTorch checkpoints, safetensors
 * and .npz archives come down to once their directories are read.
 */
import { NetspecError } from '../errors.js';
import type { RandomAccess, StoredFloats } from '../proto/random-access.js';
import { product } from '../shapes.js';
import { gather, isRowMajor, reverseEach, type ElementType } from './elements.js';
import { floatPieces } from './float-pieces.js';
import { noSuchTensor, type Tensor, type TensorInfo, type WeightSource } from './source.js';

/** Where a tensor's values are. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly element: ElementType;
  /** What holds the values. */
  readonly access: RandomAccess;
  /** Of the first value, in bytes. */
  readonly offset: number;
  /** In elements, none negative; row-major when absent. */
  readonly strides?: readonly number[];
  readonly bigEndian?: boolean;
}

/** A tensor of a file's directory: how to read it, or why that is not possible. */
export interface TensorEntry {
  readonly info: TensorInfo;
  /** @throws NetspecError when the values cannot be read */
  read(): Promise<Tensor>;
  /** As {@link WeightSource.stored}. */
  readonly stored?: StoredFloats;
}

/** A strided view may repeat its values; what it expands to is bounded by the file, or by this many bytes. */
const EXPANDED_BYTES = 2 ** 22;

/**
 * Elements from a tensor's first to its last, both included: what must be there to read it.
 */
export function spanOf(shape: readonly number[], strides: readonly number[]): number {
  return product(shape) === 0 ? 0 : shape.reduce((last, dim, axis) => last + (dim - 1) * strides[axis]!, 0) + 1;
}

/**
 * Whether a tensor's values lie within its file, and reading them takes no more memory than that is worth.
 * @throws NetspecError when not
 */
export function checkStored({ shape, element, access, offset, strides }: StoredTensor): void {
  const count = product(shape);
  if (!shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0) || !Number.isSafeInteger(count))
    throw new NetspecError(`no file holds a tensor of shape (${shape.join(', ')})`);
  const span = strides ? spanOf(shape, strides) : count;
  const end = offset + span * element.bytes;
  if (offset < 0 || !Number.isSafeInteger(end) || end > access.size)
    throw new NetspecError(
      `truncated: (${shape.join(', ')}) of ${element.dtype} ends at byte ${end}, there are ${access.size}`,
    );
  if (count > span && count * element.bytes > Math.max(EXPANDED_BYTES, access.size))
    throw new NetspecError(
      `(${shape.join(', ')}) of ${element.dtype} repeats ${span} stored values to ${count}: too many to be taken out of the file`,
    );
}

/** A stored tensor under a name. The place is checked first; what is wrong with it becomes the entry's problem. */
export function storedEntry(name: string, tensor: StoredTensor, file?: string): TensorEntry {
  const { shape, element } = tensor;
  try {
    checkStored(tensor);
  } catch (error) {
    return problemEntry({ name, shape, dtype: element.dtype }, error, file);
  }
  const streams = element.dtype === 'float32' && !tensor.bigEndian && isContiguous(tensor);
  return {
    info: { name, shape, dtype: element.dtype },
    read: () => within(name, file, () => readStored(tensor)),
    ...(streams && { stored: { access: tensor.access, offset: tensor.offset, count: product(shape) } }),
  };
}

/** An entry that is listed and cannot be read. */
export function problemEntry(info: TensorInfo, error: unknown, file?: string): TensorEntry {
  if (!(error instanceof NetspecError)) throw error;
  const problem = error.within({ file });
  return { info: { ...info, problem }, read: () => Promise.reject(problem) };
}

/** The entries of a file as a source. Of two with one name neither can be meant. */
export function sourceOfEntries(
  description: string,
  entries: readonly TensorEntry[],
  close: () => Promise<void>,
  notes?: readonly string[],
): WeightSource {
  const byName = new Map<string, TensorEntry>();
  for (const entry of entries) {
    const { name, shape, dtype } = entry.info;
    const twice = new NetspecError(`there are two tensors '${name}'`);
    byName.set(name, byName.has(name) ? problemEntry({ name, shape, dtype }, twice, description) : entry);
  }
  const list = [...byName.values()].map(({ info }) => info);
  const storedOf = (name: string): StoredFloats | undefined => byName.get(name)?.stored;
  return {
    description,
    ...(notes && notes.length > 0 && { notes }),
    list: () => list,
    read: (name) => byName.get(name)?.read() ?? Promise.reject(noSuchTensor(name, description, byName.keys())),
    stored: storedOf,
    pieces: (name) => {
      const stored = storedOf(name);
      return stored && floatPieces(stored);
    },
    close,
  };
}

/** Reads a tensor that {@link checkStored} accepts. */
async function readStored(tensor: StoredTensor): Promise<Tensor> {
  const { shape, element, access, offset, strides, bigEndian = false } = tensor;
  const inOrder = isContiguous(tensor);
  const count = inOrder ? product(shape) : spanOf(shape, strides!);
  const bytes = new Uint8Array(count * element.bytes);
  await access.read(offset, bytes);
  if (bigEndian) reverseEach(bytes, element.bytes);
  const data = element.view(bytes.buffer, 0, count);
  return { shape, data: inOrder ? data : gather(data, shape, strides!) };
}

function isContiguous({ shape, strides }: StoredTensor): boolean {
  return strides === undefined || isRowMajor(shape, strides);
}

async function within<T>(name: string, file: string | undefined, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    throw new NetspecError(`tensor '${name}': ${error.reason}`, { file, ...error.details, cause: error });
  }
}
