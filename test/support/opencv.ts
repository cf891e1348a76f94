/** OpenCV's dnn module, as WebAssembly from npm: another implementation that reads what netspec writes. */
import { createRequire } from 'node:module';

/** As much of OpenCV.js as is used here. */
export interface Mat {
  readonly matSize: number[];
  readonly data32F: Float32Array;
  delete(): void;
}
export interface OpenCv {
  Mat: new (rows: number, cols: number, type: number) => Mat;
  Size: new (width: number, height: number) => unknown;
  Scalar: new () => unknown;
  CV_32FC1: number;
  CV_32FC3: number;
  FS_createDataFile(folder: string, name: string, data: Uint8Array, read: boolean, write: boolean, own: boolean): void;
  blobFromImage(image: Mat, scale: number, size: unknown, mean: unknown, swapRB: boolean, crop: boolean): Mat;
  readNetFromCaffe(
    prototxt: string,
    caffemodel: string,
  ): {
    setInput(blob: Mat, name: string): void;
    forward(layer: string): Mat;
    delete(): void;
  };
  onRuntimeInitialized?: () => void;
}

/** Loads OpenCV.js. In an object, since the module has a `then` that never settles, which a promise of it would wait for. */
export async function loadOpenCv(): Promise<{ cv: OpenCv }> {
  const loaded = createRequire(import.meta.url)('@techstark/opencv-js') as Partial<OpenCv>;
  if (!loaded.Mat) await new Promise<void>((resolve) => (loaded.onRuntimeInitialized = resolve));
  return { cv: loaded as OpenCv };
}

/** OpenCV.js makes 4-D blobs from images only: interleave the planes, and let it take them apart again. */
export function imageBlob(
  cv: OpenCv,
  [, channels = 0, height = 0, width = 0]: readonly number[],
  planes: ArrayLike<number>,
): Mat {
  const image = new cv.Mat(height, width, cv.CV_32FC3);
  const pixels = image.data32F;
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < height * width; i++) pixels[i * channels + c] = planes[c * height * width + i]!;
  return cv.blobFromImage(image, 1, new cv.Size(width, height), new cv.Scalar(), false, false);
}
