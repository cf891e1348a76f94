/** unified-diff: how an edit of a text is shown, so that GNU patch and `git apply` can make it. */

export interface DiffOptions {
  /** Name of the file that is edited. */
  file: string;
  /** Line of the file at which the old text begins. */
  line?: number;
  /** What the hunks' headers name: the layer. */
  heading?: string;
}

/** Lines of context around a change. */
const CONTEXT = 3;

/** Behind the text of a last line that no line break ends. */
const UNENDED = '\0';

/** The unified diff of two texts; empty when they are equal. */
export function unifiedDiff(before: string, after: string, { file, line = 1, heading }: DiffOptions): string {
  const edits = editsBetween(linesOf(before), linesOf(after));
  const changed = edits.flatMap(({ sign }, i) => (sign === ' ' ? [] : [i]));
  if (changed.length === 0) return '';
  const out = fileHeader(file);
  let [oldLine, newLine, at] = [line, line, 0];
  while (at < edits.length) {
    const first = changed.find((i) => i >= at);
    if (first === undefined) break;
    const start = Math.max(at, first - CONTEXT);
    let end = first;
    // Changes whose contexts touch are one hunk.
    for (const i of changed) if (i >= first && i - end <= 2 * CONTEXT + 1) end = i;
    end = Math.min(edits.length, end + CONTEXT + 1);
    oldLine += start - at;
    newLine += start - at;
    const hunk = edits.slice(start, end);
    const [removed, added] = [hunk.filter(({ sign }) => sign !== '+'), hunk.filter(({ sign }) => sign !== '-')];
    const header = `@@ -${oldLine},${removed.length} +${newLine},${added.length} @@`;
    out.push(heading === undefined ? header : `${header} ${heading}`, ...hunk.flatMap(lineOf));
    oldLine += removed.length;
    newLine += added.length;
    at = end;
  }
  return `${out.join('\n')}\n`;
}

/** `git apply` takes off one leading folder, GNU patch the folders it is told to; a bare name both take as it is. */
function fileHeader(file: string): string[] {
  return file.includes('/') ? [`--- a/${file}`, `+++ b/${file}`] : [`--- ${file}`, `+++ ${file}`];
}

interface Edit {
  sign: ' ' | '-' | '+';
  text: string;
}

function lineOf({ sign, text }: Edit): string[] {
  return text.endsWith(UNENDED) ? [sign + text.slice(0, -1), '\\ No newline at end of file'] : [sign + text];
}

/** A short way from one list of lines to another. What is equal at both ends is not looked at twice. */
function editsBetween(a: readonly string[], b: readonly string[]): Edit[] {
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const same = (text: string): Edit => ({ sign: ' ', text });
  return [
    ...a.slice(0, start).map(same),
    ...shortest(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ];
}

/** The shortest way from one list of lines to another, by their longest common subsequence. */
function shortest(a: readonly string[], b: readonly string[]): Edit[] {
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] =
        a[i] === b[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
  const edits: Edit[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && a[i] === b[j]) {
      edits.push({ sign: ' ', text: a[i]! });
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || common[(i + 1) * width + j]! >= common[i * width + j + 1]!))
      edits.push({ sign: '-', text: a[i++]! });
    else edits.push({ sign: '+', text: b[j++]! });
  }
  return edits;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  const last = lines.pop()!;
  return last === '' ? lines : [...lines, last + UNENDED];
}
