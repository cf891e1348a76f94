/** Applies unified diffs as `patch` does without fuzz: every line of context must be there, at the line that the hunk names. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The text with a patch applied. @throws when a line of it is not where the patch says. */
export function applyPatch(text: string, patch: string): string {
  const unended = text !== '' && !text.endsWith('\n');
  const lines = text.split('\n');
  if (!unended) lines.pop();
  let isUnended = unended;
  let shift = 0;
  const patchLines = patch.split('\n');
  for (let i = 0; i < patchLines.length; i++) {
    const header = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@/.exec(patchLines[i]!);
    if (!header) {
      if (patchLines[i]!.startsWith('--- ')) shift = 0;
      continue;
    }
    const [oldStart, oldCount, , newCount] = header.slice(1).map(Number) as [number, number, number, number];
    let at = oldStart - 1 + shift;
    let [taken, given] = [0, 0];
    while (taken < oldCount || given < newCount) {
      const line = patchLines[++i]!;
      const content = line.slice(1);
      if (line.startsWith('+')) {
        lines.splice(at++, 0, content);
        given++;
      } else {
        if (lines[at] !== content)
          throw new Error(`line ${at + 1} is '${lines[at] ?? ''}', the patch has '${content}'`);
        taken++;
        if (line.startsWith(' ')) {
          at++;
          given++;
        } else lines.splice(at, 1);
      }
      if (patchLines[i + 1]?.startsWith('\\ No newline')) {
        i++;
        if (!line.startsWith('-')) isUnended = true;
      } else if (line.startsWith('+') && at === lines.length) isUnended = false;
    }
    shift += newCount - oldCount;
  }
  return lines.join('\n') + (isUnended ? '' : '\n');
}

/** Whether a program can be run here. */
export function hasProgram(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What a program makes of a file `name` that holds `text`, given a patch on its standard input. */
export function patchedBy(program: 'patch' | 'git', text: string, patch: string, name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'netspec-patch-'));
  try {
    writeFileSync(path.join(folder, name), text);
    const args = program === 'patch' ? ['--fuzz=0', '--no-backup-if-mismatch', name] : ['apply', '-'];
    execFileSync(program, args, { cwd: folder, input: patch, stdio: ['pipe', 'ignore', 'pipe'] });
    return readFileSync(path.join(folder, name), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs lines of Python in a folder. */
export function runPython(lines: string, folder: string): void {
  execFileSync('python3', ['-'], { cwd: folder, input: lines, stdio: ['pipe', 'ignore', 'pipe'] });
}

/** Copies a fixture that a test changes. */
export function copyTo(folder: string, file: string): string {
  const copy = path.join(folder, path.basename(file));
  copyFileSync(file, copy);
  return copy;
}
