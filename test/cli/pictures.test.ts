/** The commands that read pictures, as a user runs them: preprocess, detect, classify. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readImage } from '../../src/node/image.js';
import { readNpyFile, writeNpyFile } from '../../src/node/npy-folder.js';
import { encodeMessage } from '../../src/proto/codec.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';
import { Net } from '../../src/node.js';
import { classify, topClasses } from '../../src/vision/classifier.js';
import type { Detection } from '../../src/vision/select.js';
import { transformImage } from '../../src/vision/transform.js';
import { expectClose } from '../support/close.js';
import { plantedNet } from '../vision/support.js';
import { fixture, netspec, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const at = (...names: string[]) => path.join(folder, ...names);
const astronaut = fixture('images', 'astronaut_512x438.jpg');
const page = fixture('images', 'page.jpg');

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);

/** Writes a net and its weights; gives the options that name them. */
async function saved(net: Net, name: string): Promise<string[]> {
  const { layer, ...rest } = net.toProto();
  const text = formatPrototxt({ ...rest, layer: layer!.map(({ blobs: _, ...each }) => each) });
  writeFileSync(at(`${name}.prototxt`), text);
  await net.save(at(`${name}.caffemodel`));
  return ['-n', at(`${name}.prototxt`), '-w', at(`${name}.caffemodel`)];
}

describe('preprocess', () => {
  test('writes the blob and the steps to it', async () => {
    const { code, stdout, stderr } = await netspec(
      'preprocess',
      astronaut,
      '-o',
      at('x.npy'),
      '--show',
      at('steps.png'),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      `${astronaut}: 512x438, resized to 561x480, padded to 576x480\n` +
        `wrote ${at('x.npy')}: 1x3x480x576, BGR\nwrote ${at('steps.png')}\n`,
    );
    const { shape, data } = await readNpyFile(at('x.npy'));
    const expected = transformImage(await readImage(astronaut));
    expect(shape).toEqual(expected.shape);
    // toEqual takes seconds for so many numbers.
    expect(Buffer.compare(bytesOf(data as Float32Array), bytesOf(expected.data))).toBe(0);
    const steps = await readImage(at('steps.png'));
    expect([steps.format, steps.width]).toEqual(['png', 3 * 420 + 4 * 16]);
  });

  test('every option of the transform', async () => {
    const words =
      '--size 60,90 --channel-order rgb --scale 1 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --pad-to 7';
    const { code, stdout } = await netspec('preprocess', page, '-o', at('y.npy'), '--json', ...words.split(' '));
    expect({ code, report: JSON.parse(stdout) as unknown }).toEqual({
      code: 0,
      report: {
        image: page,
        original: { width: 384, height: 191 },
        resized: { width: 90, height: 45 },
        shape: [1, 3, 49, 91],
        output: at('y.npy'),
        remarks: [],
      },
    });
    expect((await readNpyFile(at('y.npy'))).data).toEqual(
      transformImage(await readImage(page), {
        size: { short: 60, long: 90 },
        channelOrder: 'rgb',
        scale: 1,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
        padTo: 7,
      }).data,
    );
    await netspec('preprocess', page, '-o', at('z.npy'), '--size', 'none', '--pad-to', '1');
    expect((await readNpyFile(at('z.npy'))).shape).toEqual([1, 3, 191, 384]);
  });

  test('what was done to the picture is said', async () => {
    const photo = fixture('images', 'odd', 'exif6.jpg');
    const turned = await netspec('preprocess', photo, '-o', at('t.npy'));
    expect(turned.stderr).toBe(`note: ${photo}: turned upright as its EXIF orientation 6 says\n`);
    expect(turned.stdout).toMatch(': 52x64, resized to 480x590, padded to 480x608\n');
    const stored = await netspec('preprocess', photo, '-o', at('t.npy'), '--no-upright');
    expect(stored.stderr).toBe(`note: ${photo}: its EXIF orientation 6 is not applied\n`);
    expect(stored.stdout).toMatch(': 64x52, resized to 590x480, padded to 608x480\n');
  });

  test('a picture of one pixel fills the blob', async () => {
    const dot = fixture('images', 'odd', '1x1.png');
    expect((await netspec('preprocess', dot, '-o', at('dot.npy'))).code).toBe(0);
    const { shape, data } = await readNpyFile(at('dot.npy'));
    expect(shape).toEqual([1, 3, 480, 480]);
    expect(new Set(data).size).toBe(3);
  });

  test.each([
    [[page], 'nothing to write: give -o X.npy, --show STEPS.png, or both\nsee netspec preprocess --help'],
    [
      [page, '-o', 'x.npy', '--size', '480'],
      "--size expects 2 numbers separated by commas, got '480'\nhint: for example --size 480,640",
    ],
    [
      [page, '-o', 'x.npy', '--mean', '1,two,3'],
      "--mean expects 3 numbers separated by commas, got '1,two,3'\nhint: for example --mean 102.9801,115.9465,122.7717",
    ],
    [[page, '-o', 'x.npy', '--std', '1,0,1'], 'std must not be 0, got [1, 0, 1]'],
    [[page, '-o', 'x.npy', '--scale', 'big'], 'scale must be a number other than 0, got NaN'],
    [[page, '--show', 'x.bmp'], "'x.bmp' must end in .png, .jpg, .jpeg, .webp"],
    [['none.jpg', '-o', 'x.npy'], 'none.jpg: cannot read: no such file or directory'],
    [
      [page, '-o', 'x.npy', '--max-pixels', '1000'],
      `${page}: a JPEG of 16253 bytes claims 384x191 pixels: at most 1000 are decoded\n` +
        'hint: shrink the picture first, or raise the limit if there is the memory (3 bytes a pixel)',
    ],
  ])('refuses %j', async (words, message) => {
    expect(await netspec('preprocess', ...words)).toEqual({ code: 2, stdout: '', stderr: `netspec: ${message}\n` });
  });
});

