/** protocol: what the language service says, as the language server protocol has it. */
import {
  CompletionItemKind,
  DiagnosticSeverity,
  InsertTextFormat,
  MarkupKind,
  SymbolKind,
  type CompletionItem,
  type Diagnostic as ProtocolDiagnostic,
  type DocumentSymbol,
  type Hover as ProtocolHover,
  type Range,
  type TextEdit as ProtocolEdit,
} from 'vscode-languageserver';
import type { Completion, Diagnostic, Hover, OutlineItem, PrototxtDocument, TextRange } from '../../language/index.js';

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  note: DiagnosticSeverity.Information,
} as const;

const COMPLETION_KINDS = {
  field: CompletionItemKind.Field,
  message: CompletionItemKind.Struct,
  value: CompletionItemKind.EnumMember,
  type: CompletionItemKind.Class,
  blob: CompletionItemKind.Variable,
} as const;

const SYMBOL_KINDS = { layer: SymbolKind.Class, message: SymbolKind.Struct, field: SymbolKind.Field } as const;

export function rangeOf(document: PrototxtDocument, { start, end }: TextRange): Range {
  return { start: document.positionOf(start), end: document.positionOf(end) };
}

export function editOf(document: PrototxtDocument, edit: TextRange & { readonly text: string }): ProtocolEdit {
  return { range: rangeOf(document, edit), newText: edit.text };
}

export function diagnosticOf(document: PrototxtDocument, diagnostic: Diagnostic): ProtocolDiagnostic {
  const { severity, message, code } = diagnostic;
  return { range: rangeOf(document, diagnostic), severity: SEVERITIES[severity], message, code, source: 'netspec' };
}

/** @param hasSnippets the editor knows snippets, in which `$0` is the cursor */
export function completionOf(
  document: PrototxtDocument,
  completion: Completion,
  index: number,
  hasSnippets: boolean,
): CompletionItem {
  const { label, kind, detail, doc, before, after } = completion;
  const isSnippet = hasSnippets && after !== '';
  const escaped = (text: string): string => text.replace(/[\\$}]/g, '\\$&');
  const newText = isSnippet ? `${escaped(before)}$0${escaped(after)}` : before + after;
  return {
    label,
    kind: COMPLETION_KINDS[kind],
    detail,
    ...(doc !== '' && { documentation: doc }),
    sortText: String(index).padStart(4, '0'),
    filterText: document.text.slice(completion.start, completion.start + 1) === '"' ? `"${label}` : label,
    insertTextFormat: isSnippet ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
    textEdit: { range: rangeOf(document, completion), newText },
  };
}

export function hoverOf(document: PrototxtDocument, hover: Hover): ProtocolHover {
  const { title, paragraphs } = hover;
  const plain = (text: string): string => text.replace(/[\\`*_{}[\]<>#|]/g, '\\$&');
  const value = [`\`\`\`text\n${title}\n\`\`\``, ...paragraphs.map(plain)].join('\n\n');
  return { contents: { kind: MarkupKind.Markdown, value }, range: rangeOf(document, hover) };
}

export function symbolOf(document: PrototxtDocument, item: OutlineItem): DocumentSymbol {
  const { name, detail, kind, selection, children } = item;
  return {
    // Editors refuse a symbol without a name.
    name: name.trim() === '' ? kind : name,
    detail,
    kind: SYMBOL_KINDS[kind],
    range: rangeOf(document, item),
    selectionRange: rangeOf(document, selection),
    children: children.map((child) => symbolOf(document, child)),
  };
}
