/**
 * Layer types that people meet in prototxt files and that no BVLC Caffe has: whose they are and what to do about them.
 */

interface ForkLayer {
  from: string;
  advice: string;
}

const RFCN = 'R-FCN';
const YOLO = 'MobileNet-YOLO';
const trainingOnly = 'it is for training: leave it out of the deploy net';

/** By type name. Where several forks have the type, the one it is best known from. */
const FORK_LAYERS: Readonly<Record<string, ForkLayer>> = {
  BilinearInterpolation: { from: 'a fork', advice: 'write it as a Deconvolution with a bilinear weight_filler' },
  BoxAnnotatorOHEM: { from: RFCN, advice: trainingOnly },
  CenterLoss: { from: 'a face recognition fork', advice: trainingOnly },
  CtcLoss: { from: 'a CTC fork', advice: trainingOnly },
  SmoothL1LossOHEM: { from: RFCN, advice: trainingOnly },
  SoftmaxWithLossOHEM: { from: RFCN, advice: trainingOnly },
  VideoData: { from: 'a video fork', advice: 'replace it with an Input layer' },
  WarpCTCLoss: { from: 'a CTC fork', advice: trainingOnly },
  Yolov3: { from: YOLO, advice: trainingOnly },
};

/** One line on where a layer type comes from and what to put in its place; undefined for a type that is not known. */
export function forkLayerHint(type: string): string | undefined {
  if (!Object.hasOwn(FORK_LAYERS, type)) return undefined;
  const { from, advice } = FORK_LAYERS[type]!;
  return `${type} is a layer of ${from}, not of BVLC Caffe; ${advice}, or add it with registerLayer()`;
}
