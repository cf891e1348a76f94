/** What `netspec view` serves, exports and refuses, with a page of one file in the place of the built one. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { exportView, viewFiles } from '../../src/cli/view/files.js';
import { serveView } from '../../src/cli/view/server.js';
import { temporaryFolder } from './support.js';

const folder = temporaryFolder();
const page = path.join(folder, 'page');
mkdirSync(page);
writeFileSync(path.join(page, 'index.html'), '<!doctype html>');
writeFileSync(path.join(page, 'session.json'), '{}');
writeFileSync(path.join(folder, 'secret'), 'x');
const net = path.join(folder, 'net.prototxt');
writeFileSync(net, 'name: "n"');

/** Status, headers and body; the path is sent as it is written. */
function get(url: string, wanted: string, host?: string) {
  const { hostname, port } = new URL(url);
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    request({ hostname, port, path: wanted, ...(host !== undefined && { headers: { host } }) }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });
}

describe('the server', () => {
  test('isolates the page, says what to show, and hands out nothing else', async () => {
    const { url, close } = await start();
    try {
      const index = await get(url, '/');
      expect(index).toMatchObject({ status: 200, body: '<!doctype html>' });
      expect(index.headers).toMatchObject({
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'content-type': 'text/html; charset=utf-8',
      });
      expect(JSON.parse((await get(url, '/session.json')).body)).toEqual({ net: 'net.prototxt' });
      expect((await get(url, '/net.prototxt')).body).toBe('name: "n"');
      for (const wanted of ['/nothing', '/../secret', '/%2e%2e/secret', '/..%2fsecret', '/%zz'])
        expect({ wanted, status: (await get(url, wanted)).status }).toEqual({ wanted, status: 404 });
      expect((await get(url, '/', 'elsewhere.example')).status).toBe(403);
    } finally {
      await close();
    }
  });
});

async function start() {
  const serving = await serveView(viewFiles(page, net, undefined), 0);
  return { url: serving.url, close: () => serving.close() };
}

test('a page for any web server has the net beside it', async () => {
  const target = path.join(folder, 'out');
  await exportView(viewFiles(page, net, undefined), target);
  expect(readFileSync(path.join(target, 'net.prototxt'), 'utf8')).toBe('name: "n"');
  expect(JSON.parse(readFileSync(path.join(target, 'session.json'), 'utf8'))).toEqual({ net: 'net.prototxt' });
  // Again over itself, and not over anything else.
  await exportView(viewFiles(page, undefined, undefined), target);
  mkdirSync(path.join(folder, 'full'));
  writeFileSync(path.join(folder, 'full', 'file'), '');
  await expect(exportView(viewFiles(page, net, undefined), path.join(folder, 'full'))).rejects.toThrow(
    'the folder is not empty',
  );
});

test('says what is missing', () => {
  expect(() => viewFiles(path.join(folder, 'none'), net, undefined)).toThrow('the page is not built');
  expect(() => viewFiles(page, path.join(folder, 'none.prototxt'), undefined)).toThrow('no such file');
});
