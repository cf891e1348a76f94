/** What jest's own run must withstand: the runner's processes start at their own times. */
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.join(import.meta.dirname, '..', '..');

test('a process that starts after the others have begun runs its tests too', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'netspec-runner-'));
  const late = path.join(folder, 'late.mjs');
  try {
    // The second process sleeps before it reads its first message, as on a machine with a busy core.
    writeFileSync(
      late,
      `if (process.env.TINYPOOL_WORKER_ID === '2')
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);`,
    );
    const files = ['test/assembly/equal', 'test/engine/blob', 'test/cli/options'];
    const { status, stderr } = spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', '-w', '2', ...files], {
      cwd: root,
      encoding: 'utf8',
      timeout: 60_000,
      killSignal: 'SIGKILL',
      env: { ...process.env, NODE_OPTIONS: `--import ${pathToFileURL(late).href}` },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('3 passed, 3 total') });
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
