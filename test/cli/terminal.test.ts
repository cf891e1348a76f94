/**
 * What reaches the terminal: nothing that names in files could do to it, colours where they are wanted, and a word and an exit
 * code when it does not take what is written.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { hasColors } from '../../src/cli/process-output.js';
import { runCli } from '../../src/cli/run.js';
import { errorLines } from '../../src/cli/shared/error-lines.js';
import { tableLines } from '../../src/cli/shared/table.js';
import { visible } from '../../src/cli/shared/visible.js';
import { NetspecError } from '../../src/errors.js';
import { Net, formatPrototxt, writeNpyFile } from '../../src/node.js';
import { fixture, netspec, programWords, temporaryFolder } from './support.js';

const root = path.join(import.meta.dirname, '..', '..');
const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);

/** Turns text red, rings, begins a line of its own, is another terminal's ESC [, and turns the direction around. */
const EVIL = 'evil\x1b[31m\x07\nnetspec: all is well\x9b2J\u202e';
const SHOWN = 'evil\\x1b[31m\\x07\\nnetspec: all is well\\x9b2J\\u202e';
const HIDDEN = /[^\n\P{Cc}]|[\u202a-\u202e]/u;

const [net, weights, other, input] = [
  at('net.prototxt'),
  at('net.caffemodel'),
  at('other.caffemodel'),
  `data=${at('x.npy')}`,
];
const evilFile = at(`${EVIL}.prototxt`);

/** A net whose names are evil, one that lacks the layer, and files of evil names. */
beforeAll(async () => {
  const named = (name: string) => ({
    layer: [
      { name: 'data', type: 'Input', top: ['data'], input_param: { shape: [{ dim: [1, 3, 8, 8] }] } },
      {
        name,
        type: 'Convolution',
        bottom: ['data'],
        top: [name],
        convolution_param: { num_output: 2, kernel_size: [8], weight_filler: { type: 'xavier' } },
      },
      { name: `${name}/relu`, type: 'ReLU', bottom: [name], top: [`${name}/relu`] },
    ],
  });
  writeFileSync(net, formatPrototxt(named(EVIL)));
  for (const [file, name] of [
    [weights, EVIL],
    [other, `${EVIL}2`],
  ] as const) {
    const built = await Net.load(named(name));
    await built.save(file);
    built.dispose();
  }
  copyFileSync(net, evilFile);
  await writeNpyFile(at('x.npy'), [1, 3, 8, 8], new Float32Array(192).fill(1));
  writeFileSync(at('labels'), '\x1b[31mcat\n\x9bdog\n');
  writeFileSync(
    at('broken.prototxt'),
    `layer { name: "${EVIL.replace('\n', '\\n').replace('\x1b', '\\033')}" type: "Foo" }`,
  );
  writeFileSync(at('unknown.prototxt'), formatPrototxt({ layer: [{ name: EVIL, type: EVIL }] }));
});

