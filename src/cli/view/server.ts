/** server: serves the playground to this machine's browser, isolated so that nets run on threads, and what it is to show. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import path from 'node:path';
import { NetspecError } from '../../errors.js';
import type { ViewFiles } from './files.js';

const TYPES: Readonly<Partial<Record<string, string>>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

/** Names by which a browser of this machine asks; another one is a page elsewhere that pretends. */
const HOSTS = new Set(['localhost', '127.0.0.1']);

export interface Serving {
  /** Address of the page. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the page on 127.0.0.1.
 * @param port 0 for any that is free
 * @throws NetspecError when the port is taken
 */
export async function serveView({ folder, session, files }: ViewFiles, port: number): Promise<Serving> {
  const server = createServer((request, response) => {
    const name = nameOf(request.url ?? '/');
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    for (const [header, value] of Object.entries(HEADERS)) response.setHeader(header, value);
    if (!HOSTS.has(host) || request.method !== 'GET') refuse(response, 403);
    else if (name === 'session.json') {
      response.setHeader('Content-Type', TYPES['.json']!);
      response.end(JSON.stringify(session));
    } else void send(response, files.get(name) ?? insideOf(folder, name === '' ? 'index.html' : name));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new NetspecError(`cannot serve on port ${port}: ${error.message}`)));
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const actual = typeof address === 'object' && address ? address.port : port;
  return { url: `http://127.0.0.1:${actual}/`, close: () => closed(server) };
}

/** The file that a request wants; a path that cannot be read wants none. */
function nameOf(url: string): string {
  try {
    return decodeURIComponent(url.replace(/[?#].*$/, '')).slice(1);
  } catch {
    return '\0';
  }
}

/** With these the page may share memory between threads. */
const HEADERS: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
  'X-Content-Type-Options': 'nosniff',
};

/** A file in the folder; undefined for a way out of it. */
function insideOf(folder: string, name: string): string | undefined {
  if (name.includes('\0')) return undefined;
  const file = path.join(folder, name);
  return file.startsWith(folder + path.sep) ? file : undefined;
}

async function send(response: ServerResponse, file: string | undefined): Promise<void> {
  const stats = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || !stats?.isFile()) {
    refuse(response, 404);
    return;
  }
  response.setHeader('Content-Type', TYPES[path.extname(file)] ?? 'application/octet-stream');
  response.setHeader('Content-Length', stats.size);
  createReadStream(file)
    .once('error', () => response.destroy())
    .pipe(response);
}

function refuse(response: ServerResponse, status: number): void {
  response.statusCode = status;
  response.end();
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
