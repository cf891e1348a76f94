/** netspec preprocess: a picture as the input blob of a net, in an .npy file, and the steps to it as a picture. */
import { defineCommand, EXIT, UsageError } from '../shared/command.js';
import { parseTransform, READ_OPTIONS, readPicture, TRANSFORM_OPTIONS } from '../shared/image-options.js';
import { print, printJson, reportStream } from '../shared/print.js';

export const command = defineCommand({
  name: 'preprocess',
  describe: 'turn a picture into the input blob of a net, as .npy',
  usage: 'IMAGE -o x.npy',
  positionals: { image: { type: 'string', required: true, describe: 'JPEG, PNG, WebP, GIF, TIFF or AVIF' } },
  options: {
    ...TRANSFORM_OPTIONS,
    ...READ_OPTIONS,
    output: { type: 'string', alias: 'o', describe: 'file for the blob: X.npy' },
    show: { type: 'string', describe: 'draw the steps side by side, in STEPS.png' },
    json: { type: 'boolean', describe: 'print the summary as JSON' },
  },
  examples: [
    ['$0 photo.jpg -o x.npy', "detection-v2's input"],
    [
      '$0 photo.jpg -o x.npy --channel-order rgb --scale 1 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225',
      "torchvision's",
    ],
  ],
  run: async (options, context) => {
    const { image: file, output, show, json } = options;
    if (output === undefined && show === undefined)
      throw new UsageError('nothing to write: give -o X.npy, --show STEPS.png, or both');
    const transform = parseTransform(options);
    const [{ transformImage }, { drawSteps }, { checkImageName, writeImage }, { writeNpyFile }] = await Promise.all([
      import('../../vision/transform.js'),
      import('../../vision/draw-steps.js'),
      import('../../node/image.js'),
      import('../../node/npy-folder.js'),
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
});
