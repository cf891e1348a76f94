/** netspec detect: runs a detector on pictures and prints, or draws, the boxes that it finds in them. */
import path from 'node:path';
import { NetspecError } from '../../errors.js';
import type { DetectionResult, Detector } from '../../vision/detector.js';
import type { RgbImage } from '../../vision/image.js';
import type { TransformOptions } from '../../vision/transform.js';
import { defineCommand, EXIT, UsageError, type CommandContext } from '../shared/command.js';
import { csvLine } from '../shared/csv.js';
import { HEAD_OPTIONS, readHead } from '../shared/detect-head.js';
import { errorLines } from '../shared/error-lines.js';
import {
  findPictures,
  HEAD_TRANSFORM_OPTIONS,
  IMAGES_POSITIONAL,
  parseTransform,
  PICTURE_NET_OPTIONS,
  readLabels,
  readPicture,
} from '../shared/image-options.js';
import { isFolder } from '../shared/is-folder.js';
import { loadNet } from '../shared/load-net.js';
import { options, type ValuesOf } from '../shared/options.js';
import { print, printJson, type Line, type Output } from '../shared/print.js';
import { createProgress } from '../shared/progress.js';
import { tableLines } from '../shared/table.js';

const OPTIONS = options({
  ...PICTURE_NET_OPTIONS,
  ...HEAD_TRANSFORM_OPTIONS,
  ...HEAD_OPTIONS,
  labels: { type: 'string', describe: 'text file with one class name in each line' },
  json: { type: 'boolean', describe: 'print as JSON' },
  csv: { type: 'boolean', describe: 'print as CSV' },
  draw: { type: 'string', describe: 'write the picture with its boxes: OUT.png; for several pictures a folder' },
});
type DetectOptions = ValuesOf<typeof OPTIONS>;

/** What became of one picture. */
type Outcome = { image: string } & ({ result: DetectionResult } | { error: string });

export const command = defineCommand({
  name: 'detect',
  describe: 'find the boxes in pictures with a detector net',
  usage: 'IMAGE… --net NET --weights W',
  positionals: IMAGES_POSITIONAL,
  options: OPTIONS,
  examples: [
    ['$0 photo.jpg -n net.prototxt -w net.caffemodel --draw out.png', ''],
    ["$0 'photos/*.jpg' -n net.prototxt -w net.caffemodel --csv > boxes.csv", ''],
    [
      '$0 photo.jpg -n ssd.prototxt -w ssd.caffemodel --mean 127.5,127.5,127.5 --std 127.5,127.5,127.5',
      'MobileNet-SSD',
    ],
    ['$0 photo.jpg -n yolo.prototxt -w yolo.caffemodel --head yolov3 --anchors anchors.json --letterbox', ''],
  ],
  run: async (options, context) => {
    if (options.json && options.csv) throw new UsageError('--json and --csv exclude each other');
    const headOf = await readHead(options);
    const { checkTransform, DETECTION_TRANSFORM } = await import('../../vision/transform.js');
    const transform = parseTransform(options);
    checkTransform({ ...DETECTION_TRANSFORM, size: 'net', ...transform });
    const files = await findPictures(options.image);
    const labels = await readLabels(options.labels);
    const { Detector } = await import('../../vision/detector.js');
    const drawn = options.draw === undefined ? undefined : await drawnFiles(options.draw, files);
    const net = await loadNet({ ...options, outputsOnly: true }, context);
    const progress = await createProgress('detect', context.stderr, (n) => String(Math.floor(n)));
    const report = reporter(options, labels, context);
    try {
      const detector = new Detector(net, { transform, head: headOf(net) });
      const remark = remarkOn(detector, transform);
      if (remark !== undefined) print(context.stderr, remark);
      let failed = false;
      for (const [i, file] of files.entries()) {
        let found: { image: RgbImage; result: DetectionResult };
        try {
          const image = await readPicture(file, options, context);
          const onProgress = (done: number, total: number) => {
            progress.update(i + done / total, files.length, file);
          };
          found = { image, result: await detector.detect(image, { onProgress }) };
        } catch (error) {
          // One bad picture among many does not end the run, but it does not end well either.
          if (!(error instanceof NetspecError)) throw error;
          failed = true;
          print(context.stderr, ...errorLines(error.within({ file })));
          report.add({ image: file, error: error.reason });
          continue;
        }
        if (drawn) await drawResult(drawn[i]!, found.image, found.result, labels);
        report.add({ image: file, result: found.result });
      }
      progress.stop();
      report.end();
      return failed ? EXIT.badInput : EXIT.ok;
    } finally {
      progress.stop();
      net.dispose();
    }
  },
});

