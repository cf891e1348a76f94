/**
 * The one error class users see for bad input: a prototxt, a weight file, an option, a net that Caffe would refuse.
 * Anything else that is thrown is a defect of netspec.
 */

/** Where in a user's file something stands; line and column count from 1. */
export interface Address {
  file?: string;
  line?: number;
  column?: number;
}

/** Errors for which a program may know more to do than the hint says, as the command line knows its options. */
export type ErrorCode =
  | 'message-too-large'
  | 'model-too-large'
  | 'not-a-number'
  | 'no-reference-matches'
  | 'unknown-layer-type'
  | 'unknown-input-shape'
  | 'training-layer'
  | 'weights-incomplete'
  | 'unknown-shape';

export interface NetspecErrorOptions extends Address {
  /** One line that says what to do about it. */
  hint?: string;
  /** Name and type of the layer concerned. */
  layer?: { name?: string; type?: string };
  /** Field of the layer's parameters, as written in the prototxt: `convolution_param.kernel_size`. */
  field?: string;
  /** What the reason is about, when it is about several things: each is a line of its own below it. */
  items?: readonly string[];
  /** What went wrong, for programs that have advice of their own. */
  code?: ErrorCode;
  cause?: unknown;
}

/** `net.prototxt:12:5`, or as much of it as is known. */
export function formatAddress({ file, line, column }: Address): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}

/**
 * Bad input, explained. `message` reads `file:line:column: layer 'conv1' (Convolution): <what was expected, what came>`,
 * then its items, indented, and, when there is one, a line `hint: …`. Inner code throws the short reason; the boundary that knows the file or the
 * layer adds it with {@link NetspecError.within}.
 * @example
 * try {
 *   parsePrototxt('layer { nam: "conv1" }', { file: 'net.prototxt' });
 * } catch (error) {
 *   if (!(error instanceof NetspecError)) throw error;
 *   error.details.line; // → 1
 *   error.details.hint; // → "did you mean 'name'?"
 * }
 */
export class NetspecError extends Error {
  /** The reason alone, without address, layer, items and hint. */
  readonly reason: string;
  readonly details: Omit<NetspecErrorOptions, 'cause'>;

  constructor(reason: string, options: NetspecErrorOptions = {}) {
    const { cause, ...details } = options;
    const { items = [], hint } = details;
    const lines = [
      headlineOf(reason, details),
      ...items.map((item) => `  ${item}`),
      ...(hint ? [`hint: ${hint}`] : []),
    ];
    super(lines.join('\n'), cause === undefined ? undefined : { cause });
    this.name = 'NetspecError';
    this.reason = reason;
    this.details = details;
  }

  /** The message without items and hint: address, layer and reason. */
  get headline(): string {
    return headlineOf(this.reason, this.details);
  }

  /** The same error with what the caller knows added; what is already said is kept. */
  within(outer: Omit<NetspecErrorOptions, 'cause'>): NetspecError {
    return new NetspecError(this.reason, { ...outer, ...this.details, cause: this.cause ?? this });
  }
}

function headlineOf(reason: string, { layer, ...address }: NetspecErrorOptions): string {
  const at = formatAddress(address);
  const who = layer ? `layer '${layer.name ?? ''}'${layer.type ? ` (${layer.type})` : ''}: ` : '';
  return `${at ? `${at}: ` : ''}${who}${reason}`;
}

/** Characters of a value that an error shows. */
const MOST_SHOWN = 80;

/** A value as an error shows it, as JSON where it is some: cut short, however long or deeply nested it is. */
export function valueText(value: unknown): string {
  let text = '';
  const list = (open: string, entries: readonly unknown[], close: string, write: (entry: never) => void): void => {
    text += open;
    for (const [i, entry] of entries.entries()) {
      if (text.length > MOST_SHOWN) return;
      if (i > 0) text += ',';
      write(entry as never);
    }
    text += close;
  };
  const write = (each: unknown): void => {
    if (text.length > MOST_SHOWN) return;
    if (typeof each === 'string') text += JSON.stringify(each.slice(0, MOST_SHOWN));
    else if (Array.isArray(each)) list('[', each, ']', write);
    else if (typeof each === 'object' && each !== null)
      list('{', Object.keys(each), '}', (name: string) => {
        text += `${JSON.stringify(name.slice(0, MOST_SHOWN))}:`;
        write((each as Record<string, unknown>)[name]);
      });
    else if (typeof each === 'function') text += 'a function';
    else if (typeof each === 'object' || each === undefined) text += each === null ? 'null' : 'nothing';
    else text += (each as number | bigint | boolean | symbol).toString();
  };
  write(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 1)}…` : text;
}

/**
 * The candidate nearest to `word` by edit distance, when it is near enough to be what was meant.
 * @param most edits. Default: a third of the word's length
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
  most = Math.max(1, Math.floor(word.length / 3)),
): string | undefined {
  let best: string | undefined;
  let bestDistance = most + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `did you mean 'kernel_size'?`, or undefined when nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const name = nearest(word, candidates);
  return name === undefined ? undefined : `did you mean '${name}'?`;
}

/** Levenshtein distance with adjacent transpositions, given up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let d = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, beforeLast[j - 2]! + 1);
      row.push(d);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
