/** netspec classify: the most probable classes of pictures, with the options of Caffe's Classifier. */
import path from 'node:path';
import { NetspecError } from '../../errors.js';
import type { ClassScore, MeanArray } from '../../vision/classifier.js';
import { defineCommand, EXIT } from '../shared/command.js';
import {
  findPictures,
  IMAGES_POSITIONAL,
  PICTURE_NET_OPTIONS,
  readLabels,
  readPicture,
} from '../shared/image-options.js';
import { errorLines } from '../shared/error-lines.js';
import { loadNet } from '../shared/load-net.js';
import { print, printJson, type Line, type Output } from '../shared/print.js';
import { createProgress } from '../shared/progress.js';
import { tableLines } from '../shared/table.js';
import { parseNumbers } from '../shared/values.js';

export const command = defineCommand({
  name: 'classify',
  describe: "classify pictures, as pycaffe's Classifier does",
  usage: 'IMAGE… --net NET --weights W',
  positionals: IMAGES_POSITIONAL,
  options: {
    ...PICTURE_NET_OPTIONS,
    imageDims: {
      type: 'string',
      describe: "HEIGHT,WIDTH that pictures are resized to before cropping [default: the net's input]",
    },
    mean: {
      type: 'string',
      alias: 'm',
      describe: 'FILE.npy, FILE.binaryproto, or a number for each channel: 104,117,123',
    },
    rawScale: { type: 'number', default: 255, describe: 'factor before the mean is subtracted; pictures are 0..1' },
    inputScale: { type: 'number', default: 1, describe: 'factor after the mean is subtracted' },
    channelSwap: {
      type: 'string',
      describe: 'order of the channels, as indices into RGB [default: 2,1,0, which is BGR]',
    },
    oversample: { type: 'boolean', describe: 'average over ten crops: four corners, centre, and their mirror images' },
    resize: {
      type: 'string',
      choices: ['caffe', 'pillow'],
      default: 'caffe',
      describe: "caffe.io.resize_image's interpolation, or Pillow's antialiased one",
    },
    output: { type: 'string', describe: "blob with the scores [default: the net's first output]" },
    labels: { type: 'string', alias: 'l', describe: 'text file with one class name in each line' },
    top: { type: 'number', default: 5, describe: 'how many classes to print' },
    json: { type: 'boolean', describe: 'print as JSON' },
  },
  examples: [
    [
      '$0 cat.jpg -n deploy.prototxt -w net.caffemodel -m 104,117,123 --image-dims 256,256 --oversample -l synset_words.txt',
      '',
    ],
  ],
  run: async (options, context) => {
    if (!Number.isInteger(options.top) || options.top < 1)
      throw new NetspecError(`--top must be whole and at least 1, got ${options.top}`);
    const imageDims = options.imageDims === undefined ? undefined : parseDims(options.imageDims);
    const channelSwap =
      options.channelSwap === undefined
        ? undefined
        : parseNumbers('channel-swap', options.channelSwap, undefined, '2,1,0');
    const files = await findPictures(options.image);
    const labels = await readLabels(options.labels);
    const mean = options.mean === undefined ? undefined : await readMean(options.mean);
    const { Classifier, topClasses } = await import('../../vision/classifier.js');
    const net = await loadNet({ ...options, outputsOnly: true }, context);
    const progress = await createProgress('classify', context.stderr, (n) => String(Math.floor(n)));
    const { oversample, resize, rawScale, inputScale, output } = options;
    const outcomes: (
      { image: string; classes: (ClassScore & { name?: string })[] } | { image: string; error: string }
    )[] = [];
    try {
      const classifier = new Classifier(net, {
        imageDims,
        mean,
        rawScale,
        inputScale,
        channelSwap,
        oversample,
        resize,
        output,
      });
      if (oversample && !classifier.hasRoomToCrop)
        print(context.stderr, 'note: all ten crops are the whole picture, five of them mirrored; see --image-dims');
      for (const [i, image] of files.entries())
        try {
          const scores = await classifier.classify(await readPicture(image, options, context), (done, total) => {
            progress.update(i + done / total, files.length, image);
          });
          if (options.labels !== undefined && labels.length !== scores.length)
            throw new NetspecError(
              `${options.labels} has ${labels.length} names, output '${classifier.output}' ${scores.length} scores`,
            );
          const classes = topClasses(scores, options.top).map((each) => ({ ...each, name: labels[each.index] }));
          outcomes.push({ image, classes });
        } catch (error) {
          // One bad picture among many does not end the run, but it does not end well either.
          if (!(error instanceof NetspecError)) throw error;
          print(context.stderr, ...errorLines(error.within({ file: image })));
          outcomes.push({ image, error: error.reason });
        }
      progress.stop();
      if (options.json) printJson(context.stdout, outcomes);
      else
        for (const outcome of outcomes)
          if ('classes' in outcome)
            print(context.stdout, `${outcome.image}:`, ...classLines(context.stdout, outcome.classes));
      return outcomes.some((outcome) => 'error' in outcome) ? EXIT.badInput : EXIT.ok;
    } finally {
      progress.stop();
      net.dispose();
    }
  },
});

function parseDims(text: string) {
  const [height, width] = parseNumbers('image-dims', text, 2, '256,256') as [number, number];
  return { height, width };
}

/** A mean as numbers, or from a file that numpy or Caffe's compute_image_mean wrote. */
async function readMean(text: string): Promise<number[] | MeanArray> {
  const ending = path.extname(text).toLowerCase();
  if (ending === '.npy') return (await import('../../node/npy-folder.js')).readNpyFile(text);
  if (ending !== '.binaryproto') return parseNumbers('mean', text, undefined, '104,117,123 or mean.npy');
  const [{ decodeMessage }, { floatsOfBlob, shapeOfBlob }, { readBytes }] = await Promise.all([
    import('../../proto/codec.js'),
    import('../../proto/blob-proto.js'),
    import('../../node/files.js'),
  ]);
  try {
    const blob = decodeMessage('BlobProto', await readBytes(text));
    return { ...shapeOfBlob(blob), data: floatsOfBlob(blob) };
  } catch (error) {
    throw error instanceof NetspecError ? error.within({ file: text }) : error;
  }
}

function classLines(out: Output, classes: readonly (ClassScore & { name?: string })[]): Line[] {
  const columns = [
    { title: 'score', align: 'right' as const },
    { title: 'class', align: 'right' as const },
  ];
  const named = classes.some(({ name }) => name !== undefined);
  return [
    ...tableLines(
      out,
      named ? [...columns, { title: 'name' }] : columns,
      classes.map(({ index, score, name }) => [
        String(Number(score.toPrecision(4))),
        String(index),
        ...(named ? [name ?? ''] : []),
      ]),
    ),
    '',
  ];
}
