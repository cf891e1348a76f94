/**
 * Pickle: reads Python's pickles, protocols 0 to 5, into plain values. It is an interpreter that can call nothing by
 * itself: what a pickle names stays a name, and each call it asks for is put to a host, which makes a value or refuses.
 * Format: Python's pickletools; no code of the pickle's is ever run.
 */
import { NetspecError } from '../errors.js';

/** A value of a pickle. Lists and tuples are arrays, sets too; dictionaries are Maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleInstance
  | PickleForeign;

/** A class or function that the pickle names. */
export class PickleGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}

  /** `torch._utils._rebuild_tensor_v2` */
  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** An object of a class that means nothing to us, kept as the data it was pickled from. */
export class PickleInstance {
  /** What `__setstate__` would be given. */
  state: PickleValue = null;
  /** Entries of a class that is derived from dict. */
  readonly entries = new Map<PickleValue, PickleValue>();

  constructor(
    readonly of: PickleGlobal,
    readonly args: readonly PickleValue[],
  ) {}
}

/** Base of the values that a host makes. */
export abstract class PickleForeign {
  /** What `__setstate__` does; nothing unless a host's class says otherwise. */
  setState(_state: PickleValue): void {
    // most values carry no state that matters here
  }
}

/** Gives meaning to what a pickle refers to. Both throw NetspecError for what they do not know. */
export interface PickleHost {
  /** The result of calling `callee`. */
  call(callee: PickleGlobal, args: readonly PickleValue[]): PickleValue;
  /** What a persistent id stands for. */
  persistent(id: PickleValue): PickleValue;
}

/** The pickle goes on behind the bytes that are there. */
export class PickleIncomplete extends Error {}

/** A pickle's value and where the pickle ends. */
export interface Unpickled {
  value: PickleValue;
  end: number;
}

/**
 * Reads the pickle that begins at `start`.
 * @throws NetspecError when it is malformed, and what the host throws
 * @throws PickleIncomplete when it does not end within `bytes`
 */
export function unpickle(bytes: Uint8Array, host: PickleHost, start = 0): Unpickled {
  return new Unpickler(bytes, host, start).run();
}

/** Lists, tuples, dictionaries and the like that a pickle of so many bytes may have: each takes some hundred bytes. */
function mostContainers(bytes: number): number {
  return Math.min(2 ** 18 + Math.floor(bytes / 8), 2 ** 21);
}

/** Marks that may be open at a time, one for each level of nesting; Python itself writes about a thousand. */
const MOST_MARKS = 10_000;

/** DUP, GET, BINGET and LONG_BINGET: what they give is there already. */
const REPEATS: ReadonlySet<number> = new Set([0x32, 0x67, 0x68, 0x6a]);

/** Whole numbers longer than this are no sizes, and take quadratic time to read. */
const LONGEST_NUMBER = 256;

class Unpickler {
  readonly #view: DataView;
  readonly #memo = new Map<number, PickleValue>();
  /** Values since the last mark, and those below each mark before. */
  #stack: PickleValue[] = [];
  readonly #below: PickleValue[][] = [];
  #at: number;
  #containers = 0;
  /** Of the instruction being carried out, for errors. */
  #instruction: number;

  constructor(
    readonly bytes: Uint8Array,
    readonly host: PickleHost,
    start: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = this.#instruction = start;
  }

