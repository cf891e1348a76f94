/** What a newcomer gets wrong: each mistake is answered in words, with exit code 2, and leaves no file behind. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Net, writeNpyFile } from '../../src/node.js';
import { fixture, netspec, programWords, temporaryFolder } from './support.js';

const root = path.join(import.meta.dirname, '..', '..');
const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);

const NET = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 } } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 2 } }`;
const [net, weights, others, input] = [
  at('net.prototxt'),
  at('net.caffemodel'),
  at('others.caffemodel'),
  `data=${at('x.npy')}`,
];
const RUN = [net, '-w', weights, '-i', input];

beforeAll(async () => {
  writeFileSync(net, NET);
  writeFileSync(at('file'), '');
  writeFileSync(at('comment.prototxt'), '# nothing\n');
  mkdirSync(at('refs'));
  await writeNpyFile(at('x.npy'), [1, 2], Float32Array.of(1, 2));
  await writeNpyFile(at('refs', 'fc.npy'), [1, 2], Float32Array.of(9, 9));
  for (const [file, text] of [
    [weights, NET],
    [others, NET.replaceAll('"fc"', '"ip"')],
  ] as const) {
    const built = await Net.load(text);
    await built.save(file);
    built.dispose();
  }
});

/** Asserts that a command line is refused with this message and nothing else, and changes no file. */
async function expectRefusal(words: string[], message: string): Promise<void> {
  const before = readdirSync(folder, { recursive: true }).sort();
  expect(await netspec(...words)).toEqual({ code: 2, stdout: '', stderr: `netspec: ${message}\n` });
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before);
}

describe('options', () => {
  test.each([
    [['verify', ...RUN, '-w', weights, '-r', at('refs')], '--weights is given more than once'],
    [['verify', ...RUN, '--reference', at('refs'), '-r', at('refs')], '--reference is given more than once'],
    [['verify', ...RUN, '--against', net, weights, '--against', net, weights], '--against is given more than once'],
    [['inspect', net, '--phase', 'TEST', '--phase', 'TRAIN'], '--phase is given more than once'],
    [['pack-weights', net, '--from', others, '--map', 'identity', '--map', 'a'], '--map is given more than once'],
    [['verify', ...RUN, '-r'], '-r needs a value\nsee netspec verify --help'],
    [['draw', net, '--output'], '--output needs a value\nsee netspec draw --help'],
    [['verify', ...RUN, '-r', at('refs'), '--rtol', 'abc'], '--rtol expects a number of 0 or more, got no number'],
    [['verify', ...RUN, '-r', at('refs'), '--atol', '-1'], '--atol expects a number of 0 or more, got -1'],
    [['time', net, '--seed', 'abc'], '--seed expects a number, got no number'],
    [['forward', ...RUN, '--seed', 'abc'], '--seed expects a number, got no number'],
    [['optimize', net, weights, '-o', at('small.prototxt'), '--seed', 'abc'], '--seed expects a number, got no number'],
    [
      ['preprocess', fixture('images', 'page.jpg'), '-o', at('y.npy'), '--max-pixels', 'abc'],
      '--max-pixels expects a whole number of at least 1, got no number',
    ],
  ])('%p', (words, message) => expectRefusal(words, message));

  test('a list may be given in pieces, a value may begin with a minus', async () => {
    const picture = fixture('images', 'page.jpg');
    const { code } = await netspec('preprocess', picture, '--mean', '-1,2,3', '-o', at('y.npy'));
    expect(code).toBe(0);
    const [first, second] = [at('a'), at('b')];
    await netspec('extract', weights, '--layer', 'fc', '--layer', 'fc', '-o', first);
    await netspec('extract', weights, '--layer', 'fc', '-o', second);
    expect(readdirSync(first)).toEqual(readdirSync(second));
  });
});

