/** Pickles written by hand, for tests of what Python would not write. */

const text = (value: string): number[] => {
  const bytes = [...Buffer.from(value)];
  return [0x58, ...int32(bytes.length), ...bytes];
};
const int32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);

/** A value of a pickle as the instructions that make it. */
export type Piece = readonly number[];

export const str = (value: string): Piece => text(value);
/** A whole number of any size that a double holds. */
export const num = (value: number): Piece => [0x49, ...Buffer.from(`${BigInt(value)}\n`)];
export const FALSE: Piece = [0x89];
export const tuple = (...items: Piece[]): Piece => [0x28, ...items.flat(), 0x74];
export const list = (...items: Piece[]): Piece => [0x5d, 0x28, ...items.flat(), 0x65];
export const dict = (entries: Readonly<Record<string, Piece>>): Piece => [
  0x7d,
  0x28,
  ...Object.entries(entries).flatMap(([key, value]) => [...text(key), ...value]),
  0x75,
];
export const global = (module: string, name: string): Piece => [0x63, ...Buffer.from(`${module}\n${name}\n`)];
/** Calls `callee` with a tuple. */
export const call = (callee: Piece, ...args: Piece[]): Piece => [...callee, ...tuple(...args), 0x52];
/** An object of a class, with its attributes. */
export const instance = (type: Piece, state: Piece): Piece => [...type, 0x29, 0x81, ...state, 0x62];
/** Gives the last value a number. */
export const remember = (key: number): Piece => [0x71, key];
export const recall = (key: number): Piece => [0x68, key];

const storage = (key: string, count: number): Piece => [
  ...tuple(str('storage'), global('torch', 'FloatStorage'), str(key), str('cpu'), num(count)),
  0x51,
];

/** A float32 tensor in storage `key`. */
export const tensor = (key: string, count: number, shape: number[], strides: number[], offset = 0): Piece =>
  call(
    global('torch._utils', '_rebuild_tensor_v2'),
    storage(key, count),
    num(offset),
    tuple(...shape.map(num)),
    tuple(...strides.map(num)),
    FALSE,
    call(global('collections', 'OrderedDict')),
  );

/** The whole pickle, protocol 2. */
export const pickleOf = (value: Piece): Uint8Array => Uint8Array.from([0x80, 2, ...value, 0x2e]);
