/** The language server over stdio, as an editor speaks to it: one test for each thing that it can do. */
import { spawn, type ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { programWords } from './support.js';

const NET = `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { kernel_size: 2 } }
`;
const URI = 'file:///net.prototxt';

interface Message {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { message: string };
}

/** The other end of the protocol. */
class Client {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number | string, (message: Message) => void>();
  #received = Buffer.alloc(0);
  #id = 0;

  constructor() {
    this.#child = spawn(process.execPath, programWords('lsp', '--stdio'), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout!.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      while (this.#take());
    });
  }

  get ended(): Promise<number | null> {
    return new Promise((resolve) => this.#child.once('exit', resolve));
  }

  request<T>(method: string, params?: unknown): Promise<T> {
    const id = ++this.#id;
    this.#send({ id, method, params });
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error) reject(new Error(error.message));
        else resolve(result as T);
      });
    });
  }

  notify(method: string, params?: unknown): void {
    this.#send({ method, params });
  }

  /** The next notification of a method. */
  next<T>(method: string): Promise<T> {
    return new Promise((resolve) => this.#waiting.set(method, ({ params }) => resolve(params as T)));
  }

  #send(message: Message): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#child.stdin!.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #take(): boolean {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const length = Number(/Content-Length: (\d+)/.exec(this.#received.subarray(0, end).toString())![1]);
    if (this.#received.length < end + 4 + length) return false;
    const message = JSON.parse(this.#received.subarray(end + 4, end + 4 + length).toString()) as Message;
    this.#received = this.#received.subarray(end + 4 + length);
    const key = message.id ?? message.method!;
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    waiting?.(message);
    return true;
  }
}

interface Diagnostics {
  version: number;
  diagnostics: { message: string; code: string; severity: number; range: Range }[];
}
interface Range {
  start: { line: number; character: number };
  end: { line: number; character: number };
}

const client = new Client();
let version = 1;

/** The text takes the place of what the editor has. */
async function change(text: string): Promise<Diagnostics> {
  const diagnostics = client.next<Diagnostics>('textDocument/publishDiagnostics');
  client.notify('textDocument/didChange', {
    textDocument: { uri: URI, version: ++version },
    contentChanges: [{ text }],
  });
  return diagnostics;
}

/** A request about the place of some words, in the text as it was opened. */
function ask<T>(method: string, words: string, more: object = {}): Promise<T> {
  const offset = NET.indexOf(words);
  const line = NET.slice(0, offset).split('\n').length - 1;
  const position = { line, character: offset - (NET.lastIndexOf('\n', offset - 1) + 1) };
  return client.request(`textDocument/${method}`, { textDocument: { uri: URI }, position, ...more });
}

beforeAll(async () => {
  const { capabilities, serverInfo } = await client.request<{ capabilities: object; serverInfo: { name: string } }>(
    'initialize',
    {
      processId: process.pid,
      rootUri: null,
      capabilities: { textDocument: { completion: { completionItem: { snippetSupport: true } } } },
    },
  );
  expect(serverInfo.name).toBe('netspec');
  expect(capabilities).toMatchObject({ hoverProvider: true, renameProvider: { prepareProvider: true } });
  client.notify('initialized', {});
  const first = client.next<Diagnostics>('textDocument/publishDiagnostics');
  client.notify('textDocument/didOpen', {
    textDocument: { uri: URI, languageId: 'prototxt', version, text: NET },
  });
  expect((await first).diagnostics).toEqual([]);
});

afterAll(async () => {
  const { ended } = client;
  await client.request('shutdown');
  client.notify('exit');
  expect(await ended).toBe(0);
});

describe('netspec lsp', () => {
  test('tells of errors after a change, and that they are gone', async () => {
    const { diagnostics, version: of } = await change(NET.replace('kernel_size: 2', 'kernelsize: 2'));
    expect(of).toBe(version);
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]).toMatchObject({
      severity: 1,
      code: 'syntax',
      range: { start: { line: 3 }, end: { line: 3 } },
    });
    expect((await change(NET)).diagnostics).toEqual([]);
  });

  test('completes a field as a snippet, and blobs by their place', async () => {
    await change(NET.replace('kernel_size: 2', 'k'));
    const items = await ask<{ label: string; textEdit: { newText: string } }[]>('completion', 'kernel_size: 2', {
      context: { triggerKind: 1 },
    });
    await change(NET);
    expect(items.find(({ label }) => label === 'kernel_size')!.textEdit.newText).toBe('kernel_size: ');
    const blobs = await ask<{ label: string }[]>('completion', 'conv1" top: "pool1"');
    expect(blobs.map(({ label }) => label)).toEqual(['conv1', 'data']);
    const fields = await ask<{ label: string; textEdit: { newText: string } }[]>('completion', 'top: "pool1"');
    const param = fields.find(({ label }) => label === 'include');
    expect(param!.textEdit.newText).toBe('include {\n  $0\n\\}');
  });

  test('shows shapes and costs', async () => {
    const hover = await ask<{ contents: { value: string } }>('hover', 'conv1" type');
    expect(hover.contents.value).toContain('conv1 (Convolution)');
    expect(hover.contents.value).toContain('Writes conv1: 1x4x6x6');
  });

  test('finds the layer that makes a blob, and all that name it', async () => {
    const place = { start: { line: 1, character: NET.split('\n')[1]!.indexOf('conv1" conv') } };
    expect(await ask('definition', 'conv1" top: "pool1"')).toMatchObject([{ uri: URI, range: place }]);
    expect(await ask('references', 'conv1" top: "pool1"', { context: { includeDeclaration: true } })).toHaveLength(4);
    expect(await ask('documentHighlight', 'conv1" top: "pool1"')).toHaveLength(4);
  });

  test('renames a blob, and says why it cannot', async () => {
    expect(await ask('prepareRename', 'conv1" top: "pool1"')).toMatchObject({ start: { line: 3 } });
    const edit = await ask<{ changes: Record<string, { newText: string }[]> }>('rename', 'conv1" top: "pool1"', {
      newName: 'features',
    });
    expect(edit.changes[URI]!.map(({ newText }) => newText)).toEqual(Array(4).fill('features'));
    await expect(ask('rename', 'conv1" top: "pool1"', { newName: 'data' })).rejects.toThrow(
      "there is a blob 'data' already",
    );
  });

  test('lists the layers', async () => {
    const symbols = await client.request<{ name: string; detail: string }[]>('textDocument/documentSymbol', {
      textDocument: { uri: URI },
    });
    expect(symbols.map(({ name, detail }) => `${name} ${detail}`)).toEqual([
      'data Input',
      'conv1 Convolution',
      'relu1 ReLU',
      'pool1 Pooling',
    ]);
  });

  test('lays the text out', async () => {
    const edits = await client.request<{ newText: string }[]>('textDocument/formatting', {
      textDocument: { uri: URI },
      options: { tabSize: 2, insertSpaces: true },
    });
    expect(edits).toHaveLength(1);
    expect(edits[0]!.newText).toContain('  pooling_param {\n    kernel_size: 2\n  }\n');
  });

  test('offers what mends an error', async () => {
    const { diagnostics } = await change(NET.replace('kernel_size: 2', 'kernelsize: 2'));
    const actions = await client.request<{ title: string; edit: { changes: Record<string, object[]> } }[]>(
      'textDocument/codeAction',
      { textDocument: { uri: URI }, range: diagnostics[0]!.range, context: { diagnostics } },
    );
    await change(NET);
    expect(actions).toMatchObject([
      {
        title: 'write kernel_size',
        kind: 'quickfix',
        edit: { changes: { [URI]: [{ newText: 'kernel_size', range: diagnostics[0]!.range }] } },
      },
    ]);
  });
});