describe('detect', () => {
  const expected = JSON.parse(readFileSync(fixture('boxes', 'detections.json'), 'utf8')) as Detection[];
  let net: string[];
  beforeAll(async () => {
    const planted = await plantedNet();
    net = await saved(planted, 'planted');
    planted.dispose();
  });

  test('one command from a picture to its boxes and a drawing of them', async () => {
    const { code, stdout, stderr } = await netspec('detect', astronaut, ...net, '--json', '--draw', at('boxes.png'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(stdout) as { image: string; width: number; height: number; detections: Detection[] }[];
    expect(report).toHaveLength(1);
    expect(report[0]).toMatchObject({ image: astronaut, width: 512, height: 438, inputShape: [1, 3, 480, 576] });
    expect(report[0]!.detections).toHaveLength(100);
    report[0]!.detections.forEach(({ box, score, label }, i) => {
      const [x1, y1, x2, y2] = expected[i]!.box;
      const [sx, sy] = [512 / 561, 438 / 480];
      expectClose(box, [x1 * sx, y1 * sy, x2 * sx, y2 * sy], 1e-3);
      expectClose([score], [expected[i]!.score], 1e-6);
      expect(label).toBe(1);
    });
    const drawn = await readImage(at('boxes.png'));
    expect([drawn.width, drawn.height]).toEqual([512, 438]);
    // The best box's upper left corner is framed in the first class's colour.
    const [x, y] = report[0]!.detections[0]!.box.map(Math.floor) as [number, number];
    const from = ((y + 1) * 512 + x + 1) * 3;
    expect([...drawn.data.subarray(from, from + 3)]).toEqual([230, 25, 75]);
  });

  test('as a table, with names and thresholds', async () => {
    writeFileSync(at('names.txt'), 'text\n');
    const options = ['--labels', at('names.txt'), '--score', '0.83', '--top', '2'];
    const { stdout } = await netspec('detect', astronaut, ...net, ...options);
    expect(stdout).toBe(
      `${astronaut}: 512x438, 2 boxes\n` +
        'label   score     x1     y1     x2     y2\n' +
        'text   0.8757  346.0  212.4  420.7  324.5\n' +
        'text   0.8455  296.4  302.4  338.8  321.4\n\n',
    );
  });

  test('several pictures by a pattern, as CSV, drawn into a folder; a bad one is said and the rest goes on', async () => {
    mkdirSync(at('photos', 'more'), { recursive: true });
    copyFileSync(page, at('photos', 'page.jpg'));
    copyFileSync(astronaut, at('photos', 'more', 'a, b.jpg'));
    writeFileSync(at('photos', 'broken.jpg'), readFileSync(page).subarray(0, 9000));
    const { code, stdout, stderr } = await netspec(
      'detect',
      at('photos', '**', '*.jpg'),
      ...net,
      '--csv',
      '--top',
      '2',
      '--draw',
      at('drawn'),
    );
    expect(code).toBe(2);
    expect(stderr).toBe(`netspec: ${at('photos', 'broken.jpg')}: the picture is cut short\n`);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('image,label,score,x1,y1,x2,y2');
    expect(lines.slice(1).map((line) => line.split(',1,0.')[0])).toEqual([
      `"${at('photos', 'more', 'a, b.jpg')}"`,
      `"${at('photos', 'more', 'a, b.jpg')}"`,
      at('photos', 'page.jpg'),
      at('photos', 'page.jpg'),
    ]);
    expect((await readImage(at('drawn', 'page.png'))).width).toBe(384);
    expect((await readImage(at('drawn', 'more', 'a, b.png'))).width).toBe(512);
  });

  test('anchors from a file, level by level', async () => {
    const all = await netspec('detect', astronaut, ...net, '--json');
    const same = await netspec('detect', astronaut, ...net, '--json', '--anchors', fixture('boxes', 'anchors.json'));
    expect(same.stdout).toBe(all.stdout);
    const settings = { sizes: [32], strides: [8] };
    writeFileSync(at('one-level.json'), JSON.stringify(settings));
    const options = ['--anchors', at('one-level.json'), '--levels', 'p2', '--top', '100'];
    const one = await netspec('detect', astronaut, ...net, '--json', ...options);
    const [{ detections }] = JSON.parse(one.stdout) as [{ detections: Detection[] }];
    // What is best of all levels and lies on the first one is best of the first.
    const [{ detections: of }] = JSON.parse(all.stdout) as [{ detections: Detection[] }];
    expect(of).toContainEqual(detections[0]);
    expect(detections).not.toEqual(of);
  });

  describe('heads of other kinds', () => {
    const data =
      'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 64 dim: 64 } } }';
    const head = `${data} layer { name: "y" type: "Convolution" bottom: "data" top: "y" convolution_param { num_output: 6 kernel_size: 32 stride: 32
      weight_filler { type: "constant" value: 0 } bias_filler { type: "constant" value: 0 } } }`;
    let yolo: string[];
    let ssd: string[];
    beforeAll(async () => {
      const save = async (text: string, name: string) => {
        const built = await Net.load(text);
        const files = await saved(built, name);
        built.dispose();
        return files;
      };
      yolo = await save(head, 'yolo');
      ssd = await save(
        `${head} layer { name: "out" type: "YoloDetectionOutput" bottom: "y" top: "out"
           yolo_detection_output_param { num_classes: 1 num_box: 1 biases: 1 biases: 1 confidence_threshold: 0.1 } }`,
        'ssd',
      );
      writeFileSync(at('yolo.json'), JSON.stringify({ anchors: [[[32, 32]]] }));
    });
    /** Said of the net whose last layer MobileNet-YOLO alone has. */
    const readAs = () =>
      `note: ${at('ssd.caffemodel')} is read as a file of MobileNet-YOLO (eric612), by the types and fields of its layers\n`;
    const note =
      'note: pictures become RGB from 0 to 1, minus 0,0,0, divided by 1,1,1: if the net was trained otherwise, see --channel-order, --scale, --mean, --std\n';
    // Zeros everywhere: an object of probability 1/2 in the middle of each of 2 x 2 cells, as large as the cell.

    test('the last layer gives the detections', async () => {
      const { code, stdout, stderr } = await netspec(
        'detect',
        astronaut,
        ...ssd,
        '--top',
        '2',
        '--draw',
        at('ssd.png'),
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: readAs() + note });
      expect(stdout).toBe(
        `${astronaut}: 512x438, 2 boxes\n` +
          'label   score     x1   y1     x2     y2\n' +
          '1      0.5000    0.0  0.0  256.0  219.0\n' +
          '1      0.5000  256.0  0.0  512.0  219.0\n\n',
      );
      expect((await readImage(at('ssd.png'))).width).toBe(512);
    });

    test('raw maps of YOLO with anchors from a file, in a letterbox', async () => {
      const { code, stdout, stderr } = await netspec(
        ...['detect', astronaut, ...yolo, '--head', 'yolov3', '--anchors', at('yolo.json'), '--letterbox'],
        ...['--score', '0.2', '--top', '1', '--mean', '0,0,0'],
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      // 64x54 pixels with 5 rows of grey above: 27 of 32 rows of the upper cells are the picture.
      expect(stdout).toBe(
        `${astronaut}: 512x438, 1 box\nlabel   score   x1   y1     x2     y2\n1      0.2500  0.0  0.0  256.0  219.0\n\n`,
      );
    });

    test.each<[string, () => string[], string]>([
      [
        'YOLO without anchors',
        () => [...yolo, '--head', 'yolov2'],
        '--head yolov2 needs --anchors FILE.json\nhint: for example { "anchors": [[[10, 14], [23, 27], [37, 58]], [[81, 82], [135, 169], [344, 319]]] }',
      ],
      [
        'an option of another kind of head',
        () => [...ssd, '--logits', 'y'],
        '--logits is for heads of the kinds retinanet; this one is rows\nhint: name the kind with --head',
      ],
      [
        'suppression of what the layer has suppressed',
        () => [...ssd, '--nms', '0.5'],
        '--nms is for heads of the kinds region, retinanet, yolov2, yolov3; this one is rows\n' +
          'hint: the last layer has removed what overlaps: its own parameters say how much',
      ],
      [
        'a layer of detections that is not there',
        () => [...yolo, '--head', 'rows'],
        'the net has no layer that gives detections: DetectionOutput, YoloDetectionOutput, Yolov3DetectionOutput, YoloDetection\n' +
          'hint: the kinds of heads are rows, region, retinanet, yolov2, yolov3',
      ],
      [
        'anchors of another form',
        () => [...yolo, '--head', 'yolov3', '--anchors', fixture('boxes', 'anchors.json')],
        `${fixture('boxes', 'anchors.json')}: expected anchors, a list of [width, height] for each map\n` +
          'hint: for example { "anchors": [[[10, 14], [23, 27], [37, 58]], [[81, 82], [135, 169], [344, 319]]] }',
      ],
    ])('refuses %s', async (_, words, message) => {
      const line = words();
      expect(await netspec('detect', astronaut, ...line)).toEqual({
        code: 2,
        stdout: '',
        stderr: `${line.some((word) => word.endsWith('ssd.caffemodel')) ? readAs() : ''}netspec: ${message}\n`,
      });
    });
  });

  test.each<[string, string[], string]>([
    ['a missing picture', ['none.jpg'], 'none.jpg: cannot read: no such file or directory'],
    ['a pattern without files', ['none/*.jpg'], "no file matches 'none/*.jpg'"],
    [
      'JSON and CSV at once',
      [page, '--json', '--csv'],
      '--json and --csv exclude each other\nsee netspec detect --help',
    ],
    [
      'one file for two drawings',
      [page, astronaut, '--draw', 'x.png'],
      '--draw x.png: 2 pictures need a folder to be drawn into',
    ],
    ['a drawing of no known format', [page, '--draw', 'x.tga'], "'x.tga' must end in .png, .jpg, .jpeg, .webp"],
    [
      'a head that is not there',
      [page, '--logits', 'cls_{level}'],
      "the net has no blob 'cls_p2' for the head's logits\nhint: its outputs are " +
        ['bbox_pred', 'cls_logits'].flatMap((head) => [2, 3, 4, 6, 7].map((l) => `rpn_head_${head}_p${l}`)).join(', '),
    ],
    [
      'heads that are not pairs',
      [page, '--logits', 'a,b'],
      '--logits names 2 blobs, --deltas 5: a level needs one of each',
    ],
    ['a score beyond 1', [page, '--score', '5'], '--score must be from 0 to 1, got 5'],
    ['no boxes at all', [page, '--top', '0'], '--top must be whole and at least 1, got 0'],
  ])('refuses %s', async (_, words, message) => {
    expect(await netspec('detect', ...words, ...net)).toEqual({ code: 2, stdout: '', stderr: `netspec: ${message}\n` });
  });

  test('refuses a folder, with the pattern for it', async () => {
    const { stderr } = await netspec('detect', folder, ...net);
    expect(stderr).toBe(`netspec: ${folder}: it is a directory\nhint: name its pictures: '${folder}/*.jpg'\n`);
  });

  test.each<[string, unknown, string]>([
    ['no JSON', '{', "not JSON: Expected property name or '}' in JSON at position 1"],
    ['a list', [1], 'expected an object with sizes and strides, or with cell_anchors and strides'],
    ['a misspelt field', { stride: [8] }, "anchors have no field 'stride'\nhint: did you mean 'strides'?"],
    [
      'other things',
      { threshold: 0.5 },
      'none of its fields describes anchors\nhint: they are sizes, strides, aspect_ratios, scales_per_octave, octave, cell_anchors\n',
    ],
    ['words', { sizes: ['big'] }, 'sizes must be numbers, got ["big"]'],
    ['boxes without strides', { cell_anchors: [] }, 'strides must be numbers, got none'],
    ['half boxes', { cell_anchors: [[[1, 2]]], strides: [8] }, 'a box has four numbers, got 2'],
    ['no ratios', { aspect_ratios: [] }, 'anchors: aspectRatios must be above 0, got []'],
    [
      'more scales than memory',
      { scales_per_octave: 4294967296 },
      'anchors: a cell would have 12884901888; at most 1000',
    ],
    ['more scales than patience', { scales_per_octave: 1e9 }, 'anchors: a cell would have 3000000000; at most 1000'],
    [
      'deep nesting',
      `{"sizes": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      `sizes must be numbers, got ${'['.repeat(79)}…`,
    ],
    [
      'many numbers',
      { sizes: new Array(100_000).fill(-1) },
      'anchors need a size for each stride: there are 100000 sizes, 5 strides',
    ],
  ])('refuses an anchors file of %s', async (_, content, message) => {
    const file = at('bad-anchors.json');
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    const { code, stderr } = await netspec('detect', page, ...net, '--anchors', file);
    expect(code).toBe(2);
    // Node's versions say more or less about where JSON ends.
    expect(stderr.startsWith(`netspec: ${file}: ${message}`)).toBe(true);
  });
});

describe('classify', () => {
  let options: string[];
  let net: Net;
  beforeAll(async () => {
    net = await Net.load(
      `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 12 dim: 12 } } }
       layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
               inner_product_param { num_output: 4 weight_filler { type: "gaussian" std: 0.002 } } }
       layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }`,
      { seed: 3 },
    );
    options = await saved(net, 'classes');
    writeFileSync(at('classes.txt'), 'cat\ndog, hound\npage\nperson\n');
  });

  test('the best classes of each picture', async () => {
    const words = ['--mean', '104,117,123', '--image-dims', '16,20', '--oversample', '--top', '2', '--labels'];
    const { code, stdout, stderr } = await netspec(
      'classify',
      page,
      astronaut,
      ...options,
      ...words,
      at('classes.txt'),
      '--json',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const names = ['cat', 'dog, hound', 'page', 'person'];
    const expected = [];
    for (const image of [page, astronaut]) {
      const scores = await classify(net, await readImage(image), {
        mean: [104, 117, 123],
        imageDims: { height: 16, width: 20 },
        oversample: true,
      });
      expected.push({ image, classes: topClasses(scores, 2).map((each) => ({ ...each, name: names[each.index] })) });
    }
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  test('as a table, without and with names', async () => {
    const plain = await netspec('classify', page, ...options, '--top', '1');
    expect(plain.stdout).toMatch(/^.*page\.jpg:\n {1,2}score {2}class\n0\.\d+ {6}\d\n\n$/);
    const named = await netspec('classify', page, ...options, '--top', '1', '-l', at('classes.txt'));
    expect(named.stdout).toMatch(/^.*page\.jpg:\n {1,2}score {2}class {2}name\n0\.\d+ {6}\d {2}\w[\w, ]+\n\n$/);
  });

  test('a mean from .npy and from .binaryproto is the same', async () => {
    const mean = Float32Array.from({ length: 3 * 6 * 6 }, (_, i) => 100 + (i % 17));
    await writeNpyFile(at('mean.npy'), [3, 6, 6], mean);
    const message = { num: 1, channels: 3, height: 6, width: 6, data: [...mean] };
    writeFileSync(at('mean.binaryproto'), encodeMessage('BlobProto', message));
    const [npy, proto, none] = await Promise.all(
      [['-m', at('mean.npy')], ['-m', at('mean.binaryproto')], []].map((words) =>
        netspec('classify', page, ...options, '--json', ...words),
      ),
    );
    expect(npy!.code).toBe(0);
    expect(proto!.stdout).toBe(npy!.stdout);
    expect(none!.stdout).not.toBe(npy!.stdout);
  });

  test('ten equal crops are remarked on', async () => {
    const { stderr } = await netspec('classify', page, ...options, '--oversample');
    expect(stderr).toBe('note: all ten crops are the whole picture, five of them mirrored; see --image-dims\n');
  });

  test('a bad picture among others is said, and the rest goes on', async () => {
    writeFileSync(at('bad.jpg'), 'x');
    const { code, stdout, stderr } = await netspec('classify', at('bad.jpg'), page, ...options, '--json');
    expect(code).toBe(2);
    const reason = 'not a picture of a format that can be read (JPEG, PNG, WebP, GIF, TIFF, AVIF)';
    expect(stderr).toBe(`netspec: ${at('bad.jpg')}: ${reason}\n`);
    expect((JSON.parse(stdout) as unknown[])[0]).toEqual({ image: at('bad.jpg'), error: reason });
  });

  test.each<[string[], string]>([
    [['--top', '0'], '--top must be whole and at least 1, got 0'],
    [
      ['--mean', 'mean.np'],
      "--mean expects some numbers separated by commas, got 'mean.np'\nhint: for example --mean 104,117,123 or mean.npy",
    ],
    [['--image-dims', '8,8'], "imageDims of 8,8 (height, width) are smaller than the net's input of 12,12"],
    [['--output', 'prb'], "the net has no blob 'prb' for the scores\nhint: did you mean 'prob'?"],
  ])('refuses %j', async (words, message) => {
    const { code, stderr } = await netspec('classify', page, ...options, ...words);
    expect({ code, stderr }).toEqual({ code: 2, stderr: `netspec: ${message}\n` });
  });

  test('refuses labels that are not as many as scores', async () => {
    writeFileSync(at('two.txt'), 'a\nb\n');
    const { stderr } = await netspec('classify', page, ...options, '-l', at('two.txt'));
    expect(stderr).toBe(`netspec: ${page}: ${at('two.txt')} has 2 names, output 'prob' 4 scores\n`);
  });
});
