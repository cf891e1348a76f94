/** FrcnnProposal of the frcnn fork: a name that netspec knows and does not run. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer } from './shared/unsupported-layer.js';

/**
 * Regions of interest from a region proposal network. Its anchors, thresholds and sizes stand in a file that the fork's programs read at
 * their start, and not in the net.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms scores, (1, 2 A, H, W); deltas, (1, 4 A, H, W); info: height, width, scale
 * @tops rois, (K, 5, 1, 1): 0, x1, y1, x2, y2; optionally scores, (K, 1, 1, 1)
 * @source frcnn_proposal_layer.cpp of makefile/frcnn
 */
export class FrcnnProposalLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'FrcnnProposal',
    origin: 'frcnn',
    family: 'other',
    doc: 'Regions of interest from a region proposal network, by settings outside of the net.',
    bottoms: ['scores', 'deltas', 'info'],
    tops: ['rois', 'scores?'],
    params: ['frcnn_proposal_param', 'proposal_param'],
    unsupported: {
      purpose: "take their anchors and thresholds from the configuration file of the fork's own programs",
      instead: ({ bottom = [], top = [] }) =>
        'write them into the net as a Proposal layer: layer { type: "Proposal" ' +
        [...bottom.map((blob) => `bottom: "${blob}"`), ...top.map((blob) => `top: "${blob}"`)].join(' ') +
        ' proposal_param { feat_stride: 16 base_size: 16 ratio: 0.5 ratio: 1 ratio: 2 scale: 8 scale: 16 scale: 32 ' +
        'min_size: 16 pre_nms_topn: 6000 post_nms_topn: 300 nms_thresh: 0.7 } } with the numbers of that file',
    },
  };
}
