/**
 * Files read at any place, and files that appear whole or not at all, also when the process is killed.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  openFile,
  readBytes,
  readText,
  textFile,
  writeFileAtomically,
  writeFilesAtomically,
} from '../../src/node/files.js';
import { refusal } from '../support/refusal.js';

let dir: string;
const at = (name: string): string => path.join(dir, name);
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'netspec-files-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

describe('reading', () => {
  test('at any place', async () => {
    writeFileSync(at('f'), 'abcdef');
    const file = await openFile(at('f'));
    expect(file).toMatchObject({ size: 6, name: at('f') });
    const target = new Uint8Array(3);
    await file.read(2, target);
    expect(Buffer.from(target).toString()).toBe('cde');
    await file.read(6, new Uint8Array());
    await file.close();
  });

  test('into a part of shared memory', async () => {
    writeFileSync(at('f'), 'abcdef');
    const file = await openFile(at('f'));
    const memory = new Uint8Array(new SharedArrayBuffer(5));
    await file.read(3, memory.subarray(1, 4));
    expect([...memory]).toEqual([0, ...ascii('def'), 0]);
    await file.close();
  });

  test('more than one system call moves', async () => {
    const content = Buffer.alloc(2 ** 26 + 10, 1);
    content.write('the end', content.length - 7);
    writeFileSync(at('f'), content);
    const file = await openFile(at('f'));
    const target = new Uint8Array(content.length);
    await file.read(0, target);
    expect(Buffer.compare(target, content)).toBe(0);
    await file.close();
  });

  test('all of it, as bytes and as text without a byte order mark', async () => {
    writeFileSync(at('f'), '\ufeffé');
    expect([...(await readBytes(at('f')))]).toEqual([0xef, 0xbb, 0xbf, 0xc3, 0xa9]);
    expect(await readText(at('f'))).toBe('é');
  });

  test('past the end is refused', async () => {
    writeFileSync(at('f'), 'abc');
    const file = await openFile(at('f'));
    expect(await refusal(() => file.read(2, new Uint8Array(2)))).toBe(
      `${at('f')}: truncated: 2 bytes wanted at byte 2, the file has 3`,
    );
    await file.close();
  });

  test('a file that shrinks meanwhile is refused', async () => {
    writeFileSync(at('f'), 'abcdef');
    const file = await openFile(at('f'));
    writeFileSync(at('f'), 'a');
    expect(await refusal(() => file.read(0, new Uint8Array(6)))).toBe(`${at('f')}: truncated while it was being read`);
    await file.close();
  });

  test('what is no file is refused', async () => {
    writeFileSync(at('f'), '');
    expect(await refusal(() => openFile(at('none')))).toBe(`${at('none')}: cannot read: no such file or directory`);
    expect(await refusal(() => openFile(dir))).toBe(`${dir}: cannot read: it is a directory`);
    expect(await refusal(() => readText(dir))).toBe(`${dir}: cannot read: it is a directory`);
    expect(await refusal(() => readBytes(at('f/g')))).toBe(
      `${at('f/g')}: cannot read: a part of the path is no directory`,
    );
    expect(await refusal(() => openFile('/dev/null'))).toBe('/dev/null: cannot read: it is no regular file');
  });
});

describe('writing', () => {
  const write = (file: string, ...pieces: string[]): Promise<void> =>
    writeFileAtomically(file, async (sink) => {
      for (const piece of pieces) await sink.write(ascii(piece));
    });

  test('a new file', async () => {
    await write(at('f'), 'ab', '', 'c');
    expect(readFileSync(at('f'), 'utf8')).toBe('abc');
    expect(readdirSync(dir)).toEqual(['f']);
  });

  test('over a file, whose permissions stay', async () => {
    writeFileSync(at('f'), 'old and longer', { mode: 0o640 });
    await write(at('f'), 'new');
    expect(readFileSync(at('f'), 'utf8')).toBe('new');
    expect(statSync(at('f')).mode & 0o777).toBe(0o640);
    expect(readdirSync(dir)).toEqual(['f']);
  });

  test('the old content is there until all is written', async () => {
    writeFileSync(at('f'), 'old');
    await writeFileAtomically(at('f'), async (sink) => {
      await sink.write(ascii('new'));
      expect(readFileSync(at('f'), 'utf8')).toBe('old');
      // Beside the target, so that renaming cannot cross file systems.
      expect(readdirSync(dir)).toHaveLength(2);
    });
    expect(readFileSync(at('f'), 'utf8')).toBe('new');
  });

  test('at any place, in steps of the system', async () => {
    const content = Buffer.alloc(2 ** 19 + 3, 'netspec');
    await writeFileAtomically(at('f'), async (sink) => {
      await sink.writeAt!(2 ** 19, content.subarray(2 ** 19));
      await sink.writeAt!(1, content.subarray(1, 2 ** 19));
      await sink.writeAt!(0, content.subarray(0, 1));
    });
    expect(Buffer.compare(readFileSync(at('f')), content)).toBe(0);
  });

  test('from shared memory', async () => {
    const memory = new Uint8Array(new SharedArrayBuffer(3));
    memory.set(ascii('abc'));
    await writeFileAtomically(at('f'), (sink) => sink.write(memory.subarray(1)));
    expect(readFileSync(at('f'), 'utf8')).toBe('bc');
  });

  test('through a symbolic link, which stays one', async () => {
    mkdirSync(at('there'));
    writeFileSync(at('there/f'), 'old');
    symlinkSync(at('there/f'), at('link'));
    await write(at('link'), 'new');
    expect(readFileSync(at('there/f'), 'utf8')).toBe('new');
    expect(
      readdirSync(dir, { withFileTypes: true })
        .find(({ name }) => name === 'link')!
        .isSymbolicLink(),
    ).toBe(true);
  });

  test('through a symbolic link to no file yet, which then leads to it', async () => {
    mkdirSync(at('there'));
    symlinkSync('there', at('folder'));
    symlinkSync('next', at('there/link'));
    symlinkSync('../f', at('there/next'));
    await write(at('folder/link'), 'new');
    expect(readFileSync(at('f'), 'utf8')).toBe('new');
    expect(lstatSync(at('there/link')).isSymbolicLink()).toBe(true);
    expect(readdirSync(at('there')).sort()).toEqual(['link', 'next']);
  });

  test('to a device, which stays one', async () => {
    await write('/dev/null', 'abc');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('two at once to the same target: one of them is there, whole', async () => {
    await Promise.all([write(at('f'), 'a', 'a'), write(at('f'), 'b', 'b')]);
    expect(['aa', 'bb']).toContain(readFileSync(at('f'), 'utf8'));
    expect(readdirSync(dir)).toEqual(['f']);
  });

  test('a name as long as the file system allows', async () => {
    const name = 'x'.repeat(255);
    await write(at(name), 'abc');
    expect(readdirSync(dir)).toEqual([name]);
  });

  test('what the filling throws passes through; the old content stays, nothing is left behind', async () => {
    writeFileSync(at('f'), 'old');
    const failure = new Error('no more weights');
    const writing = writeFileAtomically(at('f'), async (sink) => {
      await sink.write(ascii('new'));
      throw failure;
    });
    await expect(writing).rejects.toBe(failure);
    expect(readFileSync(at('f'), 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['f']);
  });

  test('where nothing can be written is refused', async () => {
    writeFileSync(at('f'), 'old');
    expect(await refusal(() => write(at('none/g'), 'x'))).toBe(
      `${at('none/g')}: cannot write: no such file or directory`,
    );
    expect(await refusal(() => write(at('f/g'), 'x'))).toBe(
      `${at('f/g')}: cannot write: a part of the path is no directory`,
    );
    expect(await refusal(() => write(dir, 'x'))).toBe(`${dir}: cannot write: it is a directory`);
    expect(await refusal(() => write(at('x'.repeat(256)), 'x'))).toBe(
      `${at('x'.repeat(256))}: cannot write: the name is too long`,
    );
    expect(await refusal(() => write('/dev/full', 'x'))).toBe('/dev/full: cannot write: no space left on the disk');
    expect(readdirSync(dir)).toEqual(['f']);
  });

  test('no listeners stay behind', async () => {
    const count = (): number[] => ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'].map((event) => process.listenerCount(event));
    const before = count();
    await write(at('f'), 'x');
    await refusal(() => write(at('none/g'), 'x'));
    expect(count()).toEqual(before);
  });
});

describe('writing files that belong together', () => {
  const content = (...names: string[]) => names.map((name) => existsSync(at(name)) && readFileSync(at(name), 'utf8'));

  test('all change, and a later one can read an earlier one before it counts', async () => {
    writeFileSync(at('a'), 'old a');
    writeFileSync(at('b'), 'old b');
    let seen: string[] = [];
    await writeFilesAtomically([
      {
        file: at('a'),
        fill: async (sink, written) => {
          await sink.write(ascii('new a'));
          seen = [readFileSync(written, 'utf8'), readFileSync(at('a'), 'utf8')];
        },
      },
      textFile(at('b'), 'new b'),
      textFile(at('c'), 'new c'),
    ]);
    expect(seen).toEqual(['new a', 'old a']);
    expect(content('a', 'b', 'c')).toEqual(['new a', 'new b', 'new c']);
    expect(readdirSync(dir).sort()).toEqual(['a', 'b', 'c']);
  });

  test('none changes when one cannot be filled', async () => {
    writeFileSync(at('a'), 'old a');
    const failure = new Error('no more weights');
    const writing = writeFilesAtomically([
      textFile(at('a'), 'new a'),
      { file: at('b'), fill: () => Promise.reject(failure) },
      { file: at('c'), fill: () => Promise.reject(new Error('nobody asks for this one')) },
    ]);
    await expect(writing).rejects.toBe(failure);
    expect(content('a', 'b', 'c')).toEqual(['old a', false, false]);
    expect(readdirSync(dir)).toEqual(['a']);
  });

  test('none changes when one cannot be renamed: those before it are put back', async () => {
    writeFileSync(at('a'), 'old a');
    const writing = writeFilesAtomically([
      textFile(at('a'), 'new a'),
      textFile(at('b'), 'new b'),
      {
        file: at('c'),
        fill: async (sink) => {
          await sink.write(ascii('new c'));
          // Somebody makes a folder where the file is to be.
          mkdirSync(at('c'));
        },
      },
    ]);
    await expect(writing).rejects.toThrow(`${at('c')}: cannot write: it is a directory`);
    expect(content('a', 'b')).toEqual(['old a', false]);
    expect(readdirSync(dir).sort()).toEqual(['a', 'c']);
  });

  test('folders are made, and removed again when nothing is written', async () => {
    await writeFilesAtomically([textFile(at('x/y/a'), 'a'), textFile(at('x/b'), 'b')], { makeFolders: true });
    expect(content('x/y/a', 'x/b')).toEqual(['a', 'b']);
    const failing = { file: at('x/w/b'), fill: () => Promise.reject(new Error('failed')) };
    const writing = writeFilesAtomically([textFile(at('x/z/a'), 'a'), failing], { makeFolders: true });
    await expect(writing).rejects.toThrow('failed');
    expect(readdirSync(at('x')).sort()).toEqual(['b', 'y']);
    expect(await refusal(() => writeFilesAtomically([textFile(at('none/a'), 'a')]))).toBe(
      `${at('none/a')}: cannot write: no such file or directory`,
    );
  });
});

describe('a process that ends while it writes', () => {
  /** Starts the writer, signals it when it writes, and returns what it said and how it ended. */
  function run(
    signal: NodeJS.Signals,
    ...args: string[]
  ): Promise<{ said: string; ended: NodeJS.Signals | number | null }> {
    const script = fileURLToPath(new URL('./slow-writer.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, at('f'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said === 'writing') child.kill(signal);
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, killedBy) => {
        resolve({ said, ended: killedBy ?? code });
      });
    });
  }

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s: the old file stays, nothing is left behind',
    async (signal) => {
      writeFileSync(at('f'), 'old');
      expect(await run(signal)).toEqual({ said: 'writing', ended: signal });
      expect(readFileSync(at('f'), 'utf8')).toBe('old');
      expect(readdirSync(dir)).toEqual(['f']);
    },
  );

  test('SIGKILL: the old file stays', async () => {
    writeFileSync(at('f'), 'old');
    expect(await run('SIGKILL')).toEqual({ said: 'writing', ended: 'SIGKILL' });
    expect(readFileSync(at('f'), 'utf8')).toBe('old');
  });

  test('SIGKILL: no new file appears', async () => {
    await run('SIGKILL');
    expect(existsSync(at('f'))).toBe(false);
  });

  test('a program that listens for SIGINT itself goes on, and the write is refused', async () => {
    writeFileSync(at('f'), 'old');
    const { said, ended } = await run('SIGINT', 'listen');
    expect(said).toBe(`writingheard\n${at('f')}: cannot write: it was interrupted`);
    expect(ended).toBe(0);
    expect(readdirSync(dir)).toEqual(['f']);
    expect(readFileSync(at('f'), 'utf8')).toBe('old');
  });
});
