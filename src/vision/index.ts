// What `netspec/vision` exports: from a picture to a net's input, and from a head's outputs to boxes.
export { NetspecError, type Address, type ErrorCode, type NetspecErrorOptions } from '../errors.js';
export { fromRgba, type RgbImage, type Size } from './image.js';
export { resizeBilinear } from './resize.js';
export type { FitOptions } from './fit-size.js';
export { DETECTION_TRANSFORM, transformImage, type TransformedImage, type TransformOptions } from './transform.js';
export { anchorLevels, DETECTION_ANCHORS, type AnchorLevel, type AnchorOptions } from './anchors.js';
export type { Box, BoxCoding } from './boxes.js';
export {
  DETECTION_SELECT,
  selectDetections,
  type Detection,
  type HeadBlob,
  type HeadOutput,
  type SelectOptions,
} from './select.js';
export { drawDetections } from './draw.js';
export {
  detect,
  DETECTION_HEADS,
  Detector,
  type DetectionResult,
  type DetectOptions,
  type DetectorOptions,
  type HeadNames,
} from './detector.js';
export { HEAD_KINDS, type HeadKind, type HeadOptions } from './heads/kinds.js';
export type { HeadLimits } from './heads/head.js';
export type { RetinaNetHeadOptions } from './heads/retina-net.js';
export type { YoloAnchor, YoloHeadOptions } from './heads/yolo.js';
export type { VisionBlob, VisionNet } from './net-interface.js';
export { Classifier, classify, type ClassifierOptions, type ClassScore, type MeanArray } from './classifier.js';