describe('files', () => {
  test.each(['inspect', 'convert'])('netspec %s of an empty file', (command) =>
    expectRefusal([command, at('file')], `${at('file')}: the file is empty`),
  );

  test('lint and convert --target of a net without layers', async () => {
    for (const empty of [at('file'), at('comment.prototxt')]) {
      await expectRefusal(['lint', empty], `${empty}: the net has no layers`);
      await expectRefusal(['convert', empty, at('out'), '--target', 'nnie'], `${empty}: the net has no layers`);
    }
  });

  test('optimize of a net that gives nothing that can be run', async () => {
    const unknown = at('unknown.prototxt');
    writeFileSync(unknown, 'layer { name: "a" type: "Foo" top: "a" }');
    const { code, stderr } = await netspec('optimize', unknown, weights, '-o', at('out.prototxt'));
    expect(code).toBe(2);
    expect(stderr).toContain(
      `netspec: ${unknown}: no output can be compared: the net gives nothing that can be run here`,
    );
    expect(existsSync(at('out.prototxt'))).toBe(false);
  });

  test('build of a file that is a net already', () =>
    expectRefusal(
      ['build', net],
      `build makes a prototxt of a named net or of a module (.ts, .js), got '${net}'\n` +
        `hint: to look at a net that is there, use netspec inspect ${net}`,
    ));

  test('verify does not write a page or a table over what it reads', async () => {
    const before = [net, weights, at('x.npy')].map((file) => readFileSync(file));
    for (const file of [net, weights, at('x.npy')]) {
      const what = `${file} would be overwritten, which is read\nhint: write somewhere else`;
      await expectRefusal(['verify', ...RUN, '-r', at('refs'), '--report', file], what);
      await expectRefusal(['verify', ...RUN, '--simulate', 'int8', '--write', `json=${file}`], what);
      await expectRefusal(['verify', ...RUN, '--simulate', 'fp16', '--report', file], what);
    }
    expect([net, weights, at('x.npy')].map((file) => readFileSync(file))).toEqual(before);
  });

  test('a scale table without scales', () =>
    expectRefusal(
      ['verify', ...RUN, '--simulate', 'int8', '--scale-table', at('file')],
      `${at('file')}: the file has no scales`,
    ));

  test('forward warns of inputs that are not finite', async () => {
    await writeNpyFile(at('nan.npy'), [1, 2], Float32Array.of(NaN, 1));
    const { code, stderr } = await netspec('forward', net, '-w', weights, '-i', `data=${at('nan.npy')}`);
    expect(code).toBe(0);
    expect(stderr).toContain(`warning: 1 of 2 values of input 'data' (${at('nan.npy')}) are not finite`);
  });

  test('netspec diff with an empty file', () =>
    expectRefusal(['diff', weights, at('file')], `${at('file')}: the file is empty`));

  test.each([
    ['verify', ['-w', weights, '-i', input, '-r', at('refs')]],
    ['forward', ['-w', weights, '-i', input]],
    ['time', []],
    ['draw', []],
    ['map', ['--from', others]],
    ['pack-weights', ['--from', others, '-o', at('new.caffemodel')]],
    ['optimize', [weights, '-o', at('small.prototxt')]],
  ])('netspec %s of a net without layers', async (command, words) => {
    for (const empty of [at('file'), at('comment.prototxt')]) {
      const what = command === 'draw' ? 'the net has no layers to draw' : 'the net has no layers';
      await expectRefusal([command, empty, ...words], `${empty}: ${what}`);
    }
  });

  test('a caffemodel where the prototxt is expected', async () => {
    await expectRefusal(
      ['time', weights],
      `${weights}: expected the prototxt of a net, got a binary net (a caffemodel)\n` +
        'hint: give the prototxt, or convert it to text',
    );
    await expectRefusal(
      ['time', at('x.npy')],
      `${at('x.npy')}: expected the prototxt of a net, got a NumPy array (.npy)\n` +
        'hint: it holds weights; the net is in a prototxt',
    );
  });

  test.each([
    ['forward', ['forward', net, '-w', others, '-i', input]],
    ['time', ['time', net, '-w', others]],
    ['optimize', ['optimize', net, others, '-o', at('small.prototxt')]],
  ])("netspec %s with another net's weights", (_command, words) =>
    expectRefusal(
      words,
      `${others} has nothing for any layer of ${net}\n` +
        "hint: are these the weights of another net? They are for 'ip' …, the net has 'fc' …",
    ),
  );

  test('an input that the net has not is named before one that is missing', () =>
    expectRefusal(
      ['forward', net, '-w', weights, '-i', `daat=${at('x.npy')}`],
      "the net has no input 'daat'; its inputs are data\nhint: did you mean 'data'?",
    ));
});

