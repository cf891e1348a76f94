/** Layer types that have no form in ONNX, with the reason. Types that netspec does not run say in their facts what they are for. */
import { BoxGroupOutputLayer } from '../../../layers/box-group-output.js';
import { BoxOutputLayer } from '../../../layers/box-output.js';
import { DecodeBBoxLayer } from '../../../layers/decode-bbox.js';
import { DetectionOutputTextBoxesLayer } from '../../../layers/detection-output-textboxes.js';
import { FrcnDetectionLayer } from '../../../layers/frcn-detection.js';
import { MultiStageMeanfieldLayer } from '../../../layers/multi-stage-meanfield.js';
import { NmsLayer } from '../../../layers/nms.js';
import { ProposalCambriconLayer } from '../../../layers/proposal-cambricon.js';
import { ProposalSynopsysLayer } from '../../../layers/proposal-synopsys.js';
import { ProposalLayer } from '../../../layers/proposal.js';
import { PSROIPoolingLayer } from '../../../layers/psroi-pooling.js';
import { RetinaFaceDetectionLayer } from '../../../layers/retinaface-detection.js';
import { ROIAlignMscnnLayer } from '../../../layers/roi-align-mscnn.js';
import { ScaleRouteLayer } from '../../../layers/scale-route.js';
import type { LayerRow } from '../../../layers/table.js';
import { YoloDetectionLayer } from '../../../layers/yolo-detection.js';
import { Yolov3DetectionLayer } from '../../../layers/yolov3-detection.js';

export interface NoForm {
  readonly layers: readonly LayerRow[];
  /** Why, as what follows "layer 'x' (Type):". */
  readonly why: string;
  /** What the user can do. */
  readonly instead: string;
}

const END_BEFORE = 'end the net before it, and do what it does in the program that runs the model';

export const NO_FORM: readonly NoForm[] = [
  {
    layers: [MultiStageMeanfieldLayer],
    why: 'its filter is a lattice that is made of the image when the model runs, which ONNX has no operator for',
    instead: END_BEFORE,
  },
  {
    layers: [ProposalLayer, ProposalCambriconLayer, ProposalSynopsysLayer],
    why: 'boxes of equal scores come in the order that its own sort leaves, which TopK and NonMaxSuppression do not have',
    instead: END_BEFORE,
  },
  {
    layers: [PSROIPoolingLayer],
    why: 'it takes means over whole pixels of regions that are known when the model runs, and ONNX has no operator for that',
    instead: END_BEFORE,
  },
  {
    layers: [
      BoxGroupOutputLayer,
      BoxOutputLayer,
      DetectionOutputTextBoxesLayer,
      FrcnDetectionLayer,
      RetinaFaceDetectionLayer,
      YoloDetectionLayer,
    ],
    why: 'it selects boxes by rules that NonMaxSuppression does not have',
    instead: END_BEFORE,
  },
  {
    layers: [DecodeBBoxLayer, ROIAlignMscnnLayer, ScaleRouteLayer],
    why: 'it stands between the stages of a detector, whose regions are selected by rules that NonMaxSuppression does not have',
    instead: END_BEFORE,
  },
  {
    layers: [NmsLayer],
    why: 'it numbers the peaks of each map as it finds them when the model runs',
    instead: END_BEFORE,
  },
  {
    layers: [Yolov3DetectionLayer],
    why: 'it decodes and selects boxes by rules that NonMaxSuppression does not have',
    instead: END_BEFORE,
  },
];
