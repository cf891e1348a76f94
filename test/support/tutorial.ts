/**
 * tutorial: runs a page of the documentation as a reader who copies and pastes does: its files are written, its commands are run in a
 * shell, and what they print is put below them.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What needs the registry, or PyTorch. */
const NOT_RUN = /^(npm|python3) /;

/** A block of code, and the block of text below it, which shows what it prints. */
const BLOCK = /^```(\w+)(?: ([\w.-]+))?\n([^]*?)^```\n(?:\n```text\n([^]*?)^```\n)?/gm;

/**
 * The page with the output that its commands give. `ts` and `json` blocks with a name are files; `sh` blocks are commands.
 * @throws Error when a command ends otherwise than with 0 or 1, the exit code of a check that failed
 */
export function runTutorial(page: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'netspec-tutorial-'));
  try {
    prepare(folder);
    return page.replace(
      BLOCK,
      (block: string, language: string, name: string | undefined, code: string, shown: string | undefined) => {
        if (name !== undefined) writeFileSync(path.join(folder, name), code);
        if (language !== 'sh' || NOT_RUN.test(code)) return block;
        const printed = run(code, folder);
        if (shown === undefined && printed === '') return block;
        return `\`\`\`sh\n${code}\`\`\`\n\n\`\`\`text\n${printed}\`\`\`\n`;
      },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What `npm install netspec` makes of a folder; the program is the built one, as readers have it. */
function prepare(folder: string): void {
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(root, path.join(folder, 'node_modules/netspec'), 'dir');
  mkdirSync(path.join(folder, '.bin'));
  const program = path.join(root, 'dist/cli/main.js');
  const npx = path.join(folder, '.bin/npx');
  writeFileSync(npx, `#!/bin/sh\nshift\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(npx, 0o755);
}

function run(code: string, folder: string): string {
  const { status, stdout } = spawnSync('bash', ['-c', `exec 2>&1\n${code}`], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${path.join(folder, '.bin')}${path.delimiter}${process.env.PATH}` },
  });
  if (status !== 0 && status !== 1) throw new Error(`${code}ended with ${String(status)}:\n${stdout}`);
  return stdout;
}
