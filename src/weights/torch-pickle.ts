/**
 * What PyTorch's pickles may refer to: the list of the few constructors that tensors and the containers around them need.
 * Nothing is executed for any of them; whatever else a pickle would call is refused by its name.
 */
import { NetspecError } from '../errors.js';
import { product } from '../shapes.js';
import { ELEMENT_TYPES, NUMPY_DTYPES, rowMajorStrides } from './elements.js';
import { PickleForeign, PickleGlobal, PickleInstance, type PickleHost, type PickleValue } from './pickle.js';

/** Values that tensors look into; where they are is the file format's business. */
export class TorchStorage extends PickleForeign {
  constructor(
    /** The storage's name in the file. */
    readonly key: string,
    /** Element type, in our words; in PyTorch's where we have none. Undefined for plain bytes. */
    readonly dtype: string | undefined,
    /** Elements; bytes when there is no element type. */
    readonly count: number,
    /** Elements before the first, in a storage that is a view of another. */
    readonly offset = 0,
  ) {
    super();
  }
}

/** A tensor as it is pickled: a view of a storage, or in itself. */
export class TorchTensor extends PickleForeign {
  constructor(
    readonly dtype: string,
    readonly shape: readonly number[],
    /** In elements. */
    readonly strides: readonly number[],
    /** The storage, or the values' bytes. */
    readonly values: TorchStorage | Uint8Array | undefined,
    /** Of the first value in the storage, in elements. */
    readonly offset: number,
    readonly bigEndian = false,
    /** Why it cannot be read, where its kind tells. */
    readonly problem?: string,
  ) {
    super();
  }
}

/** numpy's arrays are made empty and then given their values. */
class NumpyArray extends PickleForeign {
  tensor: TorchTensor | undefined;

  override setState(state: PickleValue): void {
    if (!Array.isArray(state) || state.length !== 5) throw malformed('the state of a numpy array is none');
    const [, shape, type, fortran, bytes] = state;
    const dims = counts(shape!, 'the shape of a numpy array');
    if (!(type instanceof NumpyType)) throw malformed('a numpy array has no element type');
    const strides = fortran === true ? dims.map((_, axis) => product(dims, 0, axis)) : rowMajorStrides(dims);
    const raw = typeof bytes === 'string' ? latin1(bytes) : bytes;
    if (raw instanceof Uint8Array) this.tensor = new TorchTensor(type.dtype, dims, strides, raw, 0, type.bigEndian);
    else this.tensor = new TorchTensor(type.dtype, dims, strides, undefined, 0, false, 'its values are Python objects');
  }
}

class NumpyType extends PickleForeign {
  bigEndian = false;

  constructor(readonly dtype: string) {
    super();
  }

  override setState(state: PickleValue): void {
    this.bigEndian = Array.isArray(state) && state[1] === '>';
  }
}

/** PyTorch's names of element types, those that numpy spells alike left out. */
const DTYPES: Readonly<Record<string, string>> = {
  float: 'float32',
  double: 'float64',
  half: 'float16',
  long: 'int64',
  int: 'int32',
  short: 'int16',
};

/** Element types of typed storages: `FloatStorage`. */
const STORAGE_DTYPES: Readonly<Record<string, string | undefined>> = {
  Double: 'float64',
  Float: 'float32',
  Half: 'float16',
  BFloat16: 'bfloat16',
  Long: 'int64',
  Int: 'int32',
  Short: 'int16',
  Char: 'int8',
  Byte: 'uint8',
  Bool: 'bool',
};
const UNTYPED = new Set(['UntypedStorage', '_UntypedStorage']);

/** PyTorch has none with more. */
const MOST_DIMENSIONS = 64;

type Constructor = (args: readonly PickleValue[], host: TorchHost) => PickleValue;

const asMap: Constructor = ([pairs], host) => {
  if (pairs instanceof Map) return host.spend(pairs.size, new Map(pairs));
  const map = new Map<PickleValue, PickleValue>();
  if (Array.isArray(pairs))
    for (const pair of host.spend(pairs.length, pairs))
      if (Array.isArray(pair)) map.set(pair[0] ?? null, pair[1] ?? null);
  return map;
};
const asList: Constructor = ([items], host) => (Array.isArray(items) ? host.spend(items.length, [...items]) : []);
const firstOf: Constructor = ([value]) => value ?? null;
const kindOfTensor =
  (kind: string): Constructor =>
  () =>
    new TorchTensor(kind, [], [], undefined, 0, false, `it is a ${kind} tensor: expected a dense one`);