describe('names from files', () => {
  const picture = fixture('images', 'astronaut_gray.jpg');
  test.each<[string, (string | (() => string))[]]>([
    ['inspect', [() => net]],
    ['inspect', [() => net, '--csv']],
    ['inspect', [() => net, '--json']],
    ['inspect', [() => weights, '--stats']],
    ['inspect', [() => evilFile]],
    ['inspect', [at(`${EVIL}.none`)]],
    ['inspect', [at('broken.prototxt')]],
    ['inspect', [at('unknown.prototxt')]],
    ['draw', [at('unknown.prototxt'), '-o', at('unknown.svg')]],
    ['draw', [net, '-o', at(`${EVIL}.svg`)]],
    ['verify', [net, '-w', weights, '-i', input, '-r', at('blobs'), '--map', 'blobs']],
    ['verify', [net, '-w', weights, '-i', input, '-r', at('wrong'), '--map', 'blobs']],
    ['verify', [net, '-w', other, '-i', input, '-r', at('blobs')]],
    ['forward', [net, '-w', weights, '-i', input, '-o', at('blobs'), '--blobs', 'all']],
    ['forward', [net, '-w', weights, '-i', `${EVIL}=${at('x.npy')}`]],
    ['time', [net, '--per-layer', '-n', '1']],
    ['diff', [net, other]],
    ['diff', [weights, other, '--json']],
    ['optimize', [net, weights, '-o', at(`${EVIL}.small`), '--runs', '0', '-v']],
    ['optimize', [net, other, '-o', at('small.prototxt'), '--runs', '0']],
    ['pack-weights', [net, '--from', weights, '--map', 'identity', '-v', '--dry-run']],
    ['pack-weights', [net, '--from', other, '--map', 'identity', '--dry-run']],
    ['map', [net, '--from', other]],
    ['extract', [weights, '--all', '-o', at('arrays.npz'), '--json']],
    ['extract', [weights, '--layer', 'none', '-o', at('arrays.npz')]],
    ['convert', [net, '--to', 'text']],
    ['convert', [weights]],
    ['classify', [picture, '-n', net, '-w', weights, '-l', at('labels')]],
    ['detect', [picture, '-n', net, '-w', weights]],
    ['build', [at(`${EVIL}.ts`)]],
    // yargs writes messages of several lines, and these words are the user's own.
    [EVIL.replace('\n', ''), []],
    ['list', [`--${EVIL.replace('\n', '')}`]],
  ])('%j %j shows no control characters', async (command, words) => {
    if (command === 'verify') {
      await netspec('forward', net, '-w', weights, '-i', input, '-o', at('blobs'), '--blobs', 'all');
      await netspec('forward', net, '-w', other, '-i', input, '-o', at('wrong'), '--blobs', 'all');
    }
    const { stdout, stderr } = await netspec(
      command,
      ...words.map((word) => (typeof word === 'string' ? word : word())),
    );
    expect(stdout + stderr).not.toMatch(HIDDEN);
    // In CSV a line feed stands in quotes, and everywhere else it is escaped.
    if (!words.includes('--csv')) expect(stdout + stderr).not.toMatch(/^netspec: all is well/m);
    expect(stdout + stderr).not.toContain('internal error');
  });

  test('are shown escaped, and tables stay tables', async () => {
    const { stdout } = await netspec('inspect', net);
    const lines = stdout.split('\n');
    expect(lines[2]).toContain(`${SHOWN}  `);
    expect(
      lines.slice(0, 4).map((line) => line.indexOf('Input') < 0 || line.indexOf('Input') === lines[0]!.indexOf('type')),
    ).toEqual([true, true, true, true]);
    const json = JSON.parse((await netspec('inspect', net, '--json')).stdout) as { layers: { name: string }[] };
    expect(json.layers[1]!.name).toBe(EVIL);
  });

  test('that are very long are cut in messages', async () => {
    const long = 'x'.repeat(400_000);
    writeFileSync(at('long.prototxt'), `layer { name: "${long}" type: "${long}" }`);
    const { code, stderr } = await netspec('inspect', '--strict', at('long.prototxt'));
    expect(code).toBe(2);
    expect(stderr).toContain('characters left out');
    expect(stderr.length).toBeLessThan(10_000);
  });
});

describe('visible', () => {
  test.each([
    ['plain, ÄÖ, 卷积 and 😀', 'plain, ÄÖ, 卷积 and 😀'],
    ['a\tb\r\n', 'a\\tb\\r\\n'],
    ['\0\x7f\x85', '\\x00\\x7f\\x85'],
    ['x'.repeat(1000), 'x'.repeat(1000)],
    ['x'.repeat(1001), `${'x'.repeat(600)}…(201 characters left out)…${'x'.repeat(200)}`],
    ['x '.repeat(10_000), 'x '.repeat(10_000)],
    ['x '.repeat(10_001), `${'x '.repeat(6000)}…(4002 characters left out)…${'x '.repeat(2000)}`],
  ])('%#', (text, expected) => {
    expect(visible(text)).toBe(expected);
  });
});

