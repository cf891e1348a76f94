/** `netspec/vision` in Node. */
import '../setup.js';

export * from '../../vision/index.js';
export { readImage, writeImage, type DecodedImage, type ReadImageOptions } from '../image.js';