const rebuildTensor: Constructor = ([storage, offset, size, stride]) => {
  if (!(storage instanceof TorchStorage)) throw malformed('a tensor has no storage');
  if (storage.dtype === undefined) throw malformed('a tensor has no element type');
  return viewOf(storage, storage.dtype, offset!, size!, stride!);
};

const rebuildTensorV3: Constructor = ([storage, offset, size, stride, , , dtype]) => {
  if (!(storage instanceof TorchStorage)) throw malformed('a tensor has no storage');
  if (!(dtype instanceof PickleGlobal)) throw malformed('a tensor has no element type');
  return viewOf(storage, DTYPES[dtype.name] ?? dtype.name, offset!, size!, stride!);
};

/** A tensor of a subclass, or one with attributes: a constructor on this list and its arguments. */
const rebuildFromType: Constructor = ([callee, , args], host) => {
  if (!(callee instanceof PickleGlobal) || !Array.isArray(args)) throw malformed('a tensor has no constructor');
  return host.call(callee, args);
};

/** Objects that hold nothing we need, of classes whose constructors are pure data. */
const inert = (path: string): Constructor => {
  const at = path.lastIndexOf('.');
  return (args) => new PickleInstance(new PickleGlobal(path.slice(0, at), path.slice(at + 1)), args);
};

/** Everything that a pickle may call. */
const CONSTRUCTORS: ReadonlyMap<string, Constructor> = new Map<string, Constructor>([
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_tensor_v3', rebuildTensorV3],
  ['torch._utils._rebuild_parameter', firstOf],
  ['torch._utils._rebuild_parameter_with_state', firstOf],
  ['torch._tensor._rebuild_from_type', rebuildFromType],
  ['torch._tensor._rebuild_from_type_v2', rebuildFromType],
  ['torch.tensor._rebuild_from_type', rebuildFromType],
  ['torch._utils._rebuild_sparse_tensor', kindOfTensor('sparse')],
  ['torch._utils._rebuild_sparse_csr_tensor', kindOfTensor('sparse')],
  ['torch._utils._rebuild_qtensor', kindOfTensor('quantized')],
  ['torch._utils._rebuild_meta_tensor_no_storage', kindOfTensor('meta')],
  ['torch.nn.parameter.Parameter', firstOf],
  ['torch.Size', asList],
  ['collections.OrderedDict', asMap],
  ['collections.defaultdict', () => new Map()],
  ['collections.Counter', asMap],
  ['_codecs.encode', ([text], host) => (typeof text === 'string' ? host.spend(text.length, latin1(text)) : null)],
  ...['dict'].flatMap((name) => builtin(name, asMap)),
  ...['list', 'tuple', 'set', 'frozenset'].flatMap((name) => builtin(name, asList)),
  ...['bytearray', 'complex', 'slice', 'range'].flatMap((name) => builtin(name, inert(`builtins.${name}`))),
  // Objects of plain classes, in protocols 0 and 1.
  ...['copyreg', 'copy_reg'].map((module): [string, Constructor] => [
    `${module}._reconstructor`,
    ([type]) => (type instanceof PickleGlobal ? new PickleInstance(type, []) : null),
  ]),
  // TorchScript's lists and annotations.
  ...['intlist', 'doublelist', 'boollist', 'tensorlist'].map((kind): [string, Constructor] => [
    `torch.jit._pickle.build_${kind}`,
    firstOf,
  ]),
  ['torch.jit._pickle.restore_type_tag', firstOf],
  ...['numpy.core.multiarray', 'numpy._core.multiarray'].flatMap((module): [string, Constructor][] => [
    [`${module}._reconstruct`, () => new NumpyArray()],
    [`${module}.scalar`, inert(`${module}.scalar`)],
  ]),
  ['numpy.dtype', ([code]) => new NumpyType(typeof code === 'string' ? (NUMPY_DTYPES.get(code) ?? code) : 'unknown')],
  ...[
    'torch.device',
    'torch.Generator',
    'torch.serialization._get_layout',
    'argparse.Namespace',
    'datetime.date',
    'datetime.datetime',
    'datetime.time',
    'datetime.timedelta',
    'datetime.timezone',
    'decimal.Decimal',
    'fractions.Fraction',
    'pathlib.Path',
    'pathlib.PosixPath',
    'pathlib.PurePosixPath',
    'pathlib.PureWindowsPath',
    'pathlib.WindowsPath',
    'pathlib._local.PosixPath',
    'pathlib._local.WindowsPath',
    'uuid.UUID',
  ].map((path): [string, Constructor] => [path, inert(path)]),
]);

function builtin(name: string, make: Constructor): [string, Constructor][] {
  return ['builtins', '__builtin__'].map((module) => [`${module}.${name}`, make]);
}

