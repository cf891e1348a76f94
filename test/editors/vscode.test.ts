/** The extension's package: what VS Code looks for is in it, and its server answers. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { fromBytes } from '../../src/index.js';
import { ZipArchive } from '../../src/weights/zip.js';
import { temporaryFolder } from '../cli/support.js';

const root = path.join(import.meta.dirname, '../..');
const folder = temporaryFolder();
const entries = new Map<string, Buffer>();

beforeAll(async () => {
  const file = path.join(folder, 'extension.vsix');
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/package-vscode.ts', file], { cwd: root });
  const archive = await ZipArchive.open(fromBytes(readFileSync(file)));
  for (const [name, entry] of archive.entries) entries.set(name, Buffer.from(await archive.bytes(entry)));
});

describe('the package', () => {
  test('has every file that its manifests name', () => {
    const manifest = JSON.parse(entries.get('extension/package.json')!.toString()) as {
      main: string;
      contributes: { languages: { configuration: string }[]; grammars: { path: string; scopeName: string }[] };
    };
    const { languages, grammars } = manifest.contributes;
    const named = [manifest.main, languages[0]!.configuration, grammars[0]!.path];
    for (const each of named) expect([...entries.keys()]).toContain(path.posix.join('extension', each));
    for (const [, each] of entries
      .get('extension.vsixmanifest')!
      .toString()
      .matchAll(/ Path="([^"]+)"/g))
      expect([...entries.keys()]).toContain(each);
    expect([...entries.keys()]).toContain('[Content_Types].xml');
  });

  test('carries a server that answers alone', async () => {
    const server = path.join(folder, 'dist', 'server.js');
    mkdirSync(path.dirname(server));
    writeFileSync(server, entries.get('extension/dist/server.js')!);
    const child = spawn(process.execPath, [server, '--stdio', '--target', 'ascend'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const request = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { processId: null, capabilities: {} } };
    const text = JSON.stringify(request);
    child.stdin.write(`Content-Length: ${text.length}\r\n\r\n${text}`);
    let answer = '';
    // Ends with the server, should it say something else.
    for await (const data of child.stdout) {
      answer += String(data);
      if (answer.includes('serverInfo')) break;
    }
    child.kill();
    expect(answer).toContain('"serverInfo":{"name":"netspec"');
  });

  test('colours a layer with valid expressions', () => {
    const grammar = JSON.parse(entries.get('extension/syntaxes/prototxt.tmLanguage.json')!.toString()) as object;
    const sources = [...JSON.stringify(grammar).matchAll(/"(?:match|begin|end)":("(?:[^"\\]|\\.)*")/g)];
    expect(sources.length).toBeGreaterThan(10);
    for (const [, source] of sources) expect(() => new RegExp(JSON.parse(source!) as string)).not.toThrow();
  });
});
