/** OpenCV's dnn module as WebAssembly from npm (@techstark/opencv-js): one thread, no SIMD. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { serve, readFloats, type Output } from './protocol.js';

/** As much of OpenCV.js as is used here. */
interface Mat {
  readonly matSize: number[];
  readonly data32F: Float32Array;
  delete(): void;
}
interface Dnn {
  setInput(blob: Mat, name: string): void;
  forward(layer: string): Mat;
  delete(): void;
}
interface OpenCv {
  Mat: new (rows: number, cols: number, type: number) => Mat;
  Size: new (width: number, height: number) => unknown;
  Scalar: new () => unknown;
  CV_32F: number;
  CV_32FC3: number;
  FS_createDataFile(folder: string, name: string, data: Uint8Array, read: boolean, write: boolean, own: boolean): void;
  FS_unlink(file: string): void;
  blobFromImage(image: Mat, scale: number, size: unknown, mean: unknown, swapRB: boolean, crop: boolean): Mat;
  readNetFromCaffe(prototxt: string, caffemodel: string): Dnn;
  getBuildInformation(): string;
  onRuntimeInitialized?: () => void;
}

const require = createRequire(import.meta.url);
const loaded = require('@techstark/opencv-js') as Partial<OpenCv>;
if (!loaded.Mat) await new Promise<void>((resolve) => (loaded.onRuntimeInitialized = resolve));
const cv = loaded as OpenCv;

let net: Dnn | undefined;
let input: { blob: Mat; name: string } | undefined;
/** The net's one output, whose layer has its name; the whole net is too large for this build. */
let output: Output | undefined;
let last = '';

await serve({
  version: `OpenCV.js ${/OpenCV ([\d.]+)/.exec(cv.getBuildInformation())?.[1] ?? ''} (WebAssembly)`,
  load: (job) => {
    net?.delete();
    input?.blob.delete();
    const prototxt = readFileSync(job.prototxt);
    cv.FS_createDataFile('/', 'net.prototxt', prototxt, true, false, false);
    cv.FS_createDataFile('/', 'net.caffemodel', readFileSync(job.caffemodel), true, false, false);
    net = cv.readNetFromCaffe('/net.prototxt', '/net.caffemodel');
    cv.FS_unlink('/net.prototxt');
    cv.FS_unlink('/net.caffemodel');
    last = [...prototxt.toString().matchAll(/\btop: "(.*?)"/g)].at(-1)![1]!;
    input = { blob: toBlob(job.input.shape, readFloats(job.input.file)), name: job.input.name };
    net.setInput(input.blob, input.name);
    return Promise.resolve();
  },
  pass: () => {
    const mat = net!.forward(last);
    output = { name: last, shape: mat.matSize, data: mat.data32F.slice() };
    mat.delete();
  },
  outputs: () => (output ? [output] : []),
});

/** A row as it is; blobs of four axes can be made from images only: planes interleaved, for OpenCV to take them apart. */
function toBlob([rows = 1, channels = 1, height, width]: readonly number[], values: Float32Array): Mat {
  if (height === undefined || width === undefined) {
    const mat = new cv.Mat(rows, channels, cv.CV_32F);
    mat.data32F.set(values);
    return mat;
  }
  const image = new cv.Mat(height, width, cv.CV_32FC3);
  const pixels = image.data32F;
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < height * width; i++) pixels[i * channels + c] = values[c * height * width + i]!;
  const blob = cv.blobFromImage(image, 1, new cv.Size(width, height), new cv.Scalar(), false, false);
  image.delete();
  return blob;
}
