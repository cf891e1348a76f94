/** Lays code out in lines of 120 characters, as prettier does with single quotes: on one line if it fits, else a line for each item. */

/** A piece of code that may be broken into lines. */
export type Doc = string | Group;

/** Items between brackets. */
export interface Group {
  readonly open: string;
  readonly close: string;
  readonly items: readonly Doc[];
  /** `{ a }`, where a list is `[a]`. */
  readonly spaced?: boolean;
  /** Numbers: as many on a line as fit. */
  readonly filled?: boolean;
  /** Parameters: all on lines of their own, where the arguments of a call may leave the last one open. */
  readonly even?: boolean;
}

const WIDTH = 120;

/** All on one line. */
export function flat(doc: Doc): string {
  if (typeof doc === 'string') return doc;
  const { open, close, items, spaced } = doc;
  if (items.length === 0) return open + close;
  const inner = items.map(flat).join(', ');
  return spaced ? `${open} ${inner} ${close}` : open + inner + close;
}

/**
 * The lines of a statement.
 * @param before what stands before the piece, indented
 * @param after what stands behind it: `;`
 */
export function layOut(before: string, doc: Doc, after: string, indent: number): string {
  const margin = ' '.repeat(indent);
  return margin + before + broken(doc, indent, indent + before.length, after.length) + after;
}

/** @param used characters of the line before the piece, `left` those that follow it */
function broken(doc: Doc, indent: number, used: number, left: number): string {
  const line = flat(doc);
  if (typeof doc === 'string' || doc.items.length === 0) return line;
  if (used + line.length + left <= WIDTH && !isTable(doc)) return line;
  const { open, close, items, filled, even } = doc;
  const last = items.at(-1)!;
  // A call whose last argument is an object or a list: that alone is broken.
  if (!even && open.endsWith('(') && typeof last !== 'string' && last.items.length > 0 && !last.open.endsWith('(')) {
    const head = open + [...items.slice(0, -1).map(flat), ''].join(', ');
    if (used + head.length + last.open.length <= WIDTH)
      return head + broken(last, indent, WIDTH, left + close.length) + close;
  }
  const inner = indent + 2;
  const margin = ' '.repeat(inner);
  const lines = filled
    ? fill(items.map(flat), inner)
    : items.map((item) => `${margin}${broken(item, inner, inner, 1)},`);
  return `${open}\n${lines.join('\n')}\n${' '.repeat(indent)}${close}`;
}

/** A list of objects stands on lines of its own, however short. */
function isTable(doc: Doc): boolean {
  if (typeof doc === 'string') return false;
  const isList = doc.open.endsWith('[') && doc.items.length > 1;
  if (isList && doc.items.every((item) => typeof item !== 'string' && item.spaced && item.items.length > 1))
    return true;
  return doc.items.some(isTable);
}

function fill(items: readonly string[], indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const item of items) {
    if (line !== '' && indent + line.length + item.length + 2 > WIDTH) {
      lines.push(' '.repeat(indent) + line);
      line = '';
    }
    line += `${line === '' ? '' : ' '}${item},`;
  }
  return [...lines, ' '.repeat(indent) + line];
}

/** A text as a literal in single quotes; in double ones where that spares escapes. */
export function quote(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replace(/\\"/g, '"')
    .replace(/[\u2028\u2029]/g, escapeUnicode);
  if (text.includes("'") && !text.includes('"')) return `"${escaped}"`;
  return `'${escaped.replace(/'/g, "\\'")}'`;
}

function escapeUnicode(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A text as part of a template string. */
export function templateText(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/\\"/g, '"')
    .replace(/[`]|\$\{/g, '\\$&');
}

/** Whether a name can stand behind a dot, or before a colon. */
export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name);
}
