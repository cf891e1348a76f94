/** server: the language server: the questions of an editor, answered by src/language. */
import {
  CodeActionKind,
  ErrorCodes,
  ResponseError,
  TextDocuments,
  TextDocumentSyncKind,
  type CodeAction,
  type Connection,
  type InitializeResult,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { NetspecError } from '../../errors.js';
import { PrototxtDocument, type DocumentOptions } from '../../language/index.js';
import { completionOf, diagnosticOf, editOf, hoverOf, rangeOf, symbolOf } from './protocol.js';

export interface ServerOptions extends DocumentOptions {
  version: string;
}

/** Milliseconds in which further changes are waited for before a text is looked at. */
const QUIET = 20;

interface Place {
  textDocument: { uri: string };
  position: { line: number; character: number };
}

/** Answers a client until it goes. */
export function serve(connection: Connection, { version, ...options }: ServerOptions): void {
  const texts = new TextDocuments(TextDocument);
  const documents = new Map<string, { version: number; document: PrototxtDocument }>();
  const timers = new Map<string, NodeJS.Timeout>();
  let hasSnippets = false;

  /** The document as it is now. */
  const documentOf = (uri: string): PrototxtDocument | undefined => {
    const text = texts.get(uri);
    if (!text) return undefined;
    const known = documents.get(uri);
    if (known?.version === text.version) return known.document;
    const document = known?.document.changed(text.getText()) ?? new PrototxtDocument(text.getText(), options);
    documents.set(uri, { version: text.version, document });
    return document;
  };

  /** What a request wants to know at a place; undefined for a text that is not open. */
  const ask = <T>({ textDocument, position }: Place, answer: (document: PrototxtDocument, offset: number) => T) => {
    const document = documentOf(textDocument.uri);
    return document && answer(document, document.offsetOf(position));
  };

  const publish = async (uri: string): Promise<void> => {
    const document = documentOf(uri);
    const asked = documents.get(uri)?.version;
    if (!document) return;
    const diagnostics = (await document.diagnostics()).map((each) => diagnosticOf(document, each));
    // What was found of a text that has changed since is of no use.
    if (documents.get(uri)?.version !== asked || texts.get(uri)?.version !== asked) return;
    await connection.sendDiagnostics({ uri, version: asked, diagnostics });
  };

  connection.onInitialize(({ capabilities }): InitializeResult => {
    hasSnippets = capabilities.textDocument?.completion?.completionItem?.snippetSupport ?? false;
    return {
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        completionProvider: { triggerCharacters: ['"', ':', ' '] },
        hoverProvider: true,
        definitionProvider: true,
        referencesProvider: true,
        documentHighlightProvider: true,
        renameProvider: { prepareProvider: true },
        documentSymbolProvider: true,
        documentFormattingProvider: true,
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
      },
      serverInfo: { name: 'netspec', version },
    };
  });

  texts.onDidChangeContent(({ document: { uri } }) => {
    clearTimeout(timers.get(uri));
    timers.set(
      uri,
      setTimeout(() => {
        publish(uri).catch((error: unknown) => connection.console.error(String(error)));
      }, QUIET),
    );
  });
  texts.onDidClose(({ document: { uri } }) => {
    clearTimeout(timers.get(uri));
    documents.delete(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });

  connection.onCompletion((place) =>
    ask(place, async (document, offset) => {
      const { triggerCharacter } = place.context ?? {};
      const completions = await document.completions(offset);
      // A blank asks for values only: it stands before every field, too.
      const isAfterColon = /:\s*$/.test(document.text.slice(Math.max(0, offset - 8), offset));
      if (triggerCharacter === ' ' && !isAfterColon) return [];
      return completions.map((each, i) => completionOf(document, each, i, hasSnippets));
    }),
  );
  connection.onHover((place) =>
    ask(place, async (document, offset) => {
      const hover = await document.hover(offset);
      return hover && hoverOf(document, hover);
    }),
  );
  const locations = (uri: string, document: PrototxtDocument, ranges: ReturnType<PrototxtDocument['definition']>) =>
    ranges.map((range) => ({ uri, range: rangeOf(document, range) }));
  connection.onDefinition((place) =>
    ask(place, (document, offset) => locations(place.textDocument.uri, document, document.definition(offset))),
  );
  connection.onReferences((place) =>
    ask(place, (document, offset) => locations(place.textDocument.uri, document, document.references(offset))),
  );
  connection.onDocumentHighlight((place) =>
    ask(place, (document, offset) => document.references(offset).map((range) => ({ range: rangeOf(document, range) }))),
  );
  connection.onPrepareRename((place) =>
    ask(place, (document, offset) => {
      const range = document.renameRange(offset);
      return range && rangeOf(document, range);
    }),
  );
  connection.onRenameRequest((place) =>
    ask(place, (document, offset) => {
      try {
        const edits = document.rename(offset, place.newName).map((edit) => editOf(document, edit));
        return { changes: { [place.textDocument.uri]: edits } };
      } catch (error) {
        if (error instanceof NetspecError) return new ResponseError(ErrorCodes.InvalidRequest, error.reason);
        throw error;
      }
    }),
  );
  connection.onDocumentSymbol(({ textDocument }) => {
    const document = documentOf(textDocument.uri);
    return document?.outline().map((item) => symbolOf(document, item));
  });
  connection.onDocumentFormatting(({ textDocument }) => {
    const document = documentOf(textDocument.uri);
    const edit = document?.format();
    return edit && document ? [editOf(document, edit)] : [];
  });
  connection.onCodeAction(async ({ textDocument: { uri }, range }) => {
    const document = documentOf(uri);
    if (!document) return undefined;
    const actions = await document.actions({
      start: document.offsetOf(range.start),
      end: document.offsetOf(range.end),
    });
    return actions.map(({ title, isExact, diagnostic, edit }): CodeAction => ({
      title,
      kind: CodeActionKind.QuickFix,
      isPreferred: isExact,
      diagnostics: [diagnosticOf(document, diagnostic)],
      edit: { changes: { [uri]: [editOf(document, edit)] } },
    }));
  });

  texts.listen(connection);
  connection.listen();
}