/** Host of one pickle. */
export class TorchHost implements PickleHost {
  /** The storages that the pickle refers to, by key. */
  readonly storages = new Map<string, TorchStorage>();
  /** Copies that a pickle may have made, so that a small one cannot keep us busy for long. */
  #budget: number;

  /** @param bytes length of the pickle */
  constructor(bytes: number) {
    this.#budget = 2 ** 24 + 16 * bytes;
  }

  call(callee: PickleGlobal, args: readonly PickleValue[]): PickleValue {
    const make = CONSTRUCTORS.get(callee.path);
    if (!make)
      throw new NetspecError(
        `its pickle calls ${nameInPython(callee)}, which weights do not need: refused, nothing was executed`,
        {
          hint: 'if you trust the file, load it in Python and save the weights alone: torch.save(model.state_dict(), file)',
        },
      );
    this.spend(args.length, undefined);
    return make(args, this);
  }

  persistent(id: PickleValue): PickleValue {
    if (!Array.isArray(id)) throw malformed('a persistent id is no tuple');
    const [kind, type, key, , size, view] = id;
    // Legacy files keep the source of a module's class beside it.
    if (kind === 'module') return type ?? null;
    if (kind !== 'storage' || !(type instanceof PickleGlobal)) throw malformed('a persistent id is no storage');
    const name = storageKey(key);
    const storage = new TorchStorage(name, dtypeOfStorage(type), count(size!, 'the size of a storage'));
    const known = this.storages.get(name);
    if (known && known.dtype !== storage.dtype) throw malformed(`storage '${name}' has two element types`);
    if (!known) this.storages.set(name, storage);
    if (!Array.isArray(view)) return storage;
    return new TorchStorage(
      name,
      storage.dtype,
      count(view[2]!, 'the size of a storage'),
      count(view[1]!, 'the place of a storage'),
    );
  }

  /**
   * Accounts for work before it is done; gives back `value`.
   * @throws NetspecError when the pickle has used up what its length allows
   */
  spend<T>(amount: number, value: T): T {
    this.#budget -= amount;
    if (this.#budget < 0) throw new NetspecError('its pickle copies the same values again and again: refused');
    return value;
  }
}

/** Python pickles functions of `os` under the name of the module that implements it. */
function nameInPython({ module, name, path }: PickleGlobal): string {
  return module === 'posix' || module === 'nt' ? `os.${name}` : path;
}

/** The tensor that a value of a pickle is, if it is one. */
export function tensorOf(value: PickleValue | undefined): TorchTensor | undefined {
  return value instanceof NumpyArray ? value.tensor : value instanceof TorchTensor ? value : undefined;
}

function viewOf(
  storage: TorchStorage,
  dtype: string,
  offset: PickleValue,
  size: PickleValue,
  stride: PickleValue,
): TorchTensor {
  const shape = counts(size, 'the shape of a tensor');
  const strides = counts(stride, 'the strides of a tensor');
  if (shape.length !== strides.length) throw malformed('a tensor has another number of strides than of dimensions');
  return new TorchTensor(dtype, shape, strides, storage, storage.offset + count(offset, 'the place of a tensor'));
}

function dtypeOfStorage({ module, name }: PickleGlobal): string | undefined {
  if (UNTYPED.has(name)) return undefined;
  const kind = name.replace(/Storage$/, '');
  if (!/^torch(\.|$)/.test(module) || kind === name) throw malformed(`${module}.${name} is no storage`);
  return STORAGE_DTYPES[kind] ?? kind;
}

/** Bytes of an element of a storage, when they are known. */
export function elementBytes(storage: TorchStorage): number | undefined {
  return storage.dtype === undefined ? 1 : (ELEMENT_TYPES.get(storage.dtype)?.bytes ?? OTHER_BYTES[storage.dtype]);
}

/** Storages that we do not read and may have to step over. */
const OTHER_BYTES: Readonly<Record<string, number>> = {
  ComplexFloat: 8,
  ComplexDouble: 16,
  QInt8: 1,
  QUInt8: 1,
  QInt32: 4,
  QUInt4x2: 1,
  QUInt2x4: 1,
};

/** A storage's key: a number in a text, from all versions known. */
export function storageKey(key: PickleValue | undefined): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'bigint') return `${key}`;
  throw malformed('the key of a storage is no text');
}

function counts(value: PickleValue, what: string): number[] {
  if (!Array.isArray(value) || value.length > MOST_DIMENSIONS) throw malformed(`${what} is none`);
  return value.map((each) => count(each, what));
}

function count(value: PickleValue, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw malformed(`${what} is no count`);
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function malformed(reason: string): NetspecError {
  return new NetspecError(`malformed checkpoint: ${reason}`);
}
