/** unified-diff: how an edit is shown. */

export interface DiffOptions {
  /** Name of the file that is edited. */
  file: string;
  /** Line of the file at which the old text begins. */
  line?: number;
  /** What the hunk's header names: the layer. */
  heading?: string;
}

/** Lines of context around a change. */
const CONTEXT = 3;

/** The unified diff of two texts; empty when they are equal. */
export function unifiedDiff(before: string, after: string, { file, line = 1, heading }: DiffOptions): string {
  const edits = editsBetween(linesOf(before), linesOf(after));
  const changed = edits.flatMap(({ sign }, i) => (sign === ' ' ? [] : [i]));
  if (changed.length === 0) return '';
  const out = [`--- ${file}`, `+++ ${file}`];
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
    out.push(heading === undefined ? header : `${header} ${heading}`, ...hunk.map(({ sign, text }) => sign + text));
    oldLine += removed.length;
    newLine += added.length;
    at = end;
  }
  return `${out.join('\n')}\n`;
}

interface Edit {
  sign: ' ' | '-' | '+';
  text: string;
}

/** The shortest way from one list of lines to another, by their longest common subsequence. */
function editsBetween(a: readonly string[], b: readonly string[]): Edit[] {
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
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
