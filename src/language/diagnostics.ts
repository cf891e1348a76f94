/** diagnostics: what is wrong with a text and where: errors of reading, or what the lint finds, with the edits that mend it. */
import { NetspecError } from '../errors.js';
import type { NetParameter } from '../generated/messages.js';
import { lint, type LintOptions } from '../lint/lint.js';
import type { Finding, Severity } from '../lint/finding.js';
import { NetText, type LayersEdit } from '../proto/patch/net-text.js';
import type { Schema } from '../proto/schema.js';
import type { TextEdit } from '../proto/text/edit.js';
import type { Analysis, ReadError } from './analysis.js';
import { contentOf } from './scan.js';
import type { Places, TextRange } from './places.js';
import { messageAt, fieldAt, type SyntaxTree } from './syntax.js';

/** Something that is wrong with a text. */
export interface Diagnostic extends TextRange {
  readonly severity: Severity;
  /** What is wrong, and below it what to do. */
  readonly message: string;
  /** `syntax`, or the name of a lint rule. */
  readonly code: string;
  readonly fixes: readonly Fix[];
}

/** Something that mends a diagnostic. */
export interface Fix {
  readonly title: string;
  /** There is one way to mend it, and this is it. */
  readonly isExact: boolean;
  /** A word in the place of another one. */
  readonly replacement?: TextEdit;
  /** Layers in the place of others. */
  readonly layers?: LayersEdit;
}

export function syntaxDiagnostics(errors: readonly ReadError[], { text }: Places): Diagnostic[] {
  return errors.map(({ start, end, message, hint }) => ({
    start,
    end,
    severity: 'error',
    message: withHint(message, hint),
    code: 'syntax',
    fixes: replacements(hint, { start, end }, text),
  }));
}

export async function lintDiagnostics(
  net: NetParameter,
  { tree, places, options }: { tree: SyntaxTree; places: Places; options: LintOptions },
): Promise<Diagnostic[]> {
  const findings = await lint(net, { ...options, patches: false });
  return findings.map((finding) => diagnosticOf(finding, tree, places));
}

function diagnosticOf(finding: Finding, tree: SyntaxTree, places: Places): Diagnostic {
  const { severity, message, hint, rule, fix, isExact = false, edit, target } = finding;
  const range = rangeOf(finding, tree, places);
  const about = target === undefined ? message : `${target}: ${message}`;
  const fixes: Fix[] = edit && fix !== undefined ? [{ title: fix, isExact, layers: edit }] : [];
  return {
    ...range,
    severity,
    message: withHint(about, hint),
    code: rule,
    fixes: [...fixes, ...replacements(hint, range, places.text)],
  };
}

/** A field with its value, or the name of a field that holds a message. */
function rangeOf({ line, column }: Finding, { root }: SyntaxTree, places: Places): TextRange {
  if (line === undefined) return { start: 0, end: root.fields[0]?.name.end ?? 0 };
  const offset = places.offsetOfAddress({ line, column });
  const field = fieldAt(messageAt(root, offset), offset);
  if (!field) return { start: offset, end: offset };
  const [value] = field.values;
  if (!value || value.message) return { start: field.name.start, end: field.name.end };
  const [token] = value.tokens;
  // What is between the quotes, which a suggestion takes the place of.
  return token?.kind === 'string' && field.values.length === 1
    ? contentOf(token)
    : { start: field.start, end: field.values.at(-1)!.end };
}

/** What a hint suggests: `did you mean 'kernel_size'?`, `write MAX without quotes`, `write "data"`. */
function replacements(hint: string | undefined, range: TextRange, text: string): Fix[] {
  const [, meant, bare, quoted] =
    /^did you mean '([^']+)'\?|^write (\S+) without quotes|^write ("[^"]+")$/.exec(hint ?? '') ?? [];
  const by = meant ?? bare ?? quoted;
  if (by === undefined || range.start === range.end) return [];
  const old = text.slice(range.start, range.end);
  if (/[\s:{]/.test(old)) return [];
  return [{ title: `write ${by}`, isExact: meant === undefined, replacement: { ...place(range), text: by } }];
}

function place({ start, end }: TextRange): TextRange {
  return { start, end };
}

function withHint(message: string, hint: string | undefined): string {
  return hint === undefined ? message : `${message}\nhint: ${hint}`;
}

/**
 * The edit of a text that a fix makes: from the first character that changes to the last.
 * @returns undefined where the text is in an old format, or cannot be edited
 */
export function editOf(
  fix: Fix,
  text: string,
  { message }: Analysis,
  schema: Schema | undefined,
): TextEdit | undefined {
  if (fix.replacement) return fix.replacement;
  const net: NetParameter | undefined = message;
  if (!fix.layers || !net) return undefined;
  const netText = new NetText(net.name ?? '', net.layer ?? [], { text, schema });
  if (!netText.isOfFile) return undefined;
  try {
    return smallestEdit(text, netText.with(fix.layers));
  } catch (error) {
    // The schema in use lacks what the edit needs.
    if (error instanceof NetspecError) return undefined;
    throw error;
  }
}

/** The edit that makes one text of another, without what both begin with and end with. */
export function smallestEdit(before: string, after: string): TextEdit | undefined {
  if (before === after) return undefined;
  let start = 0;
  const most = Math.min(before.length, after.length);
  while (start < most && before[start] === after[start]) start++;
  let behind = 0;
  while (behind < most - start && before[before.length - 1 - behind] === after[after.length - 1 - behind]) behind++;
  return { start, end: before.length - behind, text: after.slice(start, after.length - behind) };
}
