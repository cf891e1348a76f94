/** Damaged files for fuzzing: the same ones for the same seed. */

/** Marsaglia's xorshift of 32 bits, as whole numbers below a limit. */
export function randomBelow(seed: number): (limit: number) => number {
  let state = seed | 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Numbers at which readers go wrong: the ends of integer types, and sizes far beyond any file's. */
const EDGES = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0xffffffffn,
  2n ** 53n,
  2n ** 60n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** Parts of names that lead out of a folder, or end a name. */
const PATHS = ['../', '/', '/../../', '..\\', '.', '\0'].map((text) => new TextEncoder().encode(text));

type Random = (limit: number) => number;
type Mutation = (bytes: Uint8Array<ArrayBuffer>, below: Random) => Uint8Array<ArrayBuffer>;

const splice = (bytes: Uint8Array, at: number, count: number, put: ArrayLike<number>): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([...bytes.subarray(0, at), ...Array.from(put), ...bytes.subarray(at + count)]);

const MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, below) {
    bytes[below(bytes.length)]! ^= 1 << below(8);
    return bytes;
  },
  function setByte(bytes, below) {
    bytes[below(bytes.length)] = below(256);
    return bytes;
  },
  function setNumber(bytes, below) {
    const width = 2 ** below(4);
    const at = below(bytes.length);
    let value = EDGES[below(EDGES.length)]!;
    for (let i = at; i < Math.min(at + width, bytes.length); i++, value >>= 8n) bytes[i] = Number(value & 0xffn);
    return bytes;
  },
  function setDigits(bytes, below) {
    // Sizes in headers of text: every digit of one number becomes 9, or its first 0.
    const digits = Array.from(bytes.keys()).filter((i) => bytes[i]! >= 0x30 && bytes[i]! <= 0x39);
    if (digits.length === 0) return bytes;
    let at = digits[below(digits.length)]!;
    const digit = below(2) === 0 ? 0x39 : 0x30;
    do bytes[at++] = digit;
    while (at < bytes.length && bytes[at]! >= 0x30 && bytes[at]! <= 0x39);
    return bytes;
  },
  function remove(bytes, below) {
    return splice(bytes, below(bytes.length), 1 + below(16), []);
  },
  function insert(bytes, below) {
    return splice(
      bytes,
      below(bytes.length),
      0,
      Array.from({ length: 1 + below(16) }, () => below(256)),
    );
  },
  function repeat(bytes, below) {
    const at = below(bytes.length);
    return splice(bytes, below(bytes.length), 0, bytes.slice(at, at + 1 + below(64)));
  },
  function truncate(bytes, below) {
    return bytes.slice(0, 1 + below(bytes.length));
  },
  function setPath(bytes, below) {
    // Names that lead elsewhere, over whatever stands there.
    const text = PATHS[below(PATHS.length)]!;
    const at = below(bytes.length);
    bytes.set(text.subarray(0, bytes.length - at), at);
    return bytes;
  },
  function copyWithin(bytes, below) {
    const at = below(bytes.length);
    return bytes.copyWithin(below(bytes.length), at, at + 1 + below(32));
  },
];

/** A copy of `bytes` with one to four things done to it, half of the time one. */
export function mutate(bytes: Uint8Array, seed: number): Uint8Array {
  const below = randomBelow(Math.imul(seed + 1, 0x9e3779b1));
  for (let i = 0; i < 8; i++) below(2);
  let mutated: Uint8Array<ArrayBuffer> = new Uint8Array(bytes);
  for (let count = below(2) === 0 ? 1 : 1 + below(4); count > 0 && mutated.length > 0; count--)
    mutated = MUTATIONS[below(MUTATIONS.length)]!(mutated, below);
  return mutated;
}
