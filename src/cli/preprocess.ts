/** netspec preprocess: a picture as the input blob of a net, in an .npy file, and the steps to it as a picture. */
import {
  parseTransform,
  readOptions,
  readPicture,
  transformOptions,
  type ReadOptions,
  type TransformWords,
} from './image-options.js';
import { EXIT, print, printJson, reportStream, UsageError, type Command } from './command.js';

interface PreprocessOptions extends TransformWords, ReadOptions {
  image: string;
  output?: string;
  show?: string;
  json: boolean;
}

export const preprocessCommand: Command<PreprocessOptions> = {
  command: 'preprocess <image>',
  describe: 'turn a picture into the input blob of a net, as .npy',
  options: (argv) =>
    readOptions(transformOptions(argv))
      .positional('image', { type: 'string', demandOption: true, describe: 'JPEG, PNG, WebP, GIF, TIFF or AVIF' })
      .option('output', { alias: 'o', type: 'string', describe: 'where to write the blob: X.npy' })
      .option('show', { type: 'string', describe: 'draw the steps side by side: STEPS.png' })
      .option('json', { type: 'boolean', default: false, describe: 'print the summary as JSON' })
      .example('$0 photo.jpg -o x.npy', "detection-v2's input")
      .example(
        '$0 photo.jpg -o x.npy --channel-order rgb --scale 1 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225',
        "torchvision's",
      ),
  run: async (options, context) => {
    const { image: file, output, show, json } = options;
    if (output === undefined && show === undefined)
      throw new UsageError('nothing to write: give -o X.npy, --show STEPS.png, or both');
    const transform = parseTransform(options);
    const [{ transformImage }, { drawSteps }, { checkImageName, writeImage }, { writeNpyFile }] = await Promise.all([
      import('../vision/transform.js'),
      import('../vision/draw-steps.js'),
      import('../node/image.js'),
      import('../node/npy-folder.js'),
    ]);
    if (show !== undefined) checkImageName(show);
    const image = await readPicture(file, options, context);
    const transformed = transformImage(image, transform);
    const { shape, data, resized, original } = transformed;
    const out = reportStream([output, show], context);
    if (output !== undefined) await writeNpyFile(output, shape, data);
    if (show !== undefined) await writeImage(show, drawSteps(image, transformed, transform));
    const size = { width: resized.width, height: resized.height };
    if (json) printJson(out, { image: file, original, resized: size, shape, output, show, remarks: image.remarks });
    else {
      const padded = `padded to ${shape[3]}x${shape[2]}`;
      print(
        out,
        `${file}: ${original.width}x${original.height}, resized to ${size.width}x${size.height}, ${padded}`,
        ...(output === undefined
          ? []
          : [`wrote ${output}: ${shape.join('x')}, ${transform.channelOrder.toUpperCase()}`]),
        ...(show === undefined ? [] : [`wrote ${show}`]),
      );
    }
    return EXIT.ok;
  },
};
