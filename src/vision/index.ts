/** The vision room's public face: from a picture to a net's input, and from a head's outputs to boxes. */
export { fromRgba, type RgbImage, type Size } from './image.js';
export { resizeBilinear, resizeWeights, type ResizeWeights } from './resize.js';
export { fitSize, type FitOptions } from './fit-size.js';
export { DETECTION_TRANSFORM, transformImage, type TransformedImage, type TransformOptions } from './transform.js';
export { anchorLevels, cellAnchors, DETECTION_ANCHORS, type AnchorLevel, type AnchorOptions } from './anchors.js';
export {
  boxArea,
  boxOverlap,
  clipBox,
  decodeBox,
  DETECTION_BOX_CODING,
  scaleBox,
  suppressOverlaps,
  type Box,
  type BoxCoding,
} from './boxes.js';
export {
  DETECTION_SELECT,
  selectDetections,
  type Detection,
  type HeadBlob,
  type HeadOutput,
  type SelectOptions,
} from './select.js';
export { drawDetections } from './draw.js';
export { drawSteps } from './draw-steps.js';
export {
  detect,
  DETECTION_HEADS,
  Detector,
  type DetectionResult,
  type DetectOptions,
  type DetectorOptions,
  type HeadNames,
} from './detector.js';
export type { VisionBlob, VisionNet } from './net-interface.js';
export { resizeLikeCaffe, type FloatImage } from './caffe-resize.js';
export {
  Classifier,
  classify,
  topClasses,
  type ClassifierOptions,
  type ClassScore,
  type MeanArray,
} from './classifier.js';
