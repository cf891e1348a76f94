/** extension: starts the language server for prototxt files, and ends it with the window. */
import path from 'node:path';
import { workspace, type ExtensionContext } from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const args = workspace.getConfiguration('netspec').get<string[]>('arguments', []);
  const module = context.asAbsolutePath(path.join('dist', 'server.js'));
  client = new LanguageClient(
    'netspec',
    'netspec',
    { module, args, transport: TransportKind.stdio },
    { documentSelector: [{ language: 'prototxt' }] },
  );
  await client.start();
}

export function deactivate(): Promise<void> | undefined {
  return client?.stop();
}
