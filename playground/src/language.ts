/** language: prototxt in CodeMirror: colours and folding from the grammar, everything else from the language service. */
import { autocompletion, snippet, type CompletionContext } from '@codemirror/autocomplete';
import {
  foldInside,
  foldNodeProp,
  HighlightStyle,
  indentNodeProp,
  continuedIndent,
  LanguageSupport,
  LRLanguage,
} from '@codemirror/language';
import { linter, type Diagnostic as EditorDiagnostic } from '@codemirror/lint';
import type { Extension } from '@codemirror/state';
import { hoverTooltip, type EditorView } from '@codemirror/view';
import { styleTags, tags } from '@lezer/highlight';
import type { Completion, PrototxtDocument } from '../../src/language/index.js';
import { element, withText } from './elements.js';
import { parser } from './prototxt.grammar';

const prototxt = LRLanguage.define({
  name: 'prototxt',
  parser: parser.configure({
    props: [
      styleTags({
        Name: tags.propertyName,
        String: tags.string,
        Number: tags.number,
        Word: tags.atom,
        Comment: tags.lineComment,
      }),
      foldNodeProp.add({ Message: foldInside, List: foldInside }),
      indentNodeProp.add({ Message: continuedIndent({ except: /^\s*[}>]/ }) }),
    ],
  }),
  languageData: { commentTokens: { line: '#' }, closeBrackets: { brackets: ['{', '[', '"'] } },
});

/** The colours are custom properties of the page, which knows both themes. */
export const COLORS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.variableName)], color: 'var(--code-name)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: [tags.atom, tags.bool, tags.null, tags.keyword, tags.typeName], color: 'var(--code-word)' },
  { tag: [tags.lineComment, tags.blockComment], color: 'var(--soft)', fontStyle: 'italic' },
]);

const SEVERITIES = { error: 'error', warning: 'warning', note: 'info' } as const;
const KINDS = { field: 'property', message: 'namespace', value: 'enum', type: 'class', blob: 'variable' } as const;

/** @param documentOf the document of the text that a view shows */
export function prototxtSupport(
  documentOf: () => PrototxtDocument,
  onProblems: (problems: readonly EditorDiagnostic[]) => void,
): Extension {
  return [
    new LanguageSupport(prototxt),
    linter(
      async () => {
        const problems = await diagnosticsOf(documentOf());
        onProblems(problems);
        return problems;
      },
      { delay: 30 },
    ),
    autocompletion({ override: [(context) => completionsOf(documentOf(), context)] }),
    hoverTooltip(async (_view, offset) => {
      const hover = await documentOf().hover(offset);
      if (!hover) return null;
      const dom = element('div', 'hover');
      dom.append(withText('code', hover.title), ...hover.paragraphs.map((text) => withText('p', text)));
      return { pos: hover.start, end: hover.end, create: () => ({ dom }) };
    }),
  ];
}

async function diagnosticsOf(document: PrototxtDocument): Promise<EditorDiagnostic[]> {
  const found = await document.diagnostics();
  return found.map(({ start, end, severity, message, code, fixes }) => ({
    from: start,
    to: end,
    severity: SEVERITIES[severity],
    message,
    source: code,
    actions: fixes.map((fix) => ({
      name: fix.title,
      apply: (view: EditorView) => {
        const edit = document.editOf(fix);
        // The text may have changed since.
        if (edit && view.state.doc.toString() === document.text)
          view.dispatch({ changes: { from: edit.start, to: edit.end, insert: edit.text } });
      },
    })),
  }));
}

async function completionsOf(document: PrototxtDocument, context: CompletionContext) {
  const before = document.text.slice(Math.max(0, context.pos - 2), context.pos);
  if (!context.explicit && !/[\w":]$|: $/.test(before)) return null;
  const found = await document.completions(context.pos);
  const [first] = found;
  if (!first) return null;
  return {
    from: first.start,
    to: Math.max(first.end, context.pos),
    options: found.map((each) => ({
      label: each.label,
      type: KINDS[each.kind],
      detail: each.detail,
      info: each.doc === '' ? undefined : each.doc,
      boost: -each.rank / 10,
      apply: applying(each),
    })),
    validFor: /^\w*$/,
  };
}

function applying({ before, after }: Completion): string | ReturnType<typeof snippet> {
  if (after === '') return before;
  const escaped = (text: string): string => text.replace(/[{}\\]/g, '\\$&').replace(/\n {2}/g, '\n\t');
  return snippet(`${escaped(before)}\${}${escaped(after)}`);
}