  run(): Unpickled {
    for (;;) {
      this.#instruction = this.#at;
      const code = this.#uint(1);
      if (code === 0x2e) return { value: this.#pop(), end: this.#at }; // STOP
      const value = this.#make(code);
      if (value === undefined) this.#change(code);
      else {
        this.#stack.push(value);
        if (typeof value === 'object' && value !== null && !REPEATS.has(code)) this.#countContainer();
      }
    }
  }

  #countContainer(): void {
    const { length } = this.bytes;
    if (++this.#containers > mostContainers(length))
      this.#fail(`it has more than ${mostContainers(length)} lists, dictionaries and other objects in ${length} bytes`);
  }

  /** The value that an instruction makes; undefined when it makes none and changes what is there. */
  #make(code: number): PickleValue | undefined {
    switch (code) {
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x49: // INT
        return this.#intLine();
      case 0x4c: // LONG
        return this.#wholeNumber(this.#line().replace(/L$/, ''));
      case 0x4a: // BININT
        return this.#uint(4) | 0;
      case 0x4b: // BININT1
        return this.#uint(1);
      case 0x4d: // BININT2
        return this.#uint(2);
      case 0x8a: // LONG1
        return this.#long(this.#uint(1));
      case 0x8b: // LONG4
        return this.#long(this.#uint(4));
      case 0x46: // FLOAT
        return this.#floatLine();
      case 0x47: // BINFLOAT
        return this.#view.getFloat64(this.#take(8));

      case 0x53: // STRING
        return this.#quotedLine();
      case 0x54: // BINSTRING
        return this.#latin1(this.#uint(4));
      case 0x55: // SHORT_BINSTRING
        return this.#latin1(this.#uint(1));
      case 0x56: // UNICODE
        return this.#line();
      case 0x58: // BINUNICODE
        return this.#utf8(this.#uint(4));
      case 0x8c: // SHORT_BINUNICODE
        return this.#utf8(this.#uint(1));
      case 0x8d: // BINUNICODE8
        return this.#utf8(this.#uint64());
      case 0x42: // BINBYTES
        return this.#raw(this.#uint(4));
      case 0x43: // SHORT_BINBYTES
        return this.#raw(this.#uint(1));
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.#raw(this.#uint64());

      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
      case 0x8f: // EMPTY_SET
        return [];
      case 0x6c: // LIST
      case 0x74: // TUPLE
      case 0x91: // FROZENSET
        return this.#popMark();
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.#popMany(code - 0x84);
      case 0x7d: // EMPTY_DICT
        return new Map();
      case 0x64: // DICT
        return this.#setItems(new Map(), this.#popMark());

      case 0x32: // DUP
        return this.#top();
      case 0x67: // GET
        return this.#recall(Number(this.#wholeNumber(this.#line())));
      case 0x68: // BINGET
        return this.#recall(this.#uint(1));
      case 0x6a: // LONG_BINGET
        return this.#recall(this.#uint(4));

      case 0x63: // GLOBAL
        return new PickleGlobal(this.#line(), this.#line());
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string') this.#fail('a global has no name');
        return new PickleGlobal(module, name);
      }
      case 0x50: // PERSID
        return this.host.persistent(this.#line());
      case 0x51: // BINPERSID
        return this.host.persistent(this.#pop());

      case 0x52: {
        // REDUCE
        const args = this.#args(this.#pop());
        return this.host.call(this.#global(this.#pop()), args);
      }
      case 0x69: {
        // INST
        const callee = new PickleGlobal(this.#line(), this.#line());
        return this.host.call(callee, this.#popMark());
      }
      case 0x6f: {
        // OBJ
        const [callee = null, ...args] = this.#popMark();
        return this.host.call(this.#global(callee), args);
      }
      case 0x81: // NEWOBJ
        return this.#instance(this.#args(this.#pop()));
      case 0x92: // NEWOBJ_EX; keyword arguments change nothing for an object without meaning
        this.#pop();
        return this.#instance(this.#args(this.#pop()));
      default:
        return undefined;
    }
  }

  /** An instruction that makes no value. */
  #change(code: number): void {
    switch (code) {
      case 0x80: // PROTO
        if (this.#uint(1) > 5) this.#fail('its protocol is newer than 5');
        break;
      case 0x95: // FRAME
        this.#take(8);
        break;
      case 0x28: // MARK
        if (this.#below.length >= MOST_MARKS) this.#fail(`more than ${MOST_MARKS} marks are open`);
        this.#below.push(this.#stack);
        this.#stack = [];
        break;
      case 0x30: // POP
        if (this.#stack.length > 0) this.#pop();
        else this.#popMark();
        break;
      case 0x31: // POP_MARK
        this.#popMark();
        break;
      case 0x61: // APPEND
        this.#append([this.#pop()]);
        break;
      case 0x65: // APPENDS
      case 0x90: // ADDITEMS
        this.#append(this.#popMark());
        break;
      case 0x73: {
        // SETITEM
        const items = this.#popMany(2);
        this.#setItems(this.#top(), items);
        break;
      }
      case 0x75: {
        // SETITEMS
        const items = this.#popMark();
        this.#setItems(this.#top(), items);
        break;
      }
      case 0x70: // PUT
        this.#remember(Number(this.#wholeNumber(this.#line())));
        break;
      case 0x71: // BINPUT
        this.#remember(this.#uint(1));
        break;
      case 0x72: // LONG_BINPUT
        this.#remember(this.#uint(4));
        break;
      case 0x94: // MEMOIZE
        this.#remember(this.#memo.size);
        break;
      case 0x62: // BUILD
        this.#build(this.#pop());
        break;
      default:
        this.#fail(`it has no instruction 0x${code.toString(16).padStart(2, '0')}`);
    }
  }

  #instance(args: readonly PickleValue[]): PickleInstance {
    return new PickleInstance(this.#global(this.#pop()), args);
  }

  #build(state: PickleValue): void {
    const value = this.#top();
    if (value instanceof PickleInstance) value.state = state;
    else if (value instanceof PickleForeign) value.setState(state);
    // Attributes of a dictionary, such as a state dict's _metadata, are not its entries.
  }

  #append(items: readonly PickleValue[]): void {
    const list = this.#top();
    if (Array.isArray(list)) for (const item of items) list.push(item);
    else if (!(list instanceof PickleInstance)) this.#fail('it appends to what is no list');
  }

  #setItems(value: PickleValue, items: readonly PickleValue[]): PickleValue {
    const map = value instanceof PickleInstance ? value.entries : value;
    if (!(map instanceof Map) || items.length % 2 !== 0) this.#fail('it sets items of what is no dictionary');
    for (let i = 0; i < items.length; i += 2) map.set(items[i]!, items[i + 1]!);
    return value;
  }

  #remember(key: number): void {
    this.#memo.set(key, this.#top());
  }

  #recall(key: number): PickleValue {
    const value = this.#memo.get(key);
    return value === undefined ? this.#fail(`it recalls value ${key}, which it has not stored`) : value;
  }

  #args(value: PickleValue): readonly PickleValue[] {
    return Array.isArray(value) ? value : this.#fail('a call has no arguments');
  }

  #global(value: PickleValue): PickleGlobal {
    return value instanceof PickleGlobal ? value : this.#fail('it calls what is no class and no function');
  }

  #top(): PickleValue {
    const value = this.#stack[this.#stack.length - 1];
    return value === undefined ? this.#fail('its stack is empty') : value;
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    return value === undefined ? this.#fail('its stack is empty') : value;
  }

