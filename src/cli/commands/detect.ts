/** netspec detect: runs a detector on pictures and prints, or draws, the boxes that it finds in them. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { NetspecError } from '../../errors.js';
import type { DetectionResult, HeadNames } from '../../vision/detector.js';
import type { RgbImage } from '../../vision/image.js';
import { defineCommand, EXIT, UsageError, type CommandContext } from '../shared/command.js';
import { csvLine } from '../shared/csv.js';
import { errorLines } from '../shared/error-lines.js';
import {
  findPictures,
  IMAGES_POSITIONAL,
  parseTransform,
  PICTURE_NET_OPTIONS,
  readLabels,
  readPicture,
  TRANSFORM_OPTIONS,
} from '../shared/image-options.js';
import { loadNet } from '../shared/load-net.js';
import { options, type ValuesOf } from '../shared/options.js';
import { print, printJson, type Line, type Output } from '../shared/print.js';
import { createProgress } from '../shared/progress.js';
import { tableLines } from '../shared/table.js';

const group = 'Head:';
const OPTIONS = options({
  ...PICTURE_NET_OPTIONS,
  ...TRANSFORM_OPTIONS,
  score: { type: 'number', default: 0.05, describe: 'lowest score of a box', group },
  nms: { type: 'number', default: 0.4, describe: 'overlap (IoU) above which the box of lower score is removed', group },
  top: { type: 'number', default: 100, describe: 'largest number of boxes in a picture', group },
  topPerLevel: { type: 'number', default: 1000, describe: 'largest number of candidates in a level', group },
  anchors: {
    type: 'string',
    describe: 'JSON file: sizes, strides, aspect_ratios, scales_per_octave, octave; or cell_anchors, strides',
    group,
  },
  levels: { type: 'string', default: 'p2,p3,p4,p6,p7', describe: 'names of the levels; each replaces {level}', group },
  logits: {
    type: 'string',
    default: 'rpn_head_cls_logits_{level}',
    describe: 'blobs with the logits: one name for each level, separated by commas, or one with {level}',
    group,
  },
  deltas: {
    type: 'string',
    default: 'rpn_head_bbox_pred_{level}',
    describe: 'blobs with the box deltas, in the same form',
    group,
  },
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
  ],
  run: async (options, context) => {
    if (options.json && options.csv) throw new UsageError('--json and --csv exclude each other');
    checkSelection(options);
    const { checkTransform } = await import('../../vision/transform.js');
    const transform = checkTransform(parseTransform(options));
    const files = await findPictures(options.image);
    const labels = await readLabels(options.labels);
    const { Detector } = await import('../../vision/detector.js');
    const anchors =
      options.anchors === undefined
        ? {}
        : await (await import('../shared/anchors-file.js')).readAnchors(options.anchors);
    const drawn = options.draw === undefined ? undefined : await drawnFiles(options.draw, files);
    const net = await loadNet({ ...options, outputsOnly: true }, context);
    const progress = await createProgress('detect', context.stderr, (n) => String(Math.floor(n)));
    const report = reporter(options, labels, context);
    try {
      const detector = new Detector(net, {
        transform,
        anchors,
        heads: headNames(options),
        select: {
          scoreThreshold: options.score,
          nmsThreshold: options.nms,
          top: options.top,
          topPerLevel: options.topPerLevel,
        },
      });
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

/** Before a net of gigabytes is loaded, and by the options' own names. */
function checkSelection(options: Pick<DetectOptions, 'score' | 'nms' | 'top' | 'topPerLevel'>): void {
  for (const name of ['score', 'nms'] as const)
    if (!(options[name] >= 0 && options[name] <= 1))
      throw new NetspecError(`--${name} must be from 0 to 1, got ${options[name]}`);
  for (const [option, value] of [
    ['top', options.top],
    ['top-per-level', options.topPerLevel],
  ] as const)
    if (!Number.isInteger(value) || value < 1)
      throw new NetspecError(`--${option} must be whole and at least 1, got ${value}`);
}

function headNames({ levels, logits, deltas }: Pick<DetectOptions, 'levels' | 'logits' | 'deltas'>): HeadNames[] {
  const names = (option: string, pattern: string) =>
    pattern.includes('{level}')
      ? levels.split(',').map((level) => pattern.replaceAll('{level}', level.trim()))
      : pattern.split(',').map((name) => name.trim());
  const [l, d] = [names('logits', logits), names('deltas', deltas)];
  if (l.length !== d.length)
    throw new NetspecError(`--logits names ${l.length} blobs, --deltas ${d.length}: a level needs one of each`);
  return l.map((name, i) => ({ logits: name, deltas: d[i]! }));
}

/**
 * Where each picture is drawn: for one picture the file named; for several, or where a folder is named, files of their
 * names in it, in the folders that they have below the one they share.
 */
async function drawnFiles(draw: string, files: readonly string[]): Promise<string[]> {
  const { checkImageName } = await import('../../node/image.js');
  const isFolder = path.extname(draw) === '' || (existsSync(draw) && statSync(draw).isDirectory());
  if (!isFolder) {
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