describe('folders that cannot be made', () => {
  const picture = fixture('images', 'page.jpg');
  test.each([
    ['a file stands there', at('file'), `${at('file')}: cannot make a folder: it is a file`],
    ['a file is part of the path', at('file', 'a', 'b'), `${at('file')}: cannot make a folder: it is a file`],
  ])('%s', async (_what, place, message) => {
    await expectRefusal(['forward', ...RUN, '-o', place], message);
    await expectRefusal(['extract', weights, '--all', '-o', place], message);
  });

  test('netspec detect --draw', async () => {
    const detector = at('detector.prototxt');
    const { code } = await netspec(
      ...['build', 'detection-v2', '--stem-width', '8', '--stage-widths', '8,8,8,8', '--pyramid-channels', '8'],
      ...['-o', detector],
    );
    expect(code).toBe(0);
    const built = await Net.load(detector);
    await built.save(at('detector.caffemodel'));
    built.dispose();
    await expectRefusal(
      ['detect', picture, '-n', detector, '-w', at('detector.caffemodel'), '--draw', at('file', 'boxes.png')],
      `${at('file')}: cannot make a folder: it is a file`,
    );
  });

  test('folders above are made too', async () => {
    expect((await netspec('forward', ...RUN, '-o', at('new', 'deeper'))).code).toBe(0);
    expect(readdirSync(at('new', 'deeper'))).toEqual(['fc.npy']);
  });
});

describe('a reader that closes early', () => {
  /** Runs the command in a process of its own, whose stdout is closed at once. */
  async function closedEarly(...words: string[]): Promise<{ code: number | null; stderr: string }> {
    const child = spawn(process.execPath, programWords(...words), {
      cwd: root,
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, stderr };
  }

  test('a verification that failed still exits 1 and writes its page', async () => {
    const page = at('page.html');
    const { code, stderr } = await closedEarly('verify', ...RUN, '-r', at('refs'), '--report', page);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `wrote ${page}\n` });
    expect(existsSync(page)).toBe(true);
  });

  test('more output than a pipe holds arrives whole, without a word on stderr', async () => {
    const wide = at('wide.prototxt');
    writeFileSync(wide, NET.replace('dim: 2', 'dim: 1000000'));
    const built = await Net.load(wide);
    await built.save(at('wide.caffemodel'));
    built.dispose();
    const words = programWords('convert', at('wide.caffemodel'), '--to', 'binary');
    const child = spawn(process.execPath, words, { cwd: root });
    let [length, stderr] = [0, ''];
    child.stdout.on('data', (bytes: Buffer) => (length += bytes.length));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    expect({ code, length, stderr }).toEqual({ code: 0, length: statSync(at('wide.caffemodel')).size, stderr: '' });
  });

  test('more output than a pipe holds ends quietly', async () => {
    const large = at('large.prototxt');
    writeFileSync(large, NET.replace('dim: 2', 'dim: 40000'));
    const built = await Net.load(large);
    await built.save(at('large.caffemodel'));
    built.dispose();
    expect(await closedEarly('convert', at('large.caffemodel'))).toEqual({ code: 0, stderr: '' });
  });
});