  #popMany(count: number): PickleValue[] {
    if (this.#stack.length < count) this.#fail('its stack is empty');
    return this.#stack.splice(-count);
  }

  #popMark(): PickleValue[] {
    const values = this.#stack;
    this.#stack = this.#below.pop() ?? this.#fail('a mark is missing');
    return values;
  }

  /** Steps over `count` bytes; where they begin. */
  #take(count: number): number {
    const at = this.#at;
    if (count > this.bytes.length - at) throw new PickleIncomplete();
    this.#at += count;
    return at;
  }

  #uint(width: 1 | 2 | 4): number {
    const at = this.#take(width);
    if (width === 1) return this.bytes[at]!;
    return width === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true);
  }

  #uint64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  #raw(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  #utf8(length: number): string {
    return new TextDecoder().decode(this.#raw(length));
  }

  #latin1(length: number): string {
    return new TextDecoder('latin1').decode(this.#raw(length));
  }

  /** A little-endian number in two's complement. */
  #long(length: number): number | bigint {
    if (length > LONGEST_NUMBER) this.#fail(`a number has ${length} bytes`);
    const bytes = this.#raw(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    return plain(BigInt.asIntN(8 * length, value));
  }

  /** The text up to the end of the line, which is stepped over. */
  #line(): string {
    const end = this.bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw new PickleIncomplete();
    const text = this.#latin1(end - this.#at);
    this.#at = end + 1;
    return text;
  }

  #intLine(): PickleValue {
    const text = this.#line();
    if (text === '00') return false;
    return text === '01' ? true : this.#wholeNumber(text);
  }

  #wholeNumber(text: string): number | bigint {
    if (!/^[+-]?\d{1,600}$/.test(text)) this.#fail('a number is none');
    return plain(BigInt(text.replace(/^\+/, '')));
  }

  #floatLine(): number {
    const text = this.#line();
    const special = { inf: Infinity, '-inf': -Infinity, nan: NaN }[text];
    const value = special ?? Number(text === '' ? 'none' : text);
    if (Number.isNaN(value) && text !== 'nan') this.#fail('a number is none');
    return value;
  }

  #quotedLine(): string {
    const match = /^(['"])(.*)\1$/.exec(this.#line());
    return match ? match[2]! : this.#fail('a text has no quotes');
  }

  #fail(reason: string): never {
    throw new NetspecError(`malformed pickle: ${reason} (byte ${this.#instruction})`);
  }
}

function plain(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
