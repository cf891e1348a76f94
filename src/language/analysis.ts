/** analysis: what a text holds, as far as it can be read: its message, its schema, and the errors that keep the rest from being read. */
import { NetspecError } from '../errors.js';
import type { NetParameter } from '../generated/messages.js';
import { schemaOf } from '../proto/message.js';
import { defaultSchema, type Schema } from '../proto/schema.js';
import { parsePrototxt } from '../proto/text/parser.js';
import type { Places, TextRange } from './places.js';
import type { SyntaxToken } from './scan.js';
import type { SyntaxField, SyntaxMessage, SyntaxTree } from './syntax.js';

/** What a prototxt is: a net, or the settings of a solver. */
export type DocumentKind = 'NetParameter' | 'SolverParameter';

/** Why a part of the text cannot be read. */
export interface ReadError extends TextRange {
  readonly message: string;
  readonly hint?: string;
}

export interface Analysis {
  readonly kind: DocumentKind;
  readonly schema: Schema;
  /** As it is written; of a text with errors, without the layers that have them. Undefined where nothing could be read. */
  readonly message: object | undefined;
  readonly errors: readonly ReadError[];
}

/** More errors are not looked for: each takes as long as reading the text once. */
const MOST_ERRORS = 6;

/**
 * Reads a text. Behind an error it goes on with the next layer.
 * @param schema the one that was asked for; otherwise BVLC's or that of the fork that fits
 * @param last the schema that the text was last read with, for one that cannot be read
 */
export function analyze(
  tree: SyntaxTree,
  places: Places,
  { schema, last }: { schema?: Schema; last?: Schema } = {},
): Analysis {
  const kind = kindOf(tree.root);
  const errors: ReadError[] = [];
  const seen = new Set<TextRange>();
  let { text } = places;
  let message: object | undefined;
  while (!message && errors.length < MOST_ERRORS) {
    try {
      message = parsePrototxt(text, { type: kind, upgrade: false, schema });
    } catch (error) {
      if (!(error instanceof NetspecError)) throw error;
      const { problem, broken } = explain(error, tree, places, seen);
      seen.add(broken);
      errors.push(problem);
      const blanked = withBlank(text, broken);
      if (blanked === text) break;
      text = blanked;
    }
  }
  const read = message && schemaOf(message);
  const isSure = errors.length === 0 || !last;
  return { kind, message, errors, schema: schema ?? (isSure ? read : last) ?? last ?? defaultSchema() };
}

/** The net of an analysis; undefined for a solver's settings. */
export function netOf({ kind, message }: Analysis): NetParameter | undefined {
  return kind === 'NetParameter' ? message : undefined;
}

/** What most of the text's own fields are of. */
function kindOf({ fields }: SyntaxMessage): DocumentKind {
  const schema = defaultSchema();
  const count = (type: DocumentKind): number => {
    const { byName } = schema.message(type);
    return fields.filter(({ name }) => byName.has(name.text)).length;
  };
  return count('SolverParameter') > count('NetParameter') ? 'SolverParameter' : 'NetParameter';
}

/** What is wrong, where to show it, and the part of the text that cannot be read for it. */
function explain(
  error: NetspecError,
  tree: SyntaxTree,
  places: Places,
  seen: ReadonlySet<TextRange>,
): { problem: ReadError; broken: TextRange } {
  const offset = places.offsetOfAddress(error.details);
  const { tokens, root } = tree;
  const next = firstBehind(tokens, offset);
  const at = tokens[next - 1];
  const before = tokens[next - 2];
  const token = at && offset < at.end ? at : undefined;
  // protobuf names the token behind the one that it complains of.
  const previous = token ? before : at;
  const isOfPrevious = previous !== undefined && mentions(error.reason, previous);
  const culprit = isOfPrevious ? previous : (token ?? previous);
  const place = culprit?.start ?? offset;
  const open = unclosedBefore(root, offset, seen);
  if (open) {
    const { line, character } = places.positionOf(open.start);
    return {
      problem: {
        start: open.name.start,
        end: open.name.end,
        message: `The } of ${open.name.text}, opened at ${line + 1}:${character + 1}, is missing.`,
      },
      broken: open,
    };
  }
  const top = root.fields.find(({ start, end }) => start <= place && place < end);
  const range = culprit ?? { start: offset, end: offset };
  const { hint } = error.details;
  return {
    problem: { start: range.start, end: range.end, message: error.reason, ...(hint !== undefined && { hint }) },
    broken: top ?? range,
  };
}

/** Whether an error quotes a token: `has no field named "kernelsize"`. */
function mentions(reason: string, { kind, text }: SyntaxToken): boolean {
  if (kind === 'string') return reason.includes(text);
  return kind !== 'symbol' && (reason.includes(`"${text}"`) || reason.includes(`(${text})`));
}

/** Index of the first token that begins behind an offset. */
function firstBehind(tokens: readonly SyntaxToken[], offset: number): number {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle]!.start <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The field of the whole text whose brace is missing, and that ends before an error or at it. */
function unclosedBefore(
  { fields }: SyntaxMessage,
  offset: number,
  seen: ReadonlySet<TextRange>,
): SyntaxField | undefined {
  const isOpen = ({ values }: SyntaxField): boolean => values.some(({ message }) => message && !message.isClosed);
  return fields.find((field) => field.end <= offset && isOpen(field) && !seen.has(field));
}

function withBlank(text: string, { start, end }: TextRange): string {
  return text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, ' ') + text.slice(end);
}