/** What pictures are turned into where nobody has said it: nets of one kind of head were trained in several ways. */
function remarkOn({ head, transform }: Detector, given: Partial<TransformOptions>): string | undefined {
  const isSaid = (['channelOrder', 'scale', 'mean', 'std'] as const).some((name) => given[name] !== undefined);
  if (head === 'retinanet' || isSaid) return undefined;
  const { channelOrder, scale, mean, std } = transform;
  return (
    `note: pictures become ${channelOrder.toUpperCase()} from 0 to ${scale}, minus ${mean.join(',')}, divided by ${std.join(',')}: ` +
    'if the net was trained otherwise, see --channel-order, --scale, --mean, --std'
  );
}

/**
 * Where each picture is drawn: for one picture the file named; for several, or where a folder is named, files of their
 * names in it, in the folders that they have below the one they share.
 */
async function drawnFiles(draw: string, files: readonly string[]): Promise<string[]> {
  const { checkImageName } = await import('../../node/image.js');
  const intoFolder = path.extname(draw) === '' || isFolder(draw);
  if (!intoFolder) {
    checkImageName(draw);
    if (files.length > 1)
      throw new NetspecError(`--draw ${draw}: ${files.length} pictures need a folder to be drawn into`);
    return [draw];
  }
  const shared = sharedFolder(files);
  const targets = files.map((file) => {
    const { dir, name } = path.parse(path.relative(shared, path.resolve(file)));
    return path.join(draw, dir, `${name}.png`);
  });
  targets.forEach((target, i) => {
    const first = targets.indexOf(target);
    if (first < i) throw new NetspecError(`--draw: ${files[first]!} and ${files[i]!} would both become ${target}`);
  });
  return targets;
}

/** The deepest folder that holds all files. */
function sharedFolder(files: readonly string[]): string {
  const folders = files.map((file) => path.dirname(path.resolve(file)).split(path.sep));
  const [first = []] = folders;
  const differs = first.findIndex((part, i) => folders.some((folder) => folder[i] !== part));
  return (differs < 0 ? first : first.slice(0, differs)).join(path.sep) || path.sep;
}

async function drawResult(
  file: string,
  image: RgbImage,
  { detections }: DetectionResult,
  labels: readonly string[],
): Promise<void> {
  const [{ drawDetections }, { writeImage }, { makeFolder }] = await Promise.all([
    import('../../vision/draw.js'),
    import('../../node/image.js'),
    import('../../node/folders.js'),
  ]);
  await makeFolder(path.dirname(file));
  await writeImage(file, drawDetections(image, detections, labels));
}

const BOX_COLUMNS = ['x1', 'y1', 'x2', 'y2'];

/** Prints outcomes as they come, or all at the end: JSON is one value, and a progress bar must not be written through. */
function reporter(
  { json, csv }: Pick<DetectOptions, 'json' | 'csv'>,
  labels: readonly string[],
  { stdout }: CommandContext,
) {
  const held: Line[] = [];
  const data: unknown[] = [];
  const say = (...lines: Line[]) => {
    if (stdout.isTTY) held.push(...lines);
    else print(stdout, ...lines);
  };
  const nameOf = (label: number) => labels[label - 1];
  if (csv) say(csvLine(['image', 'label', 'score', ...BOX_COLUMNS]));
  return {
    add(outcome: Outcome): void {
      if (json) data.push(toJson(outcome, nameOf));
      else if ('error' in outcome) return;
      else if (csv)
        for (const { box, score, label } of outcome.result.detections)
          say(csvLine([outcome.image, nameOf(label) ?? label, score, ...box]));
      else say(...tableOf(stdout, outcome.image, outcome.result, nameOf));
    },
    end(): void {
      if (json) printJson(stdout, data);
      if (held.length > 0) print(stdout, ...held);
    },
  };
}

function toJson(outcome: Outcome, nameOf: (label: number) => string | undefined): unknown {
  if ('error' in outcome) return outcome;
  const { detections, original, resized, inputShape } = outcome.result;
  return {
    image: outcome.image,
    ...original,
    resized,
    inputShape,
    detections: detections.map((found) => ({ ...found, name: nameOf(found.label) })),
  };
}

function tableOf(
  out: Output,
  image: string,
  { detections, original }: DetectionResult,
  nameOf: (label: number) => string | undefined,
): Line[] {
  const count = detections.length === 1 ? '1 box' : `${detections.length} boxes`;
  const head = `${image}: ${original.width}x${original.height}, ${count}`;
  if (detections.length === 0) return [head];
  const columns = [
    { title: 'label' },
    ...['score', ...BOX_COLUMNS].map((title) => ({ title, align: 'right' as const })),
  ];
  const rows = detections.map(({ box, score, label }) => [
    nameOf(label) ?? String(label),
    score.toFixed(4),
    ...box.map((side) => side.toFixed(1)),
  ]);
  return [head, ...tableLines(out, columns, rows), ''];
}