describe('errors', () => {
  test('get the advice of the command line behind their own', () => {
    const error = new NetspecError('too large', {
      file: 'f',
      items: ['one', 'two'],
      hint: 'less',
      code: 'message-too-large',
    });
    expect(error.message).toBe('f: too large\n  one\n  two\nhint: less');
    expect(errorLines(error)).toEqual([
      'netspec: f: too large',
      '  one',
      '  two',
      'hint: less',
      'hint: --share-params of netspec build stores the weights of layers that share them once',
    ]);
  });

  test('an unknown layer type: --layers', async () => {
    writeFileSync(at('foo.prototxt'), 'layer { name: "foo" type: "FooBarBaz" }');
    expect((await netspec('inspect', '--strict', at('foo.prototxt'))).stderr).toMatch(
      /\nhint: a fork's own layer can be added with registerLayer\(\)\nhint: give layer types of your own with --layers FILE\.ts\n$/,
    );
  });
});

describe('colours', () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ TERM: 'dumb' }, true, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
  ])('%j on a terminal: %p', (env, isTTY, expected) => {
    expect(hasColors({ isTTY }, env)).toBe(expected);
  });

  const columns = [
    { title: 'name' },
    { title: 'is', isBad: (cell: string) => cell === 'NO' },
    { title: 'n', align: 'right' as const },
  ];
  test.each([
    ['ASCII', 'ab'],
    ['wide', '卷'],
  ])('a table (%s) is as wide with colours as without', (_, name) => {
    const rows = [
      [name, 'NO', '12'],
      ['c', 'yes', ''],
    ];
    const plain = tableLines({ write: () => true }, columns, rows).map(({ text }) => text);
    const coloured = tableLines({ write: () => true, hasColors: true }, columns, rows).map(({ text }) => text);
    expect(coloured.map((text) => stripVTControlCharacters(text))).toEqual(plain);
    expect(plain.join('\n')).toBe(`name  is    n\n${name}    NO   12\nc     yes`);
    expect(coloured[0]).toContain('\x1b[2m');
    expect(coloured[1]).toContain('\x1b[31mNO');
    expect(coloured[2]).not.toContain('\x1b');
  });

  test("NO in verify's table", async () => {
    await netspec('forward', net, '-w', weights, '-i', input, '-o', at('right'), '--blobs', 'all');
    let stdout = '';
    const write = (chunk: string | Uint8Array) => (stdout += String(chunk));
    const wrong = await Net.load(net, { seed: 1 });
    await wrong.save(at('wrong.caffemodel'));
    wrong.dispose();
    const words = ['verify', net, '-w', at('wrong.caffemodel'), '-i', input, '-r', at('right'), '--map', 'blobs'];
    const code = await runCli(words, { stdout: { write, hasColors: true }, stderr: { write: () => true } });
    expect(code).toBe(1);
    expect(stdout).toContain('\x1b[31mNO (');
  });
});

describe('output that fails', () => {
  const full = openSync('/dev/full', 'w');
  const run = (stdio: [unknown, unknown], ...words: string[]) => {
    const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', ...stdio] } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, programWords(...words), options as never);
    return { code: status, stdout: stdout as unknown, stderr: stderr as unknown };
  };
  const message = 'netspec: stdout: cannot write: no space left on the disk\n';

  test.each([
    ['build', ['detection-v2']],
    ['list', ['--json']],
    ['convert', [fixture('nets', 'shared_params', 'net.prototxt'), '--to', 'binary']],
    ['--help', []],
  ])('a full disk behind stdout: %s', (command, words) => {
    expect(run([full, 'pipe'], command, ...words)).toEqual({ code: 2, stdout: null, stderr: message });
  });

  test('a full disk behind stderr', () => {
    const { code, stdout } = run(['pipe', full], 'list', '--none');
    expect([code, stdout]).toEqual([2, '']);
    writeFileSync(at('net.mjs'), 'console.error("written by the module"); export default { layer: [] };');
    expect(run(['pipe', full], 'build', at('net.mjs'))).toMatchObject({ code: 2, stdout: '' });
  });

  test('both', () => {
    expect(run([full, full], 'list').code).toBe(2);
  });
});
